//! The release file that says what the options of `ecs-cli` said.

use super::order::Order;
use std::fmt::Write as _;

/// A service and the order that releases it.
pub(super) struct Side<'a> {
    pub(super) name: &'a str,
    pub(super) order: &'a Order,
}

/// Options that both services share: the release file says each once.
const SHARED: &[&str] = &[
    "file",
    "ecs-params",
    "cluster",
    "region",
    "launch-type",
    "container-name",
    "container-port",
    "health-check-grace-period",
];

/// The text of the release file. `region` is the pipeline's own.
///
/// # Errors
/// An option that the two services would have to share differs.
pub(super) fn write(
    full: &Side<'_>,
    canary: Option<&Side<'_>>,
    region: Option<&str>,
) -> Result<String, String> {
    if let Some(canary) = canary {
        let differs = SHARED.iter().find(|name| full.order.all(name) != canary.order.all(name));
        if let Some(name) = differs {
            return Err(format!("the two services differ in --{name}"));
        }
    }
    let order = full.order;
    let mut out = String::from("# What is released, and where.\n");
    let mut line = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            _ = writeln!(out, "{key}: {}", scalar(value));
        }
    };
    line("cluster", order.get("cluster"));
    line("region", order.get("region").or(region));
    match order.all("file") {
        [] => line("compose", Some("docker-compose.yml")),
        [one] => line("compose", Some(one)),
        several => {
            let list: Vec<String> = several.iter().map(|file| scalar(file)).collect();
            _ = writeln!(out, "compose:\n  - {}", list.join("\n  - "));
        }
    }
    let mut line = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            _ = writeln!(out, "{key}: {}", scalar(value));
        }
    };
    line("params", order.get("ecs-params"));
    line("launch", order.get("launch-type"));
    let grace = order.get("health-check-grace-period").map(|seconds| format!("{seconds}s"));
    line("health_grace", grace.as_deref());
    if let Some(name) = order.get("container-name") {
        _ = writeln!(out, "container:\n  name: {}", scalar(name));
        if let Some(port) = order.get("container-port") {
            _ = writeln!(out, "  port: {}", number(port));
        }
    }
    out.push_str("services:\n");
    service(&mut out, "full", full);
    if let Some(canary) = canary {
        service(&mut out, "canary", canary);
        out.push_str("mode: twin\n");
    }
    Ok(out)
}

fn service(out: &mut String, key: &str, side: &Side<'_>) {
    _ = writeln!(out, "  {key}:\n    name: {}", scalar(side.name));
    let get = |name: &str| side.order.get(name);
    if let Some(count) = get("desired-count") {
        _ = writeln!(out, "    desired: {}", number(count));
    }
    let (least, most) = (get("deployment-min-healthy-percent"), get("deployment-max-percent"));
    if least.is_some() || most.is_some() {
        // Without the option, ecs-cli leaves ECS's own default.
        let percents = format!("{}/{}", least.unwrap_or("100"), most.unwrap_or("200"));
        _ = writeln!(out, "    percents: {}", scalar(&percents));
    }
    if let Some(group) = get("target-group-arn") {
        _ = writeln!(out, "    target_group: {}", scalar(group));
    }
}

/// A text that YAML reads as this text.
fn scalar(text: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "-_./:${}+=@".contains(c);
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '$')
        && text.chars().all(safe)
        && !text.ends_with(':')
        && text.bytes().any(|b| !b.is_ascii_digit() && b != b'.' && b != b'e')
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if plain {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

fn number(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.to_owned() } else { scalar(text) }
}
