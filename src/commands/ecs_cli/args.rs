//! What people write after `ecs-cli`. Options are those of ecs-cli 1.21; one that we accept and
//! cannot honour is refused when the command is carried out, never left out silently.

use super::{EcrImageArgs, ServiceArgs};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

/// A command by the name `ecs-cli`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Subcommand)]
#[serde(rename_all = "snake_case")]
pub enum EcsCliCall {
    /// Release the containers of a compose file
    Compose(Box<ComposeArgs>),
    /// Push an image of this job to the account's ECR
    Push(EcrImageArgs),
    /// Take note of an image in the account's ECR
    Pull(EcrImageArgs),
}

/// Options of `ecs-cli compose`; they are accepted behind the subcommand too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Options of ecs-cli compose")]
pub struct ComposeOptions {
    /// Name of family and service; the directory's name when left out
    #[arg(long, short, global = true, display_order = 900, value_name = "NAME")]
    pub project_name: Option<String>,
    /// A compose file; may be given several times
    #[arg(long, short, global = true, display_order = 900, value_name = "PATH")]
    pub file: Vec<String>,
    /// The ecs-params file
    #[arg(long, global = true, display_order = 900, value_name = "PATH")]
    pub ecs_params: Option<String>,
    /// The role that the containers have
    #[arg(long, global = true, display_order = 900, value_name = "ARN")]
    pub task_role_arn: Option<String>,
    /// The output file of `ecs-cli registry-creds up`
    #[arg(long, global = true, display_order = 900, value_name = "PATH")]
    pub registry_creds: Option<String>,
    /// The ECS cluster
    #[arg(long, short, global = true, display_order = 900, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The AWS region
    #[arg(long, short, global = true, display_order = 900, value_name = "REGION")]
    pub region: Option<String>,
    /// Refused: give --cluster and --region
    #[arg(long, global = true, display_order = 900, value_name = "NAME")]
    pub cluster_config: Option<String>,
    /// Refused: set the AWS keys as variables
    #[arg(long, global = true, display_order = 900, value_name = "NAME")]
    pub ecs_profile: Option<String>,
    /// Refused: set AWS_PROFILE
    #[arg(long, global = true, display_order = 900, value_name = "NAME")]
    pub aws_profile: Option<String>,
    /// No effect: the log says what is done
    #[arg(long, global = true, display_order = 900, visible_alias = "debug")]
    pub verbose: bool,
}

/// `ecs-cli compose`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ComposeArgs {
    /// Options of all subcommands.
    #[command(flatten)]
    pub options: ComposeOptions,
    /// What to do
    #[command(subcommand)]
    pub action: ComposeAction,
}

/// What `ecs-cli compose` can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Subcommand)]
#[serde(rename_all = "snake_case")]
pub enum ComposeAction {
    /// Register a task definition of the compose file and start nothing
    Create(TaskOptions),
    /// Run one task that belongs to no service, or bring those that run to the file
    Up(TaskUpOptions),
    /// Run one task where none runs
    Start(TaskUpOptions),
    /// Run one task with other commands: CONTAINER "COMMAND ..." ...
    Run(TaskRunOptions),
    /// Stop the tasks
    #[command(visible_alias = "down")]
    Stop,
    /// Run or stop as many tasks as it takes
    Scale(TaskScaleOptions),
    /// List the tasks' containers
    #[command(visible_alias = "list")]
    Ps(PsOptions),
    /// A service of the compose file's containers
    Service(ServiceArgs),
}

/// Options of `ecs-cli compose create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct TaskOptions {
    /// EC2, FARGATE or EXTERNAL
    #[arg(long, value_name = "TYPE")]
    pub launch_type: Option<String>,
    /// Make the log groups that the compose file names
    #[arg(long)]
    pub create_log_groups: bool,
    /// Tags: key1=value1,key2=value2
    #[arg(long, value_name = "TAGS")]
    pub tags: Option<String>,
}

/// Options of `up` and `start` of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct TaskUpOptions {
    /// Task definition and placement.
    #[command(flatten)]
    pub task: TaskOptions,
    /// Tags of ECS's own on the tasks.
    #[command(flatten)]
    pub managed: ManagedTags,
    /// Replace the tasks although nothing changed
    #[arg(long, short = 'u')]
    pub force_update: bool,
}

/// Options of `run` of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct TaskRunOptions {
    /// Tags: key1=value1,key2=value2
    #[arg(long, value_name = "TAGS")]
    pub tags: Option<String>,
    /// Tags of ECS's own on the tasks.
    #[command(flatten)]
    pub managed: ManagedTags,
    /// A container and its command, again and again
    #[arg(value_name = "CONTAINER \"COMMAND ...\"")]
    pub commands: Vec<String>,
}

/// Options of `scale` of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct TaskScaleOptions {
    /// How many tasks
    #[arg(value_name = "NUMBER")]
    pub count: u32,
    /// EC2, FARGATE or EXTERNAL
    #[arg(long, value_name = "TYPE")]
    pub launch_type: Option<String>,
    /// Tags: key1=value1,key2=value2
    #[arg(long, value_name = "TAGS")]
    pub tags: Option<String>,
    /// Tags of ECS's own on the tasks.
    #[command(flatten)]
    pub managed: ManagedTags,
}

/// Whether ECS marks tasks with its own tags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ManagedTags {
    /// Leave ECS's own tags off the tasks
    #[arg(long)]
    pub disable_ecs_managed_tags: bool,
}

/// Options of `ps`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PsOptions {
    /// RUNNING or STOPPED
    #[arg(long, value_name = "STATUS")]
    pub desired_status: Option<String>,
}
