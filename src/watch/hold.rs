//! The time of a share: nothing is under way, and the canary's tasks have to stay well.

use super::pace::{Pace, Tempo, pause};
use super::paused::{self, Paused};
use super::talk::Talk;
use super::words::duration;
use super::{Answer, Ask, End, EndKind, Glimpse, Look, Next, Waiter};
use crate::model::{
    DeploymentArn, Event, RolloutState, ServiceEvent, ServiceName, ServiceState, TaskDefArn,
    Timestamp,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long tasks may be missing, all times together: one that was moved to another host is
/// back before.
const MISSING_FOR: Duration = Duration::from_secs(90);
/// Pause between two looks: nothing can end before the time is over.
const SLOWEST: Duration = Duration::from_secs(15);
/// How often it is said that it still holds.
const REMIND: Duration = Duration::from_secs(120);

/// What is held.
#[derive(Debug, Clone)]
pub struct Held {
    /// The canary service.
    pub service: ServiceName,
    /// The revision that it wants.
    pub revision: TaskDefArn,
    /// The canary's share of the requests in words, where a rule gives it.
    pub share: Option<String>,
    /// The deployment whose pause it is, with ECS's own strategies.
    pub deployment: Option<DeploymentArn>,
    /// Until when, by AWS's clock.
    pub until: Timestamp,
    /// The end of our patience, by ours.
    pub deadline: Timestamp,
}

/// The wait.
#[derive(Debug, Clone)]
pub struct HoldWatch {
    held: Held,
    talk: Talk,
    pace: Pace,
    missing: Duration,
    last: Option<(Timestamp, bool)>,
    said: Option<Timestamp>,
}

impl HoldWatch {
    /// Holds from `now` on. `events` were there before.
    pub fn new(held: Held, events: BTreeSet<String>, now: Timestamp) -> Self {
        let talk = Talk::new(held.service.clone(), events, now);
        Self { held, talk, pace: Pace::default(), missing: Duration::ZERO, last: None, said: None }
    }

    /// The canary service.
    pub(super) fn service(&self) -> &ServiceName {
        &self.held.service
    }

    /// When the share was held long enough, by AWS's clock.
    pub(super) fn until(&self) -> Timestamp {
        self.held.until
    }

    /// What every look of it reads.
    pub(super) fn ask(&self) -> Ask {
        self.held.deployment.as_ref().map_or_else(Ask::service, Ask::one)
    }

    /// Tasks that run and that are wanted: of the service, or of a paused deployment's new
    /// revision.
    fn tasks(&self, state: &ServiceState, glimpse: &Glimpse) -> Paused {
        match &self.held.deployment {
            None => Paused::Tasks(state.running, state.desired),
            Some(deployment) => paused::look(deployment, &glimpse.deployments),
        }
    }

    fn ended(
        &mut self,
        state: &ServiceState,
        (running, desired): (u32, u32),
        at: Timestamp,
        now: Timestamp,
    ) -> Option<End> {
        let name = &self.held.service;
        if state.task_definition != self.held.revision {
            let reason = format!("{name} wants {} now", state.task_definition.short());
            let revision = Some(state.task_definition.clone());
            return Some(End::new(EndKind::Superseded { by: None, revision }, reason));
        }
        if state.primary().is_some_and(|primary| primary.rollout == RolloutState::Failed) {
            let reason = format!("ECS gave up the deployment of {name}");
            return Some(End::new(EndKind::Unwell, reason));
        }
        let is_well = running >= desired && desired > 0;
        if let Some((before, was_well)) = self.last
            && !(is_well && was_well)
        {
            self.missing += at.since(before);
        }
        self.last = Some((at, is_well));
        if self.missing >= MISSING_FOR {
            let reason = format!(
                "{name} does not stay well: {running} of {desired} tasks run, tasks were missing for {}",
                duration(self.missing)
            );
            return Some(End::new(EndKind::Unwell, reason));
        }
        if at >= self.held.until && is_well {
            return Some(End::new(EndKind::Successful, format!("{name} stayed well")));
        }
        self.late(now)
    }

    fn late(&self, now: Timestamp) -> Option<End> {
        (now >= self.held.deadline).then(|| {
            let reason = format!("the deadline passed while {} was held", self.held.service);
            End::new(EndKind::TimedOut, reason)
        })
    }

    fn reminder(&mut self, (running, desired): (u32, u32), at: Timestamp) -> Option<Event> {
        if self.said.is_some_and(|said| at.since(said) < REMIND) || at >= self.held.until {
            return None;
        }
        self.said = Some(at);
        let left = duration(self.held.until.since(at));
        let share = self.held.share.as_ref().map(|share| format!("{share} % of the requests, "));
        let text =
            format!("{}{running} of {desired} tasks run, {left} to go", share.unwrap_or_default(),);
        Some(Event::fact("hold", text))
    }
}

impl Waiter for HoldWatch {
    fn first(&self) -> Ask {
        self.ask()
    }

    fn observe(&mut self, glimpse: &Glimpse, now: Timestamp, jitter: f64) -> Answer {
        let mut say = Vec::new();
        let ended = |end| Next::Ended(end);
        let after = match &glimpse.service {
            Look::Denied(why) => {
                let end = End::new(EndKind::Denied, format!("cannot look any more: {why}"));
                return Answer { say, next: ended(end) };
            }
            Look::Seen(Some(state)) => {
                say.extend(self.pace.answered());
                say.extend(self.talk.state(state, &self.held.revision.clone(), now).0);
                match self.tasks(state, glimpse) {
                    Paused::Over => return Answer { say, next: ended(paused::over()) },
                    Paused::Unread => {}
                    Paused::Tasks(running, desired) => {
                        let tasks = (running, desired);
                        if let Some(end) = self.ended(state, tasks, glimpse.at, now) {
                            return Answer { say, next: ended(end) };
                        }
                        say.extend(self.reminder(tasks, glimpse.at));
                    }
                }
                let left = self.held.until.since(glimpse.at).max(Duration::from_secs(1));
                pause(Tempo::Usual, jitter).max(left.min(SLOWEST))
            }
            Look::Seen(None) => {
                let reason = format!("ECS says that service {} does not exist", self.held.service);
                return Answer { say, next: ended(End::new(EndKind::CouldNotTell, reason)) };
            }
            Look::Missed(why) => {
                if let Some(end) = self.late(now) {
                    return Answer { say, next: ended(end) };
                }
                let (after, event) = self.pace.missed(why, now, jitter);
                say.extend(event);
                after
            }
            Look::NotAsked => pause(Tempo::Usual, jitter),
        };
        Answer { say, next: Next::Look { after, ask: self.ask() } }
    }

    fn events(&self) -> &[ServiceEvent] {
        self.talk.events()
    }

    fn goes_on(&self) -> String {
        format!("{} is held", self.held.service)
    }

    fn reached(&self) -> String {
        "stayed well".to_owned()
    }

    fn deployment(&self) -> Option<&DeploymentArn> {
        None
    }
}
