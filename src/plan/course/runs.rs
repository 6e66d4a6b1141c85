//! What a service runs already.

use crate::model::{LiveTaskDefinition, ReleaseIdentity, ServiceWanted, Traffic};
use crate::plan::revision::{Choice, Wish, choose};
use crate::rollback;

/// The full service goes there at once: it is there already, goes back to a release that it
/// had, or has to exist before a share of its requests can be given away.
pub(in crate::plan) fn is_straight(wish: &Wish<'_>) -> bool {
    let Some(full) = &wish.wanted.full else { return false };
    let seen = wish.observed.services.get(&full.name);
    let twin = matches!(wish.wanted.course.traffic, Traffic::Twin);
    match seen.filter(|seen| seen.state.is_some()) {
        None => !twin,
        Some(_) => runs_release(wish, full) || runs_untagged(wish, full) || is_way_back(wish),
    }
}

/// The commit is older than what the full service runs, and was released there before: nobody
/// tries it out again.
pub(in crate::plan) fn is_way_back(wish: &Wish<'_>) -> bool {
    let full = wish.wanted.full.as_ref();
    let seen = full.and_then(|full| wish.observed.services.get(&full.name));
    seen.is_some_and(|seen| rollback::is_way_back(seen, &wish.wanted.identity))
}

/// True when the revision that the service wants carries this release.
pub(in crate::plan) fn runs_release(wish: &Wish<'_>, service: &ServiceWanted) -> bool {
    let Some(running) = running(wish, service) else { return false };
    wish.wanted.identity.same_release(&ReleaseIdentity::from_tags(&running.tags))
}

/// Without the right to write tags the content tells that the release is there.
fn runs_untagged(wish: &Wish<'_>, service: &ServiceWanted) -> bool {
    let (Some(running), Some(task)) = (running(wish, service), &service.task) else { return false };
    let is_untagged = ReleaseIdentity::from_tags(&running.tags).commit.is_none();
    is_untagged && matches!(choose(wish, service, task, None), Choice::Running(_))
}

pub(in crate::plan) fn running<'a>(
    wish: &Wish<'a>,
    service: &ServiceWanted,
) -> Option<&'a LiveTaskDefinition> {
    wish.observed.services.get(&service.name)?.task_definition.as_ref()
}
