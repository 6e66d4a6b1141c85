//! The account as a state machine: calls and virtual time in, answers and changes out.
//! Owns everything that the simulated cloud knows; no sockets, no clock, no threads, and
//! chance only from the seed. Skins (in-process, HTTP) bring calls to it.

mod answering;
mod api_error;
mod autoscaling;
mod body;
mod caller;
mod cloud;
mod cloudwatch;
mod control;
mod ecs;
mod elb;
mod example;
mod fate;
mod faults;
mod iam;
mod ids;
mod logs;
mod options;
mod principals;
mod rate_limits;
mod recorded;
mod request;
mod scheduler;
mod secretsmanager;
mod ssm;
mod state;
mod sts;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod traffic;
mod trouble;

pub use api_error::ApiError;
pub use cloud::Cloud;
pub use cloudwatch::MetricTrouble;
pub use control::{PullImage, PullRequest, Pulled};
pub use elb::{Picked, Routed, Visit};
pub use example::{EXAMPLE_CLUSTER, EXAMPLE_LISTENER, EXAMPLE_LOAD_BALANCER, EXAMPLE_TARGET_GROUP};
pub use fate::{Exit, FateRule, TaskFate};
pub use faults::{Fault, FaultKind};
pub use options::{
    CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_ACCOUNT, EXAMPLE_REGION, EXAMPLE_SECRET_KEY,
    LogGroups, MetricDelay, Pace, Pulls, Switches,
};
pub use principals::{AccessKey, Role, Secret, WebIdentityTrust};
pub use recorded::RecordedCall;
pub use request::{Answer, Reply, Request};
pub use state::EventTrouble;
pub use table::ServiceRow;
pub use time::SimTime;
pub use traffic::{Burst, Incident, RealAnswer, Tally, TrafficPlan};
pub use trouble::{Deed, SCENARIOS, ScenarioTarget, ScriptLine, scenario};
