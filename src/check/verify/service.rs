//! Checks of a service, its target group, the listener rule and alarms.

use super::super::can_move;
use super::Facts;
use crate::model::{
    Alarm, AlarmState, Answer, CheckLine, CountRule, Knowledge, Observed, RuleWeights,
    ServiceWanted, TargetGroup, TargetGroupArn, TargetHealth, Traffic, Wanted, WeightedTraffic,
};
use serde_json::Value;

pub(super) fn lines(
    service: &ServiceWanted,
    wanted: &Wanted,
    observed: &Observed,
    facts: &Facts,
) -> Vec<CheckLine> {
    let mut lines = vec![exists(service, observed)];
    lines.extend(percents(service, observed));
    let group = service.load_balancer.as_ref().and_then(|binding| binding.target_group.as_ref());
    let Some(group) = group else { return lines };
    let what = ("target_group", service.name.as_str());
    lines.push(match facts.groups.get(group) {
        None => return lines,
        Some(Err(error)) => CheckLine::could_not(what, error),
        Some(Ok(None)) => CheckLine::new(what, Answer::Failed, format!("{group} does not exist"))
            .hinting("check its ARN, the region and the account"),
        Some(Ok(Some(found))) if found.load_balancers.is_empty() && is_added(wanted, group) => {
            CheckLine::new(what, Answer::Ok, "the release adds it to the listener rule")
        }
        Some(Ok(Some(found))) => {
            let targets = observed.target_groups.get(group).and_then(Knowledge::known);
            fits(service, found, targets.and_then(Option::as_deref))
        }
    });
    lines
}

/// The canary's group gets into the rule, with weight 0, before its service is created.
fn is_added(wanted: &Wanted, group: &TargetGroupArn) -> bool {
    matches!(&wanted.course.traffic, Traffic::Weighted(traffic) if traffic.canary == *group)
}

fn exists(service: &ServiceWanted, observed: &Observed) -> CheckLine {
    let what = ("service", service.name.as_str());
    match observed.state(&service.name) {
        Some(state) => {
            let (revision, running, desired) =
                (state.task_definition.short(), state.running, state.desired);
            let text = format!("runs {revision}, {running} of {desired} tasks");
            CheckLine::new(what, Answer::Ok, text)
        }
        None => CheckLine::new(what, Answer::Ok, "there is none yet: the first deploy creates it"),
    }
}

/// Whether a task can be replaced at all; the refusal itself is one of the preflight.
fn percents(service: &ServiceWanted, observed: &Observed) -> Option<CheckLine> {
    let state = observed.state(&service.name);
    let percents = service.percents.or(state.map(|state| state.percents))?;
    let desired = match (service.count, state) {
        (CountRule::Always(count) | CountRule::AtCreate(count), None)
        | (CountRule::Always(count), Some(_)) => count,
        (_, Some(state)) => state.desired,
        (CountRule::EcsCli | CountRule::Keep, None) => return None,
    };
    let what = ("percents", service.name.as_str());
    let extra = percents.most_running(desired).saturating_sub(u64::from(desired));
    Some(if can_move(percents, desired) {
        let text = match extra {
            0 => {
                let stay = percents.least_healthy(desired);
                format!("{percents}: old tasks stop first, {stay} of {desired} keep running")
            }
            1 => format!("{percents}: new tasks start first: needs room for 1 more"),
            extra => format!("{percents}: new tasks start first: needs room for {extra} more"),
        };
        CheckLine::new(what, Answer::Ok, text)
    } else {
        let text = format!("{percents}: of {desired} tasks none may be started or stopped");
        CheckLine::new(what, Answer::Failed, text).hinting("raise the maximum or lower the minimum")
    })
}

/// Whether tasks of this definition can be targets of the group, and requests come to it.
fn fits(
    service: &ServiceWanted,
    group: &TargetGroup,
    targets: Option<&[TargetHealth]>,
) -> CheckLine {
    let what = ("target_group", service.name.as_str());
    let mode = service.task.as_ref().and_then(|task| task.body().get("networkMode")?.as_str());
    let needs = if mode == Some("awsvpc") { "ip" } else { "instance" };
    if service.task.is_some() && group.target_type != needs {
        let mode = mode.unwrap_or("bridge");
        let text =
            format!("its targets are {}, network mode {mode} needs {needs}", group.target_type);
        return CheckLine::new(what, Answer::Failed, text)
            .hinting(format!("make a target group with target type {needs}"));
    }
    if group.load_balancers.is_empty() {
        return CheckLine::new(what, Answer::Failed, "no listener forwards to it")
            .hinting("add a listener rule that forwards to it: ECS refuses a group without one");
    }
    let path = group.health_check.path.as_deref().unwrap_or("the port");
    let health = match targets {
        None => "targets not looked at".to_owned(),
        Some([]) => "no target yet".to_owned(),
        Some(targets) => {
            let healthy = targets.iter().filter(|target| target.state == "healthy").count();
            if healthy == 0 {
                let text = format!("none of its {} targets is healthy", targets.len());
                return CheckLine::new(what, Answer::Failed, text)
                    .hinting(format!("look what the tasks answer on {path}"));
            }
            format!("{healthy} of {} targets healthy", targets.len())
        }
    };
    CheckLine::new(what, Answer::Ok, format!("{health}, health check asks {path}"))
}

pub(super) fn rule(traffic: &WeightedTraffic, observed: &Observed) -> Option<CheckLine> {
    let what = ("listener_rule", traffic.rule.as_str());
    Some(match observed.rule.as_ref()? {
        Knowledge::CouldNotTell(why) => CheckLine::new(what, Answer::CouldNotTell, why.clone()),
        Knowledge::Known(None) => CheckLine::new(what, Answer::Failed, "it does not exist"),
        Knowledge::Known(Some(rule)) => {
            let weights: RuleWeights = rule.weights(&traffic.full, &traffic.canary);
            match weights.full {
                Some(_) => {
                    let text = format!("weights full/canary {weights}");
                    CheckLine::new(what, Answer::Ok, text)
                }
                None => {
                    let text = format!("it does not forward to {}", traffic.full);
                    CheckLine::new(what, Answer::Failed, text)
                        .hinting("name the rule that carries the full service's requests")
                }
            }
        }
    })
}

/// An alarm that is on before a deployment begins is not looked at during it.
pub(super) fn alarms(facts: &Facts) -> Vec<CheckLine> {
    let of_read = |read: &super::Read<Vec<Alarm>>| match read {
        Err(error) => vec![CheckLine::could_not(("alarm", "all"), error)],
        Ok(alarms) => alarms.iter().map(alarm).collect(),
    };
    facts.alarms.iter().flat_map(of_read).collect()
}

pub(super) fn alarm(alarm: &Alarm) -> CheckLine {
    let what = ("alarm", alarm.name.as_str());
    match &alarm.state {
        AlarmState::Ok => CheckLine::new(what, Answer::Ok, "is quiet"),
        AlarmState::Alarm => {
            let text = format!("is on already: {}", alarm.reason);
            CheckLine::new(what, Answer::Failed, text)
                .hinting("ECS does not watch an alarm that is on when a deployment begins")
        }
        AlarmState::InsufficientData => CheckLine::new(what, Answer::CouldNotTell, "has no data"),
        AlarmState::Unknown(word) => {
            let text = format!("is in state {word}, which is not known here");
            CheckLine::new(what, Answer::CouldNotTell, text)
        }
    }
}

/// A text member of a task definition, anywhere in `value`.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}
