//! What a wait asks for, and what it gets.

use super::End;
use crate::model::{
    Alarm, DeploymentArn, Event, MetricQuery, SeriesAnswer, ServiceDeployment, ServiceEvent,
    ServiceState, StoppedTask, Timestamp,
};
use std::time::Duration;

/// One part of a look.
#[derive(Debug, Clone, PartialEq)]
pub enum Look<T> {
    /// Not asked for.
    NotAsked,
    /// Read; may be stale.
    Seen(T),
    /// Throttled, or no answer: a missed tick.
    Missed(String),
    /// Denied, or not offered there.
    Denied(String),
}

/// What was seen at one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Glimpse {
    /// AWS's clock.
    pub at: Timestamp,
    /// The service; `None` when ECS says MISSING.
    pub service: Look<Option<ServiceState>>,
    /// Service deployments that were asked for, newest first.
    pub deployments: Look<Vec<ServiceDeployment>>,
    /// True when `deployments` is the list, false when it is the one that was asked for.
    pub listed: bool,
    /// Tasks that stopped lately.
    pub stopped: Look<Vec<StoppedTask>>,
    /// What the judge asked for.
    pub metrics: Look<Vec<SeriesAnswer>>,
    /// The alarms that it asked for.
    pub alarms: Look<Vec<Alarm>>,
}

/// Which service deployments to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskDeployments {
    /// None this time.
    Nothing,
    /// Those made after this time by AWS's clock.
    List(Option<Timestamp>),
    /// This one.
    One(DeploymentArn),
}

/// What to read besides the service itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Service deployments.
    pub deployments: AskDeployments,
    /// Also the tasks that stopped.
    pub stopped: bool,
    /// Also what the judge wants to know.
    pub judge: Option<Box<AskJudge>>,
}

/// What the judge wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskJudge {
    /// Counts; `None` while no minute is settled.
    pub query: Option<MetricQuery>,
    /// Alarms by name.
    pub alarms: Vec<String>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Look again.
    Look {
        /// After this time.
        after: Duration,
        /// At this.
        ask: Ask,
    },
    /// The wait is over.
    Ended(End),
}

/// What a look led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What changed, for people.
    pub say: Vec<Event>,
    /// What comes next.
    pub next: Next,
}

/// A wait, as the loop drives it.
pub trait Waiter {
    /// What to read at the first look.
    fn first(&self) -> Ask;

    /// Takes a look into account. `now` is the clock of the deadline; `jitter` is between 0
    /// and 1 and spreads the polls of many jobs.
    fn observe(&mut self, glimpse: &Glimpse, now: Timestamp, jitter: f64) -> Answer;

    /// New service events so far, in order.
    fn events(&self) -> &[ServiceEvent];

    /// What goes on right now, for a person who is told that we stop to wait.
    fn goes_on(&self) -> String;

    /// What was reached, when it ended well.
    fn reached(&self) -> String;

    /// Our service deployment, once it is known.
    fn deployment(&self) -> Option<&DeploymentArn>;
}

impl Ask {
    /// The service alone.
    pub fn service() -> Self {
        Self { deployments: AskDeployments::Nothing, stopped: false, judge: None }
    }

    /// The service, and one service deployment.
    pub fn one(deployment: &DeploymentArn) -> Self {
        Self { deployments: AskDeployments::One(deployment.clone()), ..Self::service() }
    }
}
