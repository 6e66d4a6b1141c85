//! One release on its way: look, plan, check, one step, again.

use super::blame;
use super::eyes::{self, Eyes};
use super::last_look::Gone;
use super::standing::Shares;
use crate::check;
use crate::model::{
    CallError, CallErrorKind, Event, Observed, Outcome, OutcomeKind, Refusal, Severity, StepRecord,
    Timestamp, Wanted,
};
use crate::plan::{self, History, Plan, Precheck, Step, WaitingOn};
use crate::ports::{Cancel, Clock, Cloud, Reporter};
use crate::watch::shortened;
use std::cell::RefCell;
use std::time::Duration;

/// Unanswered looks at the very start until AWS is called unreachable.
const START_TRIES: u32 = 3;
/// The longest time for them.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Pause after a look or a change that was not answered or throttled.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// How long a conflict must be seen: one look may be older than our own change before it.
const CONFLICT_FOR: Duration = Duration::from_secs(20);
/// Looks for a service whose creation was refused: stale answers of some ten seconds were seen.
const APPEARS_TRIES: u32 = 3;
/// The same warning is told once in this time.
const WARN_AGAIN: Duration = Duration::from_secs(300);
/// More steps than any release makes; beyond it the loop goes round in circles.
const MOST_ROUNDS: u32 = 500;

/// How far the checks before the first change are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Checked {
    Never,
    /// Somebody else came in between.
    Again,
    Done,
}

/// One release.
pub(super) struct Release<'a, C, K, R> {
    pub(super) cloud: &'a C,
    pub(super) clock: &'a K,
    pub(super) reporter: &'a R,
    pub(super) cancel: &'a Cancel,
    pub(super) wanted: &'a Wanted,
    pub(super) history: History,
    pub(super) eyes: Eyes,
    pub(super) steps: Vec<StepRecord>,
    pub(super) observed: Option<Observed>,
    /// What the part before this one saw last, when this one could not look yet.
    pub(super) seen_before: Option<Observed>,
    /// What was seen after the last wait, to be told.
    pub(super) at_end: Option<Observed>,
    /// The weights of the rule are somebody else's now: they are left alone.
    pub(super) leaves_weights: bool,
    pub(super) shares: Shares,
    /// It ended before the full service could take the canary's share.
    pub(super) awaits_full: bool,
    /// This run was asked to stop, and its canary is to be taken back.
    pub(super) canary_goes_back: bool,
    /// The first lines were told.
    pub(super) introduced: bool,
    checked: Checked,
    conflict_since: Option<Timestamp>,
    /// When everything was looked at last, by our own clock.
    pub(super) looked_at: Option<Timestamp>,
    /// The last change that was sent and not looked at since.
    pub(super) unseen: Option<String>,
    /// Since when a service is not shown any more.
    pub(super) gone_since: Option<Timestamp>,
    /// The last warning, and when it was told.
    warned: RefCell<Option<(String, Timestamp)>>,
}

impl<'a, C, K, R> Release<'a, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    pub(super) fn new(
        cloud: &'a C,
        clock: &'a K,
        reporter: &'a R,
        cancel: &'a Cancel,
        wanted: &'a Wanted,
    ) -> Self {
        Self {
            cloud,
            clock,
            reporter,
            cancel,
            wanted,
            history: History::default(),
            eyes: Eyes::default(),
            steps: Vec::new(),
            observed: None,
            seen_before: None,
            at_end: None,
            leaves_weights: false,
            shares: Shares::new(),
            awaits_full: false,
            canary_goes_back: false,
            introduced: false,
            checked: Checked::Never,
            conflict_since: None,
            looked_at: None,
            unseen: None,
            gone_since: None,
            warned: RefCell::default(),
        }
    }

    /// Goes on until there is an outcome.
    pub(super) async fn finished(&mut self) -> Outcome {
        for _ in 0..MOST_ROUNDS {
            if let Some(outcome) = self.round().await {
                self.history.outcome = Some(outcome.clone());
                return outcome;
            }
        }
        Outcome::new(OutcomeKind::Internal)
            .because(format!("the release made {MOST_ROUNDS} steps without coming to an end"))
    }

    /// One look and one step. `Some` = the end.
    async fn round(&mut self) -> Option<Outcome> {
        if self.cancel.count() > 0 {
            return Some(self.stopped_now().await);
        }
        if let Some(outcome) = self.late() {
            return Some(outcome);
        }
        let observed = match self.look().await {
            Ok(observed) => observed,
            Err(outcome) => return Some(*outcome),
        };
        match self.gone(&observed).await {
            Gone::Nothing => {}
            Gone::Maybe => return None,
            Gone::Ended(outcome) => return Some(*outcome),
        }
        self.history.look(&observed);
        self.observed = Some(observed.clone());
        self.was_looked();
        self.introduce(&observed);
        if self.checked == Checked::Never {
            if let Some(outcome) = self.can_judge(&observed).await {
                return Some(outcome);
            }
            if let Some(text) = plan::gate_is_over(self.wanted, &observed) {
                self.fact("gate", &text);
            }
        }
        let plan = plan::next(self.wanted, &observed, &self.history, self.clock.now());
        let begins = self.checked == Checked::Never;
        if let Some(outcome) = self.checks(&plan, &observed) {
            return Some(outcome);
        }
        if begins {
            self.tell_giving_way(&plan, &observed);
        }
        match plan.first()?.clone() {
            Step::Finish(outcome) if outcome.refusal == Some(Refusal::OtherRelease) => {
                let reason = outcome.reason.clone().unwrap_or_default();
                let text = format!("{reason}; {}", self.left());
                Some(outcome.because(text))
            }
            Step::Finish(outcome) => Some(*outcome),
            Step::Wait(waiting) => self.wait(&waiting, &observed).await,
            step => self.one(step, &observed).await,
        }
    }

    /// The end, when the deadline passed: what was seen last is enough to say so.
    fn late(&mut self) -> Option<Outcome> {
        let now = self.clock.now();
        let observed = self.observed.clone().filter(|_| now >= self.wanted.deadline)?;
        let plan = plan::next(self.wanted, &observed, &self.history, now);
        // The lease is given back without another look.
        let is_order = |step: &&Step| matches!(step, Step::Journal(_) | Step::ScaleIn(_));
        match plan.steps.iter().find(|step| !is_order(step))? {
            Step::Finish(outcome) => Some((**outcome).clone()),
            _ => None,
        }
    }

    /// The look, again and again while it is not answered.
    pub(super) async fn look(&mut self) -> Result<Observed, Box<Outcome>> {
        let mut tries = 0;
        let since = self.clock.now();
        loop {
            let error = match self.eyes.look(self.cloud, self.clock, self.wanted).await {
                Ok(mut observed) => {
                    if self.checked != Checked::Done && observed.cluster_found {
                        eyes::target_groups(self.cloud, self.wanted, &mut observed).await;
                    }
                    return Ok(observed);
                }
                Err(error) => error,
            };
            tries += 1;
            if let Some(outcome) = self.gives_up(&error, tries, since) {
                return Err(Box::new(outcome));
            }
            if self.sleep_or_cancel(RETRY_PAUSE).await {
                return Err(Box::new(self.cancelled_between()));
            }
        }
    }

    fn gives_up(&self, error: &CallError, tries: u32, since: Timestamp) -> Option<Outcome> {
        if !blame::passes(error) {
            return Some(blame::outcome(error, &self.left()));
        }
        let now = self.clock.now();
        let at_start = self.observed.is_none() && error.kind == CallErrorKind::NoAnswer;
        let silent = at_start && (tries >= START_TRIES || now.since(since) >= START_LIMIT);
        let late = now >= self.wanted.deadline;
        (silent || late).then(|| blame::outcome(error, &self.left()))
    }

    fn checks(&mut self, plan: &Plan, observed: &Observed) -> Option<Outcome> {
        // While another release is waited for, what it will leave is not known yet.
        let queues = matches!(
            plan.first(),
            Some(Step::Wait(waiting)) if matches!(waiting.on, WaitingOn::Lease { .. })
        );
        if self.checked != Checked::Done && !queues {
            if let Some(outcome) = self.preflight(plan, observed) {
                return Some(outcome);
            }
            self.checked = Checked::Done;
        }
        let violations = check::plan(plan, self.wanted, observed, &self.history);
        let words: Vec<String> = violations.iter().map(ToString::to_string).collect();
        (!words.is_empty()).then(|| {
            Outcome::new(OutcomeKind::Internal)
                .because(format!("{}; {}", words.join("; "), self.left()))
                .hinting("this is a defect of ecs-canary: please report it with this log")
        })
    }

    fn preflight(&self, plan: &Plan, observed: &Observed) -> Option<Outcome> {
        let checked = check::before(self.wanted, observed, plan);
        let is_error = |one: &&check::Checked| one.finding.severity == Severity::Error;
        let again = self.checked == Checked::Again;
        let lead = checked.iter().position(|one| is_error(&one));
        // The first error is the outcome's reason: it is told there, once.
        let others = checked.iter().enumerate().filter(|(nth, _)| Some(*nth) != lead);
        for (_, one) in others.filter(|(_, one)| !again || is_error(one)) {
            self.reporter.emit(Event::Finding { finding: one.finding.clone() });
        }
        let error = checked.get(lead?)?;
        let outcome =
            Outcome::refused(error.by).because(format!("{}; {}", error.finding, self.left()));
        Some(match &error.finding.hint {
            Some(hint) => outcome.hinting(hint.clone()),
            None => outcome,
        })
    }

    /// A step that is not a wait.
    async fn one(&mut self, step: Step, observed: &Observed) -> Option<Outcome> {
        match plan::precheck(&step, observed) {
            Precheck::Ready => {
                self.conflict_since = None;
                let started = self.clock.now();
                self.is_sent(&step);
                match self.carry_out(&step, observed).await {
                    Ok(what) => {
                        self.record(&step, what, started);
                        None
                    }
                    Err(error) => self.after_error(&step, &error).await,
                }
            }
            // What was lost or done by an earlier run is there: nothing to send.
            Precheck::Done => {
                self.conflict_since = None;
                self.seen_as_done(&step, observed);
                None
            }
            Precheck::Conflict { expected, found } => self.conflict(&step, &expected, &found).await,
        }
    }

    async fn after_error(&mut self, step: &Step, error: &CallError) -> Option<Outcome> {
        self.was_refused(error.kind);
        if self.appears(step, error).await {
            // Whose it is decides the check that saw no service before.
            self.checked = self.checked.min(Checked::Again);
            return None;
        }
        if let Some(outcome) = self.created_elsewhere(step, error) {
            return Some(outcome);
        }
        let late = self.clock.now() >= self.wanted.deadline;
        if !blame::passes(error) || late {
            return Some(blame::outcome(error, &self.left()));
        }
        self.warn(&format!("{error}: trying again"));
        if self.sleep_or_cancel(RETRY_PAUSE).await {
            return Some(self.cancelled_between());
        }
        None
    }

    /// ECS has such a service, made otherwise, and does not show it yet.
    fn created_elsewhere(&self, step: &Step, error: &CallError) -> Option<Outcome> {
        let Step::CreateService { service, .. } = step else { return None };
        error.message.contains("not idempotent").then(|| {
            let reason = format!(
                "another release creates {service} at the same time, ECS says: {error}; {}",
                self.left()
            );
            Outcome::refused(Refusal::OtherRelease)
                .because(reason)
                .hinting("run the job again when the other release is done")
        })
    }

    /// A service that an earlier run, or another release, created may be MISSING for a while, and
    /// creating it again is refused: true when it is there after all.
    async fn appears(&mut self, step: &Step, error: &CallError) -> bool {
        let Step::CreateService { service, .. } = step else { return false };
        if error.kind != CallErrorKind::Refused {
            return false;
        }
        for _ in 0..APPEARS_TRIES {
            if self.sleep_or_cancel(RETRY_PAUSE).await {
                return false;
            }
            let names = std::slice::from_ref(service);
            match self.cloud.services(&self.wanted.cluster, names).await {
                Ok(seen) if seen.value.iter().any(Option::is_some) => return true,
                Ok(_) | Err(_) => {}
            }
        }
        false
    }

    async fn conflict(&mut self, step: &Step, expected: &str, found: &str) -> Option<Outcome> {
        let now = self.clock.now();
        let since = *self.conflict_since.get_or_insert(now);
        if now.since(since) < CONFLICT_FOR {
            return self.sleep_or_cancel(RETRY_PAUSE).await.then(|| self.cancelled_between());
        }
        let service = step.service().map_or("the listener rule", |service| service.as_str());
        self.leaves_weights |= matches!(step, Step::SetWeights(_));
        let reason = format!(
            "somebody changed {service} in the meantime: expected {expected}, found {found}; {}",
            self.left()
        );
        Some(
            Outcome::refused(Refusal::OtherRelease)
                .because(reason)
                .hinting("run the job again when the other release is done"),
        )
    }

    pub(super) fn record(&mut self, step: &Step, what: String, started: Timestamp) {
        let service = step.service();
        let history = service.and_then(|service| self.history.of(service));
        let deployment = match step {
            Step::StopDeployment { deployment, .. } => Some(deployment.clone()),
            _ => history.and_then(|history| history.forward.ended.as_ref()?.deployment.clone()),
        };
        self.steps.push(StepRecord {
            step: step.name().to_owned(),
            service: service.cloned(),
            what,
            started_at: started.to_string(),
            seconds: self.clock.now().since(started).as_secs_f64(),
            deployment,
            verdict: None,
            failure: None,
        });
    }

    /// What this run left in AWS, for a person who is told that it ends here.
    pub(super) fn left(&self) -> String {
        let changed = self.history.changed_something();
        let registered = self.steps.iter().filter(|step| step.step == "register");
        let registered: Vec<&str> = registered.map(|step| step.what.as_str()).collect();
        match (changed, registered.is_empty()) {
            (false, _) if self.unseen.is_some() => {
                let change = self.unseen.as_deref().unwrap_or_default();
                format!("sent last, and nothing was seen of it: {change}")
            }
            (false, true) => "nothing was changed".to_owned(),
            (false, false) => format!("registered, not used: {}", registered.join("; ")),
            // Neither the lease nor how a wait ended is what a person asks about.
            (true, _) => match self.steps.iter().rfind(|step| !is_quiet(&step.step)) {
                Some(step) => format!("the last step was: {}", step.what),
                None => "a change was under way".to_owned(),
            },
        }
    }

    /// A warning; the same one again only after a while.
    pub(super) fn warn(&self, text: &str) {
        let now = self.clock.now();
        let text = shortened(text, 300);
        let last = self.warned.replace(None);
        let (last_text, at) = last.unwrap_or_else(|| (String::new(), now));
        if last_text == text && now.since(at) < WARN_AGAIN {
            self.warned.replace(Some((last_text, at)));
            return;
        }
        self.warned.replace(Some((text.clone(), now)));
        self.reporter.emit(Event::warning(text));
    }

    pub(super) fn fact(&self, label: &str, text: &str) {
        let width = 100_usize.saturating_sub(label.chars().count() + 2);
        self.reporter.emit(Event::fact(label, shortened(text.trim_end(), 2 * width)));
    }

    /// Sleeps; true when a cancel request came first.
    pub(super) async fn sleep_or_cancel(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.reached(1) => true,
            () = self.clock.sleep(pause) => false,
        }
    }
}

/// Steps that change nothing which a person would look at.
fn is_quiet(step: &str) -> bool {
    matches!(step, "journal" | "remember" | "wait")
}
