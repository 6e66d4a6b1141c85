//! The wait for the end of a deployment that stands in the way; how it ends does not matter.

use super::pace::{Pace, Tempo, pause};
use super::talk::Talk;
use super::{Answer, Ask, AskDeployments, End, EndKind, Glimpse, Look, Next, Waiter};
use crate::model::{
    DeploymentArn, RolloutState, ServiceEvent, ServiceName, ServiceState, Timestamp,
};
use std::collections::BTreeSet;

/// The wait.
#[derive(Debug, Clone)]
pub struct SettleWatch {
    deployment: Option<DeploymentArn>,
    deadline: Timestamp,
    talk: Talk,
    pace: Pace,
    last: Option<ServiceState>,
}

impl SettleWatch {
    /// Waits for the end of `deployment` on `service`; without one, until PRIMARY stands still.
    pub fn new(
        service: ServiceName,
        deployment: Option<DeploymentArn>,
        events: BTreeSet<String>,
        deadline: Timestamp,
        now: Timestamp,
    ) -> Self {
        let talk = Talk::new(service, events, now);
        Self { deployment, deadline, talk, pace: Pace::default(), last: None }
    }

    fn ask(&self) -> Ask {
        let deployments = match &self.deployment {
            Some(arn) => AskDeployments::One(arn.clone()),
            None => AskDeployments::Nothing,
        };
        Ask { deployments, ..Ask::service() }
    }

    fn is_over(&self, glimpse: &Glimpse, state: &ServiceState) -> bool {
        let moves =
            state.primary().is_some_and(|primary| primary.rollout == RolloutState::InProgress);
        match (&glimpse.deployments, &self.deployment) {
            (Look::Seen(all), Some(arn)) => {
                let one = all.iter().find(|one| one.arn == *arn);
                one.map_or(!moves, |one| one.is_over())
            }
            (Look::Missed(_), Some(_)) => false,
            (Look::Denied(_) | Look::NotAsked, _) | (_, None) => !moves,
        }
    }
}

impl Waiter for SettleWatch {
    fn first(&self) -> Ask {
        self.ask()
    }

    fn observe(&mut self, glimpse: &Glimpse, now: Timestamp, jitter: f64) -> Answer {
        let late = now >= self.deadline;
        let mut say = Vec::new();
        let after = match &glimpse.service {
            Look::Denied(why) => {
                let end = End::new(EndKind::Denied, format!("cannot look any more: {why}"));
                return Answer { say, next: Next::Ended(end) };
            }
            Look::Missed(why) => {
                let (after, event) = self.pace.missed(why, now, jitter);
                say.extend(event);
                after
            }
            Look::Seen(Some(state)) => {
                say.extend(self.pace.answered());
                say.extend(self.talk.state(state, &state.task_definition, now).0);
                self.last = Some(state.clone());
                if self.is_over(glimpse, state) {
                    let end = End::new(EndKind::Successful, "it ended");
                    return Answer { say, next: Next::Ended(end) };
                }
                say.extend(self.talk.reminder(state, now));
                pause(Tempo::Usual, jitter)
            }
            Look::Seen(None) => {
                let end = End::new(EndKind::Successful, "the service is gone");
                return Answer { say, next: Next::Ended(end) };
            }
            Look::NotAsked => pause(Tempo::Usual, jitter),
        };
        if late {
            let reason = format!("the deadline passed, {} still goes on", self.goes_on());
            return Answer { say, next: Next::Ended(End::new(EndKind::TimedOut, reason)) };
        }
        Answer { say, next: Next::Look { after, ask: self.ask() } }
    }

    fn events(&self) -> &[ServiceEvent] {
        self.talk.events()
    }

    fn goes_on(&self) -> String {
        match &self.last {
            Some(state) => format!("the deployment of {}", state.task_definition.short()),
            None => "the deployment under way".to_owned(),
        }
    }

    fn reached(&self) -> String {
        "it ended".to_owned()
    }

    fn deployment(&self) -> Option<&DeploymentArn> {
        self.deployment.as_ref()
    }
}
