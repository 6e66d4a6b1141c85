//! `status --watch`: a line for each change.

use super::{no_cluster, stage, standing};
use crate::aws::AwsCloud;
use crate::commands::{Caller, Console};
use crate::failure::Failure;
use crate::model::{
    CallError, CallErrorKind, Event, Knowledge, LiveTaskDefinition, Observed, ObservedService,
    Outcome, OutcomeKind, ReleaseStatus, ServiceDeployment, ServiceName, ServiceStatus, TaskDefArn,
    Traffic, Wanted,
};
use crate::ports::{Clock as _, DeploymentFilter, Ecs as _, LoadBalancer as _};
use std::collections::BTreeMap;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(5);

/// When it ends by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    /// At the deadline; else only when somebody ends it.
    pub(super) ends: bool,
}

/// Tells changes until somebody ends it, which is its good end.
pub(super) async fn watch(
    wanted: &Wanted,
    cloud: &AwsCloud,
    caller: &Caller,
    console: Console<'_>,
    until: Until,
) -> Result<Outcome, Failure> {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let mut revisions = BTreeMap::new();
    let mut silent = false;
    loop {
        let observed = tokio::select! {
            biased;
            () = console.cancel.reached(1) => return Ok(ended()),
            observed = look(wanted, cloud, &mut revisions) => observed,
        };
        match observed {
            Ok(observed) if !observed.cluster_found => return Err(no_cluster(wanted)),
            Ok(observed) => {
                silent = false;
                for (label, text) in lines(wanted, &observed) {
                    if told.get(&label) != Some(&text) {
                        console.reporter.emit(Event::fact(label.as_str(), text.as_str()));
                        told.insert(label, text);
                    }
                }
            }
            Err(error) if passes(&error) => {
                if !silent {
                    console.reporter.emit(Event::warning(format!("{error}: looking again")));
                }
                silent = true;
            }
            Err(error) => return Err(error.into()),
        }
        if until.ends && caller.clock.now() >= wanted.deadline {
            return Ok(ended());
        }
        tokio::select! {
            biased;
            () = console.cancel.reached(1) => return Ok(ended()),
            () = caller.clock.sleep(PAUSE) => {}
        }
    }
}

fn ended() -> Outcome {
    Outcome::new(OutcomeKind::Succeeded)
}

fn passes(error: &CallError) -> bool {
    matches!(error.kind, CallErrorKind::NoAnswer | CallErrorKind::Throttled)
}

/// The services, what they run, and the rule: what changes in the course of a release.
async fn look(
    wanted: &Wanted,
    cloud: &AwsCloud,
    revisions: &mut BTreeMap<TaskDefArn, LiveTaskDefinition>,
) -> Result<Observed, CallError> {
    let sides = || wanted.full.iter().chain(&wanted.canary);
    let names: Vec<ServiceName> = sides().map(|service| service.name.clone()).collect();
    let seen = match cloud.services(&wanted.cluster, &names).await {
        Err(error) if error.kind == CallErrorKind::NotFound => None,
        other => Some(other?),
    };
    let rule = match &wanted.course.traffic {
        // ECS's own weights are those of its service deployment.
        Traffic::Twin | Traffic::Native(_) => None,
        Traffic::Weighted(traffic) => Some(match cloud.rule(&traffic.rule).await {
            Ok(rule) => Knowledge::Known(rule),
            Err(error) => Knowledge::CouldNotTell(error.to_string()),
        }),
    };
    let mut services = BTreeMap::new();
    let at = seen.as_ref().map_or(wanted.deadline, |seen| seen.at);
    let cluster_found = seen.is_some();
    for (name, state) in names.into_iter().zip(seen.into_iter().flat_map(|seen| seen.value)) {
        let mut task_definition = None;
        if let Some(state) = &state {
            let arn = &state.task_definition;
            if !revisions.contains_key(arn)
                && let Some(live) = cloud.task_definition(arn.as_str()).await?
            {
                revisions.insert(arn.clone(), live);
            }
            task_definition = revisions.get(arn).cloned();
        }
        let deployments = match &wanted.course.traffic {
            Traffic::Native(_) if state.is_some() => newest(wanted, cloud, &name).await?,
            Traffic::Twin | Traffic::Weighted(_) | Traffic::Native(_) => {
                Knowledge::Known(Vec::new())
            }
        };
        let one = ObservedService {
            state,
            task_definition,
            deployments,
            revisions: Knowledge::Known(Vec::new()),
        };
        services.insert(name, one);
    }
    Ok(Observed {
        at,
        cluster_found,
        services,
        target_groups: BTreeMap::new(),
        rule,
        scaling: BTreeMap::new(),
    })
}

/// The deployment whose stages are told.
async fn newest(
    wanted: &Wanted,
    cloud: &AwsCloud,
    service: &ServiceName,
) -> Result<Knowledge<Vec<ServiceDeployment>>, CallError> {
    let filter = DeploymentFilter { created_after: None, limit: 1 };
    match cloud.service_deployments(&wanted.cluster, service, filter).await {
        Ok(seen) => Ok(Knowledge::Known(seen.value)),
        Err(error) if passes(&error) => Err(error),
        Err(error) => Ok(Knowledge::CouldNotTell(error.to_string())),
    }
}

/// Label and text of each thing that is watched.
fn lines(wanted: &Wanted, observed: &Observed) -> Vec<(String, String)> {
    let services = standing::services(wanted, observed);
    let mut lines: Vec<(String, String)> =
        services.iter().map(|one| (one.service.clone(), of_service(one))).collect();
    let ReleaseStatus { lease, phase, weights, native, could_not_tell, .. } =
        standing::held(wanted, observed);
    // A lease is renewed each minute: only its holder is news.
    let lease = lease.map_or("nobody holds the services".to_owned(), |lease| match lease.alive {
        true => lease.holder,
        false => format!("{}: it ended, and what it left is not taken back", lease.holder),
    });
    lines.push(("lease".to_owned(), lease));
    lines.extend(phase.map(|phase| ("phase".to_owned(), phase)));
    lines.extend(native.iter().flat_map(stage::lines));
    lines.extend(weights.map(|weights| {
        let share = weights.share.unwrap_or_else(|| "?".to_owned());
        ("weights".to_owned(), format!("the canary gets {share} % of the requests"))
    }));
    lines.extend(could_not_tell.into_iter().map(|what| ("unknown".to_owned(), what)));
    lines
}

fn of_service(service: &ServiceStatus) -> String {
    let ServiceStatus { revision, commit, image, running, desired, pending, rollout, .. } = service;
    let Some(revision) = revision else { return "does not exist".to_owned() };
    let commit = commit.as_ref().map(|commit| commit.chars().take(8).collect::<String>());
    let digest = image.as_ref().and_then(|image| image.split_once("@sha256:"));
    let digest = digest.map(|(_, hex)| format!("sha256:{}", hex.get(..12).unwrap_or(hex)));
    let mut words = vec![revision.clone()];
    words.extend(commit.map(|commit| format!("commit {commit}")));
    words.extend(digest);
    words.push(match pending {
        0 => format!("{running} of {desired} tasks"),
        pending => format!("{running} of {desired} tasks, {pending} starting"),
    });
    words.extend(rollout.clone());
    words.join("  ")
}
