//! Services, and their tasks.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use super::from_sdk;
use super::resend::AfterLostAnswer;
use crate::model::{
    CallError, CallErrorKind, ClusterName, ServiceName, ServiceRequest, ServiceState, StoppedTask,
};
use crate::ports::Seen;
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::operation::describe_services::DescribeServicesOutput;
use aws_sdk_ecs::types::{DesiredStatus, Failure, Service, ServiceField, Tag};
use std::collections::{BTreeMap, BTreeSet};

/// DescribeServices takes ten.
const SERVICES_A_CALL: usize = 10;
/// Stopped tasks in a report.
const STOPPED_TASKS: usize = 20;

impl AwsCloud {
    pub(super) async fn describe_services(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<Seen<Vec<Option<ServiceState>>>, CallError> {
        const OPERATION: &str = "ecs:DescribeServices";
        let mut found = BTreeMap::new();
        let mut last = Exchange::new();
        for names in names.chunks(SERVICES_A_CALL) {
            let exchange = Exchange::new().keeping_answer();
            let names: BTreeSet<String> = names.iter().map(|name| name.to_string()).collect();
            let call = self
                .reads()
                .describe_services()
                .cluster(cluster.as_str())
                .set_services(Some(names.iter().cloned().collect()))
                .include(ServiceField::Tags);
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let answer = self.checked(OPERATION, &exchange, answer)?;
            refuse_failures(OPERATION, answer.failures())?;
            expect_each(OPERATION, &exchange, names.len(), &answer)?;
            let services = answer.services.unwrap_or_default().into_iter();
            let states = services.map(from_sdk::service).filter(|s| s.status != "INACTIVE");
            found.extend(states.map(|state| (state.name.clone(), state)));
            last = exchange;
        }
        let states = names.iter().map(|name| found.remove(name)).collect();
        Ok(self.seen(&last, states))
    }

    pub(super) async fn create(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError> {
        const OPERATION: &str = "ecs:CreateService";
        let exchange = Exchange::new().sending(request.body());
        // With a client token ECS knows the second one for the first.
        let token = request.body().get("clientToken").is_some();
        let lost = if token { AfterLostAnswer::twice() } else { AfterLostAnswer::never() };
        let call = self.changes().create_service().customize().interceptor(exchange.clone());
        let resend = Config::builder().retry_classifier(lost);
        let answer = call.config_override(resend).send().await;
        let service = self.checked(OPERATION, &exchange, answer)?.service;
        self.answered(OPERATION, &exchange, service)
    }

    pub(super) async fn update(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError> {
        const OPERATION: &str = "ecs:UpdateService";
        let exchange = Exchange::new().sending(request.body());
        let call = self.changes().update_service().customize().interceptor(exchange.clone());
        let once = Config::builder().retry_classifier(AfterLostAnswer::never());
        let answer = call.config_override(once).send().await;
        let service = self.checked(OPERATION, &exchange, answer)?.service;
        self.answered(OPERATION, &exchange, service)
    }

    pub(super) async fn delete(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<(), CallError> {
        let exchange = Exchange::new();
        let call = self
            .changes()
            .delete_service()
            .cluster(cluster.as_str())
            .service(service.as_str())
            .force(true);
        let resend = Config::builder().retry_classifier(AfterLostAnswer::twice());
        let call = call.customize().interceptor(exchange.clone()).config_override(resend);
        let answer = call.send().await;
        self.checked("ecs:DeleteService", &exchange, answer).map(drop)
    }

    pub(super) async fn tag_resource(
        &self,
        arn: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CallError> {
        let exchange = Exchange::new();
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let call = self.changes().tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(tags.collect()));
        // Between two of them the lease that they hold may be another release's.
        let once = Config::builder().retry_classifier(AfterLostAnswer::never());
        let call = call.customize().interceptor(exchange.clone()).config_override(once);
        let answer = call.send().await;
        self.checked("ecs:TagResource", &exchange, answer).map(drop)
    }

    pub(super) async fn list_stopped_tasks(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<Vec<StoppedTask>, CallError> {
        let exchange = Exchange::new();
        let call = self
            .reads()
            .list_tasks()
            .cluster(cluster.as_str())
            .service_name(service.as_str())
            .desired_status(DesiredStatus::Stopped)
            .max_results(100);
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let arns = self.checked("ecs:ListTasks", &exchange, answer)?.task_arns;
        let Some(arns) = arns.filter(|arns| !arns.is_empty()) else { return Ok(Vec::new()) };
        let exchange = Exchange::new();
        let call = self.reads().describe_tasks().cluster(cluster.as_str()).set_tasks(Some(arns));
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let mut tasks = self.checked("ecs:DescribeTasks", &exchange, answer)?.tasks;
        let tasks = tasks.get_or_insert_default();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at));
        Ok(tasks.drain(..).take(STOPPED_TASKS).map(from_sdk::stopped_task).collect())
    }

    fn answered(
        &self,
        operation: &str,
        exchange: &Exchange,
        service: Option<Service>,
    ) -> Result<Seen<ServiceState>, CallError> {
        let service = service.ok_or_else(|| CallError {
            kind: CallErrorKind::NoAnswer,
            operation: operation.to_owned(),
            code: None,
            message: "the answer holds no service".to_owned(),
            place: exchange.host(),
        })?;
        Ok(self.seen(exchange, from_sdk::service(service)))
    }
}

/// ECS answers for each service that was asked for: here it is, or it is MISSING. An answer that
/// says neither is not from ECS, and must not be taken for "no such service".
fn expect_each(
    operation: &str,
    exchange: &Exchange,
    asked: usize,
    answer: &DescribeServicesOutput,
) -> Result<(), CallError> {
    if answer.services().len() + answer.failures().len() >= asked {
        return Ok(());
    }
    let said = exchange.answer_in_words();
    Err(CallError {
        kind: CallErrorKind::NoAnswer,
        operation: operation.to_owned(),
        code: None,
        message: format!("the answer {said} is not one of ECS: it tells nothing of the services"),
        place: exchange.host(),
    })
}

/// MISSING is an answer; any other failure is one.
pub(super) fn refuse_failures(operation: &str, failures: &[Failure]) -> Result<(), CallError> {
    let Some(failure) = failures.iter().find(|failure| failure.reason() != Some("MISSING")) else {
        return Ok(());
    };
    let detail = failure.detail().or(failure.arn()).unwrap_or_default();
    Err(CallError {
        kind: CallErrorKind::Refused,
        operation: operation.to_owned(),
        code: failure.reason().map(str::to_owned),
        message: detail.to_owned(),
        place: None,
    })
}
