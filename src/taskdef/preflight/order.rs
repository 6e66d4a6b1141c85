//! `dependsOn`: every wait can end.

use super::{Object, Report, has, list, path, text, truth};

pub(super) fn check(report: &mut Report<'_>, containers: &[&Object]) {
    let find = |name: &str| containers.iter().find(|container| text(container, "name") == name);
    for container in containers {
        let at = path(container, "dependsOn");
        let name = text(container, "name");
        for wait in list(container, "dependsOn") {
            let other = text(wait, "containerName");
            let Some(target) = find(other) else {
                report
                    .error(&at, format!("\"{name}\" waits for \"{other}\", which does not exist"));
                continue;
            };
            let essential = !target.contains_key("essential") || truth(target, "essential");
            match text(wait, "condition") {
                "HEALTHY" if !has(target, "healthCheck") => {
                    let message = "to be healthy, which has no health check";
                    report.refused(&at, format!("\"{name}\" waits for \"{other}\" {message}"));
                }
                "COMPLETE" | "SUCCESS" if essential => {
                    let message = "which is essential: its end stops the task";
                    report.refused(
                        &at,
                        format!("\"{name}\" waits for the end of \"{other}\", {message}"),
                    );
                }
                _ => {}
            }
        }
    }
    if let Some(circle) = circle(containers) {
        let message = format!("{}: none of them can start", circle.join(" waits for "));
        report.refused("containerDefinitions", message);
    }
}

/// Containers that wait for each other in a circle; the first stands at both ends.
fn circle<'c>(containers: &[&'c Object]) -> Option<Vec<&'c str>> {
    let waits = |name: &str| -> Vec<&'c str> {
        let container = containers.iter().find(|container| text(container, "name") == name);
        container
            .map(|container| {
                list(container, "dependsOn").map(|wait| text(wait, "containerName")).collect()
            })
            .unwrap_or_default()
    };
    let mut done: Vec<&str> = Vec::new();
    for start in containers.iter().map(|container| text(container, "name")) {
        // Depth first, with the way from `start` and what is left to try at each station.
        let mut way = vec![(start, waits(start))];
        while let Some((name, left)) = way.last_mut() {
            let name = *name;
            match left.pop() {
                Some(next) if done.contains(&next) => {}
                Some(next) => {
                    if let Some(from) = way.iter().position(|(name, _)| *name == next) {
                        let mut circle: Vec<&str> =
                            way[from..].iter().map(|(name, _)| *name).collect();
                        circle.push(next);
                        return Some(circle);
                    }
                    way.push((next, waits(next)));
                }
                None => {
                    done.push(name);
                    way.pop();
                }
            }
        }
    }
    None
}
