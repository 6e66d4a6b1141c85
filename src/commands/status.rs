//! `status`: what the services run.

use super::release::{Declared, PlaceArgs, Side, Sides, connect};
use super::rollback::one_side;
use super::{Bundle, Caller, Console};
use crate::aws::AwsCloud;
use crate::failure::{Exit, Failure};
use crate::model::{
    Event, LiveTaskDefinition, Outcome, OutcomeKind, ReleaseIdentity, RolloutState, ServiceState,
    ServiceStatus, ServiceWanted,
};
use crate::ports::Ecs as _;
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct StatusArgs {
    /// Only this service
    #[arg(long, value_enum, hide_possible_values = true, value_name = "canary|full")]
    pub service: Option<Side>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}

pub(super) async fn execute(
    args: &StatusArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let declared = Declared::read(&args.place, bundle, caller)?;
    let sides = one_side(Sides::by_name(&declared), args.service, &declared)?;
    let cloud = connect(&declared, caller).await?;
    let services = tokio::select! {
        services = look(&cloud, &declared, sides) => services?,
        () = console.cancel.reached(1) => {
            return Err(Failure::new(Exit::Cancelled, "cancelled"));
        }
    };
    console.reporter.emit(Event::Services { services });
    Ok(Outcome::new(OutcomeKind::Succeeded))
}

async fn look(
    cloud: &AwsCloud,
    declared: &Declared,
    sides: Sides,
) -> Result<Vec<ServiceStatus>, Failure> {
    let sides: Vec<(&str, ServiceWanted)> = [("full", sides.full), ("canary", sides.canary)]
        .into_iter()
        .filter_map(|(side, service)| Some((side, service?)))
        .collect();
    let names: Vec<_> = sides.iter().map(|(_, service)| service.name.clone()).collect();
    let seen = cloud.services(&declared.cluster.value, &names).await?.value;
    let mut found = Vec::new();
    for ((side, service), state) in sides.iter().zip(seen) {
        let running = match &state {
            Some(state) => cloud.task_definition(state.task_definition.as_str()).await?,
            None => None,
        };
        found.push(status(side, service, state.as_ref(), running.as_ref()));
    }
    Ok(found)
}

fn status(
    side: &str,
    service: &ServiceWanted,
    state: Option<&ServiceState>,
    running: Option<&LiveTaskDefinition>,
) -> ServiceStatus {
    let named = ServiceStatus {
        side: side.to_owned(),
        service: service.name.to_string(),
        status: "MISSING".to_owned(),
        ..ServiceStatus::default()
    };
    let Some(state) = state else { return named };
    let identity = running.map(|running| ReleaseIdentity::from_tags(&running.tags));
    ServiceStatus {
        status: state.status.clone(),
        revision: Some(state.task_definition.short().to_owned()),
        commit: identity.and_then(|identity| Some(identity.commit?.to_string())),
        image: running.and_then(|running| image(service, running)),
        desired: state.desired,
        running: state.running,
        pending: state.pending,
        rollout: state.primary().map(|primary| rollout(&primary.rollout)),
        ..named
    }
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
