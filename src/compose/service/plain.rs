//! Keys that are a text, a list of texts, a switch or a mapping, and nothing more.

use super::Container;
use crate::compose::format::Format;
use crate::compose::scope::Word;
use crate::compose::words;
use crate::config::yaml::Node;
use serde_json::{Value, json};

/// `image`.
pub(in crate::compose) fn image(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(image) = c.scope.text(key, node) {
        c.body.image_at = Some(node.at.clone());
        c.set("image", image, &node.at);
    }
}

/// `extends` was merged while the files were read.
pub(in crate::compose) fn merged(_: &mut Container<'_, '_>, _: &str, _: &Node) {}

/// `hostname`, `user`, `working_dir`.
pub(in crate::compose) fn text(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let field = match key {
        "working_dir" => "workingDirectory",
        same => same,
    };
    if let Some(text) = c.scope.text(key, node) {
        c.set(field, text, &node.at);
    }
}

/// `privileged`, `read_only`, `tty`, `stdin_open`. False is ECS's own default.
pub(in crate::compose) fn switch(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let field = match key {
        "read_only" => "readonlyRootFilesystem",
        "tty" => "pseudoTerminal",
        "stdin_open" => "interactive",
        same => same,
    };
    if c.scope.boolean(key, node) == Some(true) {
        c.set(field, true, &node.at);
    }
}

/// `dns`, `dns_search`, `security_opt`, `links`.
pub(in crate::compose) fn list(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let field = match key {
        "dns" => "dnsServers",
        "dns_search" => "dnsSearchDomains",
        "security_opt" => "dockerSecurityOptions",
        same => same,
    };
    let values = texts(c.scope.words(key, node));
    c.set(field, values, &node.at);
}

/// `command`, `entrypoint`: a text is split as a shell does.
pub(in crate::compose) fn command(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let field = if key == "entrypoint" { "entryPoint" } else { "command" };
    if node.as_list().is_some() {
        let values = texts(c.scope.words(key, node));
        c.set(field, values, &node.at);
        return;
    }
    let Some(text) = c.scope.text(key, node) else { return };
    let old = c.scope.legacy && c.scope.format == Format::V3;
    let cut = if old { words::first_command(text) } else { text };
    if cut.len() < text.len() {
        let message = format!("ecs-cli cuts \"{key}\" before \"{}\"", text[cut.len()..].trim());
        let hint = "Write a list: [\"sh\", \"-c\", \"...\"].";
        c.scope.report(node.at.warning(message).hint(hint));
    }
    match words::split(cut) {
        Ok(words) => c.set(field, words, &node.at),
        Err(problem) => c.scope.error(&node.at, format!("\"{key}\": {problem}")),
    }
}

/// `labels`.
pub(in crate::compose) fn labels(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let pairs = c.scope.pairs(key, node, '=');
    let labels = pairs
        .into_iter()
        .map(|pair| (pair.key.to_owned(), Value::from(pair.value.unwrap_or_default())));
    let mut all = match c.body.fields.remove("dockerLabels") {
        Some(Value::Object(from_files)) => from_files,
        _ => serde_json::Map::new(),
    };
    all.extend(labels);
    c.set("dockerLabels", all, &node.at);
}

/// `extra_hosts`: `NAME:ADDRESS`, `NAME=ADDRESS`, or a mapping to one address or several.
pub(in crate::compose) fn extra_hosts(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut hosts: Vec<(String, String)> = Vec::new();
    if let Some(map) = node.as_map() {
        for entry in &map.entries {
            let addresses = c.scope.words(&format!("{key}.{}", entry.key), &entry.value);
            if addresses.is_empty() && entry.value.as_map().is_none() {
                c.scope.error(&entry.at, format!("\"{key}\": {} has no address", entry.key));
            }
            hosts.extend(addresses.iter().map(|one| (entry.key.clone(), one.text.to_owned())));
        }
    } else {
        for word in c.scope.words(key, node) {
            let by = if word.text.contains('=') { '=' } else { ':' };
            let pair = word.text.split_once(by);
            match pair.filter(|(name, address)| !name.is_empty() && !address.is_empty()) {
                Some((name, address)) => hosts.push((name.to_owned(), address.to_owned())),
                None => c.scope.error(
                    word.at,
                    format!("\"{key}\" is \"{}\"; HOSTNAME:ADDRESS is wanted", word.text),
                ),
            }
        }
    }
    let host = |(name, address): (String, String)| {
        let address = address.trim_matches(['[', ']']);
        json!({"hostname": name, "ipAddress": address})
    };
    let mut hosts: Vec<Value> = hosts.into_iter().map(host).collect();
    if c.scope.legacy && node.as_map().is_some() {
        // docker/cli sorts the lines that it makes of a mapping.
        hosts.sort_by_cached_key(ToString::to_string);
    }
    c.set("extraHosts", hosts, &node.at);
}

/// `stop_grace_period`.
pub(in crate::compose) fn stop_timeout(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(seconds) = c.scope.seconds(key, node) {
        c.set("stopTimeout", seconds, &node.at);
    }
}

/// `volumes_from`: `[container:]NAME[:ro|rw]`.
pub(in crate::compose) fn volumes_from(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut from = Vec::new();
    for word in c.scope.words(key, node) {
        let text = word.text.strip_prefix("container:").unwrap_or(word.text);
        let (name, mode) = text.split_once(':').unwrap_or((text, "rw"));
        if !matches!(mode, "ro" | "rw") {
            c.scope.error(word.at, format!("\"{key}\": mode \"{mode}\"; ro or rw is wanted"));
        } else if c.task.services.iter().any(|service| service == name) {
            from.push(json!({"sourceContainer": name, "readOnly": mode == "ro"}));
        } else {
            let message = format!("\"{key}\": there is no service \"{name}\"");
            c.scope.error(word.at, message);
        }
    }
    c.set("volumesFrom", from, &node.at);
}

/// `credential_spec`: ECS takes it as a security option of the container.
pub(in crate::compose) fn credential_spec(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(map) = c.scope.sub(key, node, crate::compose::table::CREDENTIAL_SPEC) else { return };
    for form in ["file", "registry"] {
        let Some(value) = map.get(form) else { continue };
        if let Some(text) = c.scope.text(&format!("{key}.{form}"), value) {
            let option = Value::from(format!("credentialspec:{form}://{text}"));
            let mut options = match c.body.fields.remove("dockerSecurityOptions") {
                Some(Value::Array(options)) => options,
                _ => Vec::new(),
            };
            options.push(option);
            c.set("dockerSecurityOptions", options, &node.at);
        }
    }
}

pub(super) fn texts(words: Vec<Word<'_>>) -> Vec<String> {
    words.into_iter().map(|word| word.text.to_owned()).collect()
}
