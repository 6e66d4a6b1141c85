//! Classes of ends, and which outcome is in which.

use super::table::{EXIT_CODES, ExitCodeRow};
use crate::model::{Outcome, OutcomeKind, Refusal};

/// A class of ends that share an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// What was asked for is so.
    Success,
    /// Wrong usage of the command line.
    Usage,
    /// A file is wrong.
    File,
    /// A check before the first change forbids it.
    Preflight,
    /// Another release is active, or the commit is older than what runs.
    OtherRelease,
    /// The canary was judged bad and taken back.
    CanaryTakenBack,
    /// No verdict on the canary; it was left as it is.
    CanaryHeld,
    /// The canary was judged bad and left as it is.
    CanaryFrozen,
    /// No verdict on the canary; it was taken back.
    UndecidedTakenBack,
    /// The deployment failed; what ran before runs again.
    RolledBack,
    /// The deployment failed; what ran before does not run again.
    NotRolledBack,
    /// Somebody else's deployment took over.
    Superseded,
    /// Our deadline passed; the deployment goes on.
    TimedOut,
    /// The job was cancelled.
    Cancelled,
    /// The image could not be built.
    BuildFailed,
    /// The registry does not show the digest that was pushed.
    DigestNotConfirmed,
    /// Access denied.
    Denied,
    /// No answer in time.
    Unreachable,
    /// The host's policy or sandbox refuses it.
    Policy,
    /// Our bug, or the host's fault.
    Internal,
}

impl Exit {
    /// Its line of the table.
    pub fn row(self) -> &'static ExitCodeRow {
        // The table has a line for each class (a test walks through them); the last line is
        // what a hole in it would be.
        EXIT_CODES.iter().find(|row| row.exit == self).unwrap_or(&EXIT_CODES[EXIT_CODES.len() - 1])
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        self.row().code
    }

    /// The class of an outcome. A code that the outcome already carries stays when its kind
    /// may end so: `canary_undecided` has two.
    pub fn of(outcome: &Outcome) -> Self {
        let carried = EXIT_CODES.iter().find(|row| {
            outcome.exit_code == i32::from(row.code) && row.outcomes.contains(&outcome.outcome)
        });
        match carried {
            Some(row) if row.exit != Self::Success => row.exit,
            _ => of_kind(outcome.outcome, outcome.refusal),
        }
    }
}

fn of_kind(kind: OutcomeKind, refusal: Option<Refusal>) -> Exit {
    match kind {
        OutcomeKind::Succeeded | OutcomeKind::NoChange | OutcomeKind::Paused => Exit::Success,
        OutcomeKind::FailedRolledBack => Exit::RolledBack,
        OutcomeKind::FailedNotRolledBack => Exit::NotRolledBack,
        OutcomeKind::Superseded => Exit::Superseded,
        OutcomeKind::TimedOut => Exit::TimedOut,
        OutcomeKind::Cancelled => Exit::Cancelled,
        OutcomeKind::CanaryFailed => Exit::CanaryTakenBack,
        OutcomeKind::CanaryUndecided => Exit::CanaryHeld,
        OutcomeKind::Frozen => Exit::CanaryFrozen,
        OutcomeKind::Refused => match refusal {
            Some(Refusal::OtherRelease | Refusal::Older) => Exit::OtherRelease,
            Some(Refusal::Policy) => Exit::Policy,
            Some(Refusal::Preflight) | None => Exit::Preflight,
        },
        OutcomeKind::Invalid => Exit::File,
        OutcomeKind::Denied => Exit::Denied,
        OutcomeKind::Unreachable => Exit::Unreachable,
        OutcomeKind::Internal => Exit::Internal,
    }
}
