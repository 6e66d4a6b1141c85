//! The words after `docker`.

use super::parse::{Meant, Work, invocation, with_program};
use super::view::ViewArgs;
use crate::commands::{Call, DockerBuildArgs, DockerCall};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;

/// docker, as far as a build job needs it: images are built and pushed by ecs-canary
#[derive(Debug, Parser)]
#[command(
    name = "docker",
    display_name = "Docker version",
    version = concat!(env!("CARGO_PKG_VERSION"), ", build ecs-canary"),
    disable_help_subcommand = true,
    disable_version_flag = true,
    max_term_width = 100
)]
pub(super) struct Docker {
    /// Show the version
    #[arg(short, long, action = clap::ArgAction::Version)]
    version: Option<bool>,
    /// No effect: there is no daemon
    #[arg(short = 'H', long, global = true, hide = true)]
    host: Option<String>,
    /// No effect: logins are kept for this job only
    #[arg(long, hide = true)]
    config: Option<String>,
    #[command(subcommand)]
    command: DockerCommand,
}

#[derive(Debug, Subcommand)]
enum DockerCommand {
    #[command(flatten)]
    Call(DockerCall),
    /// `build` and `version` of buildx; builders are not needed
    Buildx {
        #[command(subcommand)]
        command: Buildx,
    },
    /// The commands about images
    Image {
        #[command(subcommand)]
        command: DockerCall,
    },
    /// `build`
    Builder {
        #[command(subcommand)]
        command: Builder,
    },
    /// Not needed
    #[command(hide = true)]
    Context(Ignored),
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

#[derive(Debug, Subcommand)]
enum Buildx {
    /// Build an image
    Build(Box<DockerBuildArgs>),
    /// Show the version
    Version,
    /// Not needed
    Create(Ignored),
    /// Not needed
    Use(Ignored),
    /// Not needed
    Inspect(Ignored),
    /// Not needed
    Ls(Ignored),
    /// Not needed
    Rm(Ignored),
}

#[derive(Debug, Subcommand)]
enum Builder {
    /// Build an image
    Build(Box<DockerBuildArgs>),
    /// Not needed
    Prune(Ignored),
}

#[derive(Debug, clap::Args)]
struct Ignored {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<OsString>,
}

pub(super) fn parse(words: Vec<OsString>, view: &ViewArgs) -> Meant {
    match Docker::try_parse_from(with_program("docker", words)) {
        Ok(docker) => meant(docker.command, view),
        Err(error) => Meant::Say(Box::new(error)),
    }
}

fn meant(command: DockerCommand, view: &ViewArgs) -> Meant {
    let call = |call| invocation(view.clone(), Work::Call(Call::Docker(call)));
    let note = |text: &str| invocation(view.clone(), Work::Note(text.to_owned()));
    match command {
        DockerCommand::Call(docker) | DockerCommand::Image { command: docker } => call(docker),
        DockerCommand::Buildx { command: Buildx::Build(args) }
        | DockerCommand::Builder { command: Builder::Build(args) } => call(DockerCall::Build(args)),
        DockerCommand::Buildx { command: Buildx::Version } => {
            note(concat!("ecs-canary ", env!("CARGO_PKG_VERSION"), " (by the name docker buildx)"))
        }
        DockerCommand::Buildx { .. } => {
            note("nothing to do: ecs-canary builds images without a builder")
        }
        DockerCommand::Context(_) => note("nothing to do: there is no daemon to choose"),
        DockerCommand::Builder { .. } => note("nothing to do: ecs-canary keeps no build cache"),
        DockerCommand::Other(words) => {
            let word = words.first().map(|word| word.to_string_lossy().into_owned());
            let error = Docker::command()
                .error(ErrorKind::InvalidSubcommand, refusal(&word.unwrap_or_default()));
            Meant::Say(Box::new(error))
        }
    }
}

/// Why a command of the real docker is not here, and what to use.
fn refusal(word: &str) -> String {
    let instead = match word {
        "run" | "exec" | "create" | "start" | "stop" | "restart" | "kill" | "wait" | "attach"
        | "logs" | "ps" | "rm" | "cp" | "top" | "stats" | "port" | "container" => {
            "this executor runs no containers: put the command into the script itself, or into a \
             job on a runner with the docker executor"
        }
        "compose" | "stack" | "service" | "swarm" | "node" | "config" | "secret" => {
            "this executor starts no services: release the compose file with `ecs-canary deploy \
             canary` or `ecs-cli compose service up`, and run integration tests on a runner with \
             the docker executor"
        }
        "network" | "volume" | "plugin" => {
            "there is no daemon: remove the line, nothing needs it here"
        }
        "system" | "rmi" => {
            "nothing is left behind by a job: remove the line, images go with the job"
        }
        "save" | "load" | "export" | "import" | "commit" => {
            "images pass from job to job by their registry: use `docker push`, and the digest in \
             image.json"
        }
        "search" | "history" | "diff" | "trust" | "scout" | "scan" | "sbom" | "init" => {
            "use a job on a runner with the docker executor"
        }
        _ => "see `docker --help` for what there is",
    };
    format!("`docker {word}` is not offered by ecs-canary: {instead}")
}
