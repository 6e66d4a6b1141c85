//! Is the wanted commit older than the one that runs?

use crate::model::{
    Finding, Goal, Knowledge, Observed, ObservedService, OlderRule, ReleaseIdentity, ServiceWanted,
    Wanted,
};
use crate::{plan, rollback};

/// A finding when the pipeline of `wanted` is older than that of the release that runs, and
/// AWS does not know that its commit was ever released on this service.
pub(super) fn older(
    wanted: &Wanted,
    service: &ServiceWanted,
    seen: &ObservedService,
) -> Option<Finding> {
    let ours = &wanted.identity;
    let running = seen.task_definition.as_ref()?;
    let theirs = ReleaseIdentity::from_tags(&running.tags);
    let pipeline = ours.pipeline?;
    let Some(newer) = theirs.pipeline else {
        return Some(Finding::could_not_tell(format!(
            "{} carries no tags of a release: could not tell whether this commit is older",
            running.arn.short()
        )));
    };
    let other_project = theirs.project.is_some() && theirs.project != ours.project;
    if pipeline >= newer || ours.commit == theirs.commit || other_project {
        return None;
    }
    let commit = ours.commit.as_ref()?;
    let text = format!(
        "{}: commit {} (pipeline {pipeline}) is older than what runs, {} (pipeline {newer})",
        service.name,
        commit.short(),
        theirs.commit.as_ref().map_or("the one", |commit| commit.short()),
    );
    match rollback::was_released(seen, commit) {
        Knowledge::Known(true) => {
            Some(Finding::note(format!("{text}: it goes back to it, as it was released before")))
        }
        Knowledge::Known(false) => {
            let allowed = wanted.older == OlderRule::Warn || wanted.goal == Goal::Service;
            let text = format!("{text}, and was never released there");
            Some(if allowed {
                Finding::warning(text)
            } else {
                Finding::error(text).hint("run the jobs of a newer pipeline, or add --allow-older")
            })
        }
        Knowledge::CouldNotTell(why) => Some(Finding::could_not_tell(format!(
            "{text}; could not tell whether it was released before: {why}"
        ))),
    }
}

/// The same of a release that would take the place of a canary that waits, where the full service
/// runs something older still.
pub(super) fn than_waiting(
    wanted: &Wanted,
    service: &ServiceWanted,
    observed: &Observed,
) -> Option<Finding> {
    let (full, canary) = wanted.full.as_ref().zip(wanted.canary.as_ref())?;
    let is_canary = service.name == canary.name && canary.name != full.name;
    if wanted.goal != Goal::Release || !is_canary {
        return None;
    }
    plan::giving_way(wanted, observed)?;
    let ran = rollback::was_released(
        observed.services.get(&full.name)?,
        wanted.identity.commit.as_ref()?,
    );
    if ran == Knowledge::Known(true) {
        return None;
    }
    older(wanted, service, observed.services.get(&canary.name)?)
}
