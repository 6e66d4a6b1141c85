//! The account at a glance: services, revisions, digests, tasks. Owns this summary and the
//! dump of the whole state.

use super::cloud::Cloud;
use super::state::{Service, Stage};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One service with what runs in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceRow {
    /// Cluster name.
    pub cluster: String,
    /// Service name.
    pub service: String,
    /// `ACTIVE`, `DRAINING`, `INACTIVE`.
    pub status: String,
    /// `family:N` that it wants.
    pub revision: String,
    /// Image references of that revision, by container.
    pub images: BTreeMap<String, String>,
    /// Digests that run now and the number of running containers of each.
    pub digests: BTreeMap<String, u32>,
    /// Tasks wanted.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks on their way.
    pub pending: u32,
    /// `rolloutState` of the primary deployment.
    pub rollout: String,
    /// Status of the newest service deployment.
    pub deployment: String,
}

impl Cloud {
    /// All services that are not INACTIVE.
    pub fn services(&self) -> Vec<ServiceRow> {
        self.world
            .services
            .values()
            .map(|service| self.row(service))
            .filter(|row| row.status != "INACTIVE")
            .collect()
    }

    fn row(&self, service: &Service) -> ServiceRow {
        let tasks = self.world.tasks_of(&service.key);
        let counts = super::scheduler::Counts::of(&self.world, tasks.iter().copied());
        let mut digests = BTreeMap::new();
        let running = tasks.iter().filter(|task| task.stage == Stage::Running);
        for container in running.flat_map(|task| &task.containers) {
            if let Some(digest) = &container.digest {
                *digests.entry(digest.clone()).or_insert(0) += 1;
            }
        }
        let definition = self.world.task_definition(&service.task_definition);
        let images = definition
            .into_iter()
            .flat_map(|definition| definition.containers())
            .map(|container| {
                let text = |member: &str| container[member].as_str().unwrap_or("").to_owned();
                (text("name"), text("image"))
            })
            .collect();
        ServiceRow {
            cluster: service.key.cluster.clone(),
            service: service.key.name.clone(),
            status: service.status.as_str().to_owned(),
            revision: definition
                .map(|found| format!("{}:{}", found.family, found.revision))
                .unwrap_or_default(),
            images,
            digests,
            desired: service.desired,
            running: counts.running,
            pending: counts.pending,
            rollout: service.primary().map_or("", |primary| primary.rollout.as_str()).to_owned(),
            deployment: service.current().map_or("", |current| current.status.as_str()).to_owned(),
        }
    }

    /// The whole state as JSON, for people who look for what went wrong.
    pub fn dump(&self) -> Value {
        let tasks: Vec<Value> = self
            .world
            .tasks
            .values()
            .map(|task| {
                json!({
                    "task": task.id,
                    "service": task.service,
                    "deployment": task.deployment,
                    "revision": format!("{}:{}", task.family, task.revision),
                    "status": task.stage.as_str(),
                    "desired": if task.wanted { "RUNNING" } else { "STOPPED" },
                    "stopped_reason": task.stop.as_ref().map(|stop| &stop.reason),
                    "targets": task.targets.iter()
                        .map(|target| format!("{}:{}", target.id, target.port))
                        .collect::<Vec<_>>(),
                })
            })
            .collect();
        let groups: BTreeMap<&String, BTreeMap<String, &str>> = self
            .world
            .target_groups
            .iter()
            .map(|(arn, group)| {
                let targets = group
                    .targets
                    .iter()
                    .map(|((id, port), target)| (format!("{id}:{port}"), target.state.as_str()))
                    .collect();
                (arn, targets)
            })
            .collect();
        let events: BTreeMap<&str, Value> = self
            .world
            .services
            .values()
            .map(|service| (service.key.name.as_str(), service.events.to_json()))
            .collect();
        let rules: BTreeMap<&String, &Value> =
            self.world.rules.iter().map(|(arn, rule)| (arn, &rule.actions)).collect();
        json!({
            "services": self.services(),
            "tasks": tasks,
            "target_groups": groups,
            "rules": rules,
            "events": events,
            "faults": self.faults(),
            "unknown_actions": self.unknown_actions(),
        })
    }
}
