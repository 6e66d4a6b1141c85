//! The records that a job keeps as artifacts: `release.json` and `release.env`.

use crate::model::{FailureReport, Outcome, StepRecord};
use serde::Serialize;

/// `release.json`: the outcome line with the steps that were made and what explains
/// those that failed, with a last newline.
pub fn release_json(outcome: &Outcome, steps: &[StepRecord]) -> String {
    #[derive(Serialize)]
    struct Record<'a> {
        #[serde(flatten)]
        outcome: &'a Outcome,
        steps: &'a [StepRecord],
        #[serde(skip_serializing_if = "Vec::is_empty")]
        failures: Vec<&'a FailureReport>,
    }
    let failures = steps.iter().filter_map(|step| step.failure.as_deref()).collect();
    // Texts and numbers only; there is nothing that cannot be encoded.
    let text =
        serde_json::to_string_pretty(&Record { outcome, steps, failures }).unwrap_or_default();
    format!("{text}\n")
}

/// `release.env`: a dotenv report for later jobs. A variable that does not apply is left out.
pub fn release_env(outcome: &Outcome) -> String {
    let word = serde_json::to_value(outcome.outcome).unwrap_or_default();
    let deployment = outcome.deployment.as_ref().map(|arn| arn.as_str());
    let variables = [
        ("ECS_CANARY_OUTCOME", word.as_str()),
        ("ECS_CANARY_DEPLOYMENT", deployment),
        ("ECS_CANARY_REVISION", outcome.revision.as_deref()),
        ("ECS_CANARY_IMAGE", outcome.image.as_deref()),
    ];
    let lines = variables.iter().filter_map(|(name, value)| {
        // A line break would make a variable of its own.
        let value = (*value)?.replace(['\n', '\r'], " ");
        Some(format!("{name}={value}\n"))
    });
    lines.collect()
}
