//! CPU, memory and GPU of a container, outside of `deploy`.

use super::Container;
use crate::compose::units::{cpu_units, mib};
use crate::config::yaml::Node;
use serde_json::json;

/// `mem_limit`, `mem_reservation`: MiB, rounded down; 0 is no limit.
pub(in crate::compose) fn memory(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(bytes) = c.scope.ram(key, node) else { return };
    let limit = Some(mib(bytes)).filter(|mib| *mib > 0);
    if key == "mem_reservation" {
        c.body.reservation = limit;
        let path = c.body.path("memoryReservation");
        c.scope.remember(path, &node.at);
    } else {
        c.body.memory = limit;
        let path = c.body.path("memory");
        c.scope.remember(path, &node.at);
    }
}

/// `cpu_shares`: ECS's CPU units are Docker's shares.
pub(in crate::compose) fn cpu_shares(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(units) = c.scope.integer(key, node) {
        set_cpu(c, units, node);
    }
}

/// `cpus`: cores.
pub(in crate::compose) fn cpus(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(units) = c.scope.parsed(key, node, "a number of cores such as \"0.5\"", cpu_units) {
        set_cpu(c, units, node);
    }
}

fn set_cpu(c: &mut Container<'_, '_>, units: i64, node: &Node) {
    c.body.cpu = Some(units).filter(|units| *units > 0);
    let path = c.body.path("cpu");
    c.scope.remember(path, &node.at);
}

/// `memswap_limit`: memory and swap together, in ECS swap alone. Read after `mem_limit`.
pub(in crate::compose) fn memory_and_swap(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(bytes) = c.scope.ram(key, node) else { return };
    match c.body.memory {
        Some(memory) if mib(bytes) >= memory => {
            c.set_linux("maxSwap", mib(bytes) - memory, &node.at);
        }
        _ => c.scope.error(&node.at, format!("\"{key}\" is less than \"mem_limit\"")),
    }
}

/// `mem_swappiness`, 0 to 100.
pub(in crate::compose) fn swappiness(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(value) = c.scope.integer(key, node) {
        c.set_linux("swappiness", value, &node.at);
    }
}

/// `gpus`: a list of devices; `all` has no number for ECS.
pub(in crate::compose) fn gpus(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if node.as_list().is_some() {
        devices(c, key, node);
    } else if c.scope.text(key, node).is_some() {
        let hint = "Give a number: `gpus: [{count: 1}]`.";
        c.scope.report(node.at.error("\"gpus\": ECS wants the number of GPUs").hint(hint));
    }
}

/// `deploy.resources.reservations.devices`, and `gpus` as a list.
pub(super) fn devices(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut count: i64 = 0;
    for device in c.scope.items(key, node) {
        let Some(map) = c.scope.sub(key, device, crate::compose::table::DEVICE) else { continue };
        let kinds = map.get("capabilities").map(|node| c.scope.words("capabilities", node));
        let gpu = kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind.text == "gpu"));
        let ids = map.get("device_ids").and_then(Node::as_list).map_or(0, <[Node]>::len);
        let number = map.get("count").and_then(|number| c.scope.integer("count", number));
        match (gpu, number) {
            (true, Some(number)) => count = number.saturating_add(count),
            (true, None) if ids > 0 => {
                count = i64::try_from(ids).unwrap_or(0).saturating_add(count);
            }
            (true, None) => {
                c.scope.error(&device.at, format!("\"{key}\": a GPU without \"count\""));
            }
            (false, _) => {
                let message = format!("ignored: {key}: ECS knows only devices of the kind gpu");
                c.scope.report(device.at.warning(message));
            }
        }
    }
    if count > 0 {
        let gpu = json!({"type": "GPU", "value": count.to_string()});
        c.set("resourceRequirements", vec![gpu], &node.at);
    }
}
