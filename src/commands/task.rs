//! `task run -- CMD`: one task from the new revision, before a deploy.

use super::deploy::{Order, Prepared, prepare};
use super::release::{
    BringArgs, ChangeArgs, ImageArgs, PlaceArgs, Report, tell_place, tell_source,
};
use super::{Bundle, Caller, Console};
use crate::apply::{self, TaskWanted};
use crate::failure::{Exit, Failure};
use crate::model::{
    Event, Goal, OlderRule, Outcome, OutcomeKind, ReleaseIdentity, ServiceName, ServiceWanted,
};
use crate::plan;
use crate::ports::Clock as _;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Arguments of `task`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct TaskArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: TaskAction,
}

/// What can be done with a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Subcommand)]
#[serde(rename_all = "snake_case")]
pub enum TaskAction {
    /// Run a command in one task of the new revision and end with its exit code
    #[command(after_help = "Example:\n  ecs-canary task run -- ./manage.py migrate")]
    Run(TaskRunArgs),
}

/// Arguments of `task run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct TaskRunArgs {
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// The container that runs the command [default: the release file's]
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<String>,
}

pub(super) async fn execute(
    args: &TaskArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let TaskAction::Run(args) = &args.action;
    let bring = BringArgs {
        place: args.place.clone(),
        image: args.image.clone(),
        change: args.change.clone(),
        ..BringArgs::default()
    };
    let order = Order { goal: Goal::Full, bring: &bring, older: OlderRule::Warn };
    let prepared = prepare(&order, bundle, caller, console).await?;
    let Some(service) = &prepared.wanted.full else {
        return Err(Failure::new(Exit::Internal, "a task without a service"));
    };
    let identity = &caller.identity;
    let wanted = TaskWanted {
        cluster: prepared.wanted.cluster.clone(),
        container: container(args, service)?,
        task: service.task.clone().ok_or_else(|| Failure::new(Exit::Internal, "no content"))?,
        written_image: service.written_image.clone(),
        command: args.command.clone(),
        extra: extra(service),
        token: token(identity, service, &args.command, caller),
        identity: identity.clone(),
        deadline: prepared.deadline.value,
    };
    if args.change.dry_run {
        tell_dry(&wanted, &prepared, &service.name, console);
        return Ok(Outcome::new(OutcomeKind::NoChange)
            .because("nothing was changed: --dry-run")
            .into());
    }
    let ended =
        apply::run_task(&prepared.cloud, &caller.clock, &console.reporter, console.cancel, &wanted)
            .await;
    // The exit code of the command is the answer, as a shell gives it.
    let code = ended.code.filter(|code| (1..=255).contains(code));
    let outcome = Outcome { command_code: code, ..ended.outcome };
    Ok(Report { outcome, steps: Some(ended.steps) })
}

/// What would be run, of what, and where.
fn tell_dry(wanted: &TaskWanted, prepared: &Prepared, service: &ServiceName, console: Console<'_>) {
    tell_place(&prepared.declared, console);
    if let Some(image) = &prepared.image.value {
        tell_source(console, "image", &image.to_string(), &prepared.image.by);
    }
    let would = |text: String| console.reporter.emit(Event::fact("would", text));
    would(format!("use the revision of {service} with this content, or register it"));
    let command = wanted.command.join(" ");
    would(format!("run {command} in container {} of one task of {service}", wanted.container));
    would(format!("wait until it ends, {} at the latest", wanted.deadline));
}

fn container(args: &TaskRunArgs, service: &ServiceWanted) -> Result<String, Failure> {
    let task = service.task.as_ref();
    let names: Vec<&str> = task
        .into_iter()
        .flat_map(|task| task.containers())
        .filter_map(|container| container.get("name")?.as_str())
        .collect();
    let wanted = args.container.as_deref().or(service.container.as_deref());
    match (wanted, names.as_slice()) {
        (Some(wanted), names) if names.contains(&wanted) => Ok(wanted.to_owned()),
        (Some(wanted), names) => Err(Failure::new(
            Exit::Usage,
            format!("there is no container \"{wanted}\"; there is {}", names.join(", ")),
        )),
        (None, [only]) => Ok((*only).to_owned()),
        (None, names) => Err(Failure::new(
            Exit::Usage,
            format!("which container runs the command? There is {}", names.join(", ")),
        )
        .hint("add --container NAME, or `container: {name: ...}` to the release file")),
    }
}

/// Members of RunTask that the service has too.
fn extra(service: &ServiceWanted) -> Map<String, Value> {
    const SHARED: [&str; 5] = [
        "networkConfiguration",
        "placementConstraints",
        "placementStrategy",
        "platformVersion",
        "enableExecuteCommand",
    ];
    let mut body: Map<String, Value> = service
        .create_extra
        .iter()
        .filter(|(key, _)| SHARED.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    body.extend(plan::of_tasks(service));
    body
}

/// The same for the same command of the same job, so that asking again starts nothing; another
/// one each time outside of a job. ECS takes 64 characters.
fn token(
    identity: &ReleaseIdentity,
    service: &ServiceWanted,
    command: &[String],
    caller: &Caller,
) -> String {
    let who = match identity.job {
        Some(job) => format!("job-{job}"),
        None => format!("at-{}", caller.clock.now().as_millis()),
    };
    let image = service.task.as_ref().map(|task| Value::Object(task.body().clone()).to_string());
    let mut hash = Sha256::new();
    for part in [service.name.as_str(), image.as_deref().unwrap_or_default()]
        .into_iter()
        .chain(command.iter().map(String::as_str))
    {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: String =
        hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{who}-{digest}")
}
