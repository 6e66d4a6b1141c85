//! One task on its own, from the new revision: a migration before a deploy. It is started once,
//! whoever asks again, and its exit code is the answer.

use super::blame;
use crate::model::{
    CallError, ClusterName, Event, LiveTaskDefinition, OneTask, Outcome, OutcomeKind,
    ReleaseIdentity, ServiceRequest, StepRecord, StoppedTask, TaskDefinitionSpec, TaskStart,
    Timestamp,
};
use crate::plan::release_tags;
use crate::ports::{Cancel, Clock, Ecs, Logs, Reporter};
use crate::taskdef;
use crate::watch::{duration, shortened};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Between two looks at the task.
const PAUSE: Duration = Duration::from_secs(5);
/// Between two tries when there is no place for it.
const NO_PLACE_PAUSE: Duration = Duration::from_secs(15);
/// How long a place is waited for.
const NO_PLACE_FOR: Duration = Duration::from_secs(300);
/// How long a task that was just started may be unknown: reads are eventually consistent.
const UNKNOWN_FOR: Duration = Duration::from_secs(60);
/// Revisions of the family that are looked through for this very release.
const NEWEST: usize = 10;
/// Quiet time until it is said that it still runs.
const REMIND: Duration = Duration::from_secs(60);

/// What is run.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskWanted {
    /// Where.
    pub cluster: ClusterName,
    /// The revision's content: family and image are set.
    pub task: TaskDefinitionSpec,
    /// The image with its tag as the user wrote it.
    pub written_image: Option<String>,
    /// The container whose command is replaced and whose exit code counts.
    pub container: String,
    /// The command.
    pub command: Vec<String>,
    /// Members of RunTask besides: `launchType`, `networkConfiguration`, ...
    pub extra: Map<String, Value>,
    /// Who.
    pub identity: ReleaseIdentity,
    /// Makes a second call the same task (at most 64 characters).
    pub token: String,
    /// The end of our patience.
    pub deadline: Timestamp,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskEnded {
    /// The outcome; its exit code is not set here.
    pub outcome: Outcome,
    /// The exit code of the container, when it ran.
    pub code: Option<i32>,
    /// The steps that were made.
    pub steps: Vec<StepRecord>,
}

pub(super) struct Run<'a, C, K, R> {
    pub(super) cloud: &'a C,
    pub(super) clock: &'a K,
    reporter: &'a R,
    cancel: &'a Cancel,
    pub(super) wanted: &'a TaskWanted,
    steps: Vec<StepRecord>,
}

/// An end before there is an exit code.
enum Stop {
    Outcome(Box<Outcome>),
    Cancelled(String),
}

/// Runs the task and waits for its end.
pub async fn run_task<C: Ecs + Logs>(
    cloud: &C,
    clock: &impl Clock,
    reporter: &impl Reporter,
    cancel: &Cancel,
    wanted: &TaskWanted,
) -> TaskEnded {
    let started = clock.now();
    let mut run = Run { cloud, clock, reporter, cancel, wanted, steps: Vec::new() };
    let (outcome, code) = match run.whole().await {
        Ok((outcome, code)) => (outcome, code),
        Err(Stop::Outcome(outcome)) => (*outcome, None),
        Err(Stop::Cancelled(what)) => {
            let outcome = Outcome::new(OutcomeKind::Cancelled).because("the job was cancelled");
            let hint = "look at what the command did before the job is run again: it starts anew";
            (Outcome { now: Some(what), ..outcome.hinting(hint) }, None)
        }
    };
    let outcome = if outcome.outcome.is_good() { outcome } else { run.with_standing(outcome) };
    let seconds = clock.now().since(started).as_secs_f64();
    TaskEnded { outcome: Outcome { seconds, ..outcome }, code, steps: run.steps }
}

impl<C: Ecs + Logs, K: Clock, R: Reporter> Run<'_, C, K, R> {
    /// A task is beside the services: whatever came of it, they are as they were.
    fn with_standing(&self, outcome: Outcome) -> Outcome {
        let started = self.steps.iter().rfind(|step| step.step == "run_task");
        let left = outcome.now.unwrap_or_else(|| match started {
            Some(step) if outcome.outcome == OutcomeKind::FailedNotRolledBack => {
                format!("{} stopped", step.what)
            }
            Some(step) => format!("{} may still run", step.what),
            None => "no task was started".to_owned(),
        });
        let users = Some("not affected: no service was changed".to_owned());
        Outcome { users, now: Some(format!("{left}; nothing was deployed")), ..outcome }
    }

    async fn whole(&mut self) -> Result<(Outcome, Option<i32>), Stop> {
        let revision = self.revision().await?;
        let begun = self.clock.now();
        let task = self.start(&revision).await?;
        let id = task.arn.rsplit('/').next().unwrap_or(&task.arn).to_owned();
        self.record("run_task", format!("task {id} of {}", revision.arn.short()), begun);
        self.fact("task", &format!("{id} of {}: {}", revision.arn.short(), self.words()));
        let ended = self.wait(&task).await?;
        self.record("wait", format!("task {id} stopped"), begun);
        self.tell_log(&revision, &ended).await;
        let about = |outcome: Outcome| Outcome {
            revision: Some(revision.arn.short().to_owned()),
            image: revision.image(&self.wanted.container).map(str::to_owned),
            commit: self.wanted.identity.commit.as_ref().map(|one| one.as_str().to_owned()),
            ..outcome
        };
        let took = duration(self.clock.now().since(begun));
        let (outcome, code) = ending(&ended, &self.wanted.container, &took);
        Ok((about(outcome), code))
    }

    /// The revision of this release, registered when AWS does not hold it yet.
    async fn revision(&mut self) -> Result<LiveTaskDefinition, Stop> {
        let begun = self.clock.now();
        let family = self.wanted.task.family().to_owned();
        let listed = match self.cloud.revisions(&family, NEWEST).await {
            Ok(listed) => listed,
            // Without the right to list, a new one is registered.
            Err(error) if blame::cannot(&error) => Vec::new(),
            Err(error) => return Err(failed(&error)),
        };
        for arn in listed {
            let found = self.cloud.task_definition(arn.as_str()).await.map_err(|e| failed(&e))?;
            let Some(found) = found.filter(|found| found.active) else { continue };
            let theirs = ReleaseIdentity::from_tags(&found.tags);
            let ours = &self.wanted.identity;
            let is_same =
                ours.same_release(&theirs) || (ours.commit.is_none() && theirs.commit.is_none());
            if is_same && taskdef::changes(&found, &self.wanted.task).is_empty() {
                return Ok(found);
            }
        }
        let written = self.wanted.written_image.as_deref();
        let tags =
            release_tags(&self.wanted.identity, written, &self.wanted.task, &self.wanted.container);
        let mut answer = self.cloud.register(&self.wanted.task, &tags).await;
        if answer.as_ref().is_err_and(blame::cannot) {
            // RegisterTaskDefinition with tags needs ecs:TagResource as well.
            answer =
                self.cloud.register(&self.wanted.task, &std::collections::BTreeMap::new()).await;
        }
        let revision = answer.map_err(|error| failed(&error))?;
        self.fact("plan", &format!("new revision {}", revision.arn.short()));
        self.record("register", revision.arn.short().to_owned(), begun);
        Ok(revision)
    }

    async fn start(&self, revision: &LiveTaskDefinition) -> Result<OneTask, Stop> {
        let request = self.request(revision);
        let since = self.clock.now();
        let mut said = false;
        loop {
            let reason = match self.cloud.run_task(&request).await {
                Ok(TaskStart::Started(task)) => return Ok(task),
                Ok(TaskStart::NoPlace(reason)) => reason,
                Err(error) if blame::passes(&error) => error.to_string(),
                Err(error) => return Err(failed(&error)),
            };
            let now = self.clock.now();
            if now.since(since) >= NO_PLACE_FOR || now >= self.wanted.deadline {
                let outcome = Outcome::new(OutcomeKind::FailedNotRolledBack)
                    .because(format!("the task could not be started: {reason}"))
                    .hinting("make room for one more task in the cluster, and run the job again");
                return Err(Stop::Outcome(Box::new(outcome)));
            }
            if !said {
                let text = format!("the task cannot be started yet: {reason}");
                self.reporter.emit(Event::warning(shortened(&text, 300)));
                said = true;
            }
            if self.slept_or_cancelled(NO_PLACE_PAUSE).await {
                return Err(Stop::Cancelled("no task was started".to_owned()));
            }
        }
    }

    fn request(&self, revision: &LiveTaskDefinition) -> ServiceRequest {
        let TaskWanted { cluster, container, command, extra, token, identity, .. } = self.wanted;
        let mut body = extra.clone();
        body.insert("cluster".to_owned(), json!(cluster));
        body.insert("taskDefinition".to_owned(), json!(revision.arn.short()));
        body.insert("count".to_owned(), json!(1));
        body.insert("clientToken".to_owned(), json!(token));
        let by = identity.job.map_or("ecs-canary".to_owned(), |job| format!("ecs-canary/{job}"));
        body.insert("startedBy".to_owned(), json!(by));
        let container = json!({ "name": container, "command": command });
        body.insert("overrides".to_owned(), json!({ "containerOverrides": [container] }));
        ServiceRequest::new(body)
    }

    /// Looks until the task stopped.
    async fn wait(&self, started: &OneTask) -> Result<OneTask, Stop> {
        let since = self.clock.now();
        let (mut status, mut said) = (started.status.clone(), since);
        let id = started.arn.rsplit('/').next().unwrap_or(&started.arn);
        let goes_on = || format!("task {id} goes on in AWS");
        loop {
            if self.slept_or_cancelled(PAUSE).await {
                // A migration that is cut in the middle is worse than one that goes on.
                return Err(Stop::Cancelled(goes_on()));
            }
            let now = self.clock.now();
            match self.cloud.task(&self.wanted.cluster, &started.arn).await {
                Ok(Some(task)) if task.status == "STOPPED" => return Ok(task),
                Ok(Some(task)) => {
                    if task.status != status || now.since(said) >= REMIND {
                        let took = duration(now.since(since));
                        self.fact("task", &format!("{} ({took})", task.status));
                        (status, said) = (task.status, now);
                    }
                }
                Ok(None) if now.since(since) < UNKNOWN_FOR => {}
                Ok(None) => {
                    let outcome = Outcome::new(OutcomeKind::TimedOut);
                    let reason = format!("ECS does not know task {} any more", started.arn);
                    let hint = "could not tell how it ended: look at its log";
                    return Err(Stop::Outcome(Box::new(outcome.because(reason).hinting(hint))));
                }
                Err(error) if blame::passes(&error) => {}
                Err(error) => return Err(failed(&error)),
            }
            if now >= self.wanted.deadline {
                let outcome = Outcome::new(OutcomeKind::TimedOut)
                    .because(format!("the deadline passed; {}", goes_on()))
                    .hinting("raise --deadline; the same job run again starts another task");
                return Err(Stop::Outcome(Box::new(outcome)));
            }
        }
    }

    async fn slept_or_cancelled(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.reached(1) => true,
            () = self.clock.sleep(pause) => false,
        }
    }

    fn words(&self) -> String {
        self.wanted.command.join(" ")
    }

    pub(super) fn fact(&self, label: &str, text: &str) {
        let width = 100_usize.saturating_sub(label.chars().count() + 2);
        self.reporter.emit(Event::fact(label, shortened(text, width)));
    }

    fn record(&mut self, step: &str, what: String, begun: Timestamp) {
        self.steps.push(StepRecord {
            step: step.to_owned(),
            service: None,
            what,
            started_at: begun.to_string(),
            seconds: self.clock.now().since(begun).as_secs_f64(),
            deployment: None,
            verdict: None,
            failure: None,
        });
    }
}

fn failed(error: &CallError) -> Stop {
    Stop::Outcome(Box::new(blame::outcome(error, "no task was run to its end")))
}

fn ending(ended: &OneTask, container: &str, took: &str) -> (Outcome, Option<i32>) {
    let StoppedTask { containers, reason, .. } = &ended.stopped;
    let ours = containers.iter().find(|one| one.name.as_str() == container);
    match ours.and_then(|one| one.exit_code) {
        Some(0) => {
            let reason = format!("container {container} ended with exit code 0 ({took})");
            (Outcome::new(OutcomeKind::Succeeded).because(reason), Some(0))
        }
        Some(code) => {
            let reason = format!("container {container} ended with exit code {code} ({took})");
            let outcome = Outcome::new(OutcomeKind::FailedNotRolledBack).because(reason);
            (outcome.hinting("look at its log, put it right, and run the job again"), Some(code))
        }
        None => {
            let why = ours.and_then(|one| one.reason.clone()).or_else(|| reason.clone());
            let why = why.unwrap_or_else(|| "ECS says no reason".to_owned());
            let outcome = Outcome::new(OutcomeKind::FailedNotRolledBack)
                .because(format!("container {container} never ran: {why}"));
            (outcome.hinting("put right what ECS names, and run the job again"), None)
        }
    }
}
