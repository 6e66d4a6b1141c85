//! `environment`, `env_file` and `label_file`.

use super::Container;
use crate::compose::dotenv;
use crate::compose::extend::named;
use crate::compose::format::Format;
use crate::compose::input::Dialect;
use crate::config::yaml::Node;

/// `env_file`: later files win, `environment` wins over all of them.
pub(in crate::compose) fn env_file(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    for (name, value) in assignments(c, key, node) {
        let trimmed = match c.scope.format {
            // libcompose trims the lines of versions 1 and 2.
            Format::V1 | Format::V2 if c.scope.legacy => {
                value.map(|value| value.trim_end().to_owned())
            }
            _ => value,
        };
        let resolved = match trimmed {
            // A name alone is passed through, when there is something to pass.
            None => match c.scope.variable(&name) {
                Some(value) => value,
                None => continue,
            },
            Some(value) => or_variable(c, &name, value),
        };
        put(c, &name, resolved);
    }
    let path = c.body.path("environment");
    c.scope.remember(path, &node.at);
}

/// `environment`: a variable without a value takes the process's, or is empty.
pub(in crate::compose) fn environment(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    for pair in c.scope.pairs(key, node, '=') {
        if pair.key.is_empty() {
            c.scope.error(pair.at, format!("\"{key}\": a variable without a name"));
            continue;
        }
        let value = match pair.value {
            Some(value) => or_variable(c, pair.key, value),
            None => match c.scope.variable(pair.key) {
                Some(value) => value,
                None => {
                    let message = format!("variable {} is not set: it becomes empty", pair.key);
                    c.scope.report(pair.at.note(message));
                    String::new()
                }
            },
        };
        put(c, pair.key, value);
    }
    let path = c.body.path("environment");
    c.scope.remember(path, &node.at);
}

/// `label_file`: below `labels`.
pub(in crate::compose) fn label_file(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut labels = serde_json::Map::new();
    for (name, value) in assignments(c, key, node) {
        labels.insert(name, value.unwrap_or_default().into());
    }
    c.set("dockerLabels", labels, &node.at);
}

type NamedValue = (String, Option<String>);

fn assignments(c: &mut Container<'_, '_>, key: &str, node: &Node) -> Vec<NamedValue> {
    let mut all = Vec::new();
    for file in named(c.scope, key, node) {
        let path = &file.path;
        let text = match c.scope.input.others.get(path.text) {
            Some(Some(text)) => text,
            Some(None) if file.required => {
                c.scope.error(path.at, format!("{key}: {}: no such file", path.text));
                continue;
            }
            Some(None) | None => continue,
        };
        let scope = &*c.scope;
        let lookup = |name: &str| scope.variable(name);
        // ecs-cli's grammar is the raw one.
        let dialect = if file.raw { Dialect::EcsCli } else { scope.input.dialect };
        match dotenv::read(path.text, text, dialect, &lookup) {
            Ok(lines) => all.extend(lines.into_iter().map(|line| (line.name, line.value))),
            Err(findings) => findings.into_iter().for_each(|finding| c.scope.report(finding)),
        }
    }
    all
}

/// ecs-cli put the process's variable in place of an empty value, too.
fn or_variable(c: &Container<'_, '_>, name: &str, value: String) -> String {
    if c.scope.legacy && value.is_empty() {
        return c.scope.variable(name).unwrap_or(value);
    }
    value
}

fn put(c: &mut Container<'_, '_>, name: &str, value: String) {
    let next = c.body.environment.len();
    let place = *c.body.variables.entry(name.to_owned()).or_insert(next);
    match c.body.environment.get_mut(place) {
        Some((_, old)) => *old = value,
        None => c.body.environment.push((name.to_owned(), value)),
    }
}
