//! What people write after `ecs-cli compose service`.

use super::{PsOptions, TaskOptions};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

/// `ecs-cli compose service`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ServiceArgs {
    /// What to do
    #[command(subcommand)]
    pub action: ServiceAction,
}

/// What `ecs-cli compose service` can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Subcommand)]
#[serde(rename_all = "snake_case")]
pub enum ServiceAction {
    /// Register the task definition; create the service or bring it to it
    Up(Box<UpOptions>),
    /// Register the task definition and create the service with no tasks
    Create(Box<UpOptions>),
    /// Start one task where there is none
    Start(StartOptions),
    /// Take the service to no tasks
    Stop(WaitOptions),
    /// Change the number of tasks
    Scale(ScaleOptions),
    /// Delete the service
    #[command(visible_aliases = ["delete", "down"])]
    Rm(RemoveOptions),
    /// List the service's containers
    #[command(visible_alias = "list")]
    Ps(PsOptions),
}

/// Percents of a deployment, and how long to wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct WaitOptions {
    /// Most tasks during a deployment, per cent of the wanted number
    #[arg(long, value_name = "PERCENT")]
    pub deployment_max_percent: Option<u32>,
    /// Fewest healthy tasks during a deployment, per cent of the wanted number
    #[arg(long, value_name = "PERCENT")]
    pub deployment_min_healthy_percent: Option<u32>,
    /// Minutes to wait, decimals allowed
    #[arg(long, value_name = "MINUTES")]
    pub timeout: Option<String>,
    /// Start a new deployment although nothing changed
    #[arg(long)]
    pub force_deployment: bool,
}

/// Options of `start`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct StartOptions {
    /// Per cents and wait.
    #[command(flatten)]
    pub wait: WaitOptions,
    /// Make the log groups that the compose file names
    #[arg(long)]
    pub create_log_groups: bool,
}

/// Options of `up` and `create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct UpOptions {
    /// Percents and wait.
    #[command(flatten)]
    pub wait: WaitOptions,
    /// Load balancer.
    #[command(flatten)]
    pub balancer: BalancerOptions,
    /// Task definition and placement.
    #[command(flatten)]
    pub task: TaskOptions,
    /// REPLICA or DAEMON
    #[arg(long, value_name = "STRATEGY")]
    pub scheduling_strategy: Option<String>,
    /// Leave ECS's own tags off the tasks of a new service
    #[arg(long)]
    pub disable_ecs_managed_tags: bool,
    /// Tasks of a new service (not an option of ecs-cli)
    #[arg(long, value_name = "NUMBER")]
    pub desired_count: Option<u32>,
    /// `off` leaves image tags as they are (not an option of ecs-cli)
    #[arg(long, value_name = "on|off")]
    pub resolve: Option<String>,
    /// Service discovery.
    #[command(flatten)]
    pub discovery: DiscoveryOptions,
}

/// Where a service is registered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct BalancerOptions {
    /// The target group
    #[arg(long, value_name = "ARN")]
    pub target_group_arn: Option<String>,
    /// Several target groups: targetGroupArn=...,containerName=...,containerPort=...
    #[arg(long, value_name = "GROUP")]
    pub target_groups: Vec<String>,
    /// A classic load balancer
    #[arg(long, value_name = "NAME")]
    pub load_balancer_name: Option<String>,
    /// The container that is registered
    #[arg(long, value_name = "NAME")]
    pub container_name: Option<String>,
    /// Its port
    #[arg(long, value_name = "PORT")]
    pub container_port: Option<u16>,
    /// The role that ECS uses for the load balancer
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Seconds in which health checks of a new task do not count
    #[arg(long, value_name = "SECONDS")]
    pub health_check_grace_period: Option<u32>,
}

/// Service discovery; known so that it can be refused by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct DiscoveryOptions {
    #[arg(long, hide = true)]
    pub(super) enable_service_discovery: bool,
    #[arg(long, hide = true)]
    pub(super) update_service_discovery: bool,
    #[arg(long, hide = true)]
    pub(super) vpc: Option<String>,
    #[arg(long, hide = true)]
    pub(super) private_dns_namespace: Option<String>,
    #[arg(long, hide = true)]
    pub(super) private_dns_namespace_id: Option<String>,
    #[arg(long, hide = true)]
    pub(super) public_dns_namespace: Option<String>,
    #[arg(long, hide = true)]
    pub(super) public_dns_namespace_id: Option<String>,
    #[arg(long, hide = true)]
    pub(super) sd_container_name: Option<String>,
    #[arg(long, hide = true)]
    pub(super) sd_container_port: Option<String>,
    #[arg(long, hide = true)]
    pub(super) dns_ttl: Option<String>,
    #[arg(long, hide = true)]
    pub(super) dns_type: Option<String>,
    #[arg(long, hide = true)]
    pub(super) healthcheck_custom_config_failure_threshold: Option<String>,
}

/// Options of `scale`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ScaleOptions {
    /// How many tasks
    #[arg(value_name = "NUMBER")]
    pub count: u32,
    /// Percents and wait.
    #[command(flatten)]
    pub wait: WaitOptions,
}

/// Options of `rm`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct RemoveOptions {
    /// Delete the service discovery namespace too
    #[arg(long, hide = true)]
    pub delete_namespace: bool,
    /// Minutes to wait; the deletion is not waited for
    #[arg(long, value_name = "MINUTES")]
    pub timeout: Option<String>,
}

impl DiscoveryOptions {
    /// True when one of them is given.
    pub(super) fn is_asked_for(&self) -> bool {
        *self != Self::default()
    }
}
