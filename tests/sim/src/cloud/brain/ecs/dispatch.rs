//! Which function answers which action. Owns the table; an action that is not in it is not
//! simulated.

use super::{
    account, clusters, continue_deployment, create_service, run_task, service_deployments,
    service_revisions, services, tags, task_definitions, tasks, update_service,
};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::World;
use serde_json::Value;

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(
    world: &World,
    caller: &Caller,
    action: &str,
    body: &Value,
) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "DescribeClusters" => clusters::describe(world, body),
        "ListClusters" => clusters::list(world, body),
        "DescribeTaskDefinition" => task_definitions::describe(world, body),
        "ListTaskDefinitions" => task_definitions::list(world, body),
        "ListTaskDefinitionFamilies" => task_definitions::families(world, body),
        "DescribeServices" => services::describe(world, caller.now, body),
        "ListServices" => services::list(world, body),
        "DescribeTasks" => tasks::describe(world, body),
        "ListTasks" => tasks::list(world, body),
        "ListServiceDeployments" => service_deployments::list(world, caller.now, body),
        "DescribeServiceDeployments" => service_deployments::describe(world, body),
        "DescribeServiceRevisions" => service_revisions::describe(world, body),
        "ListTagsForResource" => tags::list(world, body),
        "ListAccountSettings" => account::list_settings(caller, body),
        _ => return None,
    })
}

/// Carries out an action that changes something; `None` when there is none of this name.
pub(crate) fn change(
    world: &mut World,
    caller: &Caller,
    action: &str,
    body: &Value,
) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "CreateCluster" => clusters::create(world, caller, body),
        "RegisterTaskDefinition" => task_definitions::register(world, caller, body),
        "DeregisterTaskDefinition" => task_definitions::deregister(world, caller, body),
        "CreateService" => create_service::create(world, caller, body),
        "UpdateService" => update_service::update(world, caller, body),
        "DeleteService" => services::delete(world, caller, body),
        "RunTask" => run_task::run(world, caller, body),
        "StopTask" => tasks::stop(world, caller, body),
        "StopServiceDeployment" => service_deployments::stop(world, caller, body),
        "ContinueServiceDeployment" => continue_deployment::go_on(world, caller, body),
        "TagResource" => tags::tag(world, body),
        "UntagResource" => tags::untag(world, body),
        _ => return None,
    })
}
