//! What ECS's own strategies need: a strategy and its pauses, the rule, a second target group like
//! the first one, a role, and room for twice the tasks.

use super::{Facts, Read, named};
use crate::check::native;
use crate::model::{
    Answer, CallErrorKind, CheckLine, Finding, Knowledge, NativeTraffic, Observed, PauseStage,
    ServiceState, ServiceWanted, Severity, TargetGroup, Wanted,
};

pub(super) fn lines(
    native: &NativeTraffic,
    wanted: &Wanted,
    observed: &Observed,
    facts: &Facts,
) -> Vec<CheckLine> {
    let Some(service) = &wanted.full else { return Vec::new() };
    let state = observed.state(&service.name);
    let moves = state.is_some() && native::is_under_way(observed, service);
    let mut lines = vec![strategy(native, service, state)];
    lines.push(rule(native, observed, moves));
    lines.extend(
        facts
            .groups
            .get(&native.alternate.value)
            .map(|read| alternate(native, read, facts.groups.get(&native.group).and_then(known))),
    );
    lines.push(role(native, state, facts));
    lines.extend(state.filter(|_| !moves).and_then(|state| capacity(service, state)));
    lines
}

fn known(read: &Read<Option<TargetGroup>>) -> Option<&TargetGroup> {
    read.as_ref().ok()?.as_ref()
}

/// What ECS does by which steps, and where it waits for whom.
fn strategy(
    native: &NativeTraffic,
    service: &ServiceWanted,
    state: Option<&ServiceState>,
) -> CheckLine {
    let stages: Vec<&str> = native.pauses.value.iter().map(|stage| stage.api()).collect();
    let minutes = native.timeout.as_secs() / 60;
    let pauses = match stages.as_slice() {
        [] => "no pause: nobody is waited for, and without its job ECS goes on".to_owned(),
        stages => {
            let stages = stages.join(", ");
            format!("pauses at {stages}, each {minutes} min at most, then ECS goes back")
        }
    };
    let from = match state.filter(|state| state.is_rolling()) {
        Some(_) => "in place of ROLLING from the next release on; ",
        None => "",
    };
    let what = ("strategy", service.name.as_str());
    let text = format!("{}: {from}{pauses}", native.strategy);
    if native.pauses.value.contains(&PauseStage::PreProductionTrafficShift) {
        return CheckLine::new(what, Answer::Ok, text);
    }
    CheckLine::new(what, Answer::Failed, format!("{text}; `deploy canary` has nowhere to wait"))
        .hinting("add PRE_PRODUCTION_TRAFFIC_SHIFT to `pauses` of `native`")
}

/// The rule names both groups, and one of them has all requests.
fn rule(native: &NativeTraffic, observed: &Observed, moves: bool) -> CheckLine {
    let what = ("listener_rule", native.rule.value.as_str());
    let findings = native::rule(native, observed, moves);
    if let Some(finding) = findings.first() {
        let line = of_finding(what, finding);
        // It is an error for a release, which cannot do without; here it is no answer.
        return match &observed.rule {
            Some(Knowledge::CouldNotTell(_)) => CheckLine {
                answer: Answer::CouldNotTell,
                because: Some(CallErrorKind::Denied),
                ..line
            },
            Some(Knowledge::Known(_)) | None => line,
        };
    }
    let rule = observed.rule.as_ref().and_then(|rule| rule.known()?.as_ref());
    let text = match rule.map(|rule| rule.weights(&native.group, &native.alternate.value)) {
        Some(weights) if moves => format!("weights {weights}, a deployment moves them"),
        Some(weights) => format!("weights {weights}: one group has all requests, the other none"),
        None => "it is not looked at".to_owned(),
    };
    CheckLine::new(what, Answer::Ok, text)
}

fn of_finding(what: (&str, &str), finding: &Finding) -> CheckLine {
    let answer = match finding.severity {
        Severity::Error => Answer::Failed,
        Severity::CouldNotTell => Answer::CouldNotTell,
        Severity::Warning | Severity::Note => Answer::Ok,
    };
    let line = CheckLine::new(what, answer, finding.message.clone());
    CheckLine { hint: finding.hint.clone(), ..line }
}

/// The two groups swap at each release: what differs would change with it.
fn alternate(
    native: &NativeTraffic,
    read: &Read<Option<TargetGroup>>,
    own: Option<&TargetGroup>,
) -> CheckLine {
    let arn = &native.alternate.value;
    let what = ("alternate_target_group", arn.as_str());
    let group = match read {
        Err(error) => return CheckLine::could_not(what, error),
        Ok(None) => {
            return CheckLine::new(
                what,
                Answer::Failed,
                format!("target group {arn} does not exist"),
            )
            .hinting("check its ARN, the region and the account");
        }
        Ok(Some(group)) => group,
    };
    let Some(own) = own else {
        let text = "the service's own target group could not be read to compare them";
        return CheckLine::new(what, Answer::CouldNotTell, text);
    };
    let differences = group.differences(own);
    if !differences.is_empty() {
        let text = format!("differs from the service's own: {}", differences.join(", "));
        return CheckLine::new(what, Answer::Failed, text)
            .hinting("make the two alike: they swap at each release");
    }
    if group.load_balancers.is_empty() {
        return CheckLine::new(what, Answer::Failed, "no listener forwards to it")
            .hinting("let the rule forward to both groups, weight 0 to this one");
    }
    CheckLine::new(what, Answer::Ok, "like the service's own: kind, port and health check")
}

/// ECS assumes it; whether it may change the rule is not asked for.
fn role(native: &NativeTraffic, state: Option<&ServiceState>, facts: &Facts) -> CheckLine {
    let role = native.role.value.as_str();
    let what = ("load_balancer_role", role);
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    let ours = state.and_then(|state| account(&state.arn));
    if let Some((ours, theirs)) = ours.zip(account(role)).filter(|(ours, theirs)| ours != theirs) {
        let text = format!("it is of account {theirs}, the service of {ours}");
        return CheckLine::new(what, Answer::Failed, text)
            .hinting("ECS assumes a role of the service's own account");
    }
    match named::trusted((what, "ecs.amazonaws.com"), facts) {
        Ok(line) => line,
        Err(why) => CheckLine::new(what, Answer::CouldNotTell, why)
            .hinting("look at it once by hand: ECS assumes it to change the rule"),
    }
}

/// Whether there is room for both revisions only ECS knows.
fn capacity(service: &ServiceWanted, state: &ServiceState) -> Option<CheckLine> {
    let what = ("capacity", service.name.as_str());
    native::capacity(state).map(|finding| of_finding(what, &finding))
}
