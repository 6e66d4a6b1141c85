//! A simulated AWS account: ECS, load balancing and STS with virtual time, an ECS agent that
//! really pulls, and a load balancer that really serves. Owns the behaviour of the cloud;
//! must never know anything of the program that is tested.

mod agent;
pub mod brain;
mod data_plane;
mod handle;
mod http;
mod options;

pub use brain::{
    AccessKey, ApiError, Burst, CloudOptions, Deed, EXAMPLE_ACCESS_KEY, EXAMPLE_ACCOUNT,
    EXAMPLE_CLUSTER, EXAMPLE_LISTENER, EXAMPLE_LOAD_BALANCER, EXAMPLE_REGION, EXAMPLE_SECRET_KEY,
    EXAMPLE_TARGET_GROUP, EventTrouble, Exit, FateRule, Fault, FaultKind, Incident, LogGroups,
    MetricDelay, MetricTrouble, Pace, RecordedCall, Role, SCENARIOS, ScenarioTarget, ScriptLine,
    Secret, ServiceRow, SimTime, Switches, Tally, TaskFate, TrafficPlan, WebIdentityTrust,
    scenario,
};
pub use handle::{SimCloud, SimCloudHandle};
pub use options::{RegistryLogin, SimOptions};
