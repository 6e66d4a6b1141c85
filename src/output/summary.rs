//! The last lines of a log: what came of it, why, what users met, how things stand, what to do.

use super::duration::duration;
use super::layout::{Paint, Painter, labelled};
use crate::model::{Outcome, OutcomeKind, Verdict, short_image};

/// Short after a success; after a failure a block below a rule.
pub(super) fn summary(outcome: &Outcome, painter: Painter) -> Vec<String> {
    match outcome.outcome {
        OutcomeKind::Succeeded | OutcomeKind::NoChange | OutcomeKind::Paused => {
            good(outcome, painter)
        }
        _ => bad(outcome, painter),
    }
}

fn good(outcome: &Outcome, painter: Painter) -> Vec<String> {
    let head = match outcome.outcome {
        OutcomeKind::NoChange => "same",
        OutcomeKind::Paused => "paused",
        _ => "done",
    };
    let what = what(outcome);
    let told = outcome.reason.as_deref();
    let told = told.filter(|reason| *reason != what && *reason != format!("{what} already"));
    let time = duration(outcome.seconds);
    let line = if what.is_empty() { time } else { format!("{what}   {time}") };
    let mut lines = labelled(painter, head, Paint::Green, &line);
    lines.extend(fact(painter, "why", told));
    lines.extend(fact(painter, "image", image(outcome).as_deref()));
    lines.extend(fact(painter, "commit", commit_alone(outcome)));
    lines.extend(fact(painter, "was", previous(outcome).as_deref()));
    lines.extend(fact(painter, "now", outcome.now.as_deref()));
    lines.extend(fact(painter, "next", outcome.hint.as_deref()));
    lines
}

/// What was asked for, as it is now.
fn what(outcome: &Outcome) -> String {
    let reason = outcome.reason.as_deref();
    match (&outcome.service, &outcome.revision, &outcome.image) {
        (Some(service), Some(revision), _) => format!("{service} runs {revision}"),
        // A change of counts: the reason says what was reached.
        (Some(service), None, _) => reason.map_or_else(|| service.to_string(), str::to_owned),
        (None, Some(revision), _) => revision.clone(),
        // A build told its image, with the digest, when it was made.
        (None, None, Some(image)) => reason.unwrap_or(image).to_owned(),
        (None, None, None) => reason.unwrap_or_default().to_owned(),
    }
}

/// The image and its commit, where the line above does not tell them.
fn image(outcome: &Outcome) -> Option<String> {
    let commit = outcome.commit.as_deref().map(|sha| sha.get(..8).unwrap_or(sha));
    let runs = outcome.service.is_some() || outcome.revision.is_some();
    let image = outcome.image.as_deref().filter(|_| runs).map(short_image);
    match (image, commit) {
        (Some(image), Some(commit)) => Some(format!("{image} (commit {commit})")),
        (image, _) => image,
    }
}

/// The commit of what was made or counted, where no image is told with it.
fn commit_alone(outcome: &Outcome) -> Option<&str> {
    outcome.commit.as_deref().filter(|_| image(outcome).is_none())
}

/// Wide enough to be seen, narrow enough not to wrap beside GitLab's line numbers.
const RULE: usize = 72;

fn bad(outcome: &Outcome, painter: Painter) -> Vec<String> {
    let head = format!(
        "{}   exit {}   {}",
        headline(outcome),
        outcome.exit_code,
        duration(outcome.seconds)
    );
    let mut lines = vec!["=".repeat(RULE), painter.paint(Paint::Red, &head)];
    lines.extend(fact(painter, "why", outcome.reason.as_deref()));
    lines.extend(fact(painter, "first", outcome.first.as_deref()));
    lines.extend(fact(painter, "users", users(outcome).as_deref()));
    lines.extend(fact(painter, "now", outcome.now.as_deref()));
    lines.extend(fact(painter, "next", outcome.hint.as_deref()));
    lines
}

/// The first words of the block. Some outcomes end in more than one way; their exit code says
/// which (`failure` has the table).
fn headline(outcome: &Outcome) -> &'static str {
    match (outcome.outcome, outcome.exit_code) {
        (OutcomeKind::Succeeded, _) => "DONE",
        (OutcomeKind::NoChange, _) => "NOTHING TO CHANGE",
        (OutcomeKind::Paused, _) => "PAUSED",
        (OutcomeKind::FailedRolledBack, _) => "RELEASE FAILED, ROLLED BACK",
        // A task of its own: no service was touched.
        (OutcomeKind::FailedNotRolledBack, _) if outcome.service.is_none() => "TASK FAILED",
        (OutcomeKind::FailedNotRolledBack, _) => {
            "RELEASE FAILED, NOT ROLLED BACK: A PERSON IS NEEDED"
        }
        (OutcomeKind::Superseded, _) => "ANOTHER RELEASE TOOK OVER",
        (OutcomeKind::TimedOut, _) if outcome.end_unknown => "COULD NOT TELL HOW IT ENDED",
        (OutcomeKind::TimedOut, _) => "TIME IS UP",
        (OutcomeKind::Cancelled, _) => "CANCELLED",
        (OutcomeKind::CanaryFailed, _) => "CANARY IS BAD, TAKEN BACK",
        (OutcomeKind::CanaryUndecided, 23) => "CANARY UNDECIDED, TAKEN BACK",
        (OutcomeKind::CanaryUndecided, _) => "CANARY UNDECIDED, LEFT AS IT IS",
        (OutcomeKind::Frozen, _) => "CANARY IS BAD, LEFT AS IT IS",
        (OutcomeKind::Refused, 12) => "REFUSED: SOMEBODY ELSE GOES FIRST",
        (OutcomeKind::Refused, 60) => "REFUSED BY THE POLICY OF THIS HOST",
        (OutcomeKind::Refused, _) => "REFUSED",
        (OutcomeKind::Invalid, 40) => "IMAGE NOT BUILT",
        (OutcomeKind::Invalid, _) => "INPUT IS WRONG",
        (OutcomeKind::Denied, _) => "ACCESS DENIED",
        (OutcomeKind::Unreachable, 41) => "PUSHED DIGEST NOT CONFIRMED",
        (OutcomeKind::Unreachable, _) => "NO ANSWER",
        (OutcomeKind::Internal, _) => "INTERNAL ERROR",
    }
}

/// What a canary that was judged bad cost, and which requests it had.
fn users(outcome: &Outcome) -> Option<String> {
    let verdict = outcome.verdict.as_ref().filter(|one| one.verdict == Verdict::Fail);
    let cost = verdict.and_then(|verdict| verdict.users).map(|cost| cost.to_string());
    match (cost, &outcome.users) {
        (Some(cost), Some(users)) => Some(format!("{cost}; {users}")),
        (cost, users) => cost.or_else(|| users.clone()),
    }
}

fn previous(outcome: &Outcome) -> Option<String> {
    let was = outcome.previous.as_ref()?;
    let image = was.image.as_deref().map(|image| format!("  {}", short_image(image)));
    Some(format!("{}{}", was.revision, image.unwrap_or_default()))
}

fn fact(painter: Painter, label: &str, text: Option<&str>) -> Vec<String> {
    text.map_or_else(Vec::new, |text| labelled(painter, label, Paint::Bold, text))
}
