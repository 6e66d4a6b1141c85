//! The verdict so far on a canary that waits, without waiting for it.

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
    let case = case(wanted, observed)?;
    let Some(query) = case.query(observed.at) else { return Some(Ok(case.nothing_yet())) };
    let answers = match cloud.series(&query).await {
        Ok(answers) => answers,
        Err(error) => return Some(Err(error.to_string())),
    };
    Some(case.hear(&query, &answers).map_err(|why| why.to_string()))
}

/// The share that the canary has, as the tags note it.
fn case(wanted: &Wanted, observed: &Observed) -> Option<Case> {
    let judging = wanted.course.judging.as_deref()?;
    let Reading::Known(record) = journal::read(&plan::keeper(wanted, observed)?.tags) else {
        return None;
    };
    let progress = record.progress?;
    let Progress { phase: Phase::Step(_) | Phase::Gate(_), since, .. } = progress else {
        return None;
    };
    let shares = u32::try_from(wanted.course.steps.len()).unwrap_or(u32::MAX);
    Some(Case {
        judging: judging.clone(),
        since: progress.judged_since?,
        share_since: since,
        share: progress.shares.map(|(share, _)| share),
        later_shares: shares.saturating_sub(1),
    })
}
