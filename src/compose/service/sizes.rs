//! Sizes in ECS's units, and which one counts when a file says two.

use super::{Body, Container};
use crate::compose::scope::Scope;
use crate::compose::units::mib;
use crate::config::yaml::{Node, Place};
use crate::model::Severity;

/// Keys that mean the same, says the Compose Specification: they may not differ.
const SAME: [(&str, &str); 3] = [
    ("cpus", "deploy.resources.limits.cpus"),
    ("mem_limit", "deploy.resources.limits.memory"),
    ("mem_reservation", "deploy.resources.reservations.memory"),
];

/// A size in MiB, rounded down. 0 says nothing; less than 1 MiB is a fault.
pub(in crate::compose) fn mebibytes(scope: &mut Scope<'_>, key: &str, node: &Node) -> Option<i64> {
    let bytes = scope.ram(key, node)?;
    let size = mib(bytes);
    if bytes == 0 {
        nothing(scope, key, node);
    } else if size <= 0 {
        let message = format!("\"{key}\" is {}: less than 1 MiB, ECS's unit", node.describe());
        scope.strict(node.at.error(message).hint("Write the unit: 512m."));
    }
    (size > 0).then_some(size)
}

/// CPU units. 0 says nothing.
pub(in crate::compose) fn shares(scope: &mut Scope<'_>, key: &str, node: &Node) -> Option<i64> {
    let units = scope.integer(key, node)?;
    match units {
        0 => nothing(scope, key, node),
        ..0 => scope.wrong(key, node, "a number above 0"),
        1.. => {}
    }
    (units > 0).then_some(units)
}

/// Names a 0, which Docker reads as if the key were not there.
pub(in crate::compose) fn nothing(scope: &mut Scope<'_>, key: &str, node: &Node) {
    scope.report(node.at.note(format!("\"{key}\" is 0: that counts as not written")));
}

/// Sets `cpu`, `memory` or `memoryReservation`; a second, different value is named.
pub(in crate::compose) fn settle(
    c: &mut Container<'_, '_>,
    field: &'static str,
    key: &str,
    size: i64,
    at: &Place,
) {
    match field {
        "cpu" => c.body.cpu = Some(size),
        "memory" => c.body.memory = Some(size),
        _ => c.body.reservation = Some(size),
    }
    let path = c.body.path(field);
    c.scope.remember(path, at);
    let before = c.body.said.insert(field, (key.to_owned(), size, at.clone()));
    let Some((old, _, place)) = before.filter(|(_, before, _)| *before != size) else { return };
    if SAME.contains(&(old.as_str(), key)) {
        let message = format!("\"{key}\" differs from \"{old}\" in line {}", place.line);
        c.scope.report(at.error(message).hint("They mean the same: keep one of them."));
    } else {
        let severity = match old.starts_with("deploy.") {
            true => Severity::Note,
            false => Severity::Warning,
        };
        let why = format!("ECS has one number, that of {key} in line {}", at.line);
        c.scope.ignored(&place, &old, severity, &why);
    }
}

/// `linuxParameters.maxSwap`, from `memswap_limit` and the memory limit of whatever file.
pub(in crate::compose) fn swap(scope: &mut Scope<'_>, body: &mut Body) {
    let Some((both, at)) = body.memory_and_swap.take() else { return };
    match body.memory {
        Some(memory) if both >= memory => {
            scope.remember(body.path("linuxParameters/maxSwap"), &at);
            body.linux.insert("maxSwap".to_owned(), (both - memory).into());
        }
        Some(memory) => {
            let message =
                format!("\"memswap_limit\" is {both} MiB, less than the memory limit {memory} MiB");
            scope.report(at.error(message).hint("It is memory and swap together."));
        }
        None => {
            let hint = "Set mem_limit, or deploy.resources.limits.memory.";
            let finding = at.error("\"memswap_limit\" without a memory limit");
            scope.report(finding.hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::{ComposeInput, Dialect, SourceText, translate};

    fn told(keys: &str, params: &str) -> String {
        let text = format!("services:\n  web:\n    image: a\n{keys}");
        let mut input = ComposeInput::new("web", vec![SourceText::new("c.yml", text)], &|_| None);
        input.dialect = Dialect::Native;
        let params = format!("task_definition: {{services: {{web: {params}}}}}");
        input.params = Some(SourceText::new("p.yml", params));
        let (container, findings) = match translate(&input) {
            Ok(done) => {
                let container = done.task.containers().next().cloned().unwrap_or_default();
                (container, done.findings)
            }
            Err(findings) => (serde_json::Map::new(), findings),
        };
        let fields = ["cpu", "memory", "memoryReservation", "linuxParameters"];
        let fields =
            fields.iter().filter_map(|field| Some(format!("{field} {}", container.get(*field)?)));
        let findings =
            findings.iter().filter(|finding| !finding.message.contains("no memory limit:"));
        fields.chain(findings.map(ToString::to_string)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_size_below_the_unit_of_ecs_is_a_fault_and_0_says_nothing() {
        let keys = "    mem_limit: 512\n    cpu_shares: -5\n    shm_size: 1k\n";
        assert_eq!(
            told(keys, "{mem_limit: 10, cpu_shares: -1}"),
            "c.yml:4:16: \"mem_limit\" is the number 512: less than 1 MiB, ECS's unit\n\
             c.yml:5:17: \"cpu_shares\" is the number -5; a number above 0 is wanted\n\
             c.yml:6:15: \"shm_size\" is \"1k\": less than 1 MiB, ECS's unit\n\
             p.yml:1:47: \"mem_limit\" is the number 10: less than 1 MiB, ECS's unit\n\
             p.yml:1:63: \"cpu_shares\" is the number -1; a number above 0 is wanted"
        );
        assert_eq!(
            told("    cpus: 0.0001\n", "{}"),
            "c.yml:4:11: \"cpus\" is the number 0.0001: less than one cpu unit of ECS"
        );
        assert_eq!(
            told("    cpus: 0.0\n    mem_limit: 0\n", "{}"),
            "memory 512\nc.yml:4:11: \"cpus\" is 0: that counts as not written\n\
             c.yml:5:16: \"mem_limit\" is 0: that counts as not written"
        );
    }

    #[test]
    fn two_keys_of_one_meaning_may_not_differ() {
        let deploy = |limits| format!("    deploy: {{resources: {{limits: {{{limits}}}}}}}\n");
        assert_eq!(
            told(&format!("    mem_limit: 64m\n{}", deploy("memory: 128m")), "{}"),
            "c.yml:5:43: \"deploy.resources.limits.memory\" differs from \"mem_limit\" in line 4"
        );
        assert_eq!(
            told(&format!("    mem_limit: 64m\n{}", deploy("memory: 65536k")), "{}"),
            "memory 64"
        );
        assert_eq!(
            told("    cpus: 1\n    cpu_shares: 512\n    mem_limit: 8m\n", "{}"),
            "cpu 512\nmemory 8\n\
             c.yml:4:11: ignored: cpus: ECS has one number, that of cpu_shares in line 5"
        );
    }

    #[test]
    fn swap_is_what_is_above_the_memory_limit_of_whatever_file() {
        let deploy = "    deploy: {resources: {limits: {memory: 128m}}}\n";
        let swap = "    memswap_limit: 192m\n";
        assert_eq!(
            told(&format!("{swap}{deploy}"), "{}"),
            "memory 128\nlinuxParameters {\"maxSwap\":64}"
        );
        assert_eq!(told(swap, "{mem_limit: 160m}"), "memory 160\nlinuxParameters {\"maxSwap\":32}");
        assert_eq!(told(swap, "{}"), "c.yml:4:20: \"memswap_limit\" without a memory limit");
        assert_eq!(
            told(swap, "{mem_limit: 1g}"),
            "c.yml:4:20: \"memswap_limit\" is 192 MiB, less than the memory limit 1024 MiB"
        );
        assert_eq!(
            told("    memswap_limit: -1\n    mem_limit: 8m\n", "{}"),
            "memory 8\nc.yml:4:20: ignored: memswap_limit: ECS has no swap without limit: give a size"
        );
    }
}
