//! By the name `docker`: what build jobs do with it, without a daemon. Images that were built
//! live in the job's store until they are pushed; nothing is ever run.

mod args;
mod build;
mod images;
mod login;
mod template;
mod transfer;

pub use args::{
    DockerBuildArgs, DockerCall, FormatArgs, ImagesArgs, InspectArgs, LoginArgs, LogoutArgs,
    ManifestAction, ManifestArgs, PullArgs, PushArgs, TagArgs,
};

use super::materials::Gathering;
use super::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Event, ImageReference, Outcome, OutcomeKind};
use serde_json::{Value, json};

impl DockerCall {
    pub(super) fn gather(&self, gathering: &mut Gathering<'_>) {
        if let Self::Build(args) = self {
            gathering.context(&args.wish());
        }
    }

    pub(super) async fn execute(
        self,
        bundle: Bundle,
        caller: &Caller,
        console: Console<'_>,
    ) -> Result<Outcome, Failure> {
        match self {
            Self::Login(args) => login::login(args, caller, console).await?,
            Self::Logout(args) => login::logout(&args, caller, console)?,
            Self::Build(args) => return build::execute(&args, bundle, caller, console).await,
            Self::Tag(args) => transfer::tag(&args, caller)?,
            Self::Push(args) => return transfer::push(&args, caller, console).await,
            Self::Pull(args) => return transfer::pull(&args, caller, console).await,
            Self::Inspect(args) => images::inspect(&args, caller, console)?,
            Self::Images(args) => images::list(&args, caller, console)?,
            Self::Manifest(args) => transfer::manifest(&args, caller, console).await?,
            Self::Version(args) => about(&args, &version(), console)?,
            Self::Info(args) => about(&args, &info(), console)?,
        }
        Ok(Outcome::new(OutcomeKind::Succeeded))
    }
}

fn version() -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let half = json!({ "Version": version, "Os": "linux", "Arch": arch() });
    json!({ "Name": "ecs-canary", "Client": half, "Server": half })
}

fn info() -> Value {
    json!({
        "Name": "ecs-canary",
        "ServerVersion": env!("CARGO_PKG_VERSION"),
        "OSType": "linux",
        "Architecture": arch(),
        "Driver": "none: images are built from files, base layers stay in their registry",
        "Containers": 0,
    })
}

/// As docker says it.
fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// A few lines, or the fields of `--format`.
fn about(args: &FormatArgs, value: &Value, console: Console<'_>) -> Result<(), Failure> {
    let text = match &args.format {
        Some(template) => formatted(template, value)?,
        None => lines(value, ""),
    };
    console.reporter.emit(Event::Output { text });
    Ok(())
}

fn lines(value: &Value, indent: &str) -> String {
    let members = value.as_object().into_iter().flatten();
    let lines = members.map(|(name, value)| match value {
        Value::Object(_) => format!("{indent}{name}:\n{}", lines(value, " ")),
        Value::String(text) => format!("{indent}{name}: {text}"),
        other => format!("{indent}{name}: {other}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn formatted(template: &str, value: &Value) -> Result<String, Failure> {
    if template == "json" {
        return Ok(value.to_string());
    }
    template::fill(template, value).map_err(|error| {
        Failure::new(Exit::Usage, error.to_string())
            .hint("one field is read: {{.Id}}, {{index .RepoDigests 0}}, {{json .Config.Env}}")
    })
}

/// A name that the user wrote.
fn reference(name: &str) -> Result<ImageReference, Failure> {
    name.parse().map_err(|error| {
        Failure::from_error(Exit::Usage, &error)
            .hint("write it as registry.example.com/group/app:tag; is a variable in it not set?")
    })
}

/// Files that `docker build` writes where the caller wants them.
pub(super) fn record_paths(args: &DockerBuildArgs) -> Vec<(&'static str, String)> {
    let wanted = [(build::IIDFILE, &args.iidfile), (build::METADATA, &args.metadata_file)];
    wanted.into_iter().filter_map(|(name, path)| Some((name, path.clone()?))).collect()
}
