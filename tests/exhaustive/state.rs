//! One state: the cloud, what it was a moment ago, and the process with its memory.

use crate::cloud::Cloud;
use crate::look::{self, View};
use crate::world::{START, World};
use ecs_canary::model::{Observed, OutcomeKind, Timestamp, Wanted};
use ecs_canary::plan::{self, History, Phase, ScaleInStep, Waiting};
use ecs_canary::watch::{
    Answer, Ask, CountWatch, Glimpse, HoldWatch, SettleWatch, Waiter as _, Watch,
};
use std::sync::Arc;

/// How long an answer may show what was before the last change.
const STALE_FOR: i64 = 15;
/// Pauses of the loop, in seconds, as `apply` has them.
pub(crate) const RETRY: i64 = 5;
pub(crate) const LOST: i64 = 3;

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub cloud: Cloud,
    /// The cloud before the last change, and when that was.
    pub past: Option<(Arc<Cloud>, i64)>,
    pub now: i64,
    /// Of the job.
    pub deadline: Timestamp,
    pub process: Process,
    pub faults: u8,
    pub colleague: bool,
    /// Autoscaling may change a count once.
    pub scales: bool,
    /// The job may be run again once after a bad end.
    pub again: bool,
    pub ghost: Ghost,
}

/// What an observer who misses nothing knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ghost {
    /// The colleague deployed.
    pub colleague: bool,
    /// The wanted release was served by its service since the run began.
    pub served: bool,
    /// Weights could not be set, or the answer of it was lost.
    pub weights_failed: bool,
    /// Tags could not be written.
    pub tags_failed: bool,
}

/// The process that releases.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub history: History,
    pub checked: bool,
    pub conflict_since: Option<i64>,
    pub looked: bool,
    pub leaves_weights: bool,
    /// Autoscaling cannot be looked at.
    pub is_blind: bool,
    /// The way back after this end, and when it began.
    pub unwinding: Option<(OutcomeKind, i64)>,
    pub mode: Mode,
}

#[derive(Debug, Clone)]
pub(crate) enum Mode {
    /// Looks next.
    Look,
    Watch(Box<Watching>),
    /// Makes this call of a change of scale-in next.
    Scales(Box<ScaleInStep>, usize),
    Dead,
    Ended(OutcomeKind),
}

#[derive(Debug, Clone)]
pub(crate) struct Watching {
    pub waiting: Waiting,
    pub watch: AnyWatch,
    pub ask: Ask,
}

/// Whatever waits.
#[derive(Debug, Clone)]
pub(crate) enum AnyWatch {
    Own(Box<Watch>),
    Settle(SettleWatch),
    Count(CountWatch),
    Hold(HoldWatch),
}

impl AnyWatch {
    pub(crate) fn first(&self) -> Ask {
        match self {
            Self::Own(watch) => watch.first(),
            Self::Settle(watch) => watch.first(),
            Self::Count(watch) => watch.first(),
            Self::Hold(watch) => watch.first(),
        }
    }

    pub(crate) fn observe(&mut self, glimpse: &Glimpse, now: Timestamp) -> Answer {
        match self {
            Self::Own(watch) => watch.observe(glimpse, now, 0.5),
            Self::Settle(watch) => watch.observe(glimpse, now, 0.5),
            Self::Count(watch) => watch.observe(glimpse, now, 0.5),
            Self::Hold(watch) => watch.observe(glimpse, now, 0.5),
        }
    }
}

impl Process {
    pub(crate) fn new() -> Self {
        Self {
            history: History::default(),
            checked: false,
            conflict_since: None,
            looked: false,
            leaves_weights: false,
            is_blind: false,
            unwinding: None,
            mode: Mode::Look,
        }
    }
}

impl State {
    pub(crate) fn first(world: &World) -> Self {
        Self {
            cloud: world.cloud.clone(),
            past: None,
            now: START,
            deadline: world.wanted.deadline,
            process: Process::new(),
            faults: world.faults,
            colleague: world.colleague,
            scales: world.scales,
            again: true,
            ghost: Ghost::default(),
        }
        .noting(world)
    }

    pub(crate) fn observed(&self, world: &World) -> Observed {
        look::observed(&self.view(&self.cloud, &self.cloud), world)
    }

    /// What one look shows that finds these answers.
    pub(crate) fn view<'a>(&self, services: &'a Cloud, deployments: &'a Cloud) -> View<'a> {
        View { services, deployments, is_blind: self.process.is_blind, now: self.now }
    }

    /// Somebody changes something: until a while later an answer may still show what was before.
    pub(crate) fn change<T>(&mut self, act: impl FnOnce(&mut Cloud, i64) -> T) -> T {
        let before = self.cloud.clone();
        let done = act(&mut self.cloud, self.now);
        if before != self.cloud {
            self.past = Some((Arc::new(before), self.now));
        }
        done
    }

    /// Time passes, and the cloud goes on.
    pub(crate) fn pass(&mut self, seconds: i64, world: &World) {
        self.now += seconds;
        self.cloud.tick();
        if self.past.as_ref().is_some_and(|(_, at)| self.now - at > STALE_FOR) {
            self.past = None;
        }
        self.note(world);
    }

    pub(crate) fn note(&mut self, world: &World) {
        self.ghost.served |= crate::properties::serves(&self.cloud, world);
    }

    fn noting(mut self, world: &World) -> Self {
        self.note(world);
        self
    }

    /// Who is asked for: the goal, or the way back after it failed.
    pub(crate) fn wanted<'a>(&self, world: &'a World) -> std::borrow::Cow<'a, Wanted> {
        use std::borrow::Cow;
        match self.process.unwinding {
            None => Cow::Borrowed(&world.wanted),
            Some((_, since)) => Cow::Owned(plan::way_back(&world.wanted, look::time(since))),
        }
    }

    /// Until when this run may last.
    pub(crate) fn deadline(&self) -> Timestamp {
        let since = self.process.unwinding.map(|(_, since)| look::time(since));
        since.map_or(self.deadline, |since| plan::until(Phase::Back, self.deadline, since))
    }
}
