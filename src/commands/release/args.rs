//! Arguments that the release commands share.

use crate::commands::Caller;
use crate::failure::{Exit, Failure};
use crate::model::{AgainRule, Goal, QueueRule};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// The release file that is read when none is named.
pub(super) const RELEASE_FILE: &str = "ecs-canary.yml";
/// `on` allows what `--again` allows.
const AGAIN_VARIABLE: &str = "ECS_CANARY_AGAIN";

/// A service of the release file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The canary service
    Canary,
    /// The full service
    Full,
}

/// Where a release lives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PlaceArgs {
    /// The release file [default: $ECS_CANARY_FILE, ecs-canary.yml]
    #[arg(long, short, value_name = "PATH")]
    pub file: Option<String>,
    /// The ECS cluster [default: $ECS_CANARY_CLUSTER, the release file's]
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The AWS region [default: the release file's, $AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
}

/// What is released.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ImageArgs {
    /// The image with its digest [default: $ECS_CANARY_IMAGE, image.json, the compose file's]
    #[arg(long, value_name = "REPO@sha256:...")]
    pub image: Option<String>,
    /// `off` leaves image tags as they are: the bytes are then not pinned
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    pub resolve: Option<Resolve>,
}

/// Whether tags are resolved to digests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Resolve {
    /// Tags are resolved
    #[default]
    On,
    /// Tags are left alone
    Off,
}

/// How a change is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ChangeArgs {
    /// Give up waiting after this time [default: $ECS_CANARY_DEADLINE, the release file's,
    /// what the job has left]
    #[arg(long, value_name = "55m")]
    pub deadline: Option<String>,
    /// Show what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What every command takes that brings a release to a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct BringArgs {
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// When another release is under way.
    #[command(flatten)]
    pub queue: QueueArgs,
}

/// The service that a command brings to the release, for scripts that name it for every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct SameSideArgs {
    /// The same once more, for scripts that name it for every command
    #[arg(long, value_enum, hide_possible_values = true, value_name = "canary|full")]
    pub service: Option<Side>,
}

impl SameSideArgs {
    /// # Errors
    /// Another side is named than `side`, to which `command` leads.
    pub(in crate::commands) fn is(&self, side: Side, command: &str) -> Result<(), Failure> {
        match self.service {
            Some(named) if named != side => {
                let message = format!("--service names another service than `{command}` brings");
                Err(Failure::new(Exit::Usage, message).hint("leave --service out"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// When another release is under way on the services.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct QueueArgs {
    /// Wait for another release to end instead of giving up
    #[arg(long)]
    pub wait: bool,
    /// Try a release once more that was judged bad before [default: $ECS_CANARY_AGAIN]
    #[arg(long)]
    pub again: bool,
}

impl QueueArgs {
    pub(in crate::commands) fn queue(&self) -> QueueRule {
        if self.wait { QueueRule::Wait } else { QueueRule::Refuse }
    }

    /// By the flag, else by `$ECS_CANARY_AGAIN`: what GitLab runs again has no other flags.
    ///
    /// # Errors
    /// The variable is neither `on` nor `off`.
    pub(in crate::commands) fn again(&self, caller: &Caller) -> Result<AgainRule, Failure> {
        match (self.again, caller.variable(AGAIN_VARIABLE)) {
            (true, _) | (false, Some("on")) => Ok(AgainRule::Allow),
            (false, None | Some("off")) => Ok(AgainRule::Refuse),
            (false, Some(other)) => Err(Failure::new(
                Exit::Usage,
                format!("${AGAIN_VARIABLE} is \"{other}\"; on or off is wanted"),
            )),
        }
    }
}

impl Side {
    /// What deploying to it is.
    pub(in crate::commands) fn goal(self) -> Goal {
        match self {
            Self::Canary => Goal::Canary,
            Self::Full => Goal::Full,
        }
    }
}
