//! Application Auto Scaling, as far as a release needs it.

use crate::model::{CallError, ClusterName, ScalableTarget, ScaleIn, ServiceName};

/// Reads scalable targets, and says whether tasks may be taken away.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait Scaling {
    /// DescribeScalableTargets, in the order of `names`; `None` for a service whose count is
    /// nobody's but its owner's.
    async fn scalable_targets(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<Vec<Option<ScalableTarget>>, CallError>;

    /// RegisterScalableTarget with another `DynamicScalingInSuspended`. Bounds are not sent, so
    /// they stay and no target is made; whatever else is suspended is sent as it was read right
    /// before. Nothing is sent when the service is no scalable target (any more).
    async fn set_scale_in(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
        to: ScaleIn,
    ) -> Result<(), CallError>;
}
