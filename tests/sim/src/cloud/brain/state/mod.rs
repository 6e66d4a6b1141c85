//! What the simulated account holds. Owns the data and look-ups by name or ARN; decides nothing.

mod cluster;
mod deployment;
mod events;
mod lifecycle;
mod load_balancing;
mod service;
mod service_deployment;
mod tags;
mod task;
mod task_definition;
mod world;

pub(crate) use cluster::Cluster;
pub(crate) use deployment::{BackOff, Deployment, DeploymentStatus, RolloutState};
pub use events::EventTrouble;
pub(crate) use events::Events;
pub(crate) use lifecycle::{HookRun, HookStatus, Lifecycle, LifecycleStage};
pub(crate) use load_balancing::{
    Listener, LoadBalancer, Rule, Target, TargetChange, TargetGroup, TargetKey, TargetState,
};
pub(crate) use service::{Service, ServiceKey, ServiceStatus, load_balancers};
pub(crate) use service_deployment::{
    BreakerStatus, Rollback, ServiceDeployment, ServiceDeploymentStatus, ServiceRevision,
};
pub(crate) use tags::Tags;
pub(crate) use task::{Container, ContainerHealth, Stage, Stop, Task, TaskTimer};
pub(crate) use task_definition::TaskDefinition;
pub(crate) use world::World;
