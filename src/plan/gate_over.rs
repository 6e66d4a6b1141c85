//! A gate that nobody answered in time, found by a job that looks after releases (`gc --releases`).

use super::course::{aborting, after_full, canary_rests, running};
use super::lane::{Aim, Lane, release};
use super::next::present_canary;
use super::revision::Wish;
use super::{judged_before, traffic};
use crate::journal::{Found, Phase, Progress};
use crate::model::{GateAction, Goal, Outcome, Refusal, ServiceWanted, TrafficShare};
use crate::rollback;

/// The gate of the release that is at rest, once its time is over.
pub(super) fn gate_over<'a>(wish: &'a Wish<'_>) -> Option<(&'a Progress, GateAction)> {
    let (Found::Resting(progress) | Found::Same(progress)) = &wish.found else { return None };
    let Progress { phase: Phase::Gate(_), gate: Some(gate), .. } = progress else { return None };
    gate.is_over(wish.observed.at).then_some((progress, gate.then))
}

/// True when it goes on to the full service: now, or since an earlier look.
pub(super) fn promotes(wish: &Wish<'_>) -> bool {
    let is_begun = matches!(&wish.found, Found::Same(one) if one.phase.is_past_the_canary());
    let is_over = gate_over(wish).is_some_and(|(_, then)| then == GateAction::Promote);
    wish.wanted.goal == Goal::Reap && (is_begun || is_over)
}

/// The canary is taken back.
pub(super) fn taken_back(wish: &Wish<'_>, canary: &ServiceWanted) -> Vec<(Phase, Lane)> {
    let weights = (aborting(wish), traffic::to(wish, TrafficShare::NONE));
    std::iter::once(weights).chain(canary_rests(wish, canary)).collect()
}

/// This run, or an earlier one of the same job, began to.
pub(super) fn is_taking_back(wish: &Wish<'_>) -> bool {
    let was = judged_before::is_being_taken_back(wish.wanted, wish.observed);
    wish.history.noted.is_some() || was
}

/// The full service goes to what the canary was tried out with: both have the same definition
/// but for its family, so no file of that release is needed.
pub(super) fn promoted(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let (Some(full), Some(canary)) = (&wish.wanted.full, present_canary(wish)) else {
        return vec![(Phase::Promoting, Lane::Failed(Box::new(cannot("its canary is gone"))))];
    };
    let Some(tried) = running(wish, canary) else {
        let why = format!("the revision of {} could not be read", canary.name);
        return vec![(Phase::Promoting, Lane::Failed(Box::new(cannot(&why))))];
    };
    if wish.observed.state(&full.name).is_none() {
        let why = format!("there is no service {} yet", full.name);
        return vec![(Phase::Promoting, Lane::Failed(Box::new(cannot(&why))))];
    }
    let spec = rollback::respec(tried, tried).with_family(full.name.as_str());
    let aim = Aim::Copy(spec, Box::new(tried.clone()));
    let mut lanes = vec![(Phase::Promoting, release(wish, full, aim))];
    lanes.push((Phase::Cleanup, traffic::to(wish, TrafficShare::NONE)));
    lanes.extend(after_full(wish, canary, Lane::Done));
    lanes
}

fn cannot(why: &str) -> Outcome {
    Outcome::refused(Refusal::Preflight)
        .because(format!("the gate is over and cannot be promoted from here: {why}"))
        .hinting("run `ecs-canary deploy full` of that release, or `ecs-canary abort`")
}
