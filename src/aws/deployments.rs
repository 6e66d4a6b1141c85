//! Service deployments, with what their target revisions are.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use super::from_sdk;
use super::resend::AfterLostAnswer;
use super::services::refuse_failures;
use crate::model::{
    CallError, CallErrorKind, ClusterName, DeploymentArn, HookId, ServiceDeployment, ServiceName,
    TargetGroupArn, TaskDefArn,
};
use crate::ports::{DeploymentFilter, Seen};
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::primitives::DateTime;
use aws_sdk_ecs::types::{CreatedAt, DeploymentLifecycleHookAction, StopServiceDeploymentStopType};

/// DescribeServiceDeployments and DescribeServiceRevisions take twenty.
const ARNS_A_CALL: usize = 20;
/// Pages of ListServiceDeployments; a page may be empty and still name a next one.
const PAGES: usize = 20;
/// Service deployments when no number was asked for.
const DEFAULT_LIMIT: usize = 20;

/// What a service revision says of itself.
pub(super) struct ServiceRevision {
    task_definition: Option<TaskDefArn>,
    /// The target group that its tasks are in, once ECS chose it.
    group: Option<TargetGroupArn>,
}

impl AwsCloud {
    pub(super) async fn list_deployments(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
        filter: DeploymentFilter,
    ) -> Result<Seen<Vec<ServiceDeployment>>, CallError> {
        let limit = if filter.limit == 0 { DEFAULT_LIMIT } else { filter.limit };
        let after = filter.created_after.map(|after| {
            CreatedAt::builder().after(DateTime::from_millis(after.as_millis())).build()
        });
        let mut arns: Vec<String> = Vec::new();
        let mut next = None;
        let mut last = Exchange::new();
        for _ in 0..PAGES {
            let exchange = Exchange::new();
            let call = self
                .reads()
                .list_service_deployments()
                .cluster(cluster.as_str())
                .service(service.as_str())
                .set_created_at(after.clone())
                .max_results(i32::try_from(limit - arns.len()).unwrap_or(i32::MAX).min(100))
                .set_next_token(next.take());
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let answer = self.checked("ecs:ListServiceDeployments", &exchange, answer)?;
            let briefs = answer.service_deployments.unwrap_or_default().into_iter();
            arns.extend(briefs.filter_map(|brief| brief.service_deployment_arn));
            (next, last) = (answer.next_token.filter(|token| !token.is_empty()), exchange);
            if next.is_none() || arns.len() >= limit {
                break;
            }
        }
        arns.truncate(limit);
        let mut deployments = self.describe_deployments(&arns).await?;
        deployments.sort_by_key(|deployment| std::cmp::Reverse(deployment.created_at));
        Ok(self.seen(&last, deployments))
    }

    /// Those that ECS knows, with their task definitions.
    pub(super) async fn describe_deployments(
        &self,
        arns: &[String],
    ) -> Result<Vec<ServiceDeployment>, CallError> {
        const OPERATION: &str = "ecs:DescribeServiceDeployments";
        let mut deployments = Vec::new();
        for arns in arns.chunks(ARNS_A_CALL) {
            let exchange = Exchange::new();
            let arns = Some(arns.to_vec());
            let call =
                self.reads().describe_service_deployments().set_service_deployment_arns(arns);
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let answer = self.checked(OPERATION, &exchange, answer)?;
            refuse_failures(OPERATION, answer.failures())?;
            let described = answer.service_deployments.unwrap_or_default().into_iter();
            deployments.extend(described.map(from_sdk::service_deployment));
        }
        self.learn_revisions(&deployments).await?;
        let known = self.revisions.borrow();
        for deployment in &mut deployments {
            let revision = deployment.target_revision.as_ref();
            let Some(revision) = revision.and_then(|arn| known.get(arn)) else { continue };
            deployment.target_task_definition.clone_from(&revision.task_definition);
            if let Some(lifecycle) = &mut deployment.lifecycle {
                lifecycle.group.clone_from(&revision.group);
            }
        }
        Ok(deployments)
    }

    /// Asks for the revisions that are not known yet. Denied is not a failure: the wait goes
    /// on without them.
    async fn learn_revisions(&self, deployments: &[ServiceDeployment]) -> Result<(), CallError> {
        let mut unknown: Vec<String> = {
            let known = self.revisions.borrow();
            let is_known = |deployment: &ServiceDeployment, arn: &str| {
                // ECS resolves the target group of a new revision a moment after it is there.
                let waits = deployment.lifecycle.is_some() && !deployment.is_over();
                known.get(arn).is_some_and(|known| known.group.is_some() || !waits)
            };
            let targets = deployments
                .iter()
                .filter_map(|one| one.target_revision.clone().filter(|arn| !is_known(one, arn)));
            targets.collect()
        };
        unknown.sort();
        unknown.dedup();
        for arns in unknown.chunks(ARNS_A_CALL) {
            if self.revisions_denied.get() {
                break;
            }
            match self.describe_revisions(arns.to_vec()).await {
                Ok(learnt) => self.revisions.borrow_mut().extend(learnt),
                Err(error) if is_no_right(error.kind) => self.revisions_denied.set(true),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn describe_revisions(
        &self,
        arns: Vec<String>,
    ) -> Result<Vec<(String, ServiceRevision)>, CallError> {
        let exchange = Exchange::new();
        let call = self.reads().describe_service_revisions().set_service_revision_arns(Some(arns));
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let answer = self.checked("ecs:DescribeServiceRevisions", &exchange, answer)?;
        let revisions = answer.service_revisions.unwrap_or_default().into_iter();
        let pairs = revisions.filter_map(|revision| {
            let resolved = revision.resolved_configuration.and_then(|one| one.load_balancers);
            let mut groups = resolved.unwrap_or_default().into_iter();
            let group = groups.find_map(|balancer| balancer.target_group_arn);
            let known = ServiceRevision {
                task_definition: revision.task_definition.map(TaskDefArn::new),
                group: group.map(TargetGroupArn::new),
            };
            Some((revision.service_revision_arn?, known))
        });
        Ok(pairs.collect())
    }

    pub(super) async fn stop(&self, arn: &DeploymentArn) -> Result<(), CallError> {
        let exchange = Exchange::new();
        let call = self
            .changes()
            .stop_service_deployment()
            .service_deployment_arn(arn.as_str())
            .stop_type(StopServiceDeploymentStopType::Rollback);
        let resend = Config::builder().retry_classifier(AfterLostAnswer::twice());
        let call = call.customize().interceptor(exchange.clone()).config_override(resend);
        let answer = call.send().await;
        self.checked("ecs:StopServiceDeployment", &exchange, answer).map(drop)
    }

    /// Sent once: a second answer to the same pause is refused, and would hide that the first
    /// one was taken.
    pub(super) async fn go_on(&self, arn: &DeploymentArn, hook: &HookId) -> Result<(), CallError> {
        let exchange = Exchange::new();
        let call = self
            .changes()
            .continue_service_deployment()
            .service_deployment_arn(arn.as_str())
            .hook_id(hook.as_str())
            .action(DeploymentLifecycleHookAction::Continue);
        let once = Config::builder().retry_classifier(AfterLostAnswer::never());
        let call = call.customize().interceptor(exchange.clone()).config_override(once);
        let answer = call.send().await;
        self.checked("ecs:ContinueServiceDeployment", &exchange, answer).map(drop)
    }
}

fn is_no_right(kind: CallErrorKind) -> bool {
    matches!(kind, CallErrorKind::Denied | CallErrorKind::Unsupported)
}
