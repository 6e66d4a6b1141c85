//! The account as a whole, in virtual time: minutes of the cloud cost microseconds here.

mod autoscaling;
mod breaker;
mod composite_alarms;
mod ecs_cli;
mod fixture;
mod health;
mod logs;
mod metrics;
mod native;
mod refusals;
mod rollouts;
mod scenarios;
mod stopping;
mod trouble;
mod weights;
