//! What the release loop asks for, call by call.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use crate::model::{
    CallError, ClusterName, DeploymentArn, HookId, ListenerRule, ListenerRuleArn,
    LiveTaskDefinition, LogPlace, OneTask, RuleWeights, ServiceDeployment, ServiceName,
    ServiceRequest, ServiceState, StoppedTask, TargetGroup, TargetGroupArn, TargetHealth,
    TaskDefArn, TaskDefinitionSpec, TaskStart, WeightedTraffic,
};
use crate::ports::{DeploymentFilter, Ecs, LoadBalancer, Logs, Seen};
use std::collections::BTreeMap;

impl Ecs for AwsCloud {
    async fn services(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<Seen<Vec<Option<ServiceState>>>, CallError> {
        self.describe_services(cluster, names).await
    }

    async fn task_definition(&self, which: &str) -> Result<Option<LiveTaskDefinition>, CallError> {
        self.describe_task_definition(which).await
    }

    async fn revisions(&self, family: &str, limit: usize) -> Result<Vec<TaskDefArn>, CallError> {
        self.list_revisions(family, limit).await
    }

    async fn register(
        &self,
        spec: &TaskDefinitionSpec,
        tags: &BTreeMap<String, String>,
    ) -> Result<LiveTaskDefinition, CallError> {
        self.register_task_definition(spec, tags).await
    }

    async fn create_service(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError> {
        self.create(request).await
    }

    async fn update_service(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError> {
        self.update(request).await
    }

    async fn delete_service(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<(), CallError> {
        self.delete(cluster, service).await
    }

    async fn service_deployments(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
        filter: DeploymentFilter,
    ) -> Result<Seen<Vec<ServiceDeployment>>, CallError> {
        self.list_deployments(cluster, service, filter).await
    }

    async fn service_deployment(
        &self,
        arn: &DeploymentArn,
    ) -> Result<Option<ServiceDeployment>, CallError> {
        let found = self.describe_deployments(&[arn.as_str().to_owned()]).await?;
        Ok(found.into_iter().next())
    }

    async fn stop_deployment(&self, arn: &DeploymentArn) -> Result<(), CallError> {
        self.stop(arn).await
    }

    async fn continue_deployment(
        &self,
        arn: &DeploymentArn,
        hook: &HookId,
    ) -> Result<(), CallError> {
        self.go_on(arn, hook).await
    }

    async fn stopped_tasks(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<Vec<StoppedTask>, CallError> {
        self.list_stopped_tasks(cluster, service).await
    }

    async fn run_task(&self, request: &ServiceRequest) -> Result<TaskStart, CallError> {
        self.start_task(request).await
    }

    async fn task(&self, cluster: &ClusterName, arn: &str) -> Result<Option<OneTask>, CallError> {
        self.describe_task(cluster, arn).await
    }

    async fn tag(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), CallError> {
        self.tag_resource(arn, tags).await
    }
}

impl LoadBalancer for AwsCloud {
    async fn target_health(&self, group: &TargetGroupArn) -> Result<Vec<TargetHealth>, CallError> {
        let exchange = Exchange::new();
        let call = self.elb().describe_target_health().target_group_arn(group.as_str());
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let answer =
            self.checked("elasticloadbalancing:DescribeTargetHealth", &exchange, answer)?;
        let targets = answer.target_health_descriptions.unwrap_or_default().into_iter();
        let healths = targets.map(|described| {
            let target = described.target;
            let id = target.as_ref().and_then(|t| t.id.clone()).unwrap_or_default();
            let port = target.and_then(|target| target.port);
            let health = described.target_health;
            let state = health.as_ref().and_then(|h| h.state.as_ref()).map(|s| s.to_string());
            TargetHealth {
                target: port.map_or(id.clone(), |port| format!("{id}:{port}")),
                state: state.unwrap_or_default(),
                reason: health.as_ref().and_then(|h| h.reason.as_ref()).map(|r| r.to_string()),
                description: health.and_then(|health| health.description),
            }
        });
        Ok(healths.collect())
    }

    async fn target_group(&self, group: &TargetGroupArn) -> Result<Option<TargetGroup>, CallError> {
        self.describe_target_group(group).await
    }

    async fn rule(&self, arn: &ListenerRuleArn) -> Result<Option<ListenerRule>, CallError> {
        self.describe_rule(arn).await
    }

    async fn set_weights(
        &self,
        traffic: &WeightedTraffic,
        expected: RuleWeights,
        to: RuleWeights,
    ) -> Result<bool, CallError> {
        self.modify_weights(traffic, expected, to).await
    }
}

impl Logs for AwsCloud {
    async fn tail(&self, place: &LogPlace, lines: u32) -> Result<Vec<String>, CallError> {
        self.log_tail(place, lines).await
    }
}
