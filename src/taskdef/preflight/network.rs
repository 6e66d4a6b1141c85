//! Ports, links and host names against the network mode.

use super::{Object, Report, has, list, number, path, text};
use serde_json::Value;
use std::collections::HashSet;

pub(super) fn check(report: &mut Report<'_>, task: &Object, containers: &[&Object]) {
    let mode = text(task, "networkMode");
    let mut hosts = HashSet::new();
    let mut inside = HashSet::new();
    for container in containers {
        let at = path(container, "portMappings");
        for mapping in list(container, "portMappings") {
            let (host, port) =
                (number(mapping, "hostPort").unwrap_or(0), number(mapping, "containerPort"));
            let port = port.unwrap_or(0);
            let protocol = match text(mapping, "protocol") {
                "" => "tcp",
                protocol => protocol,
            };
            let same = matches!(mode, "awsvpc" | "host");
            if same && host != 0 && host != port {
                let message = format!("host port {host} differs from container port {port}");
                report.error(&at, format!("{message}: network mode {mode} forbids that"));
            }
            if mode == "none" {
                report.refused(&at, "network mode none has no ports");
            }
            if same && !inside.insert((port, protocol.to_owned())) {
                let message = format!("port {port}/{protocol} is used twice");
                report.error(
                    &at,
                    format!("{message}: in network mode {mode} containers share ports"),
                );
            } else if host != 0 && !hosts.insert((host, protocol.to_owned())) {
                report.refused(&at, format!("host port {host}/{protocol} is mapped twice"));
            }
        }
        let names = container.get("links").and_then(Value::as_array).into_iter().flatten();
        for link in names.filter_map(Value::as_str) {
            let other = link.split(':').next().unwrap_or("");
            if !containers.iter().any(|container| text(container, "name") == other) {
                let message = format!("link to \"{other}\", which does not exist");
                report.refused(&path(container, "links"), message);
            }
        }
        if has(container, "links") && !matches!(mode, "" | "bridge") {
            let message = format!("links need the network mode bridge, not {mode}");
            report.refused(&path(container, "links"), message);
        }
        for field in ["hostname", "extraHosts"] {
            if mode == "awsvpc" && has(container, field) {
                let message = format!("{field} does not go with network mode awsvpc");
                report.warning(&path(container, field), message);
            }
        }
    }
}
