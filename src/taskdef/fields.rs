//! Fields of a task definition that this program knows (API of aws-sdk-ecs 1.157): what ECS
//! returns beyond them would be lost when a revision is made from another one.

use super::normal::READ_ONLY;
use crate::model::TaskDefinitionSpec;
use serde_json::{Map, Value};

/// Known members by the path of their object; `[]` stands for every item of a list. Objects
/// whose members are the user's (labels, options) are not listed and may hold anything.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "family",
            "taskRoleArn",
            "executionRoleArn",
            "networkMode",
            "containerDefinitions",
            "volumes",
            "placementConstraints",
            "requiresCompatibilities",
            "cpu",
            "memory",
            "pidMode",
            "ipcMode",
            "proxyConfiguration",
            "inferenceAccelerators",
            "ephemeralStorage",
            "runtimePlatform",
            "enableFaultInjection",
        ],
    ),
    (
        "containerDefinitions[]",
        &[
            "name",
            "image",
            "repositoryCredentials",
            "cpu",
            "memory",
            "memoryReservation",
            "links",
            "portMappings",
            "essential",
            "restartPolicy",
            "entryPoint",
            "command",
            "environment",
            "environmentFiles",
            "mountPoints",
            "volumesFrom",
            "linuxParameters",
            "secrets",
            "dependsOn",
            "startTimeout",
            "stopTimeout",
            "versionConsistency",
            "hostname",
            "user",
            "workingDirectory",
            "disableNetworking",
            "privileged",
            "readonlyRootFilesystem",
            "dnsServers",
            "dnsSearchDomains",
            "extraHosts",
            "dockerSecurityOptions",
            "interactive",
            "pseudoTerminal",
            "dockerLabels",
            "ulimits",
            "logConfiguration",
            "healthCheck",
            "systemControls",
            "resourceRequirements",
            "firelensConfiguration",
            "credentialSpecs",
        ],
    ),
    (
        "containerDefinitions[].portMappings[]",
        &["containerPort", "hostPort", "protocol", "name", "appProtocol", "containerPortRange"],
    ),
    (
        "containerDefinitions[].linuxParameters",
        &[
            "capabilities",
            "devices",
            "initProcessEnabled",
            "sharedMemorySize",
            "tmpfs",
            "maxSwap",
            "swappiness",
        ],
    ),
    ("containerDefinitions[].logConfiguration", &["logDriver", "options", "secretOptions"]),
    (
        "containerDefinitions[].healthCheck",
        &["command", "interval", "timeout", "retries", "startPeriod"],
    ),
    (
        "containerDefinitions[].restartPolicy",
        &["enabled", "ignoredExitCodes", "restartAttemptPeriod"],
    ),
    ("containerDefinitions[].mountPoints[]", &["sourceVolume", "containerPath", "readOnly"]),
    ("containerDefinitions[].firelensConfiguration", &["type", "options"]),
    (
        "volumes[]",
        &[
            "name",
            "host",
            "dockerVolumeConfiguration",
            "efsVolumeConfiguration",
            "fsxWindowsFileServerVolumeConfiguration",
            "configuredAtLaunch",
            "s3filesVolumeConfiguration",
        ],
    ),
    (
        "volumes[].efsVolumeConfiguration",
        &[
            "fileSystemId",
            "rootDirectory",
            "transitEncryption",
            "transitEncryptionPort",
            "authorizationConfig",
        ],
    ),
    (
        "volumes[].dockerVolumeConfiguration",
        &["scope", "autoprovision", "driver", "driverOpts", "labels"],
    ),
    ("runtimePlatform", &["cpuArchitecture", "operatingSystemFamily"]),
];

/// Paths of fields in `described` that this program does not know. A plan that would make a
/// new revision out of this one must stop while there are any.
pub fn unknown_fields(described: &Map<String, Value>) -> Vec<String> {
    let mut unknown = Vec::new();
    look("", &Value::Object(described.clone()), &mut unknown);
    unknown.sort();
    unknown.dedup();
    unknown
}

fn look(path: &str, value: &Value, unknown: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            let below = format!("{path}[]");
            items.iter().for_each(|item| look(&below, item, unknown));
        }
        Value::Object(members) => {
            let Some((_, known)) = KNOWN.iter().find(|(of, _)| *of == path) else { return };
            for (field, value) in members {
                let below = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
                let read_only = path.is_empty() && READ_ONLY.contains(&field.as_str());
                if known.contains(&field.as_str()) {
                    look(&below, value, unknown);
                } else if !read_only {
                    unknown.push(below);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The body that would register `described` again: without facts about the revision.
pub fn registrable(described: &Map<String, Value>) -> TaskDefinitionSpec {
    let mut body = described.clone();
    body.retain(|field, value| !READ_ONLY.contains(&field.as_str()) && !value.is_null());
    TaskDefinitionSpec::new(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_of_the_future_is_named_with_its_path() {
        let described = json!({
            "family": "web", "revision": 1, "newThing": {"a": 1},
            "containerDefinitions": [
                {"name": "a", "dockerLabels": {"any": "x"}, "portMappings": [{"containerPort": 1, "future": 2}]},
                {"name": "b", "portMappings": [{"containerPort": 1, "future": 2}]},
            ],
        });
        let described = described.as_object().cloned().unwrap_or_default();
        assert_eq!(
            unknown_fields(&described),
            ["containerDefinitions[].portMappings[].future", "newThing"]
        );
        assert_eq!(registrable(&described).body().get("revision"), None);
    }
}
