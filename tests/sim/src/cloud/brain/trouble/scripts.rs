//! The scripts of the scenarios.

use super::deed::{Deed, ScriptLine};
use super::scenario::ScenarioTarget;
use crate::cloud::brain::cloudwatch::MetricTrouble;
use crate::cloud::brain::fate::{FateRule, TaskFate};
use crate::cloud::brain::faults::{Fault, FaultKind};
use crate::cloud::brain::options::MetricDelay;
use crate::cloud::brain::state::EventTrouble;
use serde_json::{Value, json};

type Script = Vec<ScriptLine>;

fn at(after: f64, deed: Deed) -> ScriptLine {
    ScriptLine { after, deed }
}

/// Tasks of the new image have this fate.
fn new_tasks(target: &ScenarioTarget, fate: TaskFate) -> Script {
    vec![at(0.0, of_image(&target.new_image, fate))]
}

fn of_image(image: &str, fate: TaskFate) -> Deed {
    let rule = FateRule { image: Some(image.to_owned()), fate, ..FateRule::default() };
    Deed::Fate(Box::new(rule))
}

fn faults(faults: impl IntoIterator<Item = Fault>) -> Script {
    faults.into_iter().map(|fault| at(0.0, Deed::Fault(fault))).collect()
}

fn elb(action: &str, body: Value) -> Deed {
    Deed::Call { service: "elasticloadbalancing".to_owned(), action: action.to_owned(), body }
}

fn update(target: &ScenarioTarget, change: Value) -> Deed {
    let mut body = json!({"cluster": target.cluster, "service": target.service});
    if let Value::Object(members) = change {
        for (member, value) in members {
            body[member] = value;
        }
    }
    Deed::Call { service: "ecs".to_owned(), action: "UpdateService".to_owned(), body }
}

pub(super) fn slow_rollout(target: &ScenarioTarget) -> Script {
    let checks = json!({
        "TargetGroupArn": target.target_group, "HealthCheckIntervalSeconds": 30,
        "HealthyThresholdCount": 5,
    });
    let mut script = slow_draining(target);
    script.push(at(0.0, elb("ModifyTargetGroup", checks)));
    let fate = TaskFate { pull_seconds: Some(40.0), ..TaskFate::default() };
    script.extend(new_tasks(target, fate));
    script
}

pub(super) fn slow_draining(target: &ScenarioTarget) -> Script {
    let body = json!({"TargetGroupArn": target.target_group, "Attributes": [
        {"Key": "deregistration_delay.timeout_seconds", "Value": "300"},
    ]});
    vec![at(0.0, elb("ModifyTargetGroupAttributes", body))]
}

pub(super) fn crash_before_running(target: &ScenarioTarget) -> Script {
    new_tasks(target, TaskFate::crash_at_start(1))
}

pub(super) fn crash_after_running(target: &ScenarioTarget) -> Script {
    new_tasks(target, TaskFate::crash_after(5.0, 137))
}

pub(super) fn image_missing(target: &ScenarioTarget) -> Script {
    new_tasks(target, TaskFate::pull_error("failed to resolve reference: not found"))
}

pub(super) fn registry_login_fails(target: &ScenarioTarget) -> Script {
    new_tasks(target, TaskFate::pull_error("failed to authorize: 401 Unauthorized"))
}

pub(super) fn secret_not_readable(target: &ScenarioTarget) -> Script {
    let words = "unable to pull secrets or registry auth: execution resource retrieval failed: \
                 AccessDeniedException";
    let fate = TaskFate { resource_error: Some(words.to_owned()), ..TaskFate::default() };
    new_tasks(target, fate)
}

pub(super) fn tag_moved(target: &ScenarioTarget) -> Script {
    let digest = format!("sha256:{}", "d".repeat(64));
    let reference = target.new_image.clone();
    vec![at(0.0, Deed::Digest { reference, digest })]
}

pub(super) fn never_healthy(target: &ScenarioTarget) -> Script {
    new_tasks(target, TaskFate::never_healthy())
}

pub(super) fn unhealthy_after_a_while(target: &ScenarioTarget) -> Script {
    let fate = TaskFate { target_unhealthy_after: Some(120.0), ..TaskFate::default() };
    new_tasks(target, fate)
}

pub(super) fn container_check_fails(target: &ScenarioTarget) -> Script {
    let fate = TaskFate { container_unhealthy_after: Some(0.0), ..TaskFate::default() };
    new_tasks(target, fate)
}

pub(super) fn flapping(target: &ScenarioTarget) -> Script {
    let fate = TaskFate {
        target_unhealthy_after: Some(15.0),
        target_healthy_again_after: Some(40.0),
        ..TaskFate::default()
    };
    new_tasks(target, fate)
}

pub(super) fn rollback_fails_too(target: &ScenarioTarget) -> Script {
    let mut script = crash_before_running(target);
    // Half of what ran is lost, and what comes in its place does not start either.
    script.push(at(5.0, of_image(&target.old_image, TaskFate::crash_at_start(1))));
    let kill = |after| {
        at(
            after,
            Deed::KillTasks {
                name: target.service.clone(),
                code: "SpotInterruption".to_owned(),
                tasks: 9,
            },
        )
    };
    script.extend([kill(6.0), kill(40.0)]);
    script
}

pub(super) fn alarm_in_the_bake(_: &ScenarioTarget) -> Script {
    vec![at(75.0, Deed::Alarm { name: "errors".to_owned(), raised: true })]
}

pub(super) fn alarm_from_the_start(_: &ScenarioTarget) -> Script {
    vec![at(0.0, Deed::Alarm { name: "errors".to_owned(), raised: true })]
}

pub(super) fn throttled(_: &ScenarioTarget) -> Script {
    let often = Fault { probability: Some(0.3), ..Fault::always("*", FaultKind::Throttle) };
    faults([often, Fault::times("UpdateService", 3, FaultKind::Throttle)])
}

pub(super) fn register_throttled(_: &ScenarioTarget) -> Script {
    faults([Fault::times("RegisterTaskDefinition", 6, FaultKind::Throttle)])
}

pub(super) fn answer_lost(_: &ScenarioTarget) -> Script {
    let lost = |action: &str| Fault::times(action, 1, FaultKind::Close { applied: true });
    faults([lost("UpdateService"), lost("RegisterTaskDefinition"), lost("CreateService")])
}

pub(super) fn server_errors(_: &ScenarioTarget) -> Script {
    let some = |status| Fault {
        probability: Some(0.2),
        ..Fault::always("*", FaultKind::ServerError { status })
    };
    faults([some(500), some(503)])
}

pub(super) fn slow_answers(_: &ScenarioTarget) -> Script {
    faults([Fault::always("*", FaultKind::Slow { seconds: 8.0 })])
}

pub(super) fn keys_expire(_: &ScenarioTarget) -> Script {
    vec![at(30.0, Deed::Fault(Fault::always("*", FaultKind::ExpiredToken)))]
}

pub(super) fn stale_reads(_: &ScenarioTarget) -> Script {
    faults([Fault::always("Describe*", FaultKind::StaleReads { seconds: 15.0 })])
}

pub(super) fn deployment_listed_late(_: &ScenarioTarget) -> Script {
    vec![at(0.0, Deed::ListedAfter { seconds: 25.0 })]
}

pub(super) fn superseded(target: &ScenarioTarget) -> Script {
    let change = json!({"taskDefinition": target.other_revision});
    vec![at(20.0, update(target, change))]
}

/// Once more, with whatever the service wants.
pub(super) fn forced(target: &ScenarioTarget) -> Script {
    vec![at(20.0, update(target, json!({"forceNewDeployment": true})))]
}

pub(super) fn wants_no_tasks(target: &ScenarioTarget) -> Script {
    vec![at(0.0, update(target, json!({"desiredCount": 0})))]
}

pub(super) fn scaled_in_mid_rollout(target: &ScenarioTarget) -> Script {
    vec![at(15.0, update(target, json!({"desiredCount": 5})))]
}

pub(super) fn no_capacity(_: &ScenarioTarget) -> Script {
    vec![at(0.0, Deed::Capacity { tasks: Some(3) })]
}

/// Before the circuit breaker has counted three placements that failed.
pub(super) fn capacity_comes_later(target: &ScenarioTarget) -> Script {
    let mut script = no_capacity(target);
    script.push(at(12.0, Deed::Capacity { tasks: None }));
    script
}

/// A quota of the account.
pub(super) fn fargate_limit(target: &ScenarioTarget) -> Script {
    let words = "You've reached the limit on the number of vCPUs you can run concurrently";
    let fate = TaskFate { place_error: Some(words.to_owned()), ..TaskFate::default() };
    new_tasks(target, fate)
}

pub(super) fn percents_deadlock(target: &ScenarioTarget) -> Script {
    let percents = json!({"minimumHealthyPercent": 100, "maximumPercent": 125});
    vec![at(0.0, update(target, json!({"deploymentConfiguration": percents})))]
}

/// Some are listed only half a minute later, between those that were seen already.
pub(super) fn events_out_of_order(_: &ScenarioTarget) -> Script {
    events(EventTrouble { late_seconds: 30.0, shuffled: true, ..EventTrouble::default() })
}

pub(super) fn events_repeated(_: &ScenarioTarget) -> Script {
    events(EventTrouble { repeated: true, ..EventTrouble::default() })
}

pub(super) fn events_dropped(_: &ScenarioTarget) -> Script {
    events(EventTrouble { dropped: true, ..EventTrouble::default() })
}

fn events(trouble: EventTrouble) -> Script {
    vec![at(0.0, Deed::Events(trouble))]
}

pub(super) fn metrics_late(_: &ScenarioTarget) -> Script {
    let delay = MetricDelay { lag_seconds: 150.0, late_share: 0.5, late_by_seconds: 240.0 };
    vec![at(0.0, Deed::MetricDelay(delay))]
}

pub(super) fn monitoring_fails(_: &ScenarioTarget) -> Script {
    let trouble = MetricTrouble {
        metric: "HTTPCode_Target_5XX_Count".to_owned(),
        status: "InternalError".to_owned(),
        code: "InternalError".to_owned(),
        message: "the metric could not be read".to_owned(),
    };
    let fault = Fault {
        service: Some("cloudwatch".to_owned()),
        probability: Some(0.3),
        ..Fault::always("GetMetricData", FaultKind::ServerError { status: 500 })
    };
    vec![at(0.0, Deed::MetricTroubles { troubles: vec![trouble] }), at(0.0, Deed::Fault(fault))]
}

pub(super) fn rule_changed(target: &ScenarioTarget) -> Script {
    let forward = json!([{"Type": "forward", "TargetGroupArn": target.target_group}]);
    let body = json!({"RuleArn": target.rule, "Actions": forward});
    vec![at(30.0, elb("ModifyRule", body))]
}

pub(super) fn stopped_by_a_colleague(target: &ScenarioTarget) -> Script {
    let (cluster, name) = (target.cluster.clone(), target.service.clone());
    vec![at(15.0, Deed::StopDeployment { cluster, name })]
}

pub(super) fn spot_interruption(target: &ScenarioTarget) -> Script {
    kill(target, "SpotInterruption", 1)
}

pub(super) fn all_tasks_killed(target: &ScenarioTarget) -> Script {
    kill(target, "TerminationNotice", 99)
}

/// One instance after the other, each with its tasks.
pub(super) fn instances_drain(target: &ScenarioTarget) -> Script {
    let (name, code) = (&target.service, "InfrastructureHealth".to_owned());
    let one = |after| {
        let deed = Deed::KillTasks { name: name.clone(), code: code.clone(), tasks: 1 };
        at(after, deed)
    };
    vec![one(5.0), one(25.0), one(45.0)]
}

/// Old tasks are not stopped for ten minutes.
pub(super) fn task_is_protected(target: &ScenarioTarget) -> Script {
    vec![at(0.0, Deed::ProtectTasks { name: target.service.clone(), seconds: 600.0 })]
}

fn kill(target: &ScenarioTarget, code: &str, tasks: usize) -> Script {
    let (name, code) = (target.service.clone(), code.to_owned());
    vec![at(25.0, Deed::KillTasks { name, code, tasks })]
}
