//! What a person should know when Application Auto Scaling sets a service's count.

use crate::model::{
    CountRule, Finding, Goal, Knowledge, Observed, ServiceState, ServiceWanted, Wanted,
};
use crate::plan;

/// A declared count that is not written over the one that autoscaling set.
pub(super) fn count(
    wanted: &Wanted,
    service: &ServiceWanted,
    state: &ServiceState,
    observed: &Observed,
) -> Option<Finding> {
    let target = observed.scalable_target(&service.name)?;
    let CountRule::Always(declared) = service.count else { return None };
    let (name, desired) = (&service.name, state.desired);
    if wanted.goal == Goal::Scale {
        let is_within = (target.least..=target.most).contains(&declared);
        let finding = Finding::warning(format!(
            "{name} is {target}: autoscaling may change a count of {declared} again"
        ));
        let hint = "change the bounds of its scalable target instead";
        return Some(if is_within { finding } else { finding.hint(hint) });
    }
    (declared != desired && plan::sets_count(observed, name)).then(|| {
        Finding::note(format!(
            "{name} is {target}: its {desired} tasks are left alone, {declared} declared"
        ))
    })
}

/// Autoscaling that could not be looked at: said once for both services.
pub(super) fn not_told(observed: &Observed) -> Option<Finding> {
    let why = observed.scaling.values().find_map(|known| match known {
        Knowledge::CouldNotTell(why) => Some(why),
        Knowledge::Known(_) => None,
    })?;
    Some(
        Finding::could_not_tell(format!(
            "could not tell whether autoscaling sets a service's count: {why}"
        ))
        .hint("declared counts are written, and scale-in stays on; docs/iam.md has the right"),
    )
}
