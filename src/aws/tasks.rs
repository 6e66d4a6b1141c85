//! Tasks of a service or a family: listed, started together, stopped.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use super::resend::AfterLostAnswer;
use super::services::refuse_failures;
use crate::model::{CallError, ClusterName, TaskContainer, TaskDefArn, TaskState};
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::types::{DesiredStatus, Task};
use serde_json::{Map, Value};

/// DescribeTasks takes a hundred.
const TASKS_A_CALL: usize = 100;

/// Which tasks to list.
#[derive(Debug, Clone, Copy)]
pub enum TaskOwner<'a> {
    /// Those of a service.
    Service(&'a str),
    /// Those of a family, whoever started them.
    Family(&'a str),
}

impl AwsCloud {
    /// ListTasks and DescribeTasks: tasks that ECS wants to run, or (`stopped`) those that
    /// stopped within about an hour.
    ///
    /// # Errors
    /// The call failed.
    pub async fn tasks(
        &self,
        cluster: &ClusterName,
        owner: TaskOwner<'_>,
        stopped: TaskAim,
    ) -> Result<Vec<TaskState>, CallError> {
        let mut arns = Vec::new();
        let mut next = None;
        loop {
            let exchange = Exchange::new();
            let call = self.reads().list_tasks().cluster(cluster.as_str());
            let call = match owner {
                TaskOwner::Service(name) => call.service_name(name),
                TaskOwner::Family(name) => call.family(name),
            };
            let call = call.desired_status(stopped.wanted()).set_next_token(next);
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let answer = self.checked("ecs:ListTasks", &exchange, answer)?;
            arns.extend(answer.task_arns.unwrap_or_default());
            next = answer.next_token;
            if next.is_none() {
                return self.described(cluster, &arns).await;
            }
        }
    }

    /// DescribeTasks of these; one that ECS does not know (any more) is left out.
    ///
    /// # Errors
    /// The call failed.
    pub async fn described(
        &self,
        cluster: &ClusterName,
        arns: &[String],
    ) -> Result<Vec<TaskState>, CallError> {
        const OPERATION: &str = "ecs:DescribeTasks";
        let mut tasks = Vec::new();
        for arns in arns.chunks(TASKS_A_CALL) {
            let exchange = Exchange::new();
            let call = self.reads().describe_tasks().cluster(cluster.as_str());
            let call = call.set_tasks(Some(arns.to_vec()));
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let answer = self.checked(OPERATION, &exchange, answer)?;
            refuse_failures(OPERATION, answer.failures())?;
            tasks.extend(answer.tasks.unwrap_or_default().into_iter().map(state));
        }
        Ok(tasks)
    }

    /// RunTask; sends every member of `request`. With a `clientToken` in it, ECS knows a second
    /// sending for the first. Also why tasks could not be placed.
    ///
    /// # Errors
    /// The call failed.
    pub async fn run_tasks(
        &self,
        request: &Map<String, Value>,
    ) -> Result<(Vec<TaskState>, Vec<String>), CallError> {
        let exchange = Exchange::new().sending(request);
        let token = request.contains_key("clientToken");
        let lost = if token { AfterLostAnswer::twice() } else { AfterLostAnswer::never() };
        let call = self.changes().run_task().customize().interceptor(exchange.clone());
        let answer = call.config_override(Config::builder().retry_classifier(lost)).send().await;
        let answer = self.checked("ecs:RunTask", &exchange, answer)?;
        let failures = answer.failures.unwrap_or_default().into_iter();
        let reasons = failures.map(|failure| match failure.detail {
            Some(detail) => format!("{}: {detail}", failure.reason.unwrap_or_default()),
            None => failure.reason.unwrap_or_default(),
        });
        let tasks = answer.tasks.unwrap_or_default().into_iter().map(state);
        Ok((tasks.collect(), reasons.collect()))
    }

    /// StopTask.
    ///
    /// # Errors
    /// The call failed.
    pub async fn stop_task(&self, cluster: &ClusterName, arn: &str) -> Result<(), CallError> {
        let exchange = Exchange::new();
        let call = self.changes().stop_task().cluster(cluster.as_str()).task(arn);
        let resend = Config::builder().retry_classifier(AfterLostAnswer::twice());
        let call = call.customize().interceptor(exchange.clone()).config_override(resend);
        let answer = call.send().await;
        self.checked("ecs:StopTask", &exchange, answer).map(drop)
    }
}

/// What ECS wants of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskAim {
    /// They shall run.
    Running,
    /// They shall stop, or have stopped.
    Stopped,
}

impl TaskAim {
    fn wanted(self) -> DesiredStatus {
        match self {
            Self::Running => DesiredStatus::Running,
            Self::Stopped => DesiredStatus::Stopped,
        }
    }
}

fn state(task: Task) -> TaskState {
    let containers = task.containers.unwrap_or_default().into_iter().map(|container| {
        let bindings = container.network_bindings.unwrap_or_default();
        TaskContainer {
            name: container.name.unwrap_or_default(),
            status: container.last_status.unwrap_or_default(),
            exit_code: container.exit_code,
            reason: container.reason,
            health: container.health_status.map(|health| health.as_str().to_owned()),
            ports: bindings
                .iter()
                .map(|binding| {
                    let host = binding.host_port.unwrap_or(0);
                    let protocol = binding.protocol.as_ref().map_or("tcp", |one| one.as_str());
                    format!("{host}->{}/{protocol}", binding.container_port.unwrap_or(0))
                })
                .collect(),
        }
    });
    TaskState {
        containers: containers.collect(),
        arn: task.task_arn.unwrap_or_default(),
        task_definition: TaskDefArn::new(task.task_definition_arn.unwrap_or_default()),
        status: task.last_status.unwrap_or_default(),
        wanted: task.desired_status.unwrap_or_default(),
        group: task.group.unwrap_or_default(),
        started_by: task.started_by.unwrap_or_default(),
        reason: task.stopped_reason,
    }
}
