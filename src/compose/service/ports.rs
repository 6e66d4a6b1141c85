//! `ports`, short and long.

use super::Container;
use crate::compose::format::Format;
use crate::compose::table::PORT;
use crate::config::yaml::{Node, Place};
use serde_json::{Map, Value, json};

/// The most ports a range may name: ECS takes 100 port mappings for a container instance.
const MOST_PORTS: u16 = 100;

/// `ports`.
pub(in crate::compose) fn ports(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut published: Vec<Published> = Vec::new();
    for item in c.scope.items(key, node) {
        let found = if item.as_map().is_some() { long(c, item) } else { short(c, key, item) };
        for one in found {
            // ecs-cli sent what was written twice; its merge of files is a rule of its own.
            let same = published.iter_mut().find(|old| !c.scope.legacy && old.key == one.key);
            match same {
                Some(old) => {
                    if old.mapping != one.mapping && old.at.file == one.at.file {
                        let message =
                            format!("this is the port of line {}, once more", old.at.line);
                        c.scope.report(one.at.warning(message).hint("The later one counts."));
                    }
                    *old = one;
                }
                None => published.push(one),
            }
        }
    }
    let mappings: Vec<Value> = published.into_iter().map(|one| one.mapping).collect();
    c.set("portMappings", mappings, &node.at);
}

/// A published port. Two are the same when address, host port, container port and protocol are:
/// so says the Compose Specification of files that are merged.
struct Published {
    key: (String, u16, u16, &'static str),
    mapping: Value,
    at: Place,
}

impl Published {
    fn new(
        address: Option<&str>,
        (host, container): (u16, u16),
        protocol: &'static str,
        at: &Place,
    ) -> Self {
        let address = address.map_or("0.0.0.0", |text| text.trim_matches(['[', ']'])).to_owned();
        let mapping = mapping(host, container, protocol);
        Self { key: (address, host, container, protocol), mapping, at: at.clone() }
    }
}

fn short(c: &mut Container<'_, '_>, key: &str, item: &Node) -> Vec<Published> {
    let Some(text) = item.as_text() else {
        c.scope.wrong(key, item, "a port such as \"8080:80\"");
        return Vec::new();
    };
    let old = c.scope.legacy && c.scope.format == Format::V3;
    let spread = if old { HostRange::EachPort } else { HostRange::Refused };
    match parse(text, spread) {
        Ok(Short { address, pairs, protocol }) => {
            if let Some(address) = address {
                let message = format!("ignored: the address {address} of \"{text}\"");
                c.scope.report(item.at.note(format!("{message}: ECS listens on all addresses")));
            }
            let published = |pair| Published::new(address, pair, protocol, &item.at);
            pairs.into_iter().map(published).collect()
        }
        Err(problem) => {
            c.scope.error(&item.at, format!("ports \"{text}\": {problem}"));
            Vec::new()
        }
    }
}

/// A port in short syntax: `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`.
struct Short<'t> {
    address: Option<&'t str>,
    pairs: Vec<(u16, u16)>,
    protocol: &'static str,
}

/// What a range of host ports for one container port means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HostRange {
    /// One of them, says Compose: ECS cannot choose.
    Refused,
    /// All of them, said docker/cli in ecs-cli.
    EachPort,
}

fn parse(text: &str, host_range: HostRange) -> Result<Short<'_>, String> {
    let (rest, protocol) = match text.split_once('/') {
        Some((rest, protocol)) => (rest, protocol_of(protocol)?),
        None => (text, "tcp"),
    };
    let (left, container) = rest.rsplit_once(':').map_or((None, rest), |(l, c)| (Some(l), c));
    let (address, host) = match left {
        None => (None, ""),
        Some(left) => match left.rsplit_once(':') {
            Some((address, host)) => (Some(address), host),
            None => (None, left),
        },
    };
    let mut containers = range(container)?;
    let hosts = if host.is_empty() { vec![0; containers.len()] } else { range(host)? };
    if let ([port], HostRange::EachPort) = (containers.as_slice(), host_range) {
        containers = vec![*port; hosts.len()];
    }
    if hosts.len() != containers.len() {
        return Err("the two ranges differ in length".to_owned());
    }
    Ok(Short { address, pairs: hosts.into_iter().zip(containers).collect(), protocol })
}

fn range(text: &str) -> Result<Vec<u16>, String> {
    let port = |text: &str| {
        let port = text.parse::<u16>().ok().filter(|port| *port > 0);
        port.ok_or_else(|| format!("\"{text}\" is no port, 1 to 65535"))
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (port(first)?, port(last)?),
        None => (port(text)?, port(text)?),
    };
    if last < first || last - first >= MOST_PORTS {
        return Err(format!("the range {text} is empty or has more than {MOST_PORTS} ports"));
    }
    Ok((first..=last).collect())
}

fn protocol_of(text: &str) -> Result<&'static str, String> {
    match text.to_ascii_lowercase().as_str() {
        "tcp" => Ok("tcp"),
        "udp" => Ok("udp"),
        _ => Err(format!("protocol \"{text}\"; ECS has tcp and udp")),
    }
}

/// Host port 0 is ECS's default: a free port, or in awsvpc the same one.
fn mapping(host: u16, container: u16, protocol: &str) -> Value {
    let mut mapping = json!({"containerPort": container, "protocol": protocol});
    if host != 0 {
        mapping["hostPort"] = host.into();
    }
    mapping
}

fn long(c: &mut Container<'_, '_>, item: &Node) -> Vec<Published> {
    let Some(map) = c.scope.sub("ports", item, PORT) else { return Vec::new() };
    let mut port = |key: &str| {
        let node = map.get(key).filter(|node| !node.is_null())?;
        match range(node.as_text().unwrap_or_default()) {
            Ok(ports) => Some(ports),
            Err(_) => {
                c.scope.wrong(&format!("ports.{key}"), node, "a port, 1 to 65535");
                None
            }
        }
    };
    let (target, published) = (port("target"), port("published"));
    let Some(targets) = target else {
        if map.get("target").is_none() {
            c.scope.error(&item.at, "a port has no \"target\"");
        }
        return Vec::new();
    };
    let hosts = published.unwrap_or_else(|| vec![0; targets.len()]);
    if hosts.len() != targets.len() {
        c.scope.error(&item.at, "target and published differ in length");
        return Vec::new();
    }
    let protocol = map.get("protocol").and_then(|node| c.scope.text("ports.protocol", node));
    let protocol = protocol.map_or(Ok("tcp"), protocol_of).unwrap_or_else(|problem| {
        c.scope.error(&item.at, format!("ports: {problem}"));
        "tcp"
    });
    let address = map.get("host_ip").and_then(Node::as_text);
    let mut named = Map::new();
    for (key, field) in [("name", "name"), ("app_protocol", "appProtocol")] {
        let text = map.get(key).and_then(|value| c.scope.text(&format!("ports.{key}"), value));
        named.extend(text.map(|text| (field.to_owned(), Value::from(text))));
    }
    let published = |pair| {
        let mut one = Published::new(address, pair, protocol, &item.at);
        if let Value::Object(members) = &mut one.mapping {
            members.extend(named.clone());
        }
        one
    };
    hosts.into_iter().zip(targets).map(published).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{ComposeInput, SourceText, translate};

    fn shown(text: &str) -> String {
        match parse(text, HostRange::Refused) {
            Ok(short) => {
                let pairs =
                    short.pairs.iter().map(|(host, container)| format!("{host}:{container}"));
                format!("{} {}", pairs.collect::<Vec<_>>().join(" "), short.protocol)
            }
            Err(problem) => problem,
        }
    }

    #[test]
    fn the_short_syntax_has_address_host_container_and_protocol() {
        assert_eq!(shown("80"), "0:80 tcp");
        assert_eq!(shown("127.0.0.1:8083:83/udp"), "8083:83 udp");
        assert_eq!(shown("127.0.0.1::80"), "0:80 tcp");
        assert_eq!(shown("[::1]:8080:80"), "8080:80 tcp");
        assert_eq!(shown("9090-9091:8080-8081"), "9090:8080 9091:8081 tcp");
        assert_eq!(shown("3000-3001"), "0:3000 0:3001 tcp");
    }

    fn mapped(base: &str, over: &str) -> String {
        let file = |name: &str, ports: &str| {
            SourceText::new(name, format!("services: {{web: {{image: a, ports: {ports}}}}}\n"))
        };
        let input = ComposeInput::new("web", vec![file("a", base), file("b", over)], &|_| None);
        let translated = translate(&input).expect("accepted");
        let mut containers = translated.task.containers();
        containers.next().expect("a container")["portMappings"].to_string()
    }

    #[test]
    fn of_several_files_the_same_port_counts_once_however_it_is_written() {
        assert_eq!(
            mapped(
                "['8080:80', '53/udp', '9000-9001:9000-9001']",
                "[{target: 80, published: 8080, name: http}, '8080:80/tcp', '9000:9000', '53']"
            ),
            "[{\"containerPort\":80,\"protocol\":\"tcp\",\"hostPort\":8080},\
             {\"containerPort\":53,\"protocol\":\"udp\"},\
             {\"containerPort\":9000,\"protocol\":\"tcp\",\"hostPort\":9000},\
             {\"containerPort\":9001,\"protocol\":\"tcp\",\"hostPort\":9001},\
             {\"containerPort\":53,\"protocol\":\"tcp\"}]"
        );
        assert_eq!(
            mapped("['8080:80']", "[{target: 80, published: 8080, app_protocol: http}]"),
            "[{\"containerPort\":80,\"protocol\":\"tcp\",\"hostPort\":8080,\"appProtocol\":\"http\"}]"
        );
    }

    #[test]
    fn faults_say_what_is_wrong() {
        assert_eq!(shown("http"), "\"http\" is no port, 1 to 65535");
        assert_eq!(shown("80/sctp"), "protocol \"sctp\"; ECS has tcp and udp");
        assert_eq!(
            shown("8000-9000:80"),
            "the range 8000-9000 is empty or has more than 100 ports"
        );
        assert_eq!(shown("8000-8001:80"), "the two ranges differ in length");
    }
}
