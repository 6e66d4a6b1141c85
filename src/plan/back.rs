//! What belongs to a rollback besides the service itself.

use super::lane::{Aim, Lane, release};
use super::revision::Wish;
use super::{ReuseReason, Step};
use crate::model::{LiveTaskDefinition, Outcome, Refusal, ServiceWanted, tag_keys};
use crate::rollback::{self, Intent};

/// Notes on the service that it goes back, before anything is changed: a rollback that is
/// killed and run again then goes to the same release, not to one further back.
pub(super) fn note_intent(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    target: &LiveTaskDefinition,
) -> Lane {
    let Some(state) = wish.observed.state(&service.name) else { return Lane::Done };
    if wish.history.of(&service.name).is_some_and(|known| known.forward.was_tried()) {
        return Lane::Done;
    }
    let job = wish.wanted.identity.job;
    let noted = Intent::read(state).is_some_and(|intent| {
        intent.is_resumed(&state.task_definition, job) && intent.to == target.arn.short()
    });
    if noted || state.task_definition == target.arn {
        return Lane::Done;
    }
    note(wish, service, &state.arn, &Intent::open(&state.task_definition, &target.arn, job))
}

/// Notes that the rollback is finished.
pub(super) fn close_intent(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let Some(state) = wish.observed.state(&service.name) else { return Lane::Done };
    // A note that was written but is not seen yet counts as written.
    let written = remembered(wish, service, &state.arn).and_then(|text| Intent::parse(text));
    match written.or_else(|| Intent::read(state)) {
        Some(intent) if intent.open => note(wish, service, &state.arn, &intent.done()),
        Some(_) | None => Lane::Done,
    }
}

fn note(wish: &Wish<'_>, service: &ServiceWanted, arn: &str, intent: &Intent) -> Lane {
    let written = remembered(wish, service, arn).is_some_and(|text| *text == intent.to_string());
    if written || wish.history.tagging_denied {
        return Lane::Done;
    }
    let tags = intent.tags();
    Lane::Steps(vec![Step::Remember { service: service.name.clone(), arn: arn.to_owned(), tags }])
}

fn remembered<'a>(wish: &Wish<'a>, service: &ServiceWanted, arn: &str) -> Option<&'a String> {
    let key = (arn.to_owned(), tag_keys::ROLLBACK.to_owned());
    wish.history.of(&service.name)?.remembered.get(&key)
}

/// The canary service to the same release as `target` of the full one.
pub(super) fn canary(wish: &Wish<'_>, canary: &ServiceWanted, target: &LiveTaskDefinition) -> Lane {
    let seen = wish.observed.services.get(&canary.name);
    let running = seen.and_then(|seen| seen.task_definition.as_ref());
    if let Some(running) = running.filter(|running| rollback::same_images(running, target)) {
        let aim = Aim::Revision(Box::new(running.clone()), ReuseReason::RollbackTarget);
        return release(wish, canary, aim);
    }
    let revisions = seen.and_then(|seen| seen.revisions.known()).map_or(&[][..], Vec::as_slice);
    if let Some(same) = rollback::counterpart(target, revisions) {
        let aim = Aim::Revision(Box::new(same.clone()), ReuseReason::RollbackTarget);
        return release(wish, canary, aim);
    }
    match running {
        Some(running) => {
            let spec = rollback::respec(running, target);
            release(wish, canary, Aim::Copy(spec, Box::new(target.clone())))
        }
        None => {
            let reason = format!("the revision of {} could not be read", canary.name);
            let outcome = Outcome::refused(Refusal::Preflight).because(reason);
            Lane::Failed(Box::new(outcome))
        }
    }
}
