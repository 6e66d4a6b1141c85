//! Names, numbers and sizes.

use super::{Object, Report, path, text, truth};
use std::collections::HashSet;

/// Containers of a task definition (service quota, cannot be raised).
const MOST_CONTAINERS: usize = 10;
/// Bytes of a task definition (service quota, cannot be raised).
const MOST_BYTES: usize = 64 << 10;
/// Characters of a family or container name.
const LONGEST_NAME: usize = 255;

pub(super) fn check(report: &mut Report<'_>, task: &Object, containers: &[&Object]) {
    let family = text(task, "family");
    let wanted = "letters, digits, - and _ are wanted, at most 255";
    if !named(&family.replace('.', "-")) {
        report.error("family", format!("family \"{family}\": {wanted}"));
    } else if family.contains('.') {
        report.warning("family", format!("family \"{family}\": {wanted}; a dot may be refused"));
    }
    if containers.len() > MOST_CONTAINERS {
        let message = format!(
            "{} containers: a task definition has at most {MOST_CONTAINERS}",
            containers.len()
        );
        report.error("containerDefinitions", message);
    }
    let essential = |container: &&&Object| {
        !container.contains_key("essential") || truth(container, "essential")
    };
    if !containers.iter().any(|container| essential(&container)) {
        report.error("containerDefinitions", "no container is essential: a task needs one");
    }
    let mut seen = HashSet::new();
    for container in containers {
        let name = text(container, "name");
        if !named(name) {
            report.error(&path(container, "name"), format!("container \"{name}\": {wanted}"));
        }
        if !seen.insert(name) {
            report.error(&path(container, "name"), format!("two containers are named \"{name}\""));
        }
    }
    let bytes = serde_json::to_string(task).map_or(0, |text| text.len());
    if bytes > MOST_BYTES {
        let message =
            format!("the task definition has {bytes} bytes; ECS takes 64 KiB ({MOST_BYTES})");
        report.error("containerDefinitions", message);
    }
}

fn named(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(word)
}
