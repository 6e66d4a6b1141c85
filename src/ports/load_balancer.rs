//! Elastic Load Balancing, as far as a release needs it.

use crate::model::{CallError, TargetGroupArn, TargetHealth};

/// Reads target groups.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait LoadBalancer {
    /// Health of every target; `NotFound` when the group does not exist.
    async fn target_health(&self, group: &TargetGroupArn) -> Result<Vec<TargetHealth>, CallError>;
}
