//! Task definitions: sent and kept as whole JSON, because a member that this version of the
//! SDK does not know must neither be lost on the way there nor on the way back.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use super::resend::AfterLostAnswer;
use crate::model::{CallError, CallErrorKind, LiveTaskDefinition, TaskDefArn, TaskDefinitionSpec};
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::types::{SortOrder, TaskDefinitionField, TaskDefinitionStatus};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// ListTaskDefinitions gives at most a hundred; no family has more than this worth reading.
const PAGES: usize = 20;

impl AwsCloud {
    pub(super) async fn describe_task_definition(
        &self,
        which: &str,
    ) -> Result<Option<LiveTaskDefinition>, CallError> {
        const OPERATION: &str = "ecs:DescribeTaskDefinition";
        let exchange = Exchange::new().keeping_answer();
        let call = self
            .reads()
            .describe_task_definition()
            .task_definition(which)
            .include(TaskDefinitionField::Tags);
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        match self.checked(OPERATION, &exchange, answer) {
            Ok(_) => live(OPERATION, &exchange).map(Some),
            // ECS has no error of its own for an unknown family or revision.
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn list_revisions(
        &self,
        family: &str,
        limit: usize,
    ) -> Result<Vec<TaskDefArn>, CallError> {
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let exchange = Exchange::new();
            let call = self
                .reads()
                .list_task_definitions()
                .family_prefix(family)
                .status(TaskDefinitionStatus::Active)
                .sort(SortOrder::Desc)
                .max_results(100)
                .set_next_token(next.take());
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let answer = self.checked("ecs:ListTaskDefinitions", &exchange, answer)?;
            let arns = answer.task_definition_arns.unwrap_or_default();
            let arns = arns.into_iter().map(TaskDefArn::new);
            found.extend(arns.filter(|arn| arn.family() == family));
            next = answer.next_token.filter(|token| !token.is_empty());
            if next.is_none() || found.len() >= limit {
                break;
            }
        }
        found.sort_by_key(|arn| std::cmp::Reverse(arn.revision()));
        found.truncate(limit);
        Ok(found)
    }

    pub(super) async fn register_task_definition(
        &self,
        spec: &TaskDefinitionSpec,
        tags: &BTreeMap<String, String>,
    ) -> Result<LiveTaskDefinition, CallError> {
        const OPERATION: &str = "ecs:RegisterTaskDefinition";
        let exchange = Exchange::new().keeping_answer().sending(&tagged(spec, tags));
        let once = Config::builder().retry_classifier(AfterLostAnswer::never());
        let call = self.changes().register_task_definition().family(spec.family());
        let call = call.customize().interceptor(exchange.clone()).config_override(once);
        let answer = call.send().await;
        self.checked(OPERATION, &exchange, answer)?;
        live(OPERATION, &exchange)
    }
}

/// The body with our tags among its own.
fn tagged(spec: &TaskDefinitionSpec, tags: &BTreeMap<String, String>) -> Map<String, Value> {
    let mut body = spec.body().clone();
    if tags.is_empty() {
        return body;
    }
    let own = body.remove("tags").and_then(|tags| tags.as_array().cloned()).unwrap_or_default();
    let ours = tags.iter().map(|(key, value)| serde_json::json!({"key": key, "value": value}));
    let kept = own.into_iter().filter(|tag| {
        tag.get("key").and_then(Value::as_str).is_none_or(|key| !tags.contains_key(key))
    });
    body.insert("tags".to_owned(), kept.chain(ours).collect());
    body
}

fn is_unknown(error: &CallError) -> bool {
    error.kind == CallErrorKind::NotFound
        || error.code.as_deref() == Some("ClientException")
            && error.message.to_lowercase().contains("unable to describe task definition")
}

/// From the answer as it came.
fn live(operation: &str, exchange: &Exchange) -> Result<LiveTaskDefinition, CallError> {
    let answer = exchange.answer().unwrap_or_default();
    let described = answer.get("taskDefinition").and_then(Value::as_object);
    let arn = described.and_then(|d| d.get("taskDefinitionArn")).and_then(Value::as_str);
    let (Some(described), Some(arn)) = (described, arn) else {
        return Err(CallError {
            kind: CallErrorKind::NoAnswer,
            operation: operation.to_owned(),
            code: None,
            message: "the answer holds no task definition".to_owned(),
            place: exchange.host(),
        });
    };
    Ok(LiveTaskDefinition {
        arn: TaskDefArn::new(arn),
        active: described.get("status").and_then(Value::as_str) != Some("INACTIVE"),
        described: described.clone(),
        tags: tags(answer.get("tags")),
    })
}

fn tags(tags: Option<&Value>) -> BTreeMap<String, String> {
    let text = |tag: &Value, member| tag.get(member).and_then(Value::as_str).map(str::to_owned);
    let tags = tags.and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((text(tag, "key")?, text(tag, "value").unwrap_or_default())))
        .collect()
}
