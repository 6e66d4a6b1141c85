//! One task that belongs to no service: it is started and followed to its end.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use super::from_sdk;
use super::resend::AfterLostAnswer;
use super::services::refuse_failures;
use crate::model::{CallError, CallErrorKind, ClusterName, OneTask, ServiceRequest, TaskStart};
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::types::Task;

const RUN: &str = "ecs:RunTask";
const DESCRIBE: &str = "ecs:DescribeTasks";

impl AwsCloud {
    pub(super) async fn start_task(
        &self,
        request: &ServiceRequest,
    ) -> Result<TaskStart, CallError> {
        let exchange = Exchange::new().sending(request.body());
        // With a client token ECS knows the second one for the first.
        let token = request.body().get("clientToken").is_some();
        let lost = if token { AfterLostAnswer::twice() } else { AfterLostAnswer::never() };
        let call = self.changes().run_task().customize().interceptor(exchange.clone());
        let resend = Config::builder().retry_classifier(lost);
        let answer = self.checked(RUN, &exchange, call.config_override(resend).send().await)?;
        if let Some(task) = answer.tasks.unwrap_or_default().into_iter().next() {
            return Ok(TaskStart::Started(of_sdk(task)));
        }
        let failures = answer.failures.unwrap_or_default();
        let reasons: Vec<String> =
            failures.into_iter().filter_map(|failure| failure.reason.or(failure.detail)).collect();
        if reasons.is_empty() {
            return Err(CallError {
                kind: CallErrorKind::NoAnswer,
                operation: RUN.to_owned(),
                code: None,
                message: "the answer holds neither a task nor a failure".to_owned(),
                place: exchange.host(),
            });
        }
        Ok(TaskStart::NoPlace(reasons.join(", ")))
    }

    pub(super) async fn describe_task(
        &self,
        cluster: &ClusterName,
        arn: &str,
    ) -> Result<Option<OneTask>, CallError> {
        let exchange = Exchange::new();
        let call = self.reads().describe_tasks().cluster(cluster.as_str()).tasks(arn);
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let answer = self.checked(DESCRIBE, &exchange, answer)?;
        refuse_failures(DESCRIBE, answer.failures())?;
        Ok(answer.tasks.unwrap_or_default().into_iter().next().map(of_sdk))
    }
}

fn of_sdk(task: Task) -> OneTask {
    OneTask {
        arn: task.task_arn.clone().unwrap_or_default(),
        status: task.last_status.clone().unwrap_or_default(),
        stopped: from_sdk::stopped_task(task),
    }
}
