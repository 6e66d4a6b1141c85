//! ECS's actions. Owns validation, answers and what an action changes; what happens later
//! by itself is the scheduler's.

mod account;
mod clusters;
mod continue_deployment;
mod create_service;
mod deployment_configuration;
mod dispatch;
mod find;
mod lifecycle_hooks;
mod run_task;
mod service_deployments;
mod service_json;
mod service_revisions;
mod service_rules;
mod services;
mod tags;
mod task_definition_defaults;
mod task_definition_rules;
mod task_definitions;
mod task_json;
mod tasks;
mod update_service;

pub(crate) use dispatch::{change, read};
