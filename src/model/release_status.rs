//! How a release stands, for `status`.

use super::{Evidence, RuleWeights, StageStatus, Timestamp};
use serde::{Deserialize, Serialize};

/// How the release on the services stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReleaseStatus {
    /// Who holds the services; absent when nobody does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lease: Option<LeaseStatus>,
    /// How far the last release came, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase: Option<String>,
    /// Since when, by AWS's clock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Timestamp>,
    /// When the wait for a person is over, and what `gc --releases` does then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gate: Option<GateStatus>,
    /// Weights of the listener rule, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<WeightsStatus>,
    /// The deployment of ECS's own strategies that is under way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub native: Option<StageStatus>,
    /// What the judge says of the canary so far.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Evidence>,
    /// Services whose count autoscaling sets.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub scaling: Vec<ScalingStatus>,
    /// What further commands would do.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub next: Vec<NextCommand>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub could_not_tell: Vec<String>,
}

/// Who holds the services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseStatus {
    /// The job and its pipeline, in words.
    pub holder: String,
    /// When it ends unless it is renewed, by AWS's clock.
    pub until: Timestamp,
    /// False when it ended and nobody took back what it left.
    pub alive: bool,
}

/// A wait for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateStatus {
    /// When it is over, by AWS's clock.
    pub until: Timestamp,
    /// `rollback`, `hold` or `promote`.
    pub then: String,
    /// True when it is over already.
    pub over: bool,
}

/// Weights of the two services' target groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsStatus {
    /// The full service's; absent when the rule does not name its group.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub full: Option<u32>,
    /// The canary's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub canary: Option<u32>,
    /// The canary's share of the requests in per cent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share: Option<String>,
}

/// Autoscaling of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalingStatus {
    /// The service.
    pub service: String,
    /// Fewest tasks.
    pub least: u32,
    /// Most tasks.
    pub most: u32,
    /// True while no policy may take tasks away.
    pub scale_in_suspended: bool,
    /// The release that suspended it, in words; absent when no release noted it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub suspended_by: Option<String>,
}

/// What a command would do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextCommand {
    /// `promote`, `abort`, `rollback`, ...
    pub command: String,
    /// Its steps up to the first wait, in words.
    pub would: String,
}

/// A service deployment that ECS remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentStatus {
    /// Its ARN.
    pub deployment: String,
    /// `SUCCESSFUL`, `IN_PROGRESS`, ... as ECS says it.
    pub status: String,
    /// `family:N` that it brought.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
    /// The commit that the revision's tags name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// When it was asked for, by AWS's clock.
    pub created_at: Timestamp,
}

impl From<RuleWeights> for WeightsStatus {
    fn from(weights: RuleWeights) -> Self {
        let share = weights.share().map(|share| share.to_string());
        Self { full: weights.full, canary: weights.canary, share }
    }
}
