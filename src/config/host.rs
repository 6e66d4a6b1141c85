//! The host's config, `/etc/ecs-canary/config.toml`. Every key may be left out.

use super::toml_tree;
use super::yaml::{Fields, Node, Value, bytes, duration};
use crate::model::{Finding, Secret, has_errors, sort_by_place};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What the operator of the host decided.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HostConfig {
    /// `[job]`
    pub job: JobConfig,
    /// `[sandbox] profile`
    pub sandbox: SandboxProfile,
    /// `[aws]`
    pub aws: AwsConfig,
    /// `[network]`
    pub network: NetworkConfig,
    /// `[registry]`
    pub registry: RegistryConfig,
    /// `[simulation]`
    pub simulation: SimulationConfig,
}

/// Directories and limits of jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct JobConfig {
    /// A directory of its own for each job is made below it.
    pub builds_dir: PathBuf,
    /// Caches, shared by jobs.
    pub cache_dir: PathBuf,
    /// Between TERM and KILL for a script.
    pub grace: Duration,
    /// The most bytes of one file or build context over the job socket.
    pub max_request_bytes: u64,
}

/// How scripts are isolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SandboxProfile {
    /// Process group, resource limits and an unprivileged user.
    #[default]
    Base,
    /// Namespaces: own mounts, processes and file system.
    Sandbox,
}

/// AWS, as far as the host has a say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AwsConfig {
    /// Honour `AWS_ENDPOINT_URL*` of a job: tests and the demo only.
    pub allow_endpoint_override: bool,
    /// VPC endpoints by service (`ecs`, `elasticloadbalancing`, `sts`).
    pub endpoints: BTreeMap<String, String>,
}

/// The way out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetworkConfig {
    /// Proxy URL; it may hold a password.
    pub proxy: Option<Secret>,
    /// A PEM file with the private CA of a registry or AWS endpoint.
    pub ca_file: Option<PathBuf>,
}

/// Registries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RegistryConfig {
    /// Registries (`host:port`) spoken to without TLS; nothing else is.
    pub plain_http: Vec<String>,
    /// URLs that are asked first, by registry.
    pub mirrors: BTreeMap<String, Vec<String>>,
}

/// Demo and tests.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationConfig {
    /// How much faster than real time our waits go; 1 in real life.
    pub clock_speed: f64,
}

impl Default for JobConfig {
    fn default() -> Self {
        Self {
            builds_dir: PathBuf::from("/var/lib/ecs-canary/builds"),
            cache_dir: PathBuf::from("/var/lib/ecs-canary/cache"),
            grace: Duration::from_secs(30),
            max_request_bytes: 4 << 30,
        }
    }
}

impl Default for SimulationConfig {
    fn default() -> Self {
        Self { clock_speed: 1.0 }
    }
}

/// Reads the host's config. `file` is its name for findings.
///
/// # Errors
/// Every fault of the file, with line and column.
pub fn host(file: &str, text: &str) -> Result<HostConfig, Vec<Finding>> {
    let root = toml_tree::parse(file, text).map_err(|finding| vec![finding])?;
    let mut findings = Vec::new();
    let config = read(&root, &mut findings);
    sort_by_place(&mut findings);
    if has_errors(&findings) { Err(findings) } else { Ok(config.unwrap_or_default()) }
}

fn read(root: &Node, findings: &mut Vec<Finding>) -> Option<HostConfig> {
    let known = ["job", "sandbox", "aws", "network", "registry", "simulation"];
    let mut fields = Fields::open(root, "", &known, findings)?;
    let mut section = |key, read: &mut dyn FnMut(&Node, &mut Vec<Finding>)| {
        if let Some(node) = fields.node(key) {
            read(node, fields.findings());
        }
    };
    let mut config = HostConfig::default();
    section("job", &mut |node, findings| job(node, findings, &mut config.job));
    section("sandbox", &mut |node, findings| sandbox(node, findings, &mut config.sandbox));
    section("aws", &mut |node, findings| aws(node, findings, &mut config.aws));
    section("network", &mut |node, findings| network(node, findings, &mut config.network));
    section("registry", &mut |node, findings| registry(node, findings, &mut config.registry));
    section("simulation", &mut |node, findings| {
        simulation(node, findings, &mut config.simulation);
    });
    Some(config)
}

fn job(node: &Node, findings: &mut Vec<Finding>, job: &mut JobConfig) {
    let known = ["builds_dir", "cache_dir", "grace", "max_request_bytes"];
    let Some(mut fields) = Fields::open(node, "[job]", &known, findings) else { return };
    set(&mut job.builds_dir, directory(&mut fields, "builds_dir"));
    set(&mut job.cache_dir, directory(&mut fields, "cache_dir"));
    let grace = fields.parsed("grace", "a duration such as \"30s\"", duration);
    set(&mut job.grace, grace.map(|grace| grace.value));
    let limit = fields.parsed("max_request_bytes", "a size such as \"4 GiB\"", bytes);
    set(&mut job.max_request_bytes, limit.map(|limit| limit.value));
}

fn sandbox(node: &Node, findings: &mut Vec<Finding>, profile: &mut SandboxProfile) {
    let Some(mut fields) = Fields::open(node, "[sandbox]", &["profile"], findings) else { return };
    let found = fields.parsed("profile", "\"base\" or \"sandbox\"", |text| match text {
        "base" => Some(SandboxProfile::Base),
        "sandbox" => Some(SandboxProfile::Sandbox),
        _ => None,
    });
    set(profile, found.map(|found| found.value));
}

fn aws(node: &Node, findings: &mut Vec<Finding>, aws: &mut AwsConfig) {
    let known = ["allow_endpoint_override", "endpoints"];
    let Some(mut fields) = Fields::open(node, "[aws]", &known, findings) else { return };
    let allowed =
        fields.parsed("allow_endpoint_override", "true or false", |text| text.parse().ok());
    set(&mut aws.allow_endpoint_override, allowed.map(|allowed| allowed.value));
    for (service, urls) in text_table(&mut fields, "endpoints") {
        aws.endpoints.extend(urls.into_iter().next().map(|url| (service, url)));
    }
}

fn network(node: &Node, findings: &mut Vec<Finding>, network: &mut NetworkConfig) {
    let known = ["proxy", "ca_file"];
    let Some(mut fields) = Fields::open(node, "[network]", &known, findings) else { return };
    let proxy = fields.text("proxy").map(|proxy| proxy.value).filter(|proxy| !proxy.is_empty());
    network.proxy = proxy.map(Secret::new);
    let ca_file = fields.text("ca_file").map(|path| path.value).filter(|path| !path.is_empty());
    network.ca_file = ca_file.map(PathBuf::from);
}

fn registry(node: &Node, findings: &mut Vec<Finding>, registry: &mut RegistryConfig) {
    let known = ["plain_http", "mirrors"];
    let Some(mut fields) = Fields::open(node, "[registry]", &known, findings) else { return };
    registry.plain_http =
        fields.texts("plain_http").into_iter().map(|registry| registry.value).collect();
    registry.mirrors = text_table(&mut fields, "mirrors");
}

fn simulation(node: &Node, findings: &mut Vec<Finding>, simulation: &mut SimulationConfig) {
    let known = ["clock_speed"];
    let Some(mut fields) = Fields::open(node, "[simulation]", &known, findings) else { return };
    let speed = fields.parsed("clock_speed", "a number above 0", |text| {
        text.parse::<f64>().ok().filter(|speed| *speed > 0.0 && speed.is_finite())
    });
    set(&mut simulation.clock_speed, speed.map(|speed| speed.value));
}

fn directory(fields: &mut Fields<'_, '_>, key: &str) -> Option<PathBuf> {
    let path = fields.parsed(key, "an absolute path", |text| {
        Some(PathBuf::from(text)).filter(|path| path.is_absolute())
    });
    path.map(|path| path.value)
}

/// A table from names to URLs (one, or a list).
fn text_table(fields: &mut Fields<'_, '_>, key: &str) -> BTreeMap<String, Vec<String>> {
    let mut table = BTreeMap::new();
    let Some(node) = fields.node(key) else { return table };
    let Value::Map(map) = &node.value else {
        fields.wrong(key, node, "a table from names to URLs");
        return table;
    };
    for entry in &map.entries {
        let items = entry.value.as_list().unwrap_or(std::slice::from_ref(&entry.value));
        let urls = items.iter().filter_map(|item| match item.as_text() {
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Some(url.to_owned())
            }
            _ => {
                fields.wrong(&entry.key, item, "a URL with http:// or https://");
                None
            }
        });
        table.insert(entry.key.clone(), urls.collect());
    }
    table
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        let findings = host("config.toml", text).expect_err("a fault");
        let lines = findings.iter().map(|finding| match &finding.hint {
            Some(hint) => format!("{finding} / {hint}"),
            None => finding.to_string(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(host("config.toml", ""), Ok(HostConfig::default()));
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            [job]
            builds_dir = "/b"
            cache_dir = "/c"
            grace = "1m30s"
            max_request_bytes = "1 MiB"
            [sandbox]
            profile = "sandbox"
            [aws]
            allow_endpoint_override = true
            endpoints = { ecs = "https://ecs.example" }
            [network]
            proxy = "http://u:p@proxy:3128"
            ca_file = "/etc/ca.pem"
            [registry]
            plain_http = ["127.0.0.1:5000"]
            mirrors = { "docker.io" = ["https://mirror.example"] }
            [simulation]
            clock_speed = 60
        "#;
        let config = host("config.toml", text).expect("a good file");
        assert_eq!(config.job.grace, Duration::from_secs(90));
        assert_eq!(config.job.max_request_bytes, 1 << 20);
        assert_eq!(config.sandbox, SandboxProfile::Sandbox);
        assert_eq!(config.aws.endpoints["ecs"], "https://ecs.example");
        assert_eq!(config.registry.mirrors["docker.io"], ["https://mirror.example"]);
        assert!((config.simulation.clock_speed - 60.0).abs() < f64::EPSILON);
        assert!(!format!("{config:?}").contains("u:p"));
    }

    #[test]
    fn faults_have_line_column_and_the_nearest_key() {
        insta::assert_snapshot!(
            faults("[job]\nbuild_dir = \"/b\"\ngrace = 30\n\n[netwrok]\nproxy = \"\"\n"),
            @r#"
        config.toml:2:1: unknown key "build_dir" in [job] / Did you mean "builds_dir"?
        config.toml:3:9: "grace" is the number 30; a duration such as "30s" is wanted
        config.toml:5:2: unknown key "netwrok" / Did you mean "network"?
        "#
        );
        insta::assert_snapshot!(faults("[job\n"), @"config.toml:1:5: not TOML: unclosed table, expected `]`");
    }

    #[test]
    fn relative_directories_and_empty_urls_are_refused() {
        insta::assert_snapshot!(
            faults("[job]\ncache_dir = \"c\"\n[aws]\nendpoints = { ecs = \"ecs.example\" }\n"),
            @r#"
        config.toml:2:13: "cache_dir" is "c"; an absolute path is wanted
        config.toml:4:21: "ecs" is "ecs.example"; a URL with http:// or https:// is wanted
        "#
        );
    }
}
