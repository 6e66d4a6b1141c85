//! Everything that can be known before the first change.

use super::{deadlock, load_balancer, native, older, scaling, weights};
use crate::model::{
    AfterFull, BreakerRule, CountRule, Finding, Goal, Knowledge, Observed, ObservedService,
    OutcomeKind, Refusal, ReleaseIdentity, RolloutState, ServiceDeployment,
    ServiceDeploymentStatus, ServiceState, ServiceWanted, TaskDefArn, Traffic, Wanted,
};
use crate::plan::{self, Phase, Plan, Step, UpdateReason};
use serde_json::json;

/// A finding, and what refuses when it is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The finding.
    pub finding: Finding,
    /// The kind of refusal.
    pub by: Refusal,
}

/// Findings on `wanted` before anything is changed. `first` is the plan that would be carried
/// out. An error forbids to begin.
pub fn before(wanted: &Wanted, observed: &Observed, first: &Plan) -> Vec<Checked> {
    if !observed.cluster_found {
        let finding = Finding::error(format!("cluster {} does not exist", wanted.cluster))
            .hint("check its name, the region and the account");
        return vec![Checked { finding, by: Refusal::Preflight }];
    }
    let refusal = first.outcome().and_then(|outcome| outcome.refusal);
    if refusal == Some(Refusal::OtherRelease) {
        // The plan says whose release is under way; everything else is told when that is over.
        return Vec::new();
    }
    if says_no_again(first) {
        // Nothing is changed; what an earlier run of it began to take back may still move.
        return Vec::new();
    }
    let by = |by: Refusal| move |finding: Finding| Checked { finding, by };
    let mut found: Vec<Checked> =
        weights::weights(wanted, observed).into_iter().map(by(Refusal::Preflight)).collect();
    found.extend(native::native(wanted, observed).into_iter().map(by(Refusal::Preflight)));
    found.extend(scaling::not_told(observed).map(by(Refusal::Preflight)));
    // What a dead release left is in nobody's hands.
    let minds_others = !plan::takes_over(wanted, observed);
    for service in touched(wanted, observed) {
        let declared = declared(wanted, service, observed);
        found.extend(declared.into_iter().map(by(Refusal::Preflight)));
        let seen = observed.services.get(&service.name);
        let Some((seen, state)) = seen.and_then(|seen| Some((seen, seen.state.as_ref()?))) else {
            found.extend(absent(wanted, service).map(by(Refusal::Preflight)));
            continue;
        };
        let unusable = unusable(service, state);
        if unusable.is_some() {
            found.extend(unusable.map(by(Refusal::Preflight)));
            continue;
        }
        let left_alone = scaling::count(wanted, service, state, observed);
        found.extend(left_alone.map(by(Refusal::Preflight)));
        let service = &*plan::without_autoscaled_count(observed, service);
        found.extend(present(wanted, service, state).into_iter().map(by(Refusal::Preflight)));
        if changes_content(wanted) && minds_others {
            let occupied = occupied(wanted, service, seen, first);
            found.extend(occupied.map(by(Refusal::OtherRelease)));
        }
        if changes_content(wanted) && is_lead(wanted, service) {
            found.extend(older::older(wanted, service, seen).map(by(Refusal::Older)));
        }
        let waiting = older::than_waiting(wanted, service, observed);
        found.extend(waiting.map(by(Refusal::Older)));
    }
    found
}

/// True for a plan that ends because this very release was judged bad before.
fn says_no_again(first: &Plan) -> bool {
    let kind = first.outcome().map(|outcome| outcome.outcome);
    let is_bad = matches!(kind, Some(OutcomeKind::CanaryFailed | OutcomeKind::Frozen));
    is_bad && !first.changes_something()
}

/// The services that this release changes.
fn touched<'a>(wanted: &'a Wanted, observed: &Observed) -> Vec<&'a ServiceWanted> {
    let exists = |service: &&ServiceWanted| observed.state(&service.name).is_some();
    match wanted.goal {
        // ECS's own strategies have one service for both.
        Goal::Canary | Goal::Abort | Goal::Reap if wanted.canary.is_none() => {
            wanted.full.iter().collect()
        }
        Goal::Canary | Goal::Abort | Goal::Reap => wanted.canary.iter().collect(),
        Goal::Release if wanted.canary.is_some() => {
            wanted.full.iter().chain(&wanted.canary).collect()
        }
        Goal::Full | Goal::Promote | Goal::Release => {
            let canary = wanted.canary.iter().filter(exists);
            wanted.full.iter().chain(canary).collect()
        }
        Goal::Rollback(_) if wanted.full.is_some() => {
            let canary = wanted.canary.iter().filter(exists);
            wanted.full.iter().chain(canary).collect()
        }
        Goal::Rollback(_) | Goal::Scale | Goal::Service => {
            wanted.full.iter().chain(&wanted.canary).collect()
        }
    }
}

fn absent(wanted: &Wanted, service: &ServiceWanted) -> Option<Finding> {
    match wanted.goal {
        Goal::Rollback(_) | Goal::Scale => Some(
            Finding::error(format!("service {} does not exist", service.name))
                .hint(format!("check its name; cluster {} was searched", wanted.cluster)),
        ),
        Goal::Canary | Goal::Full | Goal::Promote | Goal::Release | Goal::Service => {
            stands_still(service)
        }
        Goal::Abort | Goal::Reap => None,
    }
}

/// A service that can be created, and then never be moved.
fn stands_still(service: &ServiceWanted) -> Option<Finding> {
    let (CountRule::Always(desired) | CountRule::AtCreate(desired)) = service.count else {
        return None;
    };
    // 100/100 has words of its own.
    let percents = service.percents.filter(|said| (said.minimum, said.maximum) != (100, 100))?;
    (!deadlock::can_move(percents, desired)).then(|| {
        Finding::warning(format!(
            "{}: {desired} wanted with per cents {percents}: it can be created, but at its next \
             deployment ECS may neither start nor stop a task",
            service.name
        ))
        .hint("raise the maximum, lower the minimum, or use more tasks")
    })
}

/// What can be told from the wish and the target groups alone.
fn declared(wanted: &Wanted, service: &ServiceWanted, observed: &Observed) -> Vec<Finding> {
    let mut findings = Vec::new();
    let binding = service.load_balancer.as_ref();
    if let (Some(binding), Some(task)) = (binding, &service.task) {
        findings.extend(load_balancer::binding(service, binding, task));
    }
    if let Some(group) = binding.and_then(|binding| binding.target_group.as_ref()) {
        match observed.target_groups.get(group) {
            Some(Knowledge::Known(None)) => findings.push(
                Finding::error(format!("{}: target group {group} does not exist", service.name))
                    .hint("check its ARN, the region and the account"),
            ),
            Some(Knowledge::CouldNotTell(why)) => findings.push(Finding::could_not_tell(format!(
                "{}: could not look at the target group: {why}",
                service.name
            ))),
            Some(Knowledge::Known(Some(_))) | None => {}
        }
    }
    let is_daemon = service.create_extra.get("schedulingStrategy") == Some(&json!("DAEMON"));
    let percents = service.percents.filter(|_| !is_daemon && changes_content(wanted));
    if percents.is_some_and(|percents| percents.minimum == 100 && percents.maximum == 100) {
        findings.push(
            Finding::error(format!(
                "{}: per cents 100/100 block every deployment, ECS refuses them",
                service.name
            ))
            .hint("use 100/200 (new tasks first) or 0/100 (old tasks first)"),
        );
    }
    findings
}

/// A service that nobody can deploy to.
fn unusable(service: &ServiceWanted, state: &ServiceState) -> Option<Finding> {
    let name = &service.name;
    if !state.is_active() {
        let finding = Finding::error(format!("service {name} is {}", state.status));
        return Some(finding.hint(match state.status.as_str() {
            "DRAINING" => "it is being deleted: wait until it is gone, then run again",
            _ => "ECS takes no deployment of it as it is: look at it in the console",
        }));
    }
    let controller = state.controller.as_deref().filter(|one| *one != "ECS")?;
    let text = format!("service {name} is deployed by {controller}, not by ECS itself");
    Some(Finding::error(text).hint("use that tool, or change its deployment controller"))
}

/// What can be told about a service that exists.
fn present(wanted: &Wanted, service: &ServiceWanted, state: &ServiceState) -> Vec<Finding> {
    let found = [
        scheduling(service, state),
        deadlocked(wanted, service, state),
        zero(wanted, service, state),
        breaker(wanted, service, state),
    ];
    found.into_iter().flatten().collect()
}

/// A canary, a full release or a single service brings new content; the others go back or scale.
fn changes_content(wanted: &Wanted) -> bool {
    match wanted.goal {
        Goal::Canary | Goal::Full | Goal::Promote | Goal::Release | Goal::Service => true,
        Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale => false,
    }
}

fn is_lead(wanted: &Wanted, service: &ServiceWanted) -> bool {
    match wanted.goal {
        Goal::Canary | Goal::Abort | Goal::Reap => true,
        Goal::Full
        | Goal::Promote
        | Goal::Release
        | Goal::Rollback(_)
        | Goal::Scale
        | Goal::Service => wanted.full.as_ref().is_none_or(|full| full.name == service.name),
    }
}

fn scheduling(service: &ServiceWanted, state: &ServiceState) -> Option<Finding> {
    let wanted = service.create_extra.get("schedulingStrategy")?.as_str()?;
    (wanted != state.scheduling).then(|| {
        let text = format!(
            "service {} is scheduled as {}, {wanted} is wanted",
            service.name, state.scheduling
        );
        Finding::error(text).hint("ECS cannot change it: use another service name")
    })
}

fn deadlocked(wanted: &Wanted, service: &ServiceWanted, state: &ServiceState) -> Option<Finding> {
    let percents = service.percents.unwrap_or(state.percents);
    let desired = match service.count {
        CountRule::Always(count) => count,
        CountRule::EcsCli => state.desired.max(1),
        CountRule::AtCreate(_) | CountRule::Keep => state.desired,
    };
    let scales = wanted.goal == Goal::Scale || is_only_scaled(wanted, service);
    let is_said = percents.minimum == 100 && percents.maximum == 100;
    let moves = is_said || deadlock::can_move(percents, desired);
    if scales || state.scheduling == "DAEMON" || moves {
        return None;
    }
    let text = format!(
        "{}: {desired} wanted with per cents {percents}: ECS may neither start nor stop a task",
        service.name
    );
    // What runs got there somehow: a rollback is not forbidden by a guess about ECS.
    Some(if changes_content(wanted) {
        Finding::error(text).hint("raise the maximum, lower the minimum, or use more tasks")
    } else {
        Finding::warning(text)
    })
}

/// True for a canary service that is only scaled or removed.
fn is_only_scaled(wanted: &Wanted, service: &ServiceWanted) -> bool {
    !is_lead(wanted, service) && wanted.after_full != AfterFull::Keep
}

fn zero(wanted: &Wanted, service: &ServiceWanted, state: &ServiceState) -> Option<Finding> {
    let stays = matches!(service.count, CountRule::AtCreate(_) | CountRule::Keep);
    (wanted.goal != Goal::Scale && stays && state.desired == 0).then(|| {
        let text = format!("service {} wants 0 tasks: nothing will run", service.name);
        Finding::warning(text).hint("`ecs-canary scale` sets a count")
    })
}

fn breaker(wanted: &Wanted, service: &ServiceWanted, state: &ServiceState) -> Option<Finding> {
    let stays_off = service.breaker == BreakerRule::Keep && !state.breaker.enabled;
    // ECS's own strategies have none.
    let is_native = matches!(wanted.course.traffic, Traffic::Native(_));
    (stays_off && !is_native && wanted.goal != Goal::Scale && is_lead(wanted, service)).then(|| {
        let text = format!(
            "service {} has no circuit breaker: ECS will not give up a failing deployment",
            service.name
        );
        Finding::note(text).hint("`breaker` of the release file turns it on")
    })
}

/// Somebody else's deployment is under way and this plan would push it aside.
fn occupied(
    wanted: &Wanted,
    service: &ServiceWanted,
    seen: &ObservedService,
    first: &Plan,
) -> Option<Finding> {
    let deploys = first.steps.iter().any(|step| {
        matches!(
            step,
            Step::UpdateService { service: name, phase: Phase::Forward, why, .. }
                if *name == service.name && *why != UpdateReason::Settings
        )
    });
    let name = &service.name;
    let (what, revision) = under_way(seen)?;
    let mut theirs = seen.read_revisions().filter(|one| Some(&one.arn) == revision.as_ref());
    let identity = theirs.next().map(|one| ReleaseIdentity::from_tags(&one.tags));
    let same = identity.as_ref().is_some_and(|identity| wanted.identity.same_release(identity));
    // The canary of a full release comes later than the first wait: the plan does not show it.
    let moves = deploys || !(is_lead(wanted, service) || is_only_scaled(wanted, service));
    if same || !moves {
        return None;
    }
    let who = identity.map(|identity| words(&identity)).unwrap_or_default();
    let text = format!("{name}: another deployment is under way ({what}{who})");
    Some(if wanted.goal == Goal::Service {
        // By that name ECS's own rule holds: the last one wins.
        Finding::warning(format!("{text}: it is pushed aside"))
    } else {
        Finding::error(text).hint("wait for its end, or take it back with `ecs-canary rollback`")
    })
}

/// `, pipeline 6, commit 0000000`, as far as tags tell it.
fn words(identity: &ReleaseIdentity) -> String {
    let pipeline = identity.pipeline.map(|number| format!(", pipeline {number}"));
    let commit = identity.commit.as_ref().map(|commit| format!(", commit {}", commit.short()));
    [pipeline, commit].into_iter().flatten().collect()
}

fn under_way(seen: &ObservedService) -> Option<(String, Option<TaskDefArn>)> {
    let newest =
        |all: &Vec<ServiceDeployment>| all.iter().max_by_key(|one| one.created_at).cloned();
    match seen.deployments.known().and_then(newest) {
        Some(newest) => {
            let goes_back = matches!(
                newest.status,
                ServiceDeploymentStatus::StopRequested
                    | ServiceDeploymentStatus::RollbackRequested
                    | ServiceDeploymentStatus::RollbackInProgress
            );
            if newest.is_over() || goes_back {
                return None;
            }
            let wanted = seen.state.as_ref().map(|state| state.task_definition.clone());
            let revision = newest.target_task_definition.clone().or(wanted);
            let what = revision.as_ref().map_or("unknown", |arn| arn.short()).to_owned();
            Some((format!("{what}, {}", newest.status), revision))
        }
        None => {
            let primary = seen.state.as_ref()?.primary()?;
            (primary.rollout == RolloutState::InProgress).then(|| {
                (primary.task_definition.short().to_owned(), Some(primary.task_definition.clone()))
            })
        }
    }
}
