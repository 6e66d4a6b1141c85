//! By which numbers the canary is judged that has a share now.

use crate::model::{Judging, Observed, Traffic, Wanted};
use crate::plan;

/// The judge's settings with the canary's side in its place; `None` when nobody asks for one.
///
/// # Errors
/// Which of the two target groups has the new version could not be told.
pub(super) fn judging_here(
    wanted: &Wanted,
    observed: &Observed,
) -> Option<Result<Judging, String>> {
    let judging = wanted.course.judging.as_deref()?;
    let Traffic::Native(native) = &wanted.course.traffic else { return Some(Ok(judging.clone())) };
    // As it is declared, the alternate group is the canary's.
    Some(match plan::canary_group(wanted, observed) {
        Some(group) if group == native.alternate.value => Ok(judging.clone()),
        Some(group) if group == native.group => Ok(judging.swapped()),
        Some(group) => Err(format!("the new version is in {group}, which the file does not name")),
        None => Err("could not tell which target group has the new version".to_owned()),
    })
}
