//! What comes behind the first wait when all goes well: a plan is made anew after each step.

use crate::model::{AfterFull, Goal, Traffic, Wanted};
use crate::watch::duration;

/// One line; nothing where the steps up to the first wait are all.
pub(super) fn way(wanted: &Wanted) -> Option<String> {
    let full = wanted.full.as_ref().map_or("the full service", |full| full.name.as_str());
    let canary = wanted.canary.as_ref().map_or("the canary", |canary| canary.name.as_str());
    let hold = duration(wanted.course.hold);
    match (&wanted.goal, &wanted.course.traffic) {
        (Goal::Release | Goal::Promote, Traffic::Native(native)) => {
            Some(format!("{full} moves by {}, each share held for {hold}", native.strategy))
        }
        (_, Traffic::Native(_)) => None,
        (Goal::Release, Traffic::Twin) => {
            Some(format!("holds {canary} for {hold}, then {full}, {}", after(wanted)))
        }
        (Goal::Release | Goal::Promote, Traffic::Weighted(_)) => {
            let steps: Vec<String> = wanted.course.steps.iter().map(ToString::to_string).collect();
            let steps = steps.join(", ");
            let rest = after(wanted);
            Some(format!("up to {steps} % of the requests, {hold} each, then {full}, {rest}"))
        }
        (Goal::Canary, Traffic::Weighted(_)) => {
            let share = wanted.course.steps.first().map(ToString::to_string).unwrap_or_default();
            Some(format!("then {share} % of the requests to {canary}, which waits for `promote`"))
        }
        (Goal::Canary, Traffic::Twin) => Some(format!("then {canary} waits for `promote`")),
        (Goal::Full | Goal::Promote, _) => Some(format!("{full}, {}", after(wanted))),
        (Goal::Abort, _) => {
            wanted.canary.as_ref().map(|_| match (wanted.after_full, &wanted.full) {
                (AfterFull::Keep, Some(full)) => {
                    format!("then {canary} to what {} runs", full.name)
                }
                (AfterFull::Keep, None) => format!("then {canary} to no tasks"),
                (AfterFull::Zero | AfterFull::Remove, _) => after(wanted),
            })
        }
        (Goal::Rollback(_), _) => {
            wanted.full.as_ref().zip(wanted.canary.as_ref())?;
            Some(format!("{full}, {}", after(wanted)))
        }
        (Goal::Reap | Goal::Scale | Goal::Service, _) => None,
    }
}

/// What becomes of the canary at the end.
fn after(wanted: &Wanted) -> String {
    let Some(canary) = &wanted.canary else { return "and nothing else".to_owned() };
    let name = &canary.name;
    match wanted.after_full {
        AfterFull::Keep => match wanted.course.traffic {
            Traffic::Twin | Traffic::Native(_) => format!("then {name} to the same release"),
            Traffic::Weighted(_) => format!("then {name} to the same release without a share"),
        },
        AfterFull::Zero => format!("then {name} to no tasks"),
        AfterFull::Remove => format!("then {name} is deleted"),
    }
}
