//! A deployment of ECS's own strategies, for `status`.

use super::{Lifecycle, Pause, Timestamp};
use serde::{Deserialize, Serialize};

/// A deployment of ECS's own strategies that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageStatus {
    /// The service.
    pub service: String,
    /// The deployment's ARN.
    pub deployment: String,
    /// `IN_PROGRESS`, ... as ECS says it.
    pub status: String,
    /// `CANARY`, `LINEAR`, `BLUE_GREEN`, as the service has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strategy: Option<String>,
    /// `family:N` that it brings.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
    /// The stage as ECS says it; absent when it says none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stage: Option<String>,
    /// The share of the requests that the new revision has, in per cent; absent when ECS does
    /// not say it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share: Option<String>,
    /// The pause that waits for an answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pause: Option<PauseStatus>,
}

/// A pause that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseStatus {
    /// When it ends by itself, by AWS's clock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Timestamp>,
    /// What happens then: `rollback`, `continue`, or as ECS says it.
    pub then: String,
    /// The same in words.
    pub words: String,
}

impl StageStatus {
    /// Stage, share and pause of `lifecycle`.
    #[must_use]
    pub fn at(self, lifecycle: &Lifecycle, pause: Option<&Pause>) -> Self {
        let of = |pause: &Pause| PauseStatus {
            until: pause.expires_at,
            then: pause.timeout_action.as_deref().unwrap_or("ROLLBACK").to_ascii_lowercase(),
            words: pause.at_its_end(),
        };
        Self {
            stage: lifecycle.stage.clone(),
            share: lifecycle.share.map(|share| share.to_string()),
            pause: pause.map(of),
            ..self
        }
    }
}
