//! Does the load balancer's container and port exist in the task definition?

use crate::model::{Finding, LoadBalancerBinding, ServiceWanted, TaskDefinitionSpec};
use serde_json::{Map, Value};

/// A finding when `binding` names a container or port that `task` does not have.
pub(super) fn binding(
    service: &ServiceWanted,
    binding: &LoadBalancerBinding,
    task: &TaskDefinitionSpec,
) -> Option<Finding> {
    let wanted = binding.container.as_str();
    let names: Vec<&str> = task.containers().filter_map(name_of).collect();
    let Some(container) = task.containers().find(|one| name_of(one) == Some(wanted)) else {
        let finding = Finding::error(format!(
            "{}: the load balancer wants container \"{wanted}\", the task definition has {}",
            service.name,
            names.join(", ")
        ));
        return Some(match nearest(wanted, &names) {
            Some(name) => finding.hint(format!("write \"{name}\"")),
            None => finding,
        });
    };
    let ports = ports_of(container);
    if ports.contains(&binding.port) {
        return None;
    }
    let shown: Vec<String> = ports.iter().map(ToString::to_string).collect();
    let found = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
    Some(
        Finding::error(format!(
            "{}: the load balancer wants port {} of container \"{wanted}\", which opens {found}",
            service.name, binding.port
        ))
        .hint(format!("add \"{}\" to `ports` of {wanted}, or use a port it has", binding.port)),
    )
}

fn name_of(container: &Map<String, Value>) -> Option<&str> {
    container.get("name")?.as_str()
}

fn ports_of(container: &Map<String, Value>) -> Vec<u16> {
    let mappings = container.get("portMappings").and_then(Value::as_array);
    let ports = mappings.into_iter().flatten().filter_map(|mapping| {
        let port = mapping.get("containerPort")?.as_u64()?;
        u16::try_from(port).ok()
    });
    ports.collect()
}

/// The name that differs least, when that is little enough for a slip of the keyboard.
fn nearest<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let (distance, name) = names.iter().map(|name| (distance(wanted, name), *name)).min()?;
    (distance <= wanted.chars().count().div_ceil(2)).then_some(name)
}

/// Levenshtein's edit distance, row by row.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, left) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(&other) {
            let above = *cell;
            let changed = diagonal + usize::from(left != *right);
            before = changed.min(above + 1).min(before + 1);
            diagonal = above;
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        assert_eq!(nearest("wep", &["web", "log-router"]), Some("web"));
        assert_eq!(nearest("database", &["web"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
