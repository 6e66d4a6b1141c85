//! CPU, memory and GPU of a container, outside of `deploy`.

use super::{Container, sizes};
use crate::compose::units::cpu_units;
use crate::config::yaml::Node;
use crate::model::Severity;
use serde_json::json;

/// `mem_limit`, `mem_reservation` and their like under `deploy`: MiB, rounded down.
pub(in crate::compose) fn memory(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let field = if key.contains("reservation") { "memoryReservation" } else { "memory" };
    if let Some(size) = sizes::mebibytes(c.scope, key, node) {
        sizes::settle(c, field, key, size, &node.at);
    }
}

/// `cpu_shares`: ECS's CPU units are Docker's shares.
pub(in crate::compose) fn cpu_shares(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(units) = sizes::shares(c.scope, key, node) {
        sizes::settle(c, "cpu", key, units, &node.at);
    }
}

/// `cpus`: cores.
pub(in crate::compose) fn cpus(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let wanted = "a number of cores such as \"0.5\"";
    let Some(units) = c.scope.parsed(key, node, wanted, cpu_units) else { return };
    if units > 0 {
        sizes::settle(c, "cpu", key, units, &node.at);
    } else if node.as_text().is_some_and(|text| text.contains(|digit| matches!(digit, '1'..='9'))) {
        let message = format!("\"{key}\" is {}: less than one cpu unit of ECS", node.describe());
        c.scope.strict(node.at.error(message).hint("A core has 1024 units."));
    } else {
        sizes::nothing(c.scope, key, node);
    }
}

/// `memswap_limit`: memory and swap together. What of it is swap is known when the memory is.
pub(in crate::compose) fn memory_and_swap(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if node.as_text() == Some("-1") {
        let why = "ECS has no swap without limit: give a size";
        return c.scope.ignored(&node.at, key, Severity::Warning, why);
    }
    let size = sizes::mebibytes(c.scope, key, node);
    c.body.memory_and_swap = size.map(|size| (size, node.at.clone()));
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
