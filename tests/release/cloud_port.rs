//! The simulated cloud behind the ports: each call takes a little time before and after it is
//! carried out, so that a process can be killed between the change and its answer.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::convert;
use crate::random::Random;
use ecs_canary::model::{
    Alarm, CallError, CallErrorKind, ClusterName, DeploymentArn, HookId, ListenerRule,
    ListenerRuleArn, LiveTaskDefinition, LogPlace, MetricQuery, MetricSeries, OneTask, RuleWeights,
    ScalableTarget, ScaleIn, SeriesAnswer, ServiceDeployment, ServiceName, ServiceRequest,
    ServiceState, StoppedTask, TargetGroup, TargetGroupArn, TargetHealth, TaskDefArn,
    TaskDefinitionSpec, TaskStart, Timestamp, WeightedTraffic,
};
use ecs_canary::ports::{Clock, DeploymentFilter, Ecs, LoadBalancer, Logs, Metrics, Scaling, Seen};
use ecs_sim::cloud::brain::{Cloud, Reply, Request};
use ecs_sim::cloud::{ApiError, EXAMPLE_ACCESS_KEY, SimTime};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// One way of a call through the network.
const LATENCY: Duration = Duration::from_millis(20);
/// A client gives up to wait for an answer after this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tries of a call that is throttled: of a read, and of a change.
const ATTEMPTS: (u32, u32) = (5, 10);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Time of the simulated world: tokio's, which tests pause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimClock {
    start: i64,
    origin: Instant,
}

/// The cloud.
pub(crate) struct SimPort {
    pub(crate) cloud: RefCell<Cloud>,
    pub(crate) clock: SimClock,
    /// Spreads the tries of throttled calls, as the program's adapter does; `None` = each waits
    /// as long as it can.
    pub(crate) jitter: RefCell<Option<Random>>,
    /// Revisions that were asked for and are not asked for again, as in the program's adapter;
    /// `None` = they are read each time.
    pub(crate) revisions: RefCell<Option<BTreeMap<String, convert::ServiceRevision>>>,
}

impl SimClock {
    pub(crate) fn start() -> Self {
        Self { start: 1_795_468_080_000, origin: Instant::now() }
    }

    /// A clock that shows now what this one shows now, whatever the other one does later.
    pub(crate) fn again(start: Timestamp) -> Self {
        Self { start: start.as_millis(), origin: Instant::now() }
    }

    pub(crate) fn sim(&self) -> SimTime {
        SimTime::from_millis(self.now().as_millis())
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.origin.elapsed().as_millis()).unwrap();
        Timestamp::from_millis(self.start + elapsed)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl SimPort {
    pub(crate) fn new(cloud: Cloud, clock: SimClock) -> Self {
        Self {
            cloud: RefCell::new(cloud),
            clock,
            jitter: RefCell::default(),
            revisions: RefCell::default(),
        }
    }

    /// A call from outside the release, at once: a colleague, or the test itself.
    pub(crate) fn now(&self, action: &str, body: Value) -> Value {
        let now = self.clock.sim();
        self.cloud.borrow_mut().call(now, EXAMPLE_ACCESS_KEY, "ecs", action, body).unwrap()
    }

    /// A call as the program's adapter makes it: what is throttled is tried again a few times.
    async fn call(&self, service: &str, action: &str, body: Value) -> Result<Value, CallError> {
        let mut pause = Duration::from_secs(1);
        let only_reads = action.starts_with("Describe") || action.starts_with("List");
        for _ in 1..(if only_reads { ATTEMPTS.0 } else { ATTEMPTS.1 }) {
            match self.attempt(service, action, body.clone()).await {
                Err(error) if error.kind == CallErrorKind::Throttled => {
                    let spread = self.jitter.borrow_mut().as_mut().map(Random::share);
                    tokio::time::sleep(pause.mul_f64(spread.unwrap_or(1.0))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                other => return other,
            }
        }
        self.attempt(service, action, body).await
    }

    async fn attempt(&self, service: &str, action: &str, body: Value) -> Result<Value, CallError> {
        tokio::time::sleep(LATENCY).await;
        let request = Request::new(EXAMPLE_ACCESS_KEY, service, action, body);
        let answer = self.cloud.borrow_mut().request(self.clock.sim(), &request);
        tokio::time::sleep(LATENCY + answer.delay).await;
        match answer.reply {
            Reply::Sent(Ok(value)) => Ok(value),
            Reply::Sent(Err(error)) => Err(refusal(action, &error)),
            Reply::Closed => Err(silence(action)),
            Reply::Nothing => {
                tokio::time::sleep(PATIENCE).await;
                Err(silence(action))
            }
        }
    }

    async fn targets(&self, ids: &[String]) -> Result<Vec<Value>, CallError> {
        let body = json!({
            "ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceIds": ids,
        });
        let answer = self.call("application-autoscaling", "DescribeScalableTargets", body).await?;
        Ok(convert::list(&answer["ScalableTargets"]))
    }

    fn seen<T>(&self, value: T) -> Seen<T> {
        Seen { at: self.clock.now(), value }
    }

    async fn described(&self, arns: &[String]) -> Result<Vec<ServiceDeployment>, CallError> {
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        let body = json!({ "serviceDeploymentArns": arns });
        let answer = self.call("ecs", "DescribeServiceDeployments", body).await?;
        let found = convert::list(&answer["serviceDeployments"]);
        let of = |one: &Value| one["targetServiceRevision"]["arn"].as_str().map(str::to_owned);
        let mut known = self.revisions.borrow().clone().unwrap_or_default();
        let mut revisions: Vec<String> = found.iter().filter_map(of).collect();
        revisions.retain(|arn| !known.contains_key(arn));
        if !revisions.is_empty() {
            let body = json!({ "serviceRevisionArns": revisions });
            // Without the right to read revisions the deployments are read all the same.
            let answer = match self.call("ecs", "DescribeServiceRevisions", body).await {
                Err(error) if error.kind == CallErrorKind::Denied => Value::Null,
                other => other?,
            };
            for revision in convert::list(&answer["serviceRevisions"]) {
                let balancer = &revision["resolvedConfiguration"]["loadBalancers"][0];
                let one = convert::ServiceRevision {
                    task_definition: revision["taskDefinition"].as_str().map(TaskDefArn::new),
                    group: balancer["targetGroupArn"].as_str().map(TargetGroupArn::new),
                };
                known.insert(convert::text(&revision, "serviceRevisionArn"), one);
            }
            if let Some(kept) = self.revisions.borrow_mut().as_mut() {
                kept.clone_from(&known);
            }
        }
        Ok(found.iter().map(|one| convert::deployment(one, &known)).collect())
    }
}

impl Ecs for SimPort {
    async fn services(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<Seen<Vec<Option<ServiceState>>>, CallError> {
        let body = json!({ "cluster": cluster, "services": names, "include": ["TAGS"] });
        let answer = self.call("ecs", "DescribeServices", body).await?;
        let found: Vec<ServiceState> =
            convert::list(&answer["services"]).iter().map(convert::service).collect();
        let of = |name: &ServiceName| {
            found.iter().find(|one| one.name == *name && one.status != "INACTIVE").cloned()
        };
        Ok(self.seen(names.iter().map(of).collect()))
    }

    async fn task_definition(&self, which: &str) -> Result<Option<LiveTaskDefinition>, CallError> {
        let body = json!({ "taskDefinition": which, "include": ["TAGS"] });
        match self.call("ecs", "DescribeTaskDefinition", body).await {
            Ok(answer) => Ok(Some(convert::task_definition(&answer))),
            Err(error) if error.message.contains("Unable to describe") => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn revisions(&self, family: &str, limit: usize) -> Result<Vec<TaskDefArn>, CallError> {
        let body = json!({ "familyPrefix": family, "sort": "DESC" });
        let answer = self.call("ecs", "ListTaskDefinitions", body).await?;
        let arns = convert::list(&answer["taskDefinitionArns"]);
        Ok(arns.iter().filter_map(Value::as_str).map(TaskDefArn::new).take(limit).collect())
    }

    async fn register(
        &self,
        spec: &TaskDefinitionSpec,
        tags: &BTreeMap<String, String>,
    ) -> Result<LiveTaskDefinition, CallError> {
        let mut body = Value::Object(spec.body().clone());
        body["tags"] = tag_list(tags);
        let answer = self.call("ecs", "RegisterTaskDefinition", body).await?;
        Ok(convert::task_definition(&answer))
    }

    async fn create_service(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError> {
        let body = Value::Object(request.body().clone());
        let answer = self.call("ecs", "CreateService", body).await?;
        Ok(self.seen(convert::service(&answer["service"])))
    }

    async fn update_service(
        &self,
        request: &ServiceRequest,
    ) -> Result<Seen<ServiceState>, CallError> {
        let body = Value::Object(request.body().clone());
        let answer = self.call("ecs", "UpdateService", body).await?;
        Ok(self.seen(convert::service(&answer["service"])))
    }

    async fn delete_service(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<(), CallError> {
        let body = json!({ "cluster": cluster, "service": service, "force": true });
        self.call("ecs", "DeleteService", body).await.map(drop)
    }

    async fn service_deployments(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
        filter: DeploymentFilter,
    ) -> Result<Seen<Vec<ServiceDeployment>>, CallError> {
        let mut body = json!({ "cluster": cluster, "service": service });
        if let Some(after) = filter.created_after {
            let seconds = after.as_seconds();
            body["createdAt"] = json!({ "after": seconds });
        }
        let answer = self.call("ecs", "ListServiceDeployments", body).await?;
        let arns: Vec<String> = convert::list(&answer["serviceDeployments"])
            .iter()
            .map(|one| convert::text(one, "serviceDeploymentArn"))
            .take(filter.limit.max(1))
            .collect();
        let found = self.described(&arns).await?;
        Ok(self.seen(found))
    }

    async fn service_deployment(
        &self,
        arn: &DeploymentArn,
    ) -> Result<Option<ServiceDeployment>, CallError> {
        Ok(self.described(&[arn.to_string()]).await?.into_iter().next())
    }

    async fn stop_deployment(&self, arn: &DeploymentArn) -> Result<(), CallError> {
        let body = json!({ "serviceDeploymentArn": arn, "stopType": "ROLLBACK" });
        self.call("ecs", "StopServiceDeployment", body).await.map(drop)
    }

    async fn continue_deployment(
        &self,
        arn: &DeploymentArn,
        hook: &HookId,
    ) -> Result<(), CallError> {
        let body = json!({
            "serviceDeploymentArn": arn, "hookId": hook.as_str(), "action": "CONTINUE",
        });
        self.call("ecs", "ContinueServiceDeployment", body).await.map(drop)
    }

    async fn stopped_tasks(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
    ) -> Result<Vec<StoppedTask>, CallError> {
        let body =
            json!({ "cluster": cluster, "serviceName": service, "desiredStatus": "STOPPED" });
        let arns = self.call("ecs", "ListTasks", body).await?;
        if convert::list(&arns["taskArns"]).is_empty() {
            return Ok(Vec::new());
        }
        let body = json!({ "cluster": cluster, "tasks": arns["taskArns"] });
        let answer = self.call("ecs", "DescribeTasks", body).await?;
        Ok(convert::list(&answer["tasks"]).iter().take(20).map(convert::task).collect())
    }

    async fn run_task(&self, request: &ServiceRequest) -> Result<TaskStart, CallError> {
        let body = Value::Object(request.body().clone());
        let answer = self.call("ecs", "RunTask", body).await?;
        Ok(match convert::list(&answer["tasks"]).first() {
            Some(task) => TaskStart::Started(convert::one_task(task)),
            None => TaskStart::NoPlace(convert::text(&answer["failures"][0], "reason")),
        })
    }

    async fn task(&self, cluster: &ClusterName, arn: &str) -> Result<Option<OneTask>, CallError> {
        let body = json!({ "cluster": cluster, "tasks": [arn] });
        let answer = self.call("ecs", "DescribeTasks", body).await?;
        Ok(convert::list(&answer["tasks"]).first().map(convert::one_task))
    }

    async fn tag(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), CallError> {
        let body = json!({ "resourceArn": arn, "tags": tag_list(tags) });
        self.call("ecs", "TagResource", body).await.map(drop)
    }
}

impl LoadBalancer for SimPort {
    async fn target_health(&self, group: &TargetGroupArn) -> Result<Vec<TargetHealth>, CallError> {
        let body = json!({ "TargetGroupArn": group });
        let answer = self.call("elasticloadbalancing", "DescribeTargetHealth", body).await?;
        Ok(convert::list(&answer["TargetHealthDescriptions"]).iter().map(convert::target).collect())
    }

    async fn target_group(&self, group: &TargetGroupArn) -> Result<Option<TargetGroup>, CallError> {
        let body = json!({ "TargetGroupArns": [group] });
        match self.call("elasticloadbalancing", "DescribeTargetGroups", body).await {
            Ok(answer) => Ok(Some(convert::target_group(&answer["TargetGroups"][0]))),
            Err(error) if error.kind == CallErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn rule(&self, arn: &ListenerRuleArn) -> Result<Option<ListenerRule>, CallError> {
        let body = json!({ "RuleArns": [arn] });
        match self.call("elasticloadbalancing", "DescribeRules", body).await {
            Ok(answer) => Ok(Some(convert::rule(&answer["Rules"][0]))),
            Err(error) if error.code.as_deref() == Some("RuleNotFound") => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn set_weights(
        &self,
        traffic: &WeightedTraffic,
        expected: RuleWeights,
        to: RuleWeights,
    ) -> Result<bool, CallError> {
        let body = json!({ "RuleArns": [traffic.rule] });
        let answer = self.call("elasticloadbalancing", "DescribeRules", body).await?;
        let seen = convert::rule(&answer["Rules"][0]).weights(&traffic.full, &traffic.canary);
        if seen != expected {
            return Ok(false);
        }
        let groups = json!([
            { "TargetGroupArn": traffic.full, "Weight": to.full },
            { "TargetGroupArn": traffic.canary, "Weight": to.canary },
        ]);
        let body = json!({
            "RuleArn": traffic.rule,
            "Actions": [{ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } }],
        });
        self.call("elasticloadbalancing", "ModifyRule", body).await.map(|_| true)
    }
}

impl Metrics for SimPort {
    async fn series(&self, query: &MetricQuery) -> Result<Vec<SeriesAnswer>, CallError> {
        let asked = |(index, series): (usize, &MetricSeries)| {
            let dimensions: Vec<Value> = series
                .dimensions
                .iter()
                .map(|(name, value)| json!({ "Name": name, "Value": value }))
                .collect();
            json!({ "Id": format!("q{index}"), "MetricStat": {
                "Period": 60, "Stat": series.statistic, "Metric": {
                    "Namespace": series.namespace, "MetricName": series.name,
                    "Dimensions": dimensions,
                },
            } })
        };
        let mut body = json!({
            "StartTime": query.from * 60, "EndTime": query.until * 60,
            "MetricDataQueries": query.series.iter().enumerate().map(asked).collect::<Vec<_>>(),
        });
        let mut answers: BTreeMap<String, (BTreeMap<i64, f64>, Option<String>)> = BTreeMap::new();
        loop {
            let page = self.call("cloudwatch", "GetMetricData", body.clone()).await?;
            let more = convert::list(&page["MetricDataResults"]);
            for result in &more {
                let SeriesAnswer { points, lacks } = convert::series(result);
                let known = answers.entry(convert::text(result, "Id")).or_default();
                known.0.extend(points);
                // `PartialData` of a page says that the next one goes on.
                known.1 = lacks;
            }
            let Some(token) = page["NextToken"].as_str() else { break };
            body["NextToken"] = token.into();
        }
        let of = |index: usize| {
            let (points, lacks) = answers.remove(&format!("q{index}")).unwrap_or_default();
            SeriesAnswer { points, lacks }
        };
        Ok((0..query.series.len()).map(of).collect())
    }

    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CallError> {
        let answer = self
            .call(
                "cloudwatch",
                "DescribeAlarms",
                json!({
                    "AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
                }),
            )
            .await?;
        let lists = ["MetricAlarms", "CompositeAlarms"].map(|kind| convert::list(&answer[kind]));
        Ok(lists.concat().iter().map(convert::alarm).collect())
    }
}

impl Scaling for SimPort {
    async fn scalable_targets(
        &self,
        cluster: &ClusterName,
        names: &[ServiceName],
    ) -> Result<Vec<Option<ScalableTarget>>, CallError> {
        let resource = |name: &ServiceName| format!("service/{cluster}/{name}");
        let ids: Vec<String> = names.iter().map(resource).collect();
        let found = self.targets(&ids).await?;
        let of = |id: &String| found.iter().find(|one| one["ResourceId"] == **id);
        Ok(ids.iter().map(|id| of(id).map(convert::scalable_target)).collect())
    }

    async fn set_scale_in(
        &self,
        cluster: &ClusterName,
        service: &ServiceName,
        to: ScaleIn,
    ) -> Result<(), CallError> {
        let id = format!("service/{cluster}/{service}");
        let found = self.targets(std::slice::from_ref(&id)).await?;
        let Some(target) = found.first() else { return Ok(()) };
        let mut state = target["SuspendedState"].clone();
        state["DynamicScalingInSuspended"] = json!(to == ScaleIn::Suspended);
        let body = json!({
            "ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": id, "SuspendedState": state,
        });
        self.call("application-autoscaling", "RegisterScalableTarget", body).await.map(drop)
    }
}

impl Logs for SimPort {
    async fn tail(&self, place: &LogPlace, lines: u32) -> Result<Vec<String>, CallError> {
        let body = json!({
            "logGroupName": place.group, "logStreamName": place.stream, "limit": lines,
        });
        let answer = self.call("logs", "GetLogEvents", body).await?;
        Ok(convert::list(&answer["events"])
            .iter()
            .map(|one| convert::text(one, "message"))
            .collect())
    }
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn silence(action: &str) -> CallError {
    CallError {
        kind: CallErrorKind::NoAnswer,
        operation: format!("ecs:{action}"),
        code: None,
        message: "the connection was closed".to_owned(),
        place: None,
    }
}

fn refusal(action: &str, error: &ApiError) -> CallError {
    let kind = match error.code.as_str() {
        "AccessDeniedException" | "AccessDenied" => CallErrorKind::Denied,
        "ExpiredTokenException" | "UnrecognizedClientException" => CallErrorKind::Credentials,
        "ThrottlingException" | "Throttling" => CallErrorKind::Throttled,
        "UnknownOperationException" | "InvalidAction" => CallErrorKind::Unsupported,
        "ClusterNotFoundException"
        | "ServiceNotFoundException"
        | "ServiceDeploymentNotFoundException"
        | "TargetGroupNotFound" => CallErrorKind::NotFound,
        _ if error.status >= 500 => CallErrorKind::NoAnswer,
        _ => CallErrorKind::Refused,
    };
    CallError {
        kind,
        operation: format!("ecs:{action}"),
        code: Some(error.code.clone()),
        message: error.message.clone(),
        place: None,
    }
}
