//! What ECS's own strategies need, before anything is changed: ECS itself would find out only in
//! the middle of the deployment, and go back.

use crate::model::{
    BreakerRule, Finding, Goal, Knowledge, ListenerRule, NativeTraffic, Observed, PauseStage,
    ServiceState, ServiceWanted, TargetGroupArn, Traffic, Wanted,
};

/// Findings on a release by ECS's own strategies; nothing in the other modes, but that a service
/// is deployed so.
pub(super) fn native(wanted: &Wanted, observed: &Observed) -> Vec<Finding> {
    let Traffic::Native(native) = &wanted.course.traffic else {
        return elsewhere(wanted, observed);
    };
    let Some(service) = wanted.full.as_ref().filter(|_| brings_content(&wanted.goal)) else {
        return Vec::new();
    };
    let state = observed.state(&service.name);
    let moves = state.is_some() && is_under_way(observed, service);
    let mut findings: Vec<Finding> = rule(native, observed, moves);
    findings.extend(gate(wanted, native));
    findings.extend(setting(service, native));
    if let Some(state) = state {
        findings.extend(strategy(native, state));
        findings.extend(scheduling(state));
        findings.extend(capacity(state).filter(|_| !moves));
    }
    if !moves {
        findings.extend(idle_group(native, observed));
    }
    findings
}

fn brings_content(goal: &Goal) -> bool {
    match goal {
        Goal::Canary | Goal::Full | Goal::Promote | Goal::Release => true,
        Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale | Goal::Service => false,
    }
}

pub(super) fn is_under_way(observed: &Observed, service: &ServiceWanted) -> bool {
    let seen = observed.services.get(&service.name).and_then(|seen| seen.deployments.known());
    let newest = seen.into_iter().flatten().max_by_key(|one| one.created_at);
    newest.is_some_and(|newest| !newest.is_over())
}

/// The rule forwards to both target groups, one with all and one with nothing.
pub(super) fn rule(native: &NativeTraffic, observed: &Observed, moves: bool) -> Vec<Finding> {
    let name = &native.rule;
    let rule = match &observed.rule {
        None if name.value.is_rule() => return Vec::new(),
        None => {
            let text = "a listener without rules: could not tell whether it forwards to both \
                        target groups";
            return vec![Finding::could_not_tell(text).located(&name.at)];
        }
        Some(Knowledge::Known(None)) => {
            let finding = name.error(format!("listener rule {} does not exist", name.value));
            return vec![finding.hint("check its ARN, the region and the account")];
        }
        Some(Knowledge::CouldNotTell(why)) => {
            let finding = name.error(format!("could not look at the listener rule: {why}"));
            return vec![finding.hint("docs/iam.md lists the permissions that a release needs")];
        }
        Some(Knowledge::Known(Some(rule))) => rule,
    };
    let mut findings: Vec<Finding> = Vec::new();
    if rule.is_default {
        let text = "the listener rule is the listener's default rule, which takes no weights";
        let hint = "make a rule with a priority that forwards to both target groups";
        findings.push(name.error(text).hint(hint));
    }
    let missing = missing(native, rule);
    if !missing.is_empty() {
        let text = format!("the listener rule does not forward to {}", missing.join(" and "));
        findings.push(name.error(text).hint(
            "ECS moves weights only between two groups that the rule names: give the live one 1 \
             and the other 0",
        ));
    } else if !moves && !is_one_sided(native, rule) {
        let weights = rule.weights(&native.group, &native.alternate.value);
        let text = format!("the listener rule gives weights {weights} to the two target groups");
        let hint = "give all to the group with the tasks and 0 to the other: ECS starts from there";
        findings.push(name.error(text).hint(hint));
    }
    findings.extend(others(native, rule));
    findings
}

fn missing<'a>(native: &'a NativeTraffic, rule: &ListenerRule) -> Vec<&'a str> {
    [&native.group, &native.alternate.value]
        .into_iter()
        .filter(|group| !rule.groups.iter().any(|(named, _)| named == *group))
        .map(TargetGroupArn::as_str)
        .collect()
}

fn is_one_sided(native: &NativeTraffic, rule: &ListenerRule) -> bool {
    let weights = rule.weights(&native.group, &native.alternate.value);
    matches!((weights.full, weights.canary), (Some(1..), Some(0)) | (Some(0), Some(1..)))
}

fn others(native: &NativeTraffic, rule: &ListenerRule) -> Option<Finding> {
    let is_other =
        |group: &TargetGroupArn| *group != native.group && *group != native.alternate.value;
    let others: Vec<&str> = rule
        .groups
        .iter()
        .filter(|(group, weight)| *weight > 0 && is_other(group))
        .map(|(group, _)| group.as_str())
        .collect();
    let text = format!("the listener rule forwards requests to {} as well", others.join(" and "));
    let hint = "ECS shifts between two target groups: give the others a rule of their own";
    (!others.is_empty()).then(|| native.rule.error(text).hint(hint))
}

/// The group without requests has no targets: what is registered there would get them.
fn idle_group(native: &NativeTraffic, observed: &Observed) -> Option<Finding> {
    let alternate = &native.alternate;
    match observed.target_groups.get(&alternate.value) {
        Some(Knowledge::Known(None)) => {
            let text = format!("target group {} does not exist", alternate.value);
            return Some(alternate.error(text).hint("check its ARN, the region and the account"));
        }
        Some(Knowledge::CouldNotTell(why)) => {
            let text = format!("could not look at the alternate target group: {why}");
            return Some(Finding::could_not_tell(text).located(&alternate.at));
        }
        Some(Knowledge::Known(Some(_))) | None => {}
    }
    let rule = observed.rule.as_ref()?.known()?.as_ref()?;
    let weights = rule.weights(&native.group, &alternate.value);
    let idle = match (weights.full, weights.canary) {
        (Some(0), Some(1..)) => &native.group,
        (Some(1..), Some(0)) => &alternate.value,
        _ => return None,
    };
    let targets = observed.target_groups.get(idle)?.known()?.as_ref()?;
    let live = targets.iter().filter(|target| target.state != "draining").count();
    (live > 0).then(|| {
        let text = format!(
            "target group {idle} gets no requests and has {live} targets: they would get the new \
             version's requests"
        );
        let hint = "take away the service that registers there (docs/native.md)";
        alternate.error(text).hint(hint)
    })
}

/// `deploy canary` ends at a pause: there has to be one.
fn gate(wanted: &Wanted, native: &NativeTraffic) -> Option<Finding> {
    if native.pauses.value.contains(&PauseStage::PreProductionTrafficShift) {
        return None;
    }
    let hint = "add PRE_PRODUCTION_TRAFFIC_SHIFT to `pauses` of `native`";
    let finding = match wanted.goal {
        Goal::Canary => {
            let text = "a canary waits at PRE_PRODUCTION_TRAFFIC_SHIFT, and no pause is there";
            Finding::error(text)
        }
        Goal::Release | Goal::Promote => Finding::warning(
            "no pause before the traffic: when this job dies, ECS goes on to all requests",
        ),
        Goal::Full | Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale | Goal::Service => {
            return None;
        }
    };
    Some(finding.located(&native.pauses.at).hint(hint))
}

fn setting(service: &ServiceWanted, native: &NativeTraffic) -> Option<Finding> {
    let BreakerRule::Set(setting) = service.breaker else { return None };
    setting.enabled.then(|| {
        let strategy = native.strategy;
        let text = format!("the breaker is for ROLLING only and is left out with {strategy}");
        Finding::warning(text).hint("a pause, an alarm or a stage of 24 hours ends it instead")
    })
}

/// The way of deploying changes with this release.
fn strategy(native: &NativeTraffic, state: &ServiceState) -> Option<Finding> {
    state.is_rolling().then(|| {
        let text =
            format!("{} goes from ROLLING to {} with this release", state.name, native.strategy);
        Finding::note(text)
    })
}

fn scheduling(state: &ServiceState) -> Option<Finding> {
    (state.scheduling == "DAEMON").then(|| {
        let text =
            format!("{} runs one task on each instance: ECS rolls such services", state.name);
        Finding::error(text).hint("use mode twin")
    })
}

/// Both revisions run in full at once. Whether there is room only ECS knows.
pub(super) fn capacity(state: &ServiceState) -> Option<Finding> {
    let both = state.desired.saturating_mul(2);
    (state.desired > 0).then(|| {
        Finding::could_not_tell(format!(
            "{} will run {both} tasks for a while: could not tell whether there is room for {} more",
            state.name, state.desired
        ))
    })
}

/// A service with pauses, released by a mode that answers none.
fn elsewhere(wanted: &Wanted, observed: &Observed) -> Vec<Finding> {
    let services = wanted.full.iter().chain(&wanted.canary);
    let states = services.filter_map(|service| observed.state(&service.name));
    let native = states.filter(|state| !state.is_rolling() && brings_content(&wanted.goal));
    let found = native.map(|state| {
        let strategy = state.strategy.as_deref().unwrap_or_default();
        let text = format!("{} is deployed by {strategy}: this mode answers no pauses", state.name);
        Finding::warning(text).hint("use `mode: native`, or set its strategy back to ROLLING")
    });
    found.collect()
}
