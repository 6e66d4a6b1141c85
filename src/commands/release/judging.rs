//! What the canary is judged by, as the release file declares it.

use super::Declared;
use crate::config::{Judge, JudgeSettings, OwnMetric};
use crate::failure::{Exit, Failure};
use crate::judge;
use crate::model::{
    BadCount, JudgedMetric, Judging, ListenerRuleArn, Located, MetricSeries, SideSeries,
};
use std::collections::BTreeMap;

/// Reads `judge`; `None` when nobody wants one.
///
/// # Errors
/// There is nothing to judge by.
pub(in crate::commands) fn judging(declared: &Declared) -> Result<Option<Box<Judging>>, Failure> {
    let Some(written) = &declared.file.judge else { return Ok(None) };
    let settings = match &written.value {
        Judge::Off => return Ok(None),
        Judge::On(settings) => settings,
    };
    let mut metrics = balanced(declared, settings)?;
    metrics.retain(|metric| !settings.without.iter().any(|one| one.value.name() == metric.name));
    metrics.extend(settings.metrics.iter().map(own));
    if metrics.is_empty() {
        return Err(nothing(written));
    }
    Ok(Some(Box::new(Judging {
        policy: settings.policy,
        metrics,
        alarms: settings.alarms.iter().map(|alarm| alarm.value.clone()).collect(),
        even: settings.even,
        longest: settings.longest,
        undecided: settings.undecided,
        fail: settings.fail,
    })))
}

/// What the load balancer counts, where each side has a target group of its own.
fn balanced(declared: &Declared, settings: &JudgeSettings) -> Result<Vec<JudgedMetric>, Failure> {
    let file = &declared.file;
    let group = |service: &Option<crate::config::ReleaseService>| {
        service.as_ref()?.target_group.as_ref().map(|group| group.value.clone())
    };
    let rule = file.listener_rule.as_ref().map(|rule| ListenerRuleArn::new(rule.value.as_str()));
    let balancer = rule.as_ref().and_then(judge::load_balancer);
    let slow = settings.slow.as_ref();
    let native =
        file.native.as_ref().and_then(|native| native.value.alternate_target_group.as_ref());
    let alternate = native.map(|group| group.value.clone());
    match (group(&file.canary).or(alternate), group(&file.full), balancer) {
        (Some(canary), Some(full), Some(balancer)) if canary != full => {
            let slow = slow.map(|slow| slow.value);
            Ok(judge::of_target_groups(&balancer, (&canary, &full), slow))
        }
        _ => match slow {
            None => Ok(Vec::new()),
            Some(slow) => {
                let text = "judge.slow needs a target group of its own for each service";
                let finding = slow.error(text).hint("Use `mode: weighted`, or leave it out.");
                Err(Failure::findings(Exit::File, vec![finding]))
            }
        },
    }
}

fn own(metric: &OwnMetric) -> JudgedMetric {
    let side = |dimensions: &BTreeMap<String, String>| {
        let series = |name: &str| MetricSeries {
            namespace: metric.namespace.clone(),
            name: name.to_owned(),
            dimensions: dimensions.clone(),
            statistic: metric.statistic.clone(),
        };
        SideSeries { requests: series(&metric.total), bad: BadCount::Counted(series(&metric.bad)) }
    };
    JudgedMetric {
        name: metric.name.clone(),
        canary: side(&metric.canary),
        baseline: side(&metric.full),
    }
}

fn nothing(written: &Located<Judge>) -> Failure {
    let text = "judge: nothing tells the canary's requests from the full service's";
    let finding = written.error(text).hint(
        "Give each service a target group of its own and name `listener_rule`, or add `metrics`.",
    );
    Failure::findings(Exit::File, vec![finding])
}
