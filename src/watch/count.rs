//! The wait for a number of tasks: no deployment is under way, so only counts tell.

use super::pace::{Pace, Tempo, pause};
use super::talk::Talk;
use super::{Answer, Ask, End, EndKind, Glimpse, Look, Next, Waiter};
use crate::model::{DeploymentArn, ServiceEvent, ServiceName, ServiceState, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long another count must be seen after ours: one look may be older than our change.
const OTHER_FOR: Duration = Duration::from_secs(30);
/// How long another count is seen where ours never was: it was taken back between two looks, by
/// autoscaling for one.
const NEVER_OURS_FOR: Duration = Duration::from_secs(60);

/// The wait.
#[derive(Debug, Clone)]
pub struct CountWatch {
    service: ServiceName,
    desired: u32,
    /// Autoscaling may add tasks.
    may_be_more: bool,
    deadline: Timestamp,
    talk: Talk,
    pace: Pace,
    /// Our count was seen.
    seen: bool,
    /// Since when another one is seen.
    other: Option<Timestamp>,
    last: Option<ServiceState>,
}

impl CountWatch {
    /// Waits until `service` wants and runs `desired` tasks.
    pub fn new(
        service: ServiceName,
        desired: u32,
        events: BTreeSet<String>,
        deadline: Timestamp,
        now: Timestamp,
    ) -> Self {
        let talk = Talk::new(service.clone(), events, now).for_nothing();
        Self {
            service,
            desired,
            may_be_more: false,
            deadline,
            talk,
            pace: Pace::default(),
            seen: false,
            other: None,
            last: None,
        }
    }

    /// More tasks than `desired` are as good: autoscaling may add some.
    #[must_use]
    pub fn or_more(self) -> Self {
        Self { may_be_more: true, ..self }
    }

    fn end(&mut self, state: &ServiceState, now: Timestamp) -> Option<End> {
        let more = self.may_be_more && state.desired >= self.desired;
        if more && state.running >= self.desired {
            let reason = format!("{} runs {} tasks", self.service, state.running);
            return Some(End::new(EndKind::Successful, reason));
        }
        let reached = more || state.desired == self.desired;
        if reached && state.running == self.desired && state.pending == 0 {
            let reason = format!("{} runs {} tasks", self.service, self.desired);
            return Some(End::new(EndKind::Successful, reason));
        }
        self.seen |= reached;
        if reached {
            self.other = None;
        }
        let patience = if self.seen { OTHER_FOR } else { NEVER_OURS_FOR };
        if !reached && now.since(*self.other.get_or_insert(now)) >= patience {
            let reason =
                format!("somebody set the count of {} to {} after us", self.service, state.desired);
            let kind = EndKind::Superseded { by: None, revision: None };
            return Some(End::new(kind, reason));
        }
        self.late(now)
    }

    fn late(&self, now: Timestamp) -> Option<End> {
        (now >= self.deadline).then(|| {
            let reason = format!("the deadline passed and it still goes on; {}", self.goes_on());
            End::new(EndKind::TimedOut, reason)
        })
    }
}

impl Waiter for CountWatch {
    fn first(&self) -> Ask {
        Ask::service()
    }

    fn observe(&mut self, glimpse: &Glimpse, now: Timestamp, jitter: f64) -> Answer {
        let state = match &glimpse.service {
            Look::Denied(why) => {
                let end = End::new(EndKind::Denied, format!("cannot look any more: {why}"));
                return Answer { say: Vec::new(), next: Next::Ended(end) };
            }
            Look::Seen(Some(state)) => state,
            Look::Seen(None) => {
                let reason = format!("ECS says that service {} does not exist", self.service);
                let end = End::new(EndKind::CouldNotTell, reason);
                return Answer { say: Vec::new(), next: Next::Ended(end) };
            }
            Look::Missed(_) | Look::NotAsked => {
                let why = match &glimpse.service {
                    Look::Missed(why) => why.as_str(),
                    _ => "nothing was read",
                };
                if let Some(end) = self.late(now) {
                    return Answer { say: Vec::new(), next: Next::Ended(end) };
                }
                let (after, say) = self.pace.missed(why, now, jitter);
                let next = Next::Look { after, ask: Ask::service() };
                return Answer { say: say.into_iter().collect(), next };
            }
        };
        let mut say: Vec<_> = self.pace.answered().into_iter().collect();
        say.extend(self.talk.state(state, &state.task_definition, now).0);
        self.last = Some(state.clone());
        if let Some(end) = self.end(state, now) {
            return Answer { say, next: Next::Ended(end) };
        }
        let why = match self.talk.stuck() {
            Some(stuck) => format!("waits: {stuck}"),
            None => self.goes_on(),
        };
        say.extend(self.talk.remind(&why, now));
        let next = Next::Look { after: pause(Tempo::Usual, jitter), ask: Ask::service() };
        Answer { say, next }
    }

    fn events(&self) -> &[ServiceEvent] {
        self.talk.events()
    }

    fn goes_on(&self) -> String {
        match &self.last {
            Some(state) => format!("{} of {} tasks run", state.running, self.desired),
            None => format!("{} tasks were asked for", self.desired),
        }
    }

    fn reached(&self) -> String {
        format!("{} tasks run", self.desired)
    }

    fn deployment(&self) -> Option<&DeploymentArn> {
        None
    }
}
