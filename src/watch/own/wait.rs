//! The wait: what is asked for at each look, and how often.

use super::super::pace::{Pace, Tempo, pause};
use super::super::stages::Stages;
use super::super::talk::Talk;
use super::super::verdict::Doubt;
use super::super::{Answer, Ask, AskDeployments, End, EndKind, Glimpse, Look, Next, Waiter};
use super::Followed;
use crate::model::{
    DeploymentArn, DeploymentId, RolloutState, ServiceEvent, ServiceState, Timestamp,
};
use std::time::Duration;

/// A service that was just created may be MISSING this long (ECS developer guide, eventual
/// consistency; the SDK's waiter does not tolerate it).
const MISSING_FOR: Duration = Duration::from_secs(60);
/// Each so many looks the deployment itself is read, although the service shows no change: it
/// would show one, but for a look that is stale.
const DEPLOYMENT_EACH: u32 = 10;
/// The same where ECS goes by stages, which only the deployment shows.
const STAGES_EACH: u32 = 3;

/// The wait.
#[derive(Debug, Clone)]
pub struct Watch {
    pub(super) followed: Followed,
    pub(super) way: Way,
    pub(super) talk: Talk,
    pub(super) started: Timestamp,
    pub(super) pace: Pace,
    pub(super) doubt: Option<(Doubt, Timestamp)>,
    pub(super) last: Option<ServiceState>,
    pub(super) looks_since_read: u32,
    /// The service shows that something changed which only the deployment can tell.
    pub(super) signal: bool,
    /// Our entry in `deployments` was seen at least once.
    pub(super) seen_entry: bool,
    pub(super) task_failed: bool,
    pub(super) stages: Stages,
}

/// By what our deployment is known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// Not found in the list yet; so many lists were read.
    Searching(u32),
    /// By its ARN.
    Arn(DeploymentArn),
    /// Service deployments cannot be read: by its entry in `deployments`.
    Primary(Option<DeploymentId>),
}

impl Watch {
    /// Begins to follow at `now`.
    pub fn new(followed: Followed, now: Timestamp) -> Self {
        let way = match &followed.deployment {
            Some(arn) => Way::Arn(arn.clone()),
            None => Way::Searching(0),
        };
        let talk = Talk::new(followed.service.clone(), followed.known_events.clone(), now);
        Self {
            followed,
            way,
            talk,
            started: now,
            pace: Pace::default(),
            doubt: None,
            last: None,
            looks_since_read: 0,
            signal: false,
            seen_entry: false,
            task_failed: false,
            stages: Stages::default(),
        }
    }

    /// What users met so far, as far as tasks tell.
    pub fn users(&self) -> Option<String> {
        self.talk.users()
    }

    pub(super) fn end(&self, kind: EndKind, reason: impl Into<String>) -> End {
        let end = End::new(kind, reason).of(self.deployment());
        End { users: self.talk.users(), ..end }
    }

    /// True when `doubt` was there at each look for `limit`.
    pub(super) fn lasted(&mut self, doubt: Doubt, limit: Duration, now: Timestamp) -> bool {
        match self.doubt {
            Some((known, since)) if known == doubt => now.since(since) >= limit,
            Some(_) | None => {
                self.doubt = Some((doubt, now));
                false
            }
        }
    }

    fn ask(&mut self, tempo: Tempo, verdict_wants_list: bool) -> Ask {
        self.looks_since_read = self.looks_since_read.saturating_add(1);
        let each = match &self.last {
            Some(state) if has_stages(state) => STAGES_EACH,
            Some(_) | None => DEPLOYMENT_EACH,
        };
        let due = tempo == Tempo::AtOnce
            || (tempo != Tempo::Slow && self.stages.why().is_some())
            || self.signal
            || self.doubt.is_some()
            || self.looks_since_read >= each;
        let deployments = match &self.way {
            Way::Searching(_) => AskDeployments::List(self.list_after()),
            Way::Arn(_) if verdict_wants_list => AskDeployments::List(self.list_after()),
            Way::Arn(arn) if due => AskDeployments::One(arn.clone()),
            Way::Arn(_) | Way::Primary(_) => AskDeployments::Nothing,
        };
        let stopped = std::mem::take(&mut self.task_failed);
        Ask { deployments, stopped, ..Ask::service() }
    }
}

impl Waiter for Watch {
    fn first(&self) -> Ask {
        let deployments = match &self.way {
            Way::Searching(_) => AskDeployments::List(self.list_after()),
            Way::Arn(arn) => AskDeployments::One(arn.clone()),
            Way::Primary(_) => AskDeployments::Nothing,
        };
        Ask { deployments, ..Ask::service() }
    }

    fn observe(&mut self, glimpse: &Glimpse, now: Timestamp, jitter: f64) -> Answer {
        let mut say = Vec::new();
        let state = match &glimpse.service {
            Look::Denied(why) => {
                let end = self.end(EndKind::Denied, format!("cannot look any more: {why}"));
                return Answer { say, next: Next::Ended(end) };
            }
            Look::Missed(why) => return self.missed(why, now, jitter),
            Look::NotAsked => return self.missed("nothing was read", now, jitter),
            Look::Seen(None) => {
                let next = self.missing(now, jitter);
                return Answer { say, next };
            }
            Look::Seen(Some(state)) => state,
        };
        say.extend(self.pace.answered());
        let (changes, failed) = self.talk.state(state, &self.followed.revision, now);
        say.extend(changes);
        self.task_failed |= failed;
        if let Look::Seen(tasks) = &glimpse.stopped {
            say.extend(self.talk.stopped(tasks, &self.followed.revision, now));
        }
        self.last = Some(state.clone());
        let verdict = self.judge(glimpse, state, now, &mut say);
        let verdict = self.at_stage(verdict, glimpse, now, &mut say);
        let next = self.conclude(verdict, state, now, jitter, &mut say);
        Answer { say, next }
    }

    fn events(&self) -> &[ServiceEvent] {
        self.talk.events()
    }

    fn goes_on(&self) -> String {
        match &self.last {
            Some(state) => {
                let counts = self.talk.counts().unwrap_or_else(|| self.talk.why(state));
                let stuck = self.talk.stuck().map(|why| format!("; {why}")).unwrap_or_default();
                format!("{}: {counts}{stuck}", self.followed.revision.short())
            }
            None => format!("{}: nothing was seen of it yet", self.followed.revision.short()),
        }
    }

    fn reached(&self) -> String {
        match self.last.as_ref() {
            Some(state) if state.desired > 0 => {
                format!("{} of {} tasks healthy", state.running.min(state.desired), state.desired)
            }
            Some(_) => "done, with no tasks wanted".to_owned(),
            None => "done".to_owned(),
        }
    }

    fn deployment(&self) -> Option<&DeploymentArn> {
        match &self.way {
            Way::Arn(arn) => Some(arn),
            Way::Searching(_) | Way::Primary(_) => None,
        }
    }
}

impl Watch {
    pub(super) fn missing(&mut self, now: Timestamp, jitter: f64) -> Next {
        if self.lasted(Doubt::Missing, MISSING_FOR, now) {
            let reason = format!("ECS says that service {} does not exist", self.followed.service);
            return Next::Ended(self.end(EndKind::CouldNotTell, reason));
        }
        if now >= self.followed.deadline {
            let reason = format!("the deadline passed; {}", self.goes_on());
            return Next::Ended(self.end(EndKind::TimedOut, reason));
        }
        self.look(Tempo::Searching, false, jitter)
    }

    /// Before the end tasks of ours still have to start, or old ones to stop, and none failed.
    pub(super) fn is_far_from_its_end(&self) -> bool {
        let Some(state) = self.last.as_ref().filter(|_| self.doubt.is_none()) else { return false };
        let Some(primary) = state.primary() else { return false };
        let rolls = primary.rollout == RolloutState::InProgress
            && primary.task_definition == self.followed.revision
            && !has_stages(state);
        let old = state.deployments.iter().any(|one| one.id != primary.id && one.running > 0);
        rolls && primary.failed == 0 && (old || primary.running < primary.desired)
    }

    pub(super) fn look(&mut self, tempo: Tempo, wants_list: bool, jitter: f64) -> Next {
        let is_far = tempo == Tempo::Usual && self.is_far_from_its_end();
        let tempo = if is_far { Tempo::Far } else { tempo };
        let ask = self.ask(tempo, wants_list);
        Next::Look { after: pause(tempo, jitter), ask }
    }

    /// While ECS bakes for `left`: it ends by the clock, or with a change of the service.
    pub(super) fn look_slowly(&mut self, left: Duration, jitter: f64) -> Next {
        let ask = self.ask(Tempo::Slow, false);
        let after = pause(Tempo::Slow, jitter).min(left).max(pause(Tempo::Usual, jitter));
        Next::Look { after, ask }
    }

    pub(super) fn missed(&mut self, why: &str, now: Timestamp, jitter: f64) -> Answer {
        if now >= self.followed.deadline {
            let reason = format!("the deadline passed, and ECS does not answer: {why}");
            let end = self.end(EndKind::TimedOut, reason);
            return Answer { say: Vec::new(), next: Next::Ended(end) };
        }
        let (after, say) = self.pace.missed(why, now, jitter);
        let ask = self.ask(Tempo::Usual, false);
        Answer { say: say.into_iter().collect(), next: Next::Look { after, ask } }
    }
}

/// ECS moves its requests by stages of their own.
fn has_stages(state: &ServiceState) -> bool {
    state.strategy.as_deref().is_some_and(|strategy| strategy != "ROLLING")
}
