//! Which format a compose file is written in.

use crate::config::yaml::{Map, Node};
use crate::model::Finding;
use std::fmt;

/// A compose file format. The Specification is what files without a version have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Version 1: services at the top, no `version`.
    V1,
    /// `version: "2"` to `"2.4"`.
    V2,
    /// `version: "3"` to `"3.13"`.
    V3,
    /// No version.
    Spec,
}

/// A set of formats.
pub(super) type Formats = u8;
pub(super) const V1: Formats = 1;
pub(super) const V2: Formats = 2;
pub(super) const V3: Formats = 4;
pub(super) const SPEC: Formats = 8;
/// Every format.
pub(super) const ALL: Formats = V1 | V2 | V3 | SPEC;
/// Every format with a `services` key.
pub(super) const SINCE_V2: Formats = V2 | V3 | SPEC;

/// A file's format, and whether ecs-cli read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Detected {
    /// The format.
    pub format: Format,
    /// True for files that ecs-cli took: of version 1, 2 or 3 without a minor number (or `.0`),
    /// and with no key that those do not have.
    pub known_to_ecs_cli: bool,
    /// True when the file says its version.
    pub declared: bool,
}

impl Format {
    /// The format as a set.
    pub(super) fn set(self) -> Formats {
        match self {
            Self::V1 => V1,
            Self::V2 => V2,
            Self::V3 => V3,
            Self::Spec => SPEC,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "version 1",
            Self::V2 => "version 2",
            Self::V3 => "version 3",
            Self::Spec => "the Compose Specification",
        })
    }
}

/// Tells the format of a file.
///
/// # Errors
/// The file is no mapping, its version is unknown, or it has no services.
pub(super) fn detect(root: &Node) -> Result<Detected, Finding> {
    let Some(map) = root.as_map() else {
        let message = format!("the compose file is {}; a mapping is wanted", root.describe());
        return Err(root.at.error(message));
    };
    let Some(version) = map.get("version").filter(|node| node.as_map().is_none()) else {
        return undeclared(root, map);
    };
    let text = version.as_text().unwrap_or("");
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    let format = match (major, minor.parse::<u8>()) {
        ("1", Ok(_)) => Format::V1,
        ("2", Ok(0..=4)) => Format::V2,
        ("3", Ok(0..=13)) => Format::V3,
        _ => {
            let message =
                format!("version is {}; known are 1, 2 to 2.4 and 3 to 3.13", version.describe());
            return Err(version.at.error(message).hint("Remove the line: no version is needed."));
        }
    };
    let known_to_ecs_cli = minor == "0" && has_old_keys_only(map, format);
    Ok(Detected { format, known_to_ecs_cli, declared: true })
}

/// The keys of a service in docker/cli's schema 3.0.
const KEYS_OF_3_0: &[&str] = &[
    "build",
    "cap_add",
    "cap_drop",
    "cgroup_parent",
    "command",
    "container_name",
    "depends_on",
    "deploy",
    "devices",
    "dns",
    "dns_search",
    "domainname",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "external_links",
    "extra_hosts",
    "healthcheck",
    "hostname",
    "image",
    "ipc",
    "labels",
    "links",
    "logging",
    "mac_address",
    "network_mode",
    "networks",
    "pid",
    "ports",
    "privileged",
    "read_only",
    "restart",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "sysctls",
    "tmpfs",
    "tty",
    "ulimits",
    "user",
    "userns_mode",
    "volumes",
    "working_dir",
];

/// The keys of a service in libcompose's schema 2.0.
const KEYS_OF_2_0: &[&str] = &[
    "build",
    "cap_add",
    "cap_drop",
    "cgroup_parent",
    "command",
    "container_name",
    "cpu_quota",
    "cpu_shares",
    "cpuset",
    "depends_on",
    "devices",
    "dns",
    "dns_search",
    "domainname",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "group_add",
    "hostname",
    "image",
    "ipc",
    "labels",
    "links",
    "logging",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "network_mode",
    "networks",
    "oom_score_adj",
    "pid",
    "ports",
    "privileged",
    "read_only",
    "restart",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "tmpfs",
    "tty",
    "ulimits",
    "user",
    "volume_driver",
    "volumes",
    "volumes_from",
    "working_dir",
];

/// ecs-cli refused a file with another key, and its long syntax of ports and volumes: then
/// there is no request of ecs-cli to be equal to.
fn has_old_keys_only(map: &Map, format: Format) -> bool {
    let top = ["version", "services", "volumes", "networks"];
    let (known, lists): (&[&str], &[&str]) = match format {
        Format::V2 => (KEYS_OF_2_0, &["depends_on", "ports", "volumes"]),
        Format::V3 => (KEYS_OF_3_0, &["depends_on", "ports", "volumes"]),
        Format::V1 | Format::Spec => return true,
    };
    let old_list = |node: &Node| {
        node.as_list().is_some_and(|items| items.iter().all(|item| item.as_map().is_none()))
    };
    let old_service = |service: &Node| {
        let entries = service.as_map().map_or(&[][..], |map| map.entries.as_slice());
        entries.iter().all(|entry| {
            known.contains(&entry.key.as_str())
                && (!lists.contains(&entry.key.as_str()) || old_list(&entry.value))
        })
    };
    let services = map.get("services").and_then(Node::as_map);
    map.entries.iter().all(|entry| top.contains(&entry.key.as_str()))
        && services.is_none_or(|all| all.entries.iter().all(|entry| old_service(&entry.value)))
}

fn undeclared(root: &Node, map: &Map) -> Result<Detected, Finding> {
    let known = ["services", "include", "volumes", "networks", "configs", "secrets", "name"];
    let modern = map.get("services").is_some_and(|services| !looks_like_service(services))
        || map.get("include").is_some();
    if modern {
        return Ok(Detected { format: Format::Spec, known_to_ecs_cli: false, declared: false });
    }
    let service = |key: &str, node: &Node| !key.starts_with("x-") && looks_like_service(node);
    if map.entries.iter().any(|entry| service(&entry.key, &entry.value)) {
        return Ok(Detected { format: Format::V1, known_to_ecs_cli: true, declared: false });
    }
    // An override file may have nothing but volumes or extensions.
    let partial = |key: &str| known.contains(&key) || key.starts_with("x-");
    if !map.entries.is_empty() && map.entries.iter().all(|entry| partial(&entry.key)) {
        return Ok(Detected { format: Format::Spec, known_to_ecs_cli: false, declared: false });
    }
    Err(root.at.error("the compose file has no \"services\""))
}

fn looks_like_service(node: &Node) -> bool {
    let keys = ["image", "build", "extends", "command"];
    node.as_map().is_some_and(|map| {
        keys.iter().any(|key| map.get(key).is_some_and(|value| value.as_map().is_none()))
    })
}
