//! What the judge says of the canary so far.

use crate::apply;
use crate::aws::AwsCloud;
use crate::commands::release::{Declared, judging};
use crate::model::{Course, Observed, ReleaseStatus, Wanted};

/// Adds it to `status`, where a canary waits that is judged.
pub(super) async fn add(
    status: &mut ReleaseStatus,
    declared: &Declared,
    (wanted, observed): (&Wanted, &Observed),
    cloud: &AwsCloud,
) {
    let said = match judging(declared) {
        Err(failure) => Some(Err(failure.to_string())),
        Ok(None) => None,
        Ok(judging) => {
            let course = Course { judging, ..wanted.course.clone() };
            let wanted = Wanted { course, ..wanted.clone() };
            apply::verdict_so_far(cloud, &wanted, observed).await
        }
    };
    match said {
        None => {}
        Some(Ok(evidence)) => status.verdict = Some(evidence),
        Some(Err(why)) => status.could_not_tell.push(format!("the verdict so far: {why}")),
    }
}
