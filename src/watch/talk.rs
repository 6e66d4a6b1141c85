//! What a wait tells a person: a line on change, at most 100 columns, and why it waits when
//! nothing changed for a while.

use super::ran::{Counts, Ran};
use super::report::stopped_ways;
use super::words::{duration, event_text, is_scaling, is_stuck, numberless, shortened};
use crate::model::{
    Event, RollingDeployment, ServiceEvent, ServiceName, ServiceState, StoppedTask, TaskDefArn,
    Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Two lines of a log of 100 columns: a reason that is cut off helps nobody.
const WIDTH: usize = 190;
/// A warning's: what is denied is named at its end.
const WARNING: usize = 300;
/// An event that comes again and again is told so often, and then each time it became so many.
const TOLD: u32 = 3;
const MILESTONES: [u32; 6] = [5, 10, 30, 100, 300, 1000];
/// Quiet time until the wait says why it waits.
const REMIND: Duration = Duration::from_secs(60);

/// What was said about one service so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Talk {
    service: ServiceName,
    started: Timestamp,
    last: Timestamp,
    counts: Option<Counts>,
    /// By their ids: those that were there before the wait.
    known_events: BTreeSet<String>,
    /// When the newest of them was.
    known_until: Option<Timestamp>,
    seen_tasks: BTreeSet<String>,
    events: Vec<ServiceEvent>,
    said: BTreeSet<&'static str>,
    failed: u32,
    /// How often an event was said, without its numbers and ids.
    often: BTreeMap<String, u32>,
    ran: Ran,
}

impl Talk {
    pub(super) fn new(service: ServiceName, events: BTreeSet<String>, now: Timestamp) -> Self {
        Self {
            service,
            started: now,
            last: now,
            counts: None,
            known_events: events,
            known_until: None,
            seen_tasks: BTreeSet::new(),
            events: Vec::new(),
            said: BTreeSet::new(),
            failed: 0,
            often: BTreeMap::new(),
            ran: Ran::default(),
        }
    }

    /// What users met, as far as the tasks that ran tell it.
    pub(super) fn users(&self) -> Option<String> {
        self.ran.users(&self.service)
    }

    /// New events so far, in order.
    pub(super) fn events(&self) -> &[ServiceEvent] {
        &self.events
    }

    /// A line about the service.
    pub(super) fn line(&mut self, text: &str, now: Timestamp) -> Event {
        self.last = now;
        let width = WIDTH.saturating_sub(self.service.as_str().chars().count() + 2);
        Event::fact(self.service.as_str(), shortened(text, width))
    }

    /// A line that is said once.
    pub(super) fn news(&mut self, key: &'static str, text: &str, now: Timestamp) -> Option<Event> {
        self.said.insert(key).then(|| self.line(text, now))
    }

    /// A warning that is said once.
    pub(super) fn once(&mut self, key: &'static str, text: &str, now: Timestamp) -> Option<Event> {
        self.said.insert(key).then(|| {
            self.last = now;
            Event::warning(shortened(text, WARNING))
        })
    }

    /// A wait for no tasks: that none are wanted is no news.
    pub(super) fn for_nothing(mut self) -> Self {
        self.said.insert("zero");
        self
    }

    /// What changed in `state` for the deployment of `revision`. True = a task failed to start.
    pub(super) fn state(
        &mut self,
        state: &ServiceState,
        revision: &TaskDefArn,
        now: Timestamp,
    ) -> (Vec<Event>, bool) {
        let mut say = Vec::new();
        say.extend(self.new_events(state, now));
        let ours = state.deployments.iter().find(|one| one.task_definition == *revision);
        let Some(ours) = ours else { return (say, false) };
        if ours.desired == 0 && state.desired == 0 {
            let text = format!("{} wants 0 tasks: nothing runs and nothing was tried", state.name);
            say.extend(self.once("zero", &text, now));
        }
        let counts = Counts {
            wanted: ours.desired,
            running: ours.running,
            pending: ours.pending,
            old: state
                .deployments
                .iter()
                .filter(|one| one.id != ours.id)
                .map(|one| one.running)
                .sum(),
        };
        self.ran.look(&counts);
        if self.counts.as_ref() != Some(&counts) && counts.wanted > 0 {
            let text = format!("{} ({})", counts.words(), duration(now.since(self.started)));
            self.counts = Some(counts);
            say.push(self.line(&text, now));
        }
        let failed = self.failures(ours, &mut say, now);
        (say, failed)
    }

    /// Events that are new by their id, oldest first; equal ones of one look are one line. An
    /// event may be listed late: it stands where it belongs, and one that is older than what was
    /// there before the wait is not of this release.
    fn new_events(&mut self, state: &ServiceState, now: Timestamp) -> Vec<Event> {
        let mut texts: Vec<(String, usize)> = Vec::new();
        let known = state.events.iter().filter(|event| self.known_events.contains(&event.id));
        self.known_until = known.map(|event| event.at).chain(self.known_until).max();
        let mut listed: Vec<&ServiceEvent> = state.events.iter().rev().collect();
        listed.sort_by_key(|event| event.at);
        for event in listed {
            let is_old = self.known_until.is_some_and(|until| event.at < until);
            if is_old || self.known_events.contains(&event.id) || self.has(event) {
                continue;
            }
            let at = self.events.partition_point(|one| one.at <= event.at);
            self.events.insert(at, event.clone());
            let text = event_text(&event.message);
            match texts.iter_mut().find(|(known, _)| *known == text) {
                Some((_, times)) => *times += 1,
                None => texts.push((text, 1)),
            }
        }
        let shown: Vec<String> =
            texts.into_iter().filter_map(|(text, times)| self.often(text, times)).collect();
        shown.iter().map(|text| self.line(text, now)).collect()
    }

    fn has(&self, event: &ServiceEvent) -> bool {
        self.events.iter().any(|one| one.id == event.id)
    }

    /// The text of an event that was seen `times` more; `None` = it was told often enough.
    fn often(&mut self, text: String, times: usize) -> Option<String> {
        let seen = self.often.entry(numberless(&text)).or_default();
        let before = *seen;
        *seen += 1;
        match (before, times) {
            (..TOLD, 1) => Some(text),
            (..TOLD, times) => Some(format!("{text} ({times} times)")),
            (TOLD.., _) if MILESTONES.contains(seen) => {
                Some(format!("{text} (seen {seen} times so far)"))
            }
            (TOLD.., _) => None,
        }
    }

    fn failures(&mut self, ours: &RollingDeployment, say: &mut Vec<Event>, now: Timestamp) -> bool {
        // ECS sets the number back to 0 as soon as one task runs: only its rise says something.
        let rose = ours.failed > self.failed;
        if rose {
            let tasks = if ours.failed == 1 { "task" } else { "tasks" };
            say.push(self.line(&format!("{} {tasks} failed so far", ours.failed), now));
        }
        self.failed = ours.failed;
        rose
    }

    /// Tasks of `revision` that stopped and were not told yet.
    pub(super) fn stopped(
        &mut self,
        tasks: &[StoppedTask],
        revision: &TaskDefArn,
        now: Timestamp,
    ) -> Vec<Event> {
        let ours = tasks.iter().filter(|task| task.task_definition == *revision);
        let failed = ours.filter(|task| !is_scaling(task));
        let new: Vec<&StoppedTask> =
            failed.filter(|task| self.seen_tasks.insert(task.task.clone())).collect();
        let ways = stopped_ways(new.into_iter());
        let told: Vec<String> = ways.into_iter().filter_map(|way| self.often(way, 1)).collect();
        told.iter().map(|way| self.line(way, now)).collect()
    }

    /// The event that says why nothing moves.
    pub(super) fn stuck(&self) -> Option<String> {
        let stuck = self.events.iter().rev().find(|event| is_stuck(&event.message))?;
        Some(event_text(&stuck.message))
    }

    /// Why it waits, when nothing was said for a while.
    pub(super) fn reminder(&mut self, state: &ServiceState, now: Timestamp) -> Option<Event> {
        if now.since(self.last) < REMIND {
            return None;
        }
        let why = self.why(state);
        Some(self.waits(&why, now))
    }

    /// The same for a wait that knows better why.
    pub(super) fn remind(&mut self, why: &str, now: Timestamp) -> Option<Event> {
        (now.since(self.last) >= REMIND).then(|| self.waits(why, now))
    }

    fn waits(&mut self, why: &str, now: Timestamp) -> Event {
        let waited = duration(now.since(self.started));
        self.line(&format!("{why} ({waited})"), now)
    }

    /// What goes on, from the counts last seen.
    pub(super) fn why(&self, state: &ServiceState) -> String {
        if let Some(stuck) = self.stuck() {
            return format!("waits: {stuck}");
        }
        match &self.counts {
            None => format!("waits for the first task of {}", state.task_definition.short()),
            Some(counts) => counts.why(),
        }
    }

    /// The counts last seen, in words.
    pub(super) fn counts(&self) -> Option<String> {
        self.counts.as_ref().map(Counts::words)
    }
}
