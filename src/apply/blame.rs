//! A call that failed, as the outcome of a release.

use crate::model::{CallError, CallErrorKind, Outcome, OutcomeKind, Refusal};

/// The outcome of a release that ends because of `error`. `left` says what was changed so far.
pub(super) fn outcome(error: &CallError, left: &str) -> Outcome {
    let outcome = match error.kind {
        CallErrorKind::Denied | CallErrorKind::Credentials | CallErrorKind::NoCredentials => {
            Outcome::new(OutcomeKind::Denied)
        }
        CallErrorKind::Throttled | CallErrorKind::NoAnswer => {
            Outcome::new(OutcomeKind::Unreachable)
        }
        CallErrorKind::NotFound | CallErrorKind::Refused | CallErrorKind::Unsupported => {
            Outcome::refused(Refusal::Preflight)
        }
    };
    let allow = || {
        format!(
            "allow {} to the job's role; docs/iam.md has the whole policy",
            error.denied_action()
        )
    };
    let hint = match error.kind {
        CallErrorKind::Denied => {
            return outcome.because(format!("{error}; {left}")).hinting(allow());
        }
        CallErrorKind::Credentials => {
            "renew the AWS keys or the token: they are expired or unknown"
        }
        CallErrorKind::NoCredentials => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (docs/iam.md has their permissions)"
        }
        CallErrorKind::Throttled => "the account's rate limit was used up: run the job again",
        CallErrorKind::NoAnswer => {
            "check the network, the region and the endpoint; then run it again"
        }
        CallErrorKind::NotFound => "check names, the region and the account",
        CallErrorKind::Refused => "correct what AWS does not take, and run the job again",
        CallErrorKind::Unsupported => "use an endpoint that offers this action",
    };
    outcome.because(format!("{error}; {left}")).hinting(hint)
}

/// True when the same call may go well a little later.
pub(super) fn passes(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Throttled | CallErrorKind::NoAnswer => true,
        CallErrorKind::Denied
        | CallErrorKind::Credentials
        | CallErrorKind::NoCredentials
        | CallErrorKind::NotFound
        | CallErrorKind::Refused
        | CallErrorKind::Unsupported => false,
    }
}

/// True when the right is missing or the action is not there: the third answer, for reads that
/// a release can do without.
pub(super) fn cannot(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Denied | CallErrorKind::Unsupported => true,
        CallErrorKind::Credentials
        | CallErrorKind::NoCredentials
        | CallErrorKind::Throttled
        | CallErrorKind::NoAnswer
        | CallErrorKind::NotFound
        | CallErrorKind::Refused => false,
    }
}
