//! The full service, and what becomes of the canary after it.

use super::runs::{is_way_back, running, runs_release};
use super::share::{none_before, steps};
use crate::journal::Phase;
use crate::model::{
    AfterFull, CountRule, Outcome, Refusal, ReleaseIdentity, ServiceWanted, Traffic, TrafficShare,
};
use crate::plan::lane::{Lane, remove, scale};
use crate::plan::next::{present_canary, to_content};
use crate::plan::revision::Wish;
use crate::plan::scaling::sets_count;
use crate::plan::{carries, hold, traffic};

/// The full service goes to what the canary runs; an older release that it had before needs no
/// canary: GitLab's Rollback button runs its job again.
pub(super) fn promote(wish: &Wish<'_>) -> (Vec<(Phase, Lane)>, Phase) {
    if is_way_back(wish) {
        return (full(wish), Phase::Done);
    }
    if let Some(outcome) = no_canary_of_ours(wish) {
        return (vec![(Phase::Promoting, Lane::Failed(Box::new(outcome)))], Phase::Done);
    }
    let lanes = match wish.wanted.course.traffic {
        Traffic::Twin => looked_at(wish).into_iter().chain(full(wish)).collect(),
        Traffic::Native(_) => full(wish),
        Traffic::Weighted(_) => steps(wish),
    };
    (lanes, Phase::Done)
}

/// The verdict so far, before a canary is promoted whose share is that of its tasks.
fn looked_at(wish: &Wish<'_>) -> Option<(Phase, Lane)> {
    let step = wish.progress().and_then(|progress| progress.phase.step())?;
    let canary = wish.wanted.canary.as_ref()?;
    Some((Phase::Gate(step), hold::gate(wish, canary, step)))
}

fn no_canary_of_ours(wish: &Wish<'_>) -> Option<Outcome> {
    let past = wish.progress().is_some_and(|progress| progress.phase.is_past_the_canary());
    let touched = wish.history.changed_something();
    let canary = wish.wanted.canary.as_ref()?;
    if past || touched || runs_release(wish, wish.wanted.full.as_ref()?) {
        return None;
    }
    let running = running(wish, canary);
    let why = match running.map(|running| ReleaseIdentity::from_tags(&running.tags)) {
        None => format!("there is no canary {}", canary.name),
        Some(theirs) => {
            let ours = &wish.wanted.identity.commit;
            if ours.is_none() || theirs.commit == *ours {
                return None;
            }
            let theirs = theirs.commit.map_or("something unknown".to_owned(), |commit| {
                format!("commit {}", commit.short())
            });
            format!("{} runs {theirs}, not this release", canary.name)
        }
    };
    let outcome =
        Outcome::refused(Refusal::Preflight).because(format!("{why}: nothing to promote"));
    let outcome = outcome.hinting("run the canary job first, or `ecs-canary deploy full`");
    Some(Outcome { service: Some(canary.name.clone()), ..outcome })
}

/// The full service, and then traffic and canary as declared.
pub(super) fn full(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let Some(service) = &wish.wanted.full else { return Vec::new() };
    let mut lanes = Vec::new();
    let canary = wish.wanted.canary.as_ref();
    let past = wish.progress().is_some_and(|progress| progress.phase.is_past_the_canary());
    // A full service that cannot answer is replaced first: the other release's canary does.
    let is_lacking = carries::lacks(wish).is_some();
    if !past && !is_lacking && canary.is_some_and(|canary| !runs_release(wish, canary)) {
        // Requests must not go on to the canary of some other release.
        lanes.push((Phase::Promoting, none_before(wish)));
    }
    lanes.push((Phase::Promoting, to_content(wish, service)));
    lanes.push((Phase::Cleanup, traffic::to(wish, TrafficShare::NONE)));
    if let Some(canary) = present_canary(wish) {
        lanes.extend(after_full(wish, canary, to_content(wish, canary)));
    }
    lanes
}

/// The canary after a full release; `kept` brings it to that release.
pub(in crate::plan) fn after_full(
    wish: &Wish<'_>,
    canary: &ServiceWanted,
    kept: Lane,
) -> Vec<(Phase, Lane)> {
    let lanes = match wish.wanted.after_full {
        AfterFull::Keep => vec![kept, at_rest(wish, canary)],
        AfterFull::Zero => vec![scale(wish, canary, 0)],
        AfterFull::Remove => vec![remove(wish, canary)],
    };
    lanes.into_iter().map(|lane| (Phase::Cleanup, lane)).collect()
}

/// A canary that was brought to more tasks for its share goes back to its own number; where
/// autoscaling sets it, autoscaling does that.
pub(super) fn at_rest(wish: &Wish<'_>, canary: &ServiceWanted) -> Lane {
    if sets_count(wish.observed, &canary.name) {
        return Lane::Done;
    }
    let (CountRule::Always(declared), Traffic::Weighted(_)) =
        (canary.count, &wish.wanted.course.traffic)
    else {
        return Lane::Done;
    };
    match wish.observed.state(&canary.name) {
        Some(_) => scale(wish, canary, declared),
        None => Lane::Done,
    }
}
