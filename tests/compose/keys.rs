//! No key is dropped silently: taking it away changes the result, or a finding stands at it.

use crate::random::Random;
use ecs_canary::compose::{ComposeInput, Dialect, SourceText, Translated, key_table, translate};
use ecs_canary::model::Finding;
use std::collections::BTreeSet;

/// A value for every key of a service that says something. One line each.
pub(crate) const SERVICE: &[(&str, &[&str])] = &[
    (
        "image",
        &[
            "registry.example.com/app:1",
            "app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ],
    ),
    ("command", &["run me", "[run, me]"]),
    ("entrypoint", &["start me", "[start]"]),
    ("env_file", &["a.env", "[a.env]", "[{path: a.env, required: false}]"]),
    ("environment", &["{A: one, B: 2}", "[A=one, B]"]),
    ("ports", &["['80']", "['8080:80/udp', '81']", "[{target: 80, published: 8080}]"]),
    (
        "volumes",
        &["['data:/x:ro']", "['/srv:/y', '/z']", "[{type: volume, source: data, target: /x}]"],
    ),
    ("mem_limit", &["256m", "268435456"]),
    ("mem_reservation", &["128m"]),
    ("memswap_limit", &["1g"]),
    ("mem_swappiness", &["10"]),
    ("cpus", &["'0.5'", "2"]),
    ("cpu_shares", &["512"]),
    ("deploy", &["{resources: {limits: {cpus: '0.5', memory: 300M}}}", "{replicas: 3}"]),
    ("gpus", &["[{count: 2}]", "all"]),
    ("healthcheck", &["{test: curl -f localhost, interval: 10s}"]),
    ("logging", &["{driver: awslogs, options: {awslogs-group: g, awslogs-region: r}}"]),
    ("log_driver", &["syslog"]),
    ("log_opt", &["{tag: x}"]),
    ("label_file", &["a.env"]),
    ("labels", &["{team: core}", "[team=core]"]),
    ("hostname", &["host"]),
    ("user", &["'1000:1000'"]),
    ("working_dir", &["/app"]),
    ("privileged", &["true"]),
    ("read_only", &["true"]),
    ("tty", &["true"]),
    ("stdin_open", &["true"]),
    ("dns", &["1.1.1.1", "[1.1.1.1, 8.8.8.8]"]),
    ("dns_search", &["example.com"]),
    ("security_opt", &["['label:user:USER']"]),
    ("credential_spec", &["{file: spec.json}", "{config: x}"]),
    ("links", &["[app]"]),
    ("extra_hosts", &["['db:10.0.0.1']", "{db: 10.0.0.1}"]),
    ("stop_grace_period", &["1m10s"]),
    ("volumes_from", &["[app]", "['app:ro']"]),
    ("cap_add", &["[NET_ADMIN]"]),
    ("cap_drop", &["[ALL]"]),
    ("devices", &["['/dev/fuse:/dev/fuse:rwm']", "[{source: /dev/fuse, target: /dev/fuse}]"]),
    ("init", &["true"]),
    ("shm_size", &["64m"]),
    ("tmpfs", &["/run:size=64m", "['/run:size=64m,noexec']"]),
    ("ulimits", &["{nproc: 65535}", "{nofile: {soft: 1, hard: 2}}"]),
    ("sysctls", &["{net.core.somaxconn: 1024}"]),
    ("depends_on", &["[app]", "{app: {condition: service_started}}"]),
    ("pid", &["host"]),
    ("ipc", &["host", "shareable"]),
    ("network_mode", &["host", "service:app"]),
    ("net", &["host"]),
    ("platform", &["linux/arm64"]),
    ("annotations", &["{a: b}"]),
    ("attach", &["false"]),
    ("blkio_config", &["{weight: 300}"]),
    ("build", &[".", "{context: .}"]),
    ("cgroup", &["host"]),
    ("cgroup_parent", &["p"]),
    ("configs", &["[c]"]),
    ("container_name", &["n"]),
    ("cpu_count", &["2"]),
    ("cpu_percent", &["50"]),
    ("cpu_period", &["1000"]),
    ("cpu_quota", &["1000"]),
    ("cpu_rt_period", &["1000"]),
    ("cpu_rt_runtime", &["1000"]),
    ("cpuset", &["'0,1'"]),
    ("develop", &["{watch: []}"]),
    ("device_cgroup_rules", &["['c 1:3 mr']"]),
    ("dns_opt", &["[use-vc]"]),
    ("dockerfile", &["Dockerfile"]),
    ("domainname", &["d"]),
    ("driver_opts", &["{a: b}"]),
    ("expose", &["['9000']"]),
    ("extends", &["app", "{service: app}"]),
    ("external_links", &["[x]"]),
    ("group_add", &["[mail]"]),
    ("isolation", &["default"]),
    ("mac_address", &["02:42:ac:11:65:43"]),
    ("models", &["[m]"]),
    ("networks", &["[front]", "{front: {aliases: [a]}}"]),
    ("oom_kill_disable", &["true"]),
    ("oom_score_adj", &["100"]),
    ("pids_limit", &["10"]),
    ("post_start", &["[{command: x}]"]),
    ("pre_stop", &["[{command: x}]"]),
    ("profiles", &["[debug]"]),
    ("provider", &["{type: x}"]),
    ("pull_policy", &["always"]),
    ("restart", &["always"]),
    ("runtime", &["runc"]),
    ("scale", &["3"]),
    ("secrets", &["[s]"]),
    ("stop_signal", &["SIGINT"]),
    ("storage_opt", &["{size: 1G}"]),
    ("use_api_socket", &["true"]),
    ("userns_mode", &["host"]),
    ("uts", &["host"]),
    ("volume_driver", &["local"]),
];

/// Keys below others, each alone.
const BELOW: &[(&str, &[&str])] = &[
    (
        "deploy",
        &[
            "{labels: {a: b}}",
            "{mode: global}",
            "{update_config: {parallelism: 1}}",
            "{rollback_config: {parallelism: 1}}",
            "{restart_policy: {condition: any}}",
            "{placement: {constraints: []}}",
            "{endpoint_mode: vip}",
            "{nonsense: 1}",
            "{resources: {limits: {pids: 5}}}",
            "{resources: {limits: {cpus: '1'}}}",
            "{resources: {reservations: {cpus: '1'}}}",
            "{resources: {reservations: {memory: 5M}}}",
            "{resources: {reservations: {memory: 50M}}}",
            "{resources: {reservations: {generic_resources: []}}}",
            "{resources: {reservations: {devices: [{count: 1, capabilities: [gpu]}]}}}",
            "{resources: {reservations: {devices: [{count: 1, capabilities: [tpu]}]}}}",
            "{resources: {reservations: {devices: [{capabilities: [gpu], device_ids: ['0'], driver: nvidia}]}}}",
            "{resources: {extra: 1}}",
        ],
    ),
    (
        "healthcheck",
        &[
            "{test: a, start_interval: 5s}",
            "{test: a, retries: 5}",
            "{test: [NONE, x], nonsense: 1}",
            "{interval: 10s}",
        ],
    ),
    ("logging", &["{options: {a: b}}", "{driver: syslog, extra: 1}"]),
    (
        "ports",
        &[
            "[{target: 80, host_ip: 127.0.0.1}]",
            "[{target: 80, mode: host}]",
            "[{target: 80, name: web}]",
            "[{target: 80, app_protocol: http}]",
            "['127.0.0.1:80:80']",
            "[{target: 80, nonsense: 1}]",
            "['80/sctp']",
        ],
    ),
    (
        "volumes",
        &[
            "['data:/x:z']",
            "[{type: bind, source: /a, target: /b, bind: {propagation: shared}}]",
            "[{type: volume, target: /b, volume: {nocopy: true}}]",
            "[{type: tmpfs, target: /t}]",
            "[{type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 0o700}}]",
            "[{type: npipe, source: a, target: b}]",
            "[{target: /b, consistency: cached}]",
            "['nowhere:/x']",
            "['./here:/x']",
        ],
    ),
    (
        "depends_on",
        &[
            "{app: {condition: service_started, restart: true}}",
            "{app: {required: false}}",
            "[nobody]",
        ],
    ),
    ("tmpfs", &["/run"]),
    ("environment", &["{A: true}", "{A: 1.10}", "[A]"]),
];

fn translated(text: &str, dialect: Dialect) -> Result<Translated, Vec<Finding>> {
    let lookup = |_: &str| None;
    let mut input = ComposeInput::new("f", vec![SourceText::new("c.yml", text)], &lookup);
    input.dialect = dialect;
    input.others.insert("a.env".to_owned(), Some("FROM_FILE=1\n".to_owned()));
    translate(&input)
}

/// What goes out, without the words.
fn result(text: &str, dialect: Dialect) -> Option<String> {
    let translated = translated(text, dialect).ok()?;
    let parts = (translated.task, translated.create_extra, translated.update_extra);
    Some(format!("{parts:?}"))
}

/// Lines at which something was found.
fn named_lines(text: &str, dialect: Dialect) -> BTreeSet<usize> {
    let findings = match translated(text, dialect) {
        Ok(translated) => translated.findings,
        Err(findings) => findings,
    };
    findings.iter().filter_map(|finding| Some(finding.location.as_ref()?.line)).collect()
}

/// A file with `keys` in the service `web`, one for each line from the fourth on.
fn file(version: &str, keys: &[(&str, &str)]) -> String {
    let lines: String = keys.iter().map(|(key, value)| format!("    {key}: {value}\n")).collect();
    let app = "  app: {image: a, command: x, healthcheck: {test: x}}\n";
    let app = if version == "2" { "  app: {image: a, command: x}\n" } else { app };
    match version {
        "" => format!("# none\nservices:\n  web:\n{lines}{app}volumes: {{data: }}\n"),
        "1" => {
            format!("# one\n\nweb:\n{}app: {{image: a, command: x}}\n", lines.replace("    ", "  "))
        }
        _ => format!("version: '{version}'\nservices:\n  web:\n{lines}{app}volumes: {{data: }}\n"),
    }
}

fn check(version: &str, dialect: Dialect, keys: &[(&str, &str)]) {
    let text = file(version, keys);
    let named = named_lines(&text, dialect);
    let whole = result(&text, dialect);
    for (index, (key, value)) in keys.iter().enumerate() {
        if named.contains(&(index + 4)) {
            continue;
        }
        let mut without = keys.to_vec();
        without.remove(index);
        let less = result(&file(version, &without), dialect);
        assert!(
            whole.is_none() || whole != less,
            "version \"{version}\", {dialect:?}: {key}: {value} is dropped silently in\n{text}"
        );
    }
    let keys_named = (4..4 + keys.len()).any(|line| named.contains(&line));
    assert!(
        whole.is_some() || keys_named,
        "version \"{version}\", {dialect:?}: no finding at a key says why this is refused\n{text}"
    );
}

const VERSIONS: &[&str] = &["", "1", "2", "2.4", "3", "3.8"];

#[test]
fn every_key_of_the_table_has_a_sample() {
    let table = key_table();
    let section =
        table.split("## Keys of a service").nth(1).and_then(|rest| rest.split("\n## ").next());
    let keys: BTreeSet<&str> = section
        .expect("the section")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let samples: BTreeSet<&str> = SERVICE.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, samples);
}

#[test]
fn a_service_with_an_image_alone_is_accepted() {
    for version in VERSIONS {
        for dialect in [Dialect::Native, Dialect::EcsCli] {
            assert!(result(&file(version, &[("image", "app:1")]), dialect).is_some(), "{version}");
        }
    }
}

#[test]
fn every_key_alone_is_translated_or_named() {
    for version in VERSIONS {
        for dialect in [Dialect::Native, Dialect::EcsCli] {
            for (key, values) in SERVICE.iter().chain(BELOW) {
                for value in *values {
                    let image = ("image", "app:1");
                    let keys = if *key == "image" {
                        vec![(*key, *value)]
                    } else {
                        vec![image, (key, value)]
                    };
                    check(version, dialect, &keys);
                }
            }
        }
    }
}

#[test]
fn keys_together_are_translated_or_named() {
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let mut keys = vec![("image", "app:1")];
        for _ in 0..random.below(12) {
            let (key, values) = SERVICE[random.below(SERVICE.len())];
            // What is extended may be covered whole by the service's own keys.
            if key != "extends" && keys.iter().all(|(known, _)| *known != key) {
                keys.push((key, random.one(values)));
            }
        }
        let version = random.one(VERSIONS);
        let dialect = if random.below(2) == 0 { Dialect::Native } else { Dialect::EcsCli };
        check(version, dialect, &keys);
    }
}

#[test]
fn an_unknown_key_is_an_error_at_every_level() {
    let texts = [
        "nonsense: 1\nservices: {web: {image: a}}\n",
        "services:\n  web: {image: a, nonsense: 1}\n",
        "services:\n  web: {image: a, logging: {driver: syslog, nonsense: 1}}\n",
        "services: {web: {image: a}}\nvolumes: {data: {nonsense: 1}}\n",
    ];
    for text in texts {
        let findings = translated(text, Dialect::Native).expect_err(text);
        assert!(
            findings.iter().any(|finding| finding.message.contains("unknown key \"nonsense\"")),
            "{text}"
        );
    }
}
