//! The last lines of a log: what came of it, why, how things stand, what to do.

use super::duration::duration;
use super::layout::{Paint, Painter, labelled};
use crate::model::{Outcome, OutcomeKind, Verdict};

/// Short after a success; after a failure a block below a rule: outcome, why, now, next.
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
    let (what, image) = match (&outcome.service, &outcome.revision, &outcome.image) {
        (Some(service), Some(revision), image) => {
            (format!("{service} runs {revision}"), image.as_deref())
        }
        // A change of counts: the reason says what was reached.
        (Some(service), None, image) => {
            let reached = outcome.reason.clone().unwrap_or_else(|| service.to_string());
            (reached, image.as_deref())
        }
        (None, Some(revision), image) => (revision.clone(), image.as_deref()),
        // A build told its image, with the digest, when it was made.
        (None, None, Some(image)) => (outcome.reason.as_ref().unwrap_or(image).clone(), None),
        (None, None, None) => (outcome.reason.clone().unwrap_or_default(), None),
    };
    let told = outcome.reason.as_deref().filter(|reason| *reason != what);
    let time = duration(outcome.seconds);
    let line = if what.is_empty() { time } else { format!("{what}   {time}") };
    let mut lines = labelled(painter, head, Paint::Green, &line);
    lines.extend(fact(painter, "image", image));
    lines.extend(fact(painter, "commit", outcome.commit.as_deref()));
    lines.extend(fact(painter, "was", previous(outcome).as_deref()));
    lines.extend(fact(painter, "why", told));
    lines.extend(fact(painter, "next", outcome.hint.as_deref()));
    lines
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
    lines.extend(fact(painter, "users", users(outcome).as_deref()));
    if let Some(standing) = standing(outcome) {
        lines.extend(fact(painter, "now", Some(&standing)));
        lines.extend(fact(painter, "image", standing_image(outcome)));
    }
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
        (OutcomeKind::FailedNotRolledBack, _) => {
            "RELEASE FAILED, NOT ROLLED BACK: A PERSON IS NEEDED"
        }
        (OutcomeKind::Superseded, _) => "ANOTHER RELEASE TOOK OVER",
        (OutcomeKind::TimedOut, _) => "TIMED OUT, THE RELEASE STILL GOES ON",
        (OutcomeKind::Cancelled, _) => "CANCELLED",
        (OutcomeKind::CanaryFailed, _) => "CANARY JUDGED BAD, TAKEN BACK",
        (OutcomeKind::CanaryUndecided, 23) => "CANARY UNDECIDED, TAKEN BACK",
        (OutcomeKind::CanaryUndecided, _) => "CANARY UNDECIDED, LEFT AS IT IS",
        (OutcomeKind::Frozen, _) => "CANARY JUDGED BAD, LEFT AS IT IS",
        (OutcomeKind::Refused, 12) => "REFUSED: ANOTHER RELEASE GOES BEFORE THIS ONE",
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

/// How things stand, as far as the outcome says it.
fn standing(outcome: &Outcome) -> Option<String> {
    let service = outcome.service.as_ref()?;
    let revision = outcome.revision.as_deref();
    let before = previous(outcome).map(|was| format!("; before: {was}")).unwrap_or_default();
    match (outcome.outcome, revision) {
        (OutcomeKind::FailedRolledBack, Some(failed)) => Some(match &outcome.previous {
            Some(was) => format!("{service} runs {} again; {failed} failed", was.revision),
            None => format!("{service} does not run {failed}, which failed"),
        }),
        (OutcomeKind::TimedOut, Some(revision)) => {
            Some(format!("{service} is on its way to {revision}{before}"))
        }
        (_, Some(revision)) => Some(format!("{service} wants {revision}{before}")),
        (_, None) => previous(outcome).map(|was| format!("{service}: {was} ran before")),
    }
}

/// What a canary that was judged bad cost.
fn users(outcome: &Outcome) -> Option<String> {
    let verdict = outcome.verdict.as_ref().filter(|one| one.verdict == Verdict::Fail)?;
    verdict.users.map(|cost| cost.to_string())
}

/// The image that belongs to [`standing`].
fn standing_image(outcome: &Outcome) -> Option<&str> {
    match outcome.outcome {
        OutcomeKind::FailedRolledBack => outcome.previous.as_ref()?.image.as_deref(),
        _ => outcome.image.as_deref(),
    }
}

fn previous(outcome: &Outcome) -> Option<String> {
    let was = outcome.previous.as_ref()?;
    let image = was.image.as_deref().map(|image| format!(" {image}")).unwrap_or_default();
    Some(format!("{}{image}", was.revision))
}

fn fact(painter: Painter, label: &str, text: Option<&str>) -> Vec<String> {
    text.map_or_else(Vec::new, |text| labelled(painter, label, Paint::Bold, text))
}
