//! `ecs-canary demo`, and this program as the runner that its jobs know as `gitlab-runner`. Only in
//! builds with the feature `demo`; everything that happens is the simulator's.

use super::view::ViewArgs;
use crate::host::{self, Environment};
use clap::{Args, ValueEnum};
use ecs_sim::demo::{DemoError, DemoOptions, Yaml};
use ecs_sim::gitlab::runner::program;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `ecs-canary demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// How many times faster than real the simulated cloud is
    #[arg(long, default_value_t = 60.0, value_parser = speed)]
    speed: f64,
    /// Leave everything up at the end and say what to try
    #[arg(long)]
    keep: bool,
    /// Which pipelines are played
    #[arg(long, value_enum, default_value_t = Pipelines::All)]
    yaml: Pipelines,
    /// A real gitlab-runner instead of the built-in contract runner [default: $GITLAB_RUNNER]
    #[arg(long, value_name = "PATH")]
    runner: Option<PathBuf>,
    /// Show the jobs' logs with all sections open
    #[arg(long, short)]
    verbose: bool,
}

/// The example's pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pipelines {
    /// The native one, the one of 2018, and a release that is judged
    All,
    /// First the native one, then the one of 2018
    Both,
    /// `ecs-canary build`, `deploy canary`, `deploy full`
    Native,
    /// `docker` and `ecs-cli` by name
    #[value(name = "2018")]
    Of2018,
    /// `ecs-canary release`, stopped by the judge
    Judged,
}

/// Between real time and a thousand times faster: beyond it the sockets are slower than the clock.
fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (1.0..=1000.0).contains(&speed) => Ok(speed),
        _ => Err("a number from 1 to 1000 is wanted".to_owned()),
    }
}

/// Plays the demo; 1 when anything is not as it should be.
pub(super) fn run(args: DemoArgs, view: &ViewArgs, environment: &Environment) -> ExitCode {
    let said = |name: &str| environment.text(name).map(str::to_owned);
    let color = view.color.unwrap_or_default().is_on(&said, false, io::stdout().is_terminal());
    let played = options(args, view, environment, color).and_then(|options| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|cause| format!("the runtime could not be started: {cause}"))?;
        let played = runtime.block_on(ecs_sim::demo::run(options));
        runtime.shutdown_background();
        match played {
            Err(error) if is_unread(&error) => Ok(ExitCode::FAILURE),
            played => played.map(|()| ExitCode::SUCCESS).map_err(|error| chain(&error)),
        }
    });
    match played {
        Ok(code) => code,
        Err(message) => {
            // Nobody reads: then there is nobody to tell either.
            drop(writeln!(io::stderr(), "\ndemo failed: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// True when whoever read went away, as `head` does: no fault, and nothing to tell.
fn is_unread(error: &DemoError) -> bool {
    matches!(error, DemoError::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
}

fn options(
    args: DemoArgs,
    view: &ViewArgs,
    environment: &Environment,
    color: bool,
) -> Result<DemoOptions, String> {
    let executor =
        host::own_executable().map_err(|cause| format!("our own program is not known: {cause}"))?;
    let of_environment = || environment.path("GITLAB_RUNNER").map(PathBuf::from);
    Ok(DemoOptions {
        speed: args.speed,
        keep: args.keep,
        json: view.json,
        verbose: args.verbose,
        yaml: match args.yaml {
            Pipelines::All => Yaml::All,
            Pipelines::Both => Yaml::Both,
            Pipelines::Native => Yaml::Native,
            Pipelines::Of2018 => Yaml::Legacy2018,
            Pipelines::Judged => Yaml::Judged,
        },
        runner: args.runner.or_else(of_environment),
        executor,
        color,
    })
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// The contract runner, by the name that jobs call it.
pub(super) fn gitlab_runner(words: &[OsString]) -> ExitCode {
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    program::main(&words)
}
