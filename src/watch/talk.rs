//! What a wait tells a person: a line on change, at most 100 columns, and why it waits when
//! nothing changed for a while.

use super::report::stopped_ways;
use super::standing::tasks;
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
    seen_events: BTreeSet<String>,
    seen_tasks: BTreeSet<String>,
    events: Vec<ServiceEvent>,
    said: BTreeSet<&'static str>,
    failed: u32,
    /// How often an event was said, without its numbers and ids.
    often: BTreeMap<String, u32>,
    ran: Ran,
}

/// Tasks that ran while it was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Ran {
    wanted: u32,
    least: Option<u32>,
    new: u32,
    old: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Counts {
    wanted: u32,
    running: u32,
    pending: u32,
    old: u32,
}

impl Talk {
    pub(super) fn new(service: ServiceName, events: BTreeSet<String>, now: Timestamp) -> Self {
        Self {
            service,
            started: now,
            last: now,
            counts: None,
            seen_events: events,
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
        let Ran { wanted, least, new, old } = self.ran;
        let (name, least) = (&self.service, least?);
        if old == 0 {
            return Some(format!("no other version of {name} ran meanwhile"));
        }
        let gap = if wanted == 0 {
            // Our deployment wanted none any more when it was first seen.
            format!("{name} had at least {least} tasks")
        } else if least >= wanted {
            format!("{name} had its {} all the time", tasks(wanted))
        } else {
            format!("{name} was down to {least} of {wanted} tasks")
        };
        Some(match new {
            0 => format!("{gap}; no new task came up"),
            new => format!("{gap}; up to {} ran beside the old", new_tasks(new)),
        })
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

    /// Events that are new by their id, oldest first; equal ones of one look are one line.
    fn new_events(&mut self, state: &ServiceState, now: Timestamp) -> Vec<Event> {
        let mut texts: Vec<(String, usize)> = Vec::new();
        for event in state.events.iter().rev() {
            if !self.seen_events.insert(event.id.clone()) {
                continue;
            }
            self.events.push(event.clone());
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

impl Counts {
    fn words(&self) -> String {
        let new = if self.old > 0 { "new " } else { "" };
        let mut text = format!("{} of {} {new}tasks running", self.running, self.wanted);
        if self.pending > 0 {
            text.push_str(&format!(", {} starting", self.pending));
        }
        if self.old > 0 {
            text.push_str(&format!("; {} old still running", self.old));
        }
        text
    }

    fn why(&self) -> String {
        if self.running < self.wanted {
            return match self.pending {
                0 => format!(
                    "waits: ECS has not started {} of {} tasks yet",
                    self.wanted - self.running,
                    self.wanted
                ),
                pending => {
                    format!("waits for {pending} tasks to start: image pull, container start")
                }
            };
        }
        match self.old {
            0 => "all tasks run; waits for their health checks".to_owned(),
            old => format!("all tasks run; waits for their health and for {old} old ones to stop"),
        }
    }
}

impl Ran {
    fn look(&mut self, counts: &Counts) {
        let all = counts.running + counts.old;
        self.wanted = self.wanted.max(counts.wanted);
        self.least = Some(self.least.map_or(all, |least| least.min(all)));
        self.new = self.new.max(counts.running);
        self.old = self.old.max(counts.old);
    }
}

fn new_tasks(count: u32) -> String {
    if count == 1 { "1 new task".to_owned() } else { format!("{count} new tasks") }
}

/// A text without what differs each time: words with digits in them.
fn numberless(text: &str) -> String {
    let word = |word: &str| {
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            "#".to_owned()
        } else {
            word.to_owned()
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// True for an event that says why nothing moves.
fn is_stuck(message: &str) -> bool {
    ["unable to place", "unable to consistently start", "unable to stop or start", "throttled"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// True when ECS stopped a task because it was not needed any more.
pub(super) fn is_scaling(task: &StoppedTask) -> bool {
    task.reason.as_deref().is_some_and(|reason| reason.starts_with("Scaling activity"))
}

/// How its containers ended, and why, behind `task ID stopped`.
pub(super) fn stopped_container_text(task: &StoppedTask) -> String {
    let mut text = String::new();
    for one in &task.containers {
        let container = &one.name;
        if let Some(code) = one.exit_code {
            text.push_str(&format!("; {container} exit {code}"));
        }
        if let Some(reason) = one.reason.as_deref().filter(|reason| !reason.is_empty()) {
            text.push_str(&format!("; {container}: {reason}"));
        }
    }
    let reason = task.reason.as_deref().or(task.stop_code.as_deref());
    let is_new = |reason: &&str| !text.contains(reason);
    match reason.filter(is_new) {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    }
}

/// An event's text for a person: without the service's name, which the label shows, and with
/// short names instead of ARNs and long ids.
pub fn event_text(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message.split(MANUAL).next().unwrap_or(message).trim_end();
    while let Some((before, inside, after)) = parenthesis(rest) {
        text.push_str(before);
        match inside.split_once(' ') {
            Some(("service", _)) => {
                rest = after.trim_start();
                continue;
            }
            // Behind the service's name it says whose event it is; elsewhere it is told.
            Some(("deployment", _)) if text.is_empty() => {
                rest = after.trim_start();
                continue;
            }
            Some(("deployment" | "instance", id)) => text.push_str(id),
            Some(("reason", reason)) => text.push_str(reason),
            Some(("port", port)) => {
                text.truncate(text.trim_end().len());
                text.push_str(&format!(":{port}"));
            }
            Some(("task", id)) => text.push_str(&format!("task {}", id.get(..8).unwrap_or(id))),
            Some(("target-group", arn)) => {
                let name = arn.split('/').nth(1).unwrap_or(arn);
                text.push_str(&format!("target group {name}"));
            }
            Some(_) | None => text.push_str(&format!("({inside})")),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// What ECS adds to an event, and what helps nobody in a log.
const MANUAL: &str = "For more information, see the";

/// What is before, in and after the first pair of parentheses; nested ones stay inside.
fn parenthesis(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('(')?;
    let mut depth = 0_u32;
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((text.get(..open)?, text.get(open + 1..at)?, text.get(at + 1..)?));
        }
    }
    None
}

/// At most `width` characters, the cut shown by an ellipsis.
pub fn shortened(text: &str, width: usize) -> String {
    let one_line = text.replace(['\n', '\r'], " ");
    if one_line.chars().count() <= width {
        return one_line;
    }
    let kept: String = one_line.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `40 s`, `1 min 12 s`, `2 h 5 min`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
