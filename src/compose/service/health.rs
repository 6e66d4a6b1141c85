//! `healthcheck`.

use super::{Container, plain::texts};
use crate::compose::scope::Scope;
use crate::compose::table::HEALTHCHECK;
use crate::config::yaml::Node;
use serde_json::{Map, Value, json};

/// `healthcheck` of a service.
pub(in crate::compose) fn healthcheck(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(map) = c.scope.sub(key, node, HEALTHCHECK) else { return };
    let off = map.get("disable").and_then(|off| c.scope.boolean("healthcheck.disable", off));
    let mut check = Map::new();
    if let Some(test) = map.get("test") {
        let command = command(c.scope, "healthcheck.test", test);
        if command.first().is_some_and(|first| first == "NONE") {
            // ecs-cli sent it as it is.
            if c.scope.legacy && off != Some(true) {
                c.set("healthCheck", json!({"command": command}), &node.at);
            }
            return;
        }
        if test.as_list().is_some()
            && !command.first().is_some_and(|first| matches!(first.as_str(), "CMD" | "CMD-SHELL"))
        {
            let hint = "Write [\"CMD\", ...], [\"CMD-SHELL\", \"...\"] or a text.";
            let message = "\"healthcheck.test\": the list does not start with CMD or CMD-SHELL";
            c.scope.report(test.at.error(message).hint(hint));
        }
        check.insert("command".to_owned(), command.into());
    }
    if off == Some(true) {
        return;
    }
    for (name, field) in
        [("interval", "interval"), ("timeout", "timeout"), ("start_period", "startPeriod")]
    {
        let seconds =
            map.get(name).and_then(|value| c.scope.seconds(&format!("{key}.{name}"), value));
        check.extend(seconds.map(|seconds| (field.to_owned(), Value::from(seconds))));
    }
    let retries =
        map.get("retries").and_then(|value| c.scope.integer("healthcheck.retries", value));
    check.extend(retries.map(|retries| ("retries".to_owned(), Value::from(retries))));
    c.set("healthCheck", check, &node.at);
}

/// A test: a text runs in the shell, a list as it is.
pub(in crate::compose) fn command(scope: &mut Scope<'_>, key: &str, node: &Node) -> Vec<String> {
    if node.as_list().is_some() {
        return texts(scope.words(key, node));
    }
    match scope.text(key, node) {
        Some(text) => vec!["CMD-SHELL".to_owned(), text.to_owned()],
        None => Vec::new(),
    }
}
