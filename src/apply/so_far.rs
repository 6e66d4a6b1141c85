//! The verdict so far on a canary that waits, without waiting for it.

use super::sides::judging_here;
use crate::journal::{self, Phase, Progress, Reading};
use crate::judge::Case;
use crate::model::{Evidence, Observed, Wanted};
use crate::plan;
use crate::ports::Cloud;

/// Counts the canary's requests since its first share. `None` when nothing is judged now.
///
/// # Errors
/// Why it could not be told.
pub async fn verdict_so_far<C: Cloud>(
    cloud: &C,
    wanted: &Wanted,
    observed: &Observed,
) -> Option<Result<Evidence, String>> {
    let case = match case(wanted, observed)? {
        Ok(case) => case,
        Err(why) => return Some(Err(why)),
    };
    let Some(query) = case.query(observed.at) else { return Some(Ok(case.nothing_yet())) };
    let answers = match cloud.series(&query).await {
        Ok(answers) => answers,
        Err(error) => return Some(Err(error.to_string())),
    };
    Some(case.hear(&query, &answers).map_err(|why| why.to_string()))
}

/// The share that the canary has, as the tags note it.
fn case(wanted: &Wanted, observed: &Observed) -> Option<Result<Case, String>> {
    wanted.course.judging.as_ref()?;
    let Reading::Known(record) = journal::read(&plan::keeper(wanted, observed)?.tags) else {
        return None;
    };
    let progress = record.progress?;
    let Progress { phase: Phase::Step(_) | Phase::Gate(_), since, .. } = progress else {
        return None;
    };
    let first = progress.judged_since?;
    let judging = match judging_here(wanted, observed)? {
        Ok(judging) => judging,
        Err(why) => return Some(Err(why)),
    };
    let noted = progress.shares.map(|(share, _)| share);
    Some(Ok(Case {
        judging,
        since: first,
        share_since: since,
        share: noted.or_else(|| plan::canary_share(wanted, observed)),
        later_shares: wanted.course.later_shares(),
    }))
}
