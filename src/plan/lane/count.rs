//! A service on its way to a number of tasks.

use super::kind::Lane;
use super::wait::{counted, expected};
use crate::model::{Outcome, OutcomeKind, Refusal, ServiceState, ServiceWanted};
use crate::plan::revision::Wish;
use crate::plan::{Phase, ServiceHistory, Step, UpdateReason, conclude, request};
use crate::watch::{End, EndKind};

/// Sets the count of `service` and waits for it.
pub(in crate::plan) fn scale(wish: &Wish<'_>, service: &ServiceWanted, count: u32) -> Lane {
    to_count(wish, service, count, |state| state.desired == count)
}

/// Brings `service` to at least `count` tasks.
pub(in crate::plan) fn at_least(wish: &Wish<'_>, service: &ServiceWanted, count: u32) -> Lane {
    to_count(wish, service, count, |state| state.desired >= count)
}

fn to_count(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    count: u32,
    is_enough: impl Fn(&ServiceState) -> bool,
) -> Lane {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    if let Some(sent) = history.count.as_ref().filter(|sent| sent.count == count) {
        return match &sent.ended {
            Some(end) => count_end(wish, service, end),
            None => Lane::Steps(vec![counted(service, count)]),
        };
    }
    let Some(state) = wish.observed.state(&service.name) else {
        let outcome = Outcome::refused(Refusal::Preflight)
            .because(format!("service {} does not exist", service.name));
        return Lane::Failed(Box::new(outcome));
    };
    if is_enough(state) && !service.force {
        // Also after a kill: what is left is to see that the tasks are there.
        let reached = state.running == state.desired && state.pending == 0;
        let wait = || Lane::Steps(vec![counted(service, state.desired)]);
        return if reached { Lane::Done } else { wait() };
    }
    let update = Step::UpdateService {
        service: service.name.clone(),
        request: request::scale(&wish.wanted.cluster, service, count),
        revision: None,
        expected: expected(history, state),
        phase: Phase::Forward,
        why: UpdateReason::Settings,
    };
    Lane::Steps(vec![update, counted(service, count)])
}

pub(super) fn count_end(wish: &Wish<'_>, service: &ServiceWanted, end: &End) -> Lane {
    if end.kind == EndKind::Successful {
        return Lane::Done;
    }
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let outcome = conclude::failed(wish, service, history, end);
    // Another count is no deployment: nothing failed and nothing was taken back.
    let kind = match outcome.outcome {
        OutcomeKind::FailedRolledBack | OutcomeKind::FailedNotRolledBack => OutcomeKind::TimedOut,
        other => other,
    };
    Lane::Failed(Box::new(Outcome { outcome: kind, ..outcome }))
}
