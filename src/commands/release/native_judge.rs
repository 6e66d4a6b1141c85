//! The judge of mode `native`, as the release file declares it.

use super::Declared;
use super::native::refused;
use crate::config::Judge;
use crate::failure::Failure;
use crate::model::{Finding, Located, NativeStrategy, PauseStage};
use std::time::Duration;

/// The judge needs a share of the requests, beside the old version's, at a pause of its own.
pub(super) fn judged(
    declared: &Declared,
    strategy: NativeStrategy,
    pauses: &[PauseStage],
) -> Result<(), Failure> {
    let Some(Located { value: Judge::On(settings), at }) = &declared.file.judge else {
        return Ok(());
    };
    if strategy.shares().is_empty() {
        let text =
            format!("there is nothing to judge: {strategy} gives the new version no share first");
        let hint = "Use strategy canary or linear, or `judge: off`.";
        return Err(refused(Finding::error(text).located(at).hint(hint)));
    }
    if !pauses.contains(&PauseStage::PreProductionTrafficShift) {
        let text = "the judge is asked at PRE_PRODUCTION_TRAFFIC_SHIFT, and nothing pauses there";
        let hint = "Add that stage to `native.pauses`, or `judge: off`.";
        return Err(refused(Finding::error(text).located(at).hint(hint)));
    }
    match settings.metrics.first() {
        Some(own) => {
            let text = format!(
                "metric {} names its two sides, and in mode native they swap at each release",
                own.name
            );
            Err(refused(
                Finding::error(text).located(at).hint("Leave it out, or use mode weighted."),
            ))
        }
        None => Ok(()),
    }
}

/// How long a pause is needed at most, and the key that says so.
pub(super) fn patience(declared: &Declared, hold: Duration) -> (Duration, &'static str) {
    match declared.file.judge.as_ref().map(|judge| &judge.value) {
        Some(Judge::On(settings)) if settings.longest > hold => (settings.longest, "judge.max"),
        _ => (hold, "hold"),
    }
}
