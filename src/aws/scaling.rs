//! Application Auto Scaling of services.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use super::resend::AfterLostAnswer;
use crate::model::{CallError, ClusterName, ScalableTarget, ScaleIn, ServiceName};
use crate::ports::Scaling;
use aws_sdk_applicationautoscaling::config::Config;
use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTarget as Target, ServiceNamespace, SuspendedState,
};
use std::collections::BTreeMap;

const DESCRIBE: &str = "application-autoscaling:DescribeScalableTargets";
const REGISTER: &str = "application-autoscaling:RegisterScalableTarget";

impl Scaling for AwsCloud {
    async fn scalable_targets(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<Vec<Option<ScalableTarget>>, CallError> {
        let ids: Vec<String> = names.iter().map(|name| resource(cluster, name)).collect();
        let found = self.described_targets(&ids).await?;
        Ok(ids.iter().map(|id| found.get(id).map(of_sdk)).collect())
    }

    async fn set_scale_in(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
        to: ScaleIn,
    ) -> Result<(), CallError> {
        let id = resource(cluster, service);
        let found = self.described_targets(std::slice::from_ref(&id)).await?;
        let Some(target) = found.get(&id) else { return Ok(()) };
        let before = target.suspended_state.clone().unwrap_or_else(nothing_suspended);
        // The API has a default for a member that is left out: all are sent.
        let state = SuspendedState::builder()
            .dynamic_scaling_in_suspended(to == ScaleIn::Suspended)
            .dynamic_scaling_out_suspended(before.dynamic_scaling_out_suspended.unwrap_or(false))
            .scheduled_scaling_suspended(before.scheduled_scaling_suspended.unwrap_or(false));
        let exchange = Exchange::new();
        let call = self
            .scaling()
            .register_scalable_target()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .resource_id(id)
            .suspended_state(state.build());
        // The same made once or twice.
        let resend = Config::builder().retry_classifier(AfterLostAnswer::twice());
        let call = call.customize().interceptor(exchange.clone()).config_override(resend);
        let answer = call.send().await;
        self.checked(REGISTER, &exchange, answer).map(drop)
    }
}

impl AwsCloud {
    /// Scalable targets by resource id. Both services of a release fit on one page.
    async fn described_targets(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Target>, CallError> {
        let exchange = Exchange::new();
        let call = self
            .scaling()
            .describe_scalable_targets()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .set_resource_ids(Some(ids.to_vec()));
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let targets = self.checked(DESCRIBE, &exchange, answer)?.scalable_targets;
        let targets = targets.unwrap_or_default().into_iter();
        Ok(targets.map(|target| (target.resource_id.clone(), target)).collect())
    }
}

/// A cluster's ARN is taken where its name is: the resource id has the name alone.
fn resource(cluster: &ClusterName, service: &ServiceName) -> String {
    let cluster = cluster.as_str().rsplit('/').next().unwrap_or_default();
    format!("service/{cluster}/{service}")
}

fn nothing_suspended() -> SuspendedState {
    SuspendedState::builder().build()
}

fn of_sdk(target: &Target) -> ScalableTarget {
    let state = target.suspended_state.as_ref();
    let suspended = state.and_then(|state| state.dynamic_scaling_in_suspended).unwrap_or(false);
    ScalableTarget {
        least: u32::try_from(target.min_capacity).unwrap_or(0),
        most: u32::try_from(target.max_capacity).unwrap_or(0),
        scale_in: if suspended { ScaleIn::Suspended } else { ScaleIn::On },
    }
}
