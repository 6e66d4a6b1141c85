//! From one look to what is told.

use super::{scaling, stage};
use crate::commands::Caller;
use crate::journal::{self, Lease, Reading};
use crate::model::{
    DeploymentStatus, GateStatus, Goal, Knowledge, LeaseStatus, LiveTaskDefinition, NextCommand,
    Observed, ObservedService, ReleaseIdentity, ReleaseStatus, RolloutState, ServiceDeployment,
    ServiceStatus, ServiceWanted, Traffic, Wanted, WeightsStatus,
};
use crate::plan::{self, History, Step};
use crate::ports::Clock as _;

/// Deployments of the history that are shown of each service.
const RECENT: usize = 5;

/// What each service runs.
pub(super) fn services(wanted: &Wanted, observed: &Observed) -> Vec<ServiceStatus> {
    let sides = [("full", &wanted.full), ("canary", &wanted.canary)];
    let one = |(side, service): (&str, &Option<ServiceWanted>)| {
        let service = service.as_ref()?;
        Some(of_service(side, service, observed.services.get(&service.name)))
    };
    sides.into_iter().filter_map(one).collect()
}

fn of_service(
    side: &str,
    service: &ServiceWanted,
    seen: Option<&ObservedService>,
) -> ServiceStatus {
    let named = ServiceStatus {
        side: side.to_owned(),
        service: service.name.to_string(),
        status: "MISSING".to_owned(),
        ..ServiceStatus::default()
    };
    let Some((seen, state)) = seen.and_then(|seen| Some((seen, seen.state.as_ref()?))) else {
        return named;
    };
    let running = seen.task_definition.as_ref();
    ServiceStatus {
        status: state.status.clone(),
        revision: Some(state.task_definition.short().to_owned()),
        commit: running.and_then(commit),
        image: running.and_then(|running| image(service, running)),
        desired: state.desired,
        running: state.running,
        pending: state.pending,
        rollout: state.primary().map(|primary| rollout(&primary.rollout)),
        deployments: deployments(seen),
        ..named
    }
}

fn deployments(seen: &ObservedService) -> Vec<DeploymentStatus> {
    let known = seen.read_revisions();
    let commit_of = |one: &ServiceDeployment| {
        let revision = one.target_task_definition.as_ref()?;
        known.clone().find(|live| live.arn == *revision).and_then(commit)
    };
    let mut all: Vec<&ServiceDeployment> = seen.deployments.known().into_iter().flatten().collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    let shown = all.into_iter().take(RECENT).map(|one| DeploymentStatus {
        deployment: one.arn.to_string(),
        status: one.status.to_string(),
        revision: one.target_task_definition.as_ref().map(|arn| arn.short().to_owned()),
        commit: commit_of(one),
        created_at: one.created_at,
    });
    shown.collect()
}

fn commit(live: &LiveTaskDefinition) -> Option<String> {
    Some(ReleaseIdentity::from_tags(&live.tags).commit?.to_string())
}

/// The image of the named container, or of the only one.
fn image(service: &ServiceWanted, running: &LiveTaskDefinition) -> Option<String> {
    if let Some(container) = &service.container {
        return running.image(container).map(str::to_owned);
    }
    let mut containers = running.containers();
    let only = containers.next()?;
    let image = only.get("image")?.as_str()?;
    containers.next().is_none().then(|| image.to_owned())
}

fn rollout(state: &RolloutState) -> String {
    match state {
        RolloutState::InProgress => "IN_PROGRESS".to_owned(),
        RolloutState::Completed => "COMPLETED".to_owned(),
        RolloutState::Failed => "FAILED".to_owned(),
        RolloutState::Unknown(text) => text.clone(),
    }
}

/// Lease, phase, weights, and what comes next.
pub(super) fn release(wanted: &Wanted, observed: &Observed, caller: &Caller) -> ReleaseStatus {
    let next = next(wanted, observed, caller);
    ReleaseStatus { next, ..held(wanted, observed) }
}

/// Lease, phase and weights.
pub(super) fn held(wanted: &Wanted, observed: &Observed) -> ReleaseStatus {
    let mut status = ReleaseStatus::default();
    let reading = plan::keeper(wanted, observed).map(|keeper| journal::read(&keeper.tags));
    match reading {
        None | Some(Reading::Nothing) => {}
        Some(Reading::Unreadable { key, text }) => {
            let what = format!("tag {key} is not of this version: {text}");
            status.could_not_tell.push(what);
        }
        Some(Reading::Known(record)) => {
            status.lease = match record.lease {
                Lease::Free => None,
                Lease::Held { ref holder, until } => {
                    let alive = record.lease.is_alive(observed.at);
                    Some(LeaseStatus { holder: holder.to_string(), until, alive })
                }
            };
            status.phase = record.progress.as_ref().map(|progress| progress.phase.to_string());
            status.since = record.progress.as_ref().map(|progress| progress.since);
            let gate = record.progress.and_then(|progress| progress.gate);
            status.gate = gate.map(|gate| GateStatus {
                until: gate.until,
                then: gate.then.word().to_owned(),
                over: gate.is_over(observed.at),
            });
        }
    }
    if let Traffic::Weighted(traffic) = &wanted.course.traffic {
        match &observed.rule {
            Some(Knowledge::Known(Some(rule))) => {
                let weights = rule.weights(&traffic.full, &traffic.canary);
                status.weights = Some(WeightsStatus::from(weights));
            }
            Some(Knowledge::Known(None)) => {
                status.could_not_tell.push(format!("listener rule {} is not there", traffic.rule));
            }
            Some(Knowledge::CouldNotTell(why)) => {
                status.could_not_tell.push(format!("the rule's weights: {why}"));
            }
            None => {}
        }
    }
    stage::add(&mut status, wanted, observed);
    scaling::add(&mut status, wanted, observed);
    status
}

/// What the commands that need no file would do.
fn next(wanted: &Wanted, observed: &Observed, caller: &Caller) -> Vec<NextCommand> {
    let mut next = Vec::new();
    let is_native = matches!(wanted.course.traffic, Traffic::Native(_));
    let promotion =
        if is_native { stage::promote(wanted, observed) } else { promote(wanted, observed) };
    next.extend(promotion.map(|would| ("promote", would)));
    let mut goals = Vec::new();
    if wanted.canary.is_some() || is_native {
        goals.push(("abort", Goal::Abort));
        goals.push(("gc --releases", Goal::Reap));
    }
    goals.push(("rollback", wanted.goal.clone()));
    for (command, goal) in goals {
        // The scheduled job is none of the release that it looks after.
        let identity = match goal {
            Goal::Reap => ReleaseIdentity::default(),
            _ => wanted.identity.clone(),
        };
        let wanted = Wanted { goal, identity, ..wanted.clone() };
        let mut history = History::default();
        history.look(observed);
        let plan = plan::next(&wanted, observed, &history, caller.clock.now());
        let steps = plan.steps.iter().filter(|step| !matches!(step, Step::Journal(_)));
        next.push((command, steps.map(in_words).collect::<Vec<_>>().join("; ")));
    }
    let named = next.into_iter();
    named.map(|(command, would)| NextCommand { command: command.to_owned(), would }).collect()
}

/// A step, or why there is none.
fn in_words(step: &Step) -> String {
    let Step::Finish(outcome) = step else { return step.to_string() };
    let reason = outcome.reason.as_deref().unwrap_or("done");
    match outcome.outcome.is_good() {
        true => format!("nothing to do: {reason}"),
        false => format!("not possible: {reason}"),
    }
}

/// A promotion needs the compose file: only its image is told.
fn promote(wanted: &Wanted, observed: &Observed) -> Option<String> {
    let image_of = |service: &ServiceWanted| {
        let live = observed.services.get(&service.name)?.task_definition.as_ref()?;
        Some((live.arn.short().to_owned(), image(service, live)?))
    };
    let full = wanted.full.as_ref()?;
    let (revision, canary) = image_of(wanted.canary.as_ref()?)?;
    Some(match image_of(full) {
        Some((_, running)) if running == canary => {
            "nothing: both services run the same image".to_owned()
        }
        Some(_) | None => format!("bring the image of {revision} to {}", full.name),
    })
}
