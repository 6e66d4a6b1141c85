//! The wait for our own service deployment, by its ARN; by the PRIMARY entry where service
//! deployments cannot be read.

use super::degraded;
use super::pace::{Pace, Tempo, pause};
use super::stages::{Answers, Staged, Stages, staged};
use super::talk::{Talk, duration};
use super::verdict::{self, Doubt, Verdict};
use super::{Answer, Ask, AskDeployments, End, EndKind, Glimpse, Look, Next, Waiter};
use crate::model::{
    DeploymentArn, DeploymentId, Event, RolloutState, ServiceDeployment, ServiceEvent, ServiceName,
    ServiceState, TaskDefArn, Timestamp,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long our deployment is searched for in ECS's list. It is there after a second or two.
const FIND_WITHIN: Duration = Duration::from_secs(60);
/// Answered looks that a search needs at least, so that missed ones do not use up its time.
const FIND_LOOKS: u32 = 5;
/// A list without any deployment, neither ours nor an earlier one, tells nothing: ECS has one for
/// each rollout. After so long the service's own entry is followed instead.
const NOTHING_LISTED_FOR: Duration = Duration::from_secs(20);
/// So long without any answered list is no passing trouble, while the service itself is answered:
/// the endpoint fails at this one action.
const NEVER_LISTED_FOR: Duration = Duration::from_secs(180);
/// A service that was just created may be MISSING this long (ECS developer guide, eventual
/// consistency; the SDK's waiter does not tolerate it).
const MISSING_FOR: Duration = Duration::from_secs(60);
/// The list is asked for deployments made this long before the answer of our change.
const LIST_MARGIN: Duration = Duration::from_secs(60);
/// Each so many looks the deployment itself is read, although the service shows no change: it
/// would show one, but for a look that is stale.
const DEPLOYMENT_EACH: u32 = 10;
/// The same where ECS goes by stages, which only the deployment shows.
const STAGES_EACH: u32 = 3;

/// What is followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The service.
    pub service: ServiceName,
    /// The revision that our deployment brings.
    pub revision: TaskDefArn,
    /// Our deployment, when it is known already.
    pub deployment: Option<DeploymentArn>,
    /// `currentServiceDeployment` of the answer of our change; may be stale or another's.
    pub answered: Option<DeploymentArn>,
    /// PRIMARY of the answer of our change.
    pub primary: Option<DeploymentId>,
    /// When our change was answered, by AWS's clock; `None` when an earlier run made it.
    pub sent_at: Option<Timestamp>,
    /// Deployments that were there before.
    pub known_deployments: BTreeSet<DeploymentArn>,
    /// PRIMARY from before.
    pub primary_before: Option<DeploymentId>,
    /// Entries of the service's `deployments` from before.
    pub entries_before: BTreeSet<DeploymentId>,
    /// Events that were there before.
    pub known_events: BTreeSet<String>,
    /// The revision that ran before; `None` for the first deployment.
    pub previous: Option<TaskDefArn>,
    /// Who answers when it pauses.
    pub answers: Answers,
    /// The end of our patience.
    pub deadline: Timestamp,
}

/// The wait.
#[derive(Debug, Clone)]
pub struct Watch {
    followed: Followed,
    way: Way,
    talk: Talk,
    started: Timestamp,
    pace: Pace,
    doubt: Option<(Doubt, Timestamp)>,
    last: Option<ServiceState>,
    looks_since_read: u32,
    /// The service shows that something changed which only the deployment can tell.
    signal: bool,
    /// Our entry in `deployments` was seen at least once.
    seen_entry: bool,
    task_failed: bool,
    stages: Stages,
}

/// By what our deployment is known.
#[derive(Debug, Clone, PartialEq)]
enum Way {
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

    fn end(&self, kind: EndKind, reason: impl Into<String>) -> End {
        let end = End::new(kind, reason).of(self.deployment());
        End { users: self.talk.users(), ..end }
    }

    /// True when `doubt` was there at each look for `limit`.
    fn lasted(&mut self, doubt: Doubt, limit: Duration, now: Timestamp) -> bool {
        match self.doubt {
            Some((known, since)) if known == doubt => now.since(since) >= limit,
            Some(_) | None => {
                self.doubt = Some((doubt, now));
                false
            }
        }
    }

    fn judge(
        &mut self,
        glimpse: &Glimpse,
        state: &ServiceState,
        now: Timestamp,
        say: &mut Vec<Event>,
    ) -> Verdict {
        // Noted from the start: when the list turns out to tell nothing, it may be gone already.
        let primary = self.followed.primary.as_ref();
        self.seen_entry |= primary.is_some_and(|id| degraded::entry(id, state).is_some());
        if let Look::Denied(why) = &glimpse.deployments
            && !matches!(self.way, Way::Primary(_))
        {
            return self.follow_primary(why, state, now, say);
        }
        match self.way.clone() {
            Way::Searching(lists) => self.search(glimpse, state, (lists, now), say),
            Way::Arn(arn) => self.by_arn(&arn, glimpse, state),
            Way::Primary(id) => self.by_primary(id, state),
        }
    }

    /// Service deployments cannot be read, and `why`: the service's own entry tells less.
    fn follow_primary(
        &mut self,
        why: &str,
        state: &ServiceState,
        now: Timestamp,
        say: &mut Vec<Event>,
    ) -> Verdict {
        let text = format!(
            "the service's own entry is followed, which tells less: no service deployments: {why}"
        );
        say.extend(self.talk.once("degraded", &text, now));
        self.by_primary(self.followed.primary.clone(), state)
    }

    fn lists_nothing(&self, listed: &[ServiceDeployment], lists: u32, now: Timestamp) -> bool {
        listed.is_empty()
            && self.followed.known_deployments.is_empty()
            && lists >= FIND_LOOKS
            && now.since(self.started) >= NOTHING_LISTED_FOR
    }

    fn by_primary(&mut self, id: Option<DeploymentId>, state: &ServiceState) -> Verdict {
        let id = id.or_else(|| degraded::find(&self.followed, state));
        self.seen_entry |= id.as_ref().is_some_and(|id| degraded::entry(id, state).is_some());
        let verdict = degraded::judge(&self.followed, id.as_ref(), self.seen_entry, state);
        self.way = Way::Primary(id);
        verdict
    }

    fn search(
        &mut self,
        glimpse: &Glimpse,
        state: &ServiceState,
        (lists, now): (u32, Timestamp),
        say: &mut Vec<Event>,
    ) -> Verdict {
        let Look::Seen(deployments) = &glimpse.deployments else {
            let never = lists == 0 && now.since(self.started) >= NEVER_LISTED_FOR;
            return match &glimpse.deployments {
                Look::Missed(why) if never => self.follow_primary(why, state, now, say),
                _ => Verdict::GoOn(Tempo::Searching),
            };
        };
        if let Some(ours) = self.find(deployments, state) {
            let arn = ours.arn.clone();
            self.way = Way::Arn(arn.clone());
            return self.by_arn(&arn, glimpse, state);
        }
        let lists = lists.saturating_add(1);
        self.way = Way::Searching(lists);
        if self.lists_nothing(deployments, lists, now) {
            return self.follow_primary("ECS lists none", state, now, say);
        }
        if lists >= FIND_LOOKS && now.since(self.started) >= FIND_WITHIN {
            let revision = self.followed.revision.short();
            return Verdict::Ended(
                EndKind::CouldNotTell,
                format!(
                    "could not tell how it ended: ECS lists no deployment of {revision} that is ours"
                ),
            );
        }
        Verdict::GoOn(Tempo::Searching)
    }

    /// Ours brings our revision, was made by our change and was not there before. Of several the
    /// first one: whoever deploys the same revision again comes later. Where revisions cannot be
    /// read, the PRIMARY entry has to bring ours.
    fn find<'a>(
        &self,
        deployments: &'a [ServiceDeployment],
        state: &ServiceState,
    ) -> Option<&'a ServiceDeployment> {
        let after = self.list_after();
        let is_new = |one: &&ServiceDeployment| {
            !self.followed.known_deployments.contains(&one.arn)
                && after.is_none_or(|after| one.created_at >= after)
        };
        let ours = Some(&self.followed.revision);
        let is_primary = state.primary().map(|primary| &primary.task_definition) == ours;
        let may_be = |one: &&ServiceDeployment| match &one.target_task_definition {
            Some(revision) => Some(revision) == ours,
            None => is_primary,
        };
        let candidates = deployments.iter().filter(is_new).filter(may_be);
        let answered = self.followed.answered.as_ref();
        let named = candidates.clone().find(|one| Some(&one.arn) == answered);
        named.or(match self.followed.sent_at {
            Some(_) => candidates.min_by_key(|one| one.created_at),
            None => candidates.max_by_key(|one| one.created_at),
        })
    }

    fn list_after(&self) -> Option<Timestamp> {
        self.followed.sent_at.map(|at| at.before(LIST_MARGIN))
    }

    fn by_arn(&mut self, arn: &DeploymentArn, glimpse: &Glimpse, state: &ServiceState) -> Verdict {
        let rolls = state.primary().is_some_and(|primary| {
            primary.task_definition == self.followed.revision
                && primary.rollout == RolloutState::InProgress
        });
        self.signal = !rolls;
        let deployments = match &glimpse.deployments {
            Look::Seen(deployments) => deployments,
            Look::NotAsked if !rolls => return Verdict::Unread(Tempo::AtOnce),
            Look::NotAsked | Look::Missed(_) | Look::Denied(_) => {
                return Verdict::Unread(Tempo::Usual);
            }
        };
        self.looks_since_read = 0;
        let Some(ours) = deployments.iter().find(|one| one.arn == *arn) else {
            let reason =
                "could not tell how it ended: ECS does not know our deployment any more".to_owned();
            let then = (EndKind::CouldNotTell, reason);
            return Verdict::Doubtful { doubt: Doubt::Unlisted, limit: FIND_WITHIN, then };
        };
        verdict::of(&verdict::Case {
            ours,
            newer: verdict::newer(ours, deployments),
            listed: glimpse.listed,
            state,
            revision: &self.followed.revision,
            previous: self.followed.previous.as_ref(),
        })
    }

    fn ask(&mut self, tempo: Tempo, verdict_wants_list: bool) -> Ask {
        self.looks_since_read = self.looks_since_read.saturating_add(1);
        let each = match &self.last {
            Some(state) if has_stages(state) => STAGES_EACH,
            Some(_) | None => DEPLOYMENT_EACH,
        };
        let due = tempo == Tempo::AtOnce
            || self.stages.why().is_some()
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
    fn conclude(
        &mut self,
        verdict: Verdict,
        state: &ServiceState,
        now: Timestamp,
        jitter: f64,
        say: &mut Vec<Event>,
    ) -> Next {
        let (tempo, wants_list) = match verdict {
            Verdict::Ended(kind, reason) => return Next::Ended(self.end(kind, reason)),
            Verdict::Doubtful { doubt, limit, then: (kind, reason) } => {
                if self.lasted(doubt, limit, now) {
                    return Next::Ended(self.end(kind, reason));
                }
                (Tempo::Usual, true)
            }
            Verdict::Unread(tempo) => (tempo, false),
            Verdict::Tell { key, text, tempo } => {
                self.doubt = None;
                say.extend(self.talk.news(key, &text, now));
                (tempo, false)
            }
            Verdict::GoOn(tempo) => {
                self.doubt = None;
                (tempo, false)
            }
        };
        if now >= self.followed.deadline {
            let reason = format!("the deadline passed and it still goes on; {}", self.goes_on());
            return Next::Ended(self.end(EndKind::TimedOut, reason));
        }
        say.extend(match self.stages.why() {
            Some(why) => self.talk.remind(&why, now),
            None => self.talk.reminder(state, now),
        });
        self.look(tempo, wants_list, jitter)
    }

    /// Tells the stage of ECS's own strategies, and ends the wait where somebody has to answer.
    fn at_stage(
        &mut self,
        verdict: Verdict,
        glimpse: &Glimpse,
        now: Timestamp,
        say: &mut Vec<Event>,
    ) -> Verdict {
        let (Way::Arn(arn), Look::Seen(all), Verdict::GoOn(tempo)) =
            (&self.way, &glimpse.deployments, &verdict)
        else {
            return verdict;
        };
        let ours = all.iter().find(|one| one.arn == *arn);
        let Some(lifecycle) = ours.and_then(|ours| ours.lifecycle.as_ref()) else {
            return verdict;
        };
        if let Some(stage) = self.stages.changed(lifecycle) {
            let text = format!("{stage} ({})", duration(now.since(self.started)));
            say.push(self.talk.line(&text, now));
        }
        match staged(arn, lifecycle, &self.followed.answers, glimpse.at) {
            Staged::Moves => verdict,
            Staged::Waits(pause) => {
                let reason = format!("waits at {pause}");
                Verdict::Ended(EndKind::Paused(Box::new(pause)), reason)
            }
            Staged::WaitsForOthers(pause) => {
                let text =
                    format!("ECS pauses, and this mode answers no pause: {}", pause.at_its_end());
                Verdict::Tell { key: "pause", text, tempo: *tempo }
            }
        }
    }

    fn missing(&mut self, now: Timestamp, jitter: f64) -> Next {
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
    fn is_far_from_its_end(&self) -> bool {
        let Some(state) = self.last.as_ref().filter(|_| self.doubt.is_none()) else { return false };
        let Some(primary) = state.primary() else { return false };
        let rolls = primary.rollout == RolloutState::InProgress
            && primary.task_definition == self.followed.revision
            && !has_stages(state);
        let old = state.deployments.iter().any(|one| one.id != primary.id && one.running > 0);
        rolls && primary.failed == 0 && (old || primary.running < primary.desired)
    }

    fn look(&mut self, tempo: Tempo, wants_list: bool, jitter: f64) -> Next {
        let is_far = tempo == Tempo::Usual && self.is_far_from_its_end();
        let tempo = if is_far { Tempo::Far } else { tempo };
        let ask = self.ask(tempo, wants_list);
        Next::Look { after: pause(tempo, jitter), ask }
    }

    fn missed(&mut self, why: &str, now: Timestamp, jitter: f64) -> Answer {
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
