//! Texts that were changed at random: every one ends in a translation or in findings.

use crate::keys::SERVICE;
use crate::random::Random;
use ecs_canary::compose::{ComposeInput, Dialect, SourceText, needed_files, translate};
use ecs_canary::config::{self, yaml};
use std::fs;
use std::path::Path;

/// How many texts each target sees in an ordinary run.
const EXECUTIONS: usize = 1000;

/// Pieces that matter to some part of the grammar.
const PIECES: &[&str] = &[
    "${",
    "}",
    "$",
    "$$",
    ":-",
    ":?",
    ":+",
    "${A:-${B}}",
    "&a ",
    "*a",
    "<<: ",
    "!reset ",
    "!!str ",
    "- ",
    ": ",
    ":",
    "\n",
    "  ",
    "    ",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    "|\n",
    ">\n",
    "---\n",
    "null",
    "true",
    "yes",
    "0",
    "-1",
    "1.5",
    "1e9",
    "99999999999999999999",
    "0x1F",
    "services:\n",
    "version: '2'\n",
    "version: '3'\n",
    "version: '3.8'\n",
    "x-a: ",
    "  web:\n",
    "    image: ",
    "    ports: ['80-90:80-90/udp']\n",
    "    ports: [{target: 80}]\n",
    "    volumes: [a:/b, ./c:/d:ro, /e]\n",
    "    environment: {A: 1.10}\n",
    "    environment: [A]\n",
    "    env_file: a.env\n",
    "    extends: web\n",
    "    extends: {service: web, file: b.yml}\n",
    "    deploy: {resources: {limits: {cpus: '0.5', memory: 50M}}}\n",
    "    gpus: [{count: 1}]\n",
    "    healthcheck: {test: [CMD, a], interval: 1m30s}\n",
    "    depends_on: {web: {condition: ",
    "    tmpfs: /run:size=64m\n",
    "    mem_limit: 9e9g\n",
    "    ulimits: {nofile: 1}\n",
    "    network_mode: host\n",
    "    logging: {driver: awslogs}\n",
    "include: [b.yml]\n",
    "task_definition:\n",
    "  ecs_network_mode: awsvpc\n",
    "  services: {web: {essential: false}}\n",
    "run_params:\n",
    "\u{feff}",
    "\u{0}",
    "ü",
    "\u{2028}",
    "\t",
    "\r\n",
    "=",
    "export A=",
];

/// A params file with every key.
const PARAMS: &str = "\
version: 1
task_definition:
  ecs_network_mode: awsvpc
  task_role_arn: ${ROLE:-r}
  task_execution_role: e
  task_size: {cpu_limit: 0.5 vCPU, mem_limit: 1GB}
  pid_mode: task
  ipc_mode: none
  ephemeral_storage: {size_in_gib: 30}
  runtime_platform: {cpu_architecture: ARM64, operating_system_family: LINUX}
  placement_constraints: [{type: memberOf, expression: x}]
  docker_volumes: [{name: d, scope: shared, autoprovision: true, driver: local, driver_opts: {a: 1}, labels: {b: c}}]
  efs_volumes: [{name: v, filesystem_id: fs-1, root_directory: /, transit_encryption: ENABLED, transit_encryption_port: 2, access_point: a, iam: ENABLED}]
  services:
    web:
      essential: true
      cpu_shares: 100
      mem_limit: 64m
      mem_reservation: 32m
      healthcheck: {command: 'true', interval: 10, timeout: 5s, retries: 2, start_period: 1m}
      repository_credentials: {credentials_parameter: arn}
      secrets: [{name: A, value_from: b}]
      logging: {secret_options: [{name: A, value_from: b}]}
      firelens_configuration: {type: fluentbit, options: {a: 'b'}}
      gpu: 1
      depends_on: [{container_name: app, condition: START}]
      init_process_enabled: true
run_params:
  network_configuration: {awsvpc_configuration: {subnets: [s], security_groups: [g], assign_public_ip: ENABLED}}
  task_placement: {strategy: [{type: spread, field: x}], constraints: [{type: distinctInstance}]}
  service_discovery: {registry_arn: arn, container_name: web, container_port: 80}
  capacity_provider_strategy: [{capacity_provider: FARGATE, weight: 1, base: 0}]
";

/// A release file with every key.
const RELEASE: &str = "\
cluster: ${CLUSTER:-c}
compose: [a.yml, b.yml]
params: p.yml
container: {name: web, port: 80}
services:
  full: {name: full, desired: 3, percents: 100/200, target_group: 'arn:aws:x:y:z:targetgroup/a/b'}
  canary: {name: canary, desired: 1, percents: 0/100}
launch: [FARGATE, {provider: FARGATE_SPOT, weight: 3}]
health_grace: 60s
breaker: {enabled: true, rollback: false}
steps: [5, 10%]
gate: {timeout: 2h, then: hold}
judge: {ratio: 1.5, floor: 0.2%, slow: 500ms, undecided: hold}
";

fn executions() -> usize {
    #[expect(clippy::disallowed_methods, reason = "a switch for longer runs")]
    let wanted = std::env::var("COMPOSE_EXECUTIONS");
    wanted.ok().and_then(|number| number.parse().ok()).unwrap_or(EXECUTIONS)
}

/// Every file of the recorded cases: compose files, params and variables.
fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ecs-cli");
    for case in fs::read_dir(root).expect("the golden folder").flatten() {
        for place in ["app", "app/deploy"] {
            let Ok(files) = fs::read_dir(case.path().join(place)) else { continue };
            texts.extend(files.flatten().filter_map(|file| fs::read_to_string(file.path()).ok()));
        }
    }
    for (key, values) in SERVICE {
        texts.extend(values.iter().map(|value| {
            format!("services:\n  web:\n    image: a:1\n    {key}: {value}\n  app: {{image: b}}\n")
        }));
    }
    texts.push(PARAMS.to_owned());
    texts.push(RELEASE.to_owned());
    texts.sort();
    texts.dedup();
    assert!(texts.len() > 40, "{} texts", texts.len());
    texts
}

/// A text of the corpus with one to eight changes: pieces put in, parts cut out, moved or
/// taken from another text.
fn mutated(random: &mut Random, corpus: &[String]) -> String {
    let mut text: Vec<char> = corpus[random.below(corpus.len())].chars().collect();
    for _ in 0..=random.below(8) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(12)).min(text.len());
        match random.below(5) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..end, random.one(PIECES).chars())),
            2 => {
                let part: Vec<char> = text[at..end].to_vec();
                let to = random.below(text.len() + 1);
                drop(text.splice(to..to, part));
            }
            3 => {
                let other = &corpus[random.below(corpus.len())];
                let lines: Vec<&str> = other.lines().collect();
                let line = if lines.is_empty() { "" } else { lines[random.below(lines.len())] };
                drop(text.splice(at..at, format!("\n{line}\n").chars()));
            }
            _ => drop(text.splice(at..at, random.one(PIECES).chars())),
        }
    }
    text.into_iter().collect()
}

/// Runs `target` on changed texts. A panic names the seed by the test's own message.
fn run(name: &str, target: impl Fn(&str, &mut Random)) {
    let corpus = corpus();
    for seed in 0..executions() {
        let mut random = Random::new(seed as u64);
        let text = mutated(&mut random, &corpus);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            target(&text, &mut random);
        }));
        assert!(caught.is_ok(), "{name}, seed {seed}, panics on:\n{text}");
    }
}

fn lookup(name: &str) -> Option<String> {
    name.len().is_multiple_of(2).then(|| "value".to_owned())
}

fn dialect(random: &mut Random) -> Dialect {
    if random.below(2) == 0 { Dialect::Native } else { Dialect::EcsCli }
}

#[test]
fn no_compose_file_panics() {
    run("compose", |text, random| {
        let files = vec![SourceText::new("a.yml", text), SourceText::new("b.yml", "services: {}")];
        let count = 1 + random.below(2);
        let mut input = ComposeInput::new("web", files.into_iter().take(count).collect(), &lookup);
        input.dialect = dialect(random);
        input.others.insert("a.env".to_owned(), Some("A=1\nB".to_owned()));
        input.others.insert("b.yml".to_owned(), Some("services: {web: {image: a}}".to_owned()));
        drop(needed_files(&input));
        if let Ok(translated) = translate(&input) {
            assert!(translated.task.containers().count() > 0);
        }
    });
}

#[test]
fn no_params_file_panics() {
    let compose = "services: {web: {image: a, ports: ['80']}, app: {image: b}}";
    run("params", |text, random| {
        let files = vec![SourceText::new("a.yml", compose)];
        let mut input = ComposeInput::new("web", files, &lookup);
        input.params = Some(SourceText::new("ecs-params.yml", text));
        input.dialect = dialect(random);
        drop(translate(&input));
    });
}

#[test]
fn no_override_file_panics() {
    let base = "services: {web: {image: a, ports: ['80'], volumes: ['x:/x'], environment: [A=1]}}";
    // By the name ecs-cli each version is merged by rules of its own.
    let versions = ["", "version: '2'\n", "version: '3'\n"];
    run("override", |text, random| {
        let version = random.one(&versions);
        let base = SourceText::new("a.yml", format!("{version}{base}"));
        let text = match text.contains("version") {
            true => text.to_owned(),
            false => format!("{version}{text}"),
        };
        let files = vec![base, SourceText::new("b.yml", text)];
        let mut input = ComposeInput::new("web", files, &lookup);
        input.dialect = dialect(random);
        drop(translate(&input));
    });
}

#[test]
fn no_env_file_panics() {
    let compose = "services: {web: {image: a, env_file: a.env}}";
    run("env_file", |text, random| {
        let files = vec![SourceText::new("a.yml", compose)];
        let mut input = ComposeInput::new("web", files, &lookup);
        input.others.insert("a.env".to_owned(), Some(text.to_owned()));
        input.dot_env = Some(SourceText::new(".env", text));
        input.dialect = dialect(random);
        drop(translate(&input));
    });
}

#[test]
fn no_text_with_variables_panics() {
    run("variables", |text, random| {
        let grammar = match random.below(2) {
            0 => yaml::Grammar::Compose,
            _ => yaml::Grammar::DockerCli2019,
        };
        drop(yaml::expand_as(grammar, text, &lookup));
    });
}

#[test]
fn no_release_file_and_no_host_config_panics() {
    run("config", |text, _| {
        drop(config::release("ecs-canary.yml", text, &lookup));
        drop(config::host("config.toml", text));
    });
}
