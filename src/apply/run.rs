//! The loop itself, and the way back of a release that went to its canary by steps.

use super::release::Release;
use super::so_far::verdict_so_far;
use super::standing::Shares;
use super::weights::Taken;
use crate::journal::GateEnd;
use crate::model::{
    Event, GateAction, Goal, LogLevel, Observed, Outcome, OutcomeKind, StepRecord, Wanted,
};
use crate::plan::{self, Ending, History, Unfinished};
use crate::ports::{Cancel, Clock, Cloud, Reporter};
use crate::watch::told_verdict;

/// How a release ended, and what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The outcome; its exit code is not set here.
    pub outcome: Outcome,
    /// The steps that were made, in order.
    pub steps: Vec<StepRecord>,
    /// The canary is not back yet, or has its share still: whoever comes next sees to it.
    pub leaves_canary: bool,
}

/// Where a release happens and who is told.
struct Stage<'a, C, K, R> {
    cloud: &'a C,
    clock: &'a K,
    reporter: &'a R,
    cancel: &'a Cancel,
    /// So many requests cut it off.
    cut_off_at: u8,
}

/// How one goal ended.
struct Part {
    ended: Ended,
    /// What a way back has to know.
    history: Box<History>,
    leaves_weights: bool,
    is_being_taken_back: bool,
    awaits_full: bool,
    canary_goes_back: bool,
    shares: Shares,
    seen: Option<Observed>,
}

/// Brings AWS to what is wanted and waits for it.
///
/// The first cancel request ends it by the policy of `wanted`, the second one at once. A failure
/// on the way through the canary's steps takes the canary back. Killed at any point, the same
/// call comes to the same end.
pub async fn run<C: Cloud>(
    cloud: &C,
    clock: &impl Clock,
    reporter: &impl Reporter,
    cancel: &Cancel,
    wanted: &Wanted,
) -> Ended {
    let started = clock.now();
    let stage = Stage { cloud, clock, reporter, cancel, cut_off_at: 2 };
    let part = Box::pin(stage.one(wanted, History::default(), (Shares::new(), None))).await;
    let part = match cancel.count() {
        0 | 1 if part.canary_goes_back => Box::pin(stage.canary_given_back(wanted, part)).await,
        0 | 1 if part.awaits_full => Box::pin(stage.share_given_back(wanted, part)).await,
        _ => part,
    };
    let is_being_taken_back = part.is_being_taken_back;
    let Part { mut ended, history, leaves_weights, shares, seen, .. } = part;
    let is_cancelled = cancel.count() > 0;
    let ending = Ending { wanted, outcome: &ended.outcome, leaves_weights, is_cancelled };
    if ending.goes_back() {
        let back = plan::way_back(wanted, clock.now());
        // A verdict that an earlier run heard, and whose canary it took back, is told at the end.
        let found_again =
            history.noted.is_none() && ended.outcome.outcome == OutcomeKind::CanaryFailed;
        if !found_again || is_being_taken_back {
            let text = taking_back(&ended.outcome).to_owned();
            reporter.emit(Event::Line { level: LogLevel::Error, text });
        }
        let part = Box::pin(stage.one(&back, *history, (shares, seen))).await;
        ended.steps.extend(part.ended.steps);
        ended.leaves_canary = part.ended.leaves_canary;
        ended.outcome = with_way_back(wanted, ended.outcome, &part.ended.outcome);
    }
    let seconds = clock.now().since(started).as_secs_f64();
    Ended { outcome: Outcome { seconds, ..ended.outcome }, ..ended }
}

impl<C, K, R> Stage<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    async fn one(
        &self,
        wanted: &Wanted,
        history: History,
        (shares, seen_before): (Shares, Option<Observed>),
    ) -> Part {
        let mut release = Release::new(self.cloud, self.clock, self.reporter, self.cancel, wanted);
        release.history = history;
        // A way back is part of the release that it takes back.
        release.introduced = !shares.is_empty() || release.history.noted.is_some();
        release.shares = shares;
        release.seen_before = seen_before;
        let outcome = tokio::select! {
            biased;
            () = self.cancel.reached(self.cut_off_at) => None,
            outcome = release.ended() => Some(outcome),
        };
        let is_cut_off = outcome.is_none();
        let outcome = match outcome {
            Some(outcome) => release.with_verdict_so_far(outcome).await,
            None => release.cut_off(),
        };
        let outcome = release.with_standing(outcome);
        Part {
            shares: std::mem::take(&mut release.shares),
            seen: release.observed.take(),
            leaves_weights: release.leaves_weights,
            is_being_taken_back: release
                .observed
                .as_ref()
                .is_some_and(|observed| plan::is_being_taken_back(wanted, observed)),
            awaits_full: release.awaits_full,
            canary_goes_back: release.canary_goes_back,
            ended: Ended {
                outcome,
                steps: release.steps,
                leaves_canary: is_cut_off
                    || release.awaits_full
                    || release.canary_goes_back
                    || release.history.full_awaited.is_some(),
            },
            history: Box::new(release.history.for_the_way_back()),
        }
    }
}

impl<C: Cloud, K: Clock, R: Reporter> Stage<'_, C, K, R> {
    /// Gives the canary's share back once the full service can take it; its tasks stay.
    async fn share_given_back(&self, wanted: &Wanted, mut part: Part) -> Part {
        part.history.only_the_share = true;
        let (part, back) = self.given_back(wanted, part).await;
        let outcome = with_share_back(part.ended.outcome, &back);
        Part { ended: Ended { outcome, ..part.ended }, ..part }
    }

    /// Takes the canary of a cancelled run back.
    async fn canary_given_back(&self, wanted: &Wanted, part: Part) -> Part {
        let text = "the job was cancelled: the canary is taken back".to_owned();
        self.reporter.emit(Event::Line { level: LogLevel::Info, text });
        let (mut part, back) = self.given_back(wanted, part).await;
        part.ended.leaves_canary = !back.outcome.is_good();
        let outcome = with_canary_back(part.ended.outcome, &back);
        Part { ended: Ended { outcome, ..part.ended }, ..part }
    }

    /// Goes on after a request to stop, until the next one.
    async fn given_back(&self, wanted: &Wanted, part: Part) -> (Part, Outcome) {
        let back = plan::way_back(wanted, self.clock.now());
        let Part { mut ended, history, shares, seen, .. } = part;
        let cancel = self.cancel.from_now_on();
        let stage = Stage { cancel: &cancel, cut_off_at: 1, ..*self };
        let part = Box::pin(stage.one(&back, *history, (shares, seen))).await;
        ended.steps.extend(part.ended.steps);
        ended.leaves_canary = part.ended.leaves_canary;
        (Part { ended, ..part }, part.ended.outcome)
    }
}

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// A canary that is left to a person is left with what the judge says of it so far.
    async fn with_verdict_so_far(&self, outcome: Outcome) -> Outcome {
        if self.wanted.goal != Goal::Canary || !outcome.outcome.is_good() {
            return outcome;
        }
        if let Some(gate) = self.gate_end() {
            self.fact("gate", &format!("waits until {} for a person, {}", gate.until, after(gate)));
        }
        let Some(observed) = self.observed.as_ref() else { return outcome };
        match verdict_so_far(self.cloud, self.wanted, observed).await {
            Some(Ok(evidence)) if !evidence.lines.is_empty() => {
                told_verdict(&evidence).into_iter().for_each(|event| self.reporter.emit(event));
                Outcome { verdict: Some(Box::new(evidence)), ..outcome }
            }
            Some(Err(why)) => {
                self.warn(&format!("could not tell the verdict so far: {why}"));
                outcome
            }
            Some(Ok(_)) | None => outcome,
        }
    }

    fn gate_end(&self) -> Option<GateEnd> {
        self.history.noted.as_ref()?.record.progress.as_ref()?.gate
    }

    /// Goes on until there is an outcome; a run that stops in the middle of its steps takes the
    /// canary's share of the requests away.
    async fn ended(&mut self) -> Outcome {
        let outcome = self.finished().await;
        self.look_again().await;
        self.scaling_in_order(&outcome).await;
        let taken_away = self.is_taken_away();
        let stops = plan::takes_share(outcome.outcome, taken_away, self.on_cancel());
        if outcome.outcome == OutcomeKind::Refused && self.history.noted.is_none() {
            let observed = self.observed.as_ref();
            self.history.noted =
                observed.and_then(|observed| plan::left_by_a_dead_run(self.wanted, observed));
        }
        if self.history.noted.is_none() || plan::unwinds(self.wanted, &outcome) {
            return outcome;
        }
        let (left, taken_back) = match self.left_to_ecs(&outcome).await {
            Some(left) => left,
            None if stops => match self.safe_weights().await {
                Taken::Nothing => (None, Unfinished::GoesOn),
                Taken::Told(text) => (Some(text), Unfinished::TakenBack),
                Taken::NotYet(why) => {
                    self.canary_goes_back = self.takes_canary_back(&outcome);
                    return self.not_yet(outcome, &why);
                }
            },
            // Whoever comes when the lease ended by itself takes the share.
            None if self.history.full_awaited.is_some() => return outcome,
            None => (None, Unfinished::GoesOn),
        };
        self.canary_goes_back = self.takes_canary_back(&outcome);
        if !self.canary_goes_back {
            self.free_lease(taken_back).await;
        }
        match left {
            None => outcome,
            Some(text) => {
                let now = self.standing_with(&text);
                let reason = outcome.reason.clone().unwrap_or_default();
                let reason = reason.trim_end_matches("; nothing was changed");
                Outcome { now, ..outcome.because(reason) }
            }
        }
    }
}

/// The outcome of a run that stopped while its canary was tried out.
fn with_canary_back(outcome: Outcome, back: &Outcome) -> Outcome {
    let reason = outcome.reason.clone().unwrap_or_default();
    let outcome = as_it_is_now(outcome, back);
    let users = back.users.clone().or_else(|| outcome.users.clone());
    let outcome = Outcome { now: back.now.clone().or(outcome.now.clone()), users, ..outcome };
    match back.outcome {
        OutcomeKind::NoChange => outcome,
        kind if kind.is_good() => {
            let hint = "run the job again: it begins anew";
            outcome.because(format!("{reason}; the canary was taken back")).hinting(hint)
        }
        _ => {
            let why = back.reason.clone().unwrap_or_default();
            outcome
                .because(format!("{reason}; the canary is not back yet: {why}"))
                .hinting("`ecs-canary abort` takes it back, or run the job again to go on")
        }
    }
}

/// The outcome of a run that stopped while the full service was being replaced.
fn with_share_back(outcome: Outcome, back: &Outcome) -> Outcome {
    let reason = outcome.reason.clone().unwrap_or_default();
    let outcome = Outcome {
        now: back.now.clone().or(outcome.now),
        users: back.users.clone().or(outcome.users),
        ..outcome
    };
    if back.outcome.is_good() {
        let text = "the full service got all requests when it was well again";
        return outcome.because(format!("{reason}; {text}"));
    }
    let why = back.reason.clone().unwrap_or_default();
    outcome
        .because(format!("{reason}; the canary keeps its share: {why}"))
        .hinting("`ecs-canary abort` takes the share away, or `gc --releases` when it is scheduled")
}

/// What a scheduled job does when nobody came.
fn after(gate: GateEnd) -> &'static str {
    match gate.then {
        GateAction::Rollback => "then `gc --releases` takes it back",
        GateAction::Promote => "then `gc --releases` promotes it",
        GateAction::Hold => "and stays after it",
    }
}

/// The outcome tells what its service wants after the way back.
fn as_it_is_now(outcome: Outcome, back: &Outcome) -> Outcome {
    if !back.outcome.is_good() || back.service != outcome.service || back.revision.is_none() {
        return outcome;
    }
    Outcome { revision: back.revision.clone(), image: back.image.clone(), ..outcome }
}

/// Why the canary is taken back, before it is.
fn taking_back(outcome: &Outcome) -> &'static str {
    match outcome.outcome {
        OutcomeKind::TimedOut => "time is up: the canary is taken back",
        OutcomeKind::CanaryUndecided => "nobody says that the canary is good: it is taken back",
        OutcomeKind::CanaryFailed => "the canary is bad: it is taken back",
        _ => "the release failed: the canary is taken back",
    }
}

/// The outcome of a release whose canary was taken back.
fn with_way_back(wanted: &Wanted, outcome: Outcome, back: &Outcome) -> Outcome {
    let outcome = as_it_is_now(outcome, back);
    // Both parts know the shares of the requests; the second one, when they ended.
    let users = back.users.clone().or_else(|| outcome.users.clone());
    let outcome = Outcome { now: back.now.clone(), users, ..outcome };
    let reason = outcome.reason.clone().unwrap_or_default();
    let canary = wanted.canary.as_ref().map(|canary| &canary.name);
    let is_canary = canary.is_some() && outcome.service.as_ref() == canary;
    if back.outcome.is_good() && is_canary && outcome.outcome == OutcomeKind::FailedNotRolledBack {
        // ECS had nothing to go back to on the canary; we had.
        let cause = reason.split("; ").next().unwrap_or(&reason);
        let hint = "repair it and push again; nothing is left over in AWS";
        let outcome = Outcome { outcome: OutcomeKind::FailedRolledBack, ..outcome };
        return outcome.because(format!("{cause}; the canary was taken back")).hinting(hint);
    }
    match back.outcome {
        // It was back already.
        OutcomeKind::NoChange => return outcome,
        kind if kind.is_good() => {
            let outcome = outcome.because(format!("{reason}; the canary was taken back"));
            return match outcome.outcome {
                OutcomeKind::TimedOut => outcome.hinting(
                    "run the job again with more time: raise its timeout, or shorten `hold`",
                ),
                _ => outcome,
            };
        }
        _ => {}
    }
    let why = back.reason.clone().unwrap_or_else(|| "it did not end".to_owned());
    let outcome = Outcome { outcome: OutcomeKind::FailedNotRolledBack, ..outcome };
    outcome
        .because(format!("{reason}; and the canary could not be taken back: {why}"))
        .hinting(back.hint.as_deref().unwrap_or("a person is needed: run `ecs-canary abort`"))
}
