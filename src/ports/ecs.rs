//! ECS, as far as a release needs it. Reads may be stale; a change whose answer was lost
//! comes back as `NoAnswer`, and the caller looks before it sends it again.

use crate::model::{
    CallError, ClusterName, DeploymentArn, HookId, LiveTaskDefinition, OneTask, ServiceDeployment,
    ServiceName, ServiceRequest, ServiceState, StoppedTask, TaskDefArn, TaskDefinitionSpec,
    TaskStart, Timestamp,
};
use std::collections::BTreeMap;

/// A value with AWS's own time of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<T> {
    /// The answer's `Date` header; ours where there was none.
    pub at: Timestamp,
    /// The answer.
    pub value: T,
}

/// Which service deployments to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeploymentFilter {
    /// Made after this time, by AWS's clock.
    pub created_after: Option<Timestamp>,
    /// At most this many, newest first; 0 = 20.
    pub limit: usize,
}

/// The ECS API.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait Ecs {
    /// DescribeServices with tags, in the order of `names`; `None` for one that is MISSING
    /// or INACTIVE. A missing cluster is `NotFound`.
    async fn services(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<Seen<Vec<Option<ServiceState>>>, CallError>;

    /// DescribeTaskDefinition with tags; `which` is an ARN, `family:N` or a family (then the
    /// newest active one). `None` when there is none.
    async fn task_definition(&self, which: &str) -> Result<Option<LiveTaskDefinition>, CallError>;

    /// ListTaskDefinitions of exactly this family, active ones, newest first, at most `limit`.
    async fn revisions(&self, family: &str, limit: usize) -> Result<Vec<TaskDefArn>, CallError>;

    /// RegisterTaskDefinition; sends every field of `spec`.
    async fn register(
        &self,
        spec: &TaskDefinitionSpec,
        tags: &BTreeMap<String, String>,
    ) -> Result<LiveTaskDefinition, CallError>;

    /// CreateService; sends every field of `request`.
    async fn create_service(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError>;

    /// UpdateService; sends every field of `request`.
    async fn update_service(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError>;

    /// DeleteService, with `force` so that it need not be scaled to zero first.
    async fn delete_service(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<(), CallError>;

    /// ListServiceDeployments and DescribeServiceDeployments in one, with the task definition of
    /// each target revision (DescribeServiceRevisions), newest first.
    async fn service_deployments(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
        filter: DeploymentFilter,
    ) -> Result<Seen<Vec<ServiceDeployment>>, CallError>;

    /// DescribeServiceDeployments of one; `None` when ECS does not know it (yet).
    async fn service_deployment(
        &self,
        arn: &DeploymentArn,
    ) -> Result<Option<ServiceDeployment>, CallError>;

    /// StopServiceDeployment with ROLLBACK.
    async fn stop_deployment(&self, arn: &DeploymentArn) -> Result<(), CallError>;

    /// ContinueServiceDeployment with CONTINUE, for one run of a pause. Refused when it waits no
    /// more: ECS has no code of its own for it, so the caller looks again.
    async fn continue_deployment(
        &self,
        arn: &DeploymentArn,
        hook: &HookId,
    ) -> Result<(), CallError>;

    /// Tasks of `service` that stopped lately (ECS remembers them for about an hour),
    /// at most 20.
    async fn stopped_tasks(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<Vec<StoppedTask>, CallError>;

    /// RunTask; sends every field of `request`. With its client token a second call starts
    /// nothing.
    async fn run_task(&self, request: &ServiceRequest) -> Result<TaskStart, CallError>;

    /// DescribeTasks of one; `None` when ECS does not know it (yet, or any more).
    async fn task(&self, cluster: &ClusterName, arn: &str) -> Result<Option<OneTask>, CallError>;

    /// TagResource.
    async fn tag(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), CallError>;
}
