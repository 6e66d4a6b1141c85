//! What the containers of a task share: volumes, modes and platform.

use crate::compose::scope::Scope;
use crate::config::yaml::Place;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A volume of the task definition.
pub(in crate::compose) struct Volume {
    /// Its key in the compose file; empty for one that has none.
    pub key: String,
    /// Its name in the task definition.
    pub name: String,
    /// A path on the container instance.
    pub host: Option<String>,
    /// `dockerVolumeConfiguration` or `efsVolumeConfiguration`.
    pub configuration: Map<String, Value>,
}

/// The shared part.
#[derive(Default)]
pub(in crate::compose) struct Task {
    /// Volumes in order.
    pub volumes: Vec<Volume>,
    /// Names of the volumes of host paths.
    pub paths: HashMap<String, String>,
    /// `networkMode`, with the service that wants it.
    pub network_mode: Option<(String, Place)>,
    /// `pidMode`.
    pub pid_mode: Option<(String, Place)>,
    /// `ipcMode`.
    pub ipc_mode: Option<(String, Place)>,
    /// `runtimePlatform.cpuArchitecture`.
    pub architecture: Option<(String, Place)>,
    /// The names of all services.
    pub services: Vec<String>,
    /// Containers that another one waits for until they have ended well.
    pub ends: Vec<String>,
}

impl Task {
    /// The volume that is declared under `key`.
    pub(in crate::compose) fn named(&self, key: &str) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.key == key && !key.is_empty())
    }

    /// The name of the volume for a path of the host; it is made when there is none.
    pub(in crate::compose) fn bound(&mut self, path: &str) -> String {
        if let Some(name) = self.paths.get(path) {
            return name.clone();
        }
        let name = self.add(Some(path.to_owned()));
        self.paths.insert(path.to_owned(), name.clone());
        name
    }

    /// A new volume without a name of its own.
    pub(in crate::compose) fn anonymous(&mut self) -> String {
        self.add(None)
    }

    fn add(&mut self, host: Option<String>) -> String {
        // ecs-cli's names: the number of volumes so far.
        let name = format!("volume-{}", self.volumes.len());
        let volume =
            Volume { key: String::new(), name: name.clone(), host, configuration: Map::new() };
        self.volumes.push(volume);
        name
    }
}

/// Sets a shared value; another container's different wish is an error.
pub(in crate::compose) fn agree(
    scope: &mut Scope<'_>,
    shared: &mut Option<(String, Place)>,
    key: &str,
    value: &str,
    at: &Place,
) {
    match shared {
        Some((known, first)) if known != value => {
            let message =
                format!("{key} is \"{value}\" here and \"{known}\" in line {}", first.line);
            let hint = "The containers of a task share it: write the same for all of them.";
            scope.report(at.error(message).hint(hint));
        }
        Some(_) => {}
        None => *shared = Some((value.to_owned(), at.clone())),
    }
}
