//! The recorded runs of ecs-cli in `tests/golden/ecs-cli` against our translation: the
//! RegisterTaskDefinition request is equal under the comparison of its README, and each
//! deliberate difference is an assertion of its own.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use ecs_canary::compose::{
    ComposeInput, Dialect, SourceText, Translated, default_files, needed_files, translate,
};
use ecs_canary::model::{Finding, Severity};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// What our side says instead of the recorded request, where we differ on purpose: a part of
/// the error.
const REFUSED_BY_US: &[(&str, &str)] = &[
    ("files-image-missing", "container \"web\" has no image"),
    ("params-awsvpc-without-subnets", "network mode awsvpc needs at least one subnet"),
    ("params-fargate-without-task-size", "Fargate needs cpu and memory of the task"),
    ("seed-tag-unset", "variable CI_COMMIT_TAG is not set"),
];

/// What both refuse: a part of our error.
const REFUSED_BY_BOTH: &[(&str, &str)] = &[
    ("env-file-missing", "nope.env: no such file"),
    ("environment-boolean-map", "\"environment.A\" is the boolean true"),
    ("files-unknown-key", "unknown key \"imagee\" in service \"web\""),
    ("files-v3-mem-limit", "\"mem_limit\" is no key of version 3"),
    ("healthcheck-params-both-test-and-command", "both \"test\" and \"command\""),
    ("interpolation-required-missing", "variable NEEDED must be set: must be set"),
    ("none-essential", "no container is essential"),
    ("volumes-efs-access-point-needs-encryption", "needs transit encryption"),
];

/// What ecs-cli refused and we accept: the request is asserted below.
const ACCEPTED_BY_US: &[&str] = &[
    "container-ignored-options",
    "files-anchors-and-extensions",
    "files-configs-and-secrets",
    "files-version-3.8",
    "files-version-missing-with-services",
    "ports-long",
    "volumes-long",
];

/// Cases about flags and services that no compose file decides.
const NOT_ABOUT_COMPOSE: &[&str] = &[
    "files-absent",
    "flags-percent-not-a-number",
    "flags-region-missing",
    "flags-target-group-without-container",
    "service-ps",
    "service-start",
    "service-start-missing",
    "service-stop",
];

#[path = "golden/compare.rs"]
#[expect(dead_code, reason = "what goes to services is compared with the real binary")]
mod compare;

struct Case {
    name: String,
    app: PathBuf,
    argv: Vec<String>,
    environment: Map<String, Value>,
    registered: Option<Value>,
}

fn cases() -> Vec<Case> {
    recorded("ecs-cli")
}

fn recorded(folder: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut cases: Vec<Case> = fs::read_dir(root)
        .expect("the golden folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| read_case(&path))
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).expect("a known case")
}

fn read_case(path: &Path) -> Case {
    let text = fs::read_to_string(path.join("case.json")).expect("a case file");
    let case: Value = serde_json::from_str(&text).expect("JSON");
    let argv = case["argv"].as_array().expect("argv");
    let calls = case["calls"].as_array().expect("calls");
    let registered = calls.iter().find(|call| call["operation"] == "RegisterTaskDefinition");
    Case {
        name: path.file_name().expect("a name").to_string_lossy().into_owned(),
        app: path.join("app"),
        argv: argv.iter().map(|word| word.as_str().expect("a word").to_owned()).collect(),
        environment: case["environment"].as_object().cloned().unwrap_or_default(),
        registered: registered.map(|call| call["request"].clone()),
    }
}

impl Case {
    fn flag(&self, names: &[&str]) -> Option<String> {
        let at = self.argv.iter().position(|word| names.contains(&word.as_str()))?;
        self.argv.get(at + 1).cloned()
    }

    fn source(&self, name: &str) -> Option<SourceText> {
        let text = fs::read_to_string(self.app.join(name)).ok()?;
        Some(SourceText::new(name, text))
    }

    fn translated(&self, dialect: Dialect) -> Result<Translated, Vec<Finding>> {
        let lookup = |name: &str| match self.environment.get(name) {
            Some(Value::String(value)) => Some(value.clone()),
            _ => None,
        };
        let exists = |name: &str| self.app.join(name).exists();
        let mut names = Vec::new();
        for pair in self.argv.windows(2).filter(|pair| pair[0] == "-f" || pair[0] == "--file") {
            names.push(pair[1].clone());
        }
        if names.is_empty() {
            names = default_files(dialect, &exists);
        }
        let files = names.iter().filter_map(|name| self.source(name)).collect();
        let family = self.flag(&["-p"]).expect("a project name");
        let mut input = ComposeInput::new(family, files, &lookup);
        let params = self.flag(&["--ecs-params"]).unwrap_or_else(|| "ecs-params.yml".to_owned());
        input.params = self.source(&params);
        let directory = names.first().and_then(|name| name.rsplit_once('/'));
        let beside =
            |name: &str| directory.map_or(name.to_owned(), |(dir, _)| format!("{dir}/{name}"));
        input.dot_env = self.source(&beside(".env"));
        input.project_dir = directory.map_or("<app>".into(), |(dir, _)| format!("<app>/{dir}"));
        input.dialect = dialect;
        input.task_role = self.flag(&["--task-role-arn"]);
        input.launch_type = self.flag(&["--launch-type"]);
        input.for_service = self.argv.iter().any(|word| word == "service");
        loop {
            let needed = needed_files(&input)?;
            if needed.is_empty() {
                return translate(&input);
            }
            for needed in needed {
                let path = needed.path.value;
                let text = fs::read_to_string(self.app.join(&path)).ok();
                input.others.insert(path, text);
            }
        }
    }

    fn request(&self) -> Value {
        match self.translated(Dialect::EcsCli) {
            Ok(translated) => {
                compare::task_definition(&Value::Object(translated.task.body().clone()))
            }
            Err(findings) => panic!("{}: {}", self.name, shown(&findings)),
        }
    }
}

fn shown(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Nothing when our task definition of `case` is the recorded one; else both.
fn compared(case: &Case, recorded: &Value) -> Result<(), String> {
    let translated = case
        .translated(Dialect::EcsCli)
        .map_err(|findings| format!("{}: {}", case.name, shown(&findings)))?;
    let ours = compare::task_definition(&Value::Object(translated.task.body().clone()));
    let theirs = compare::task_definition(recorded);
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{}\n  ours   {ours}\n  theirs {theirs}", case.name))
}

#[test]
fn every_recorded_task_definition_is_ours() {
    let mut different = Vec::new();
    let mut equal = 0;
    for case in cases() {
        let Some(recorded) = &case.registered else { continue };
        if REFUSED_BY_US.iter().any(|(name, _)| *name == case.name) {
            continue;
        }
        match compared(&case, recorded) {
            Ok(()) => equal += 1,
            Err(difference) => different.push(difference),
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert_eq!(equal, 35, "recorded task definitions");
}

/// Cases of the further records that are about more than files, or that one side refuses: they
/// are compared by the real binary.
const BY_THE_BINARY: &[&str] =
    &["flags-registry-creds", "files-compose-file-variable", "healthcheck-only-interval"];

#[test]
fn every_further_task_definition_is_ours() {
    let mut different = Vec::new();
    let mut equal = 0;
    for case in recorded("ecs-cli-more").into_iter().chain(recorded("ecs-cli-files")) {
        let Some(recorded) = &case.registered else { continue };
        let named = case.flag(&["-p"]).is_some();
        if !named || BY_THE_BINARY.iter().any(|prefix| case.name.starts_with(prefix)) {
            continue;
        }
        match compared(&case, recorded) {
            Ok(()) => equal += 1,
            Err(difference) => different.push(difference),
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(equal > 180, "{equal} further task definitions");
}

#[test]
fn every_case_is_in_one_list() {
    let mut named: Vec<&str> = Vec::new();
    named.extend(REFUSED_BY_US.iter().chain(REFUSED_BY_BOTH).map(|(name, _)| *name));
    named.extend(ACCEPTED_BY_US.iter().chain(NOT_ABOUT_COMPOSE));
    for case in cases() {
        let listed = named.iter().filter(|name| **name == case.name).count();
        let wanted = usize::from(
            case.registered.is_none() || REFUSED_BY_US.iter().any(|(n, _)| *n == case.name),
        );
        assert_eq!(listed, wanted, "{}", case.name);
    }
}

#[test]
fn what_both_refuse_is_refused_with_a_place() {
    for (name, part) in REFUSED_BY_BOTH.iter().chain(REFUSED_BY_US) {
        let findings = case(name).translated(Dialect::EcsCli).expect_err(name);
        let errors: Vec<&Finding> =
            findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(shown(&findings).contains(part), "{name}: {}", shown(&findings));
        assert!(errors.iter().all(|error| error.location.is_some()), "{name}: {errors:?}");
    }
}

#[test]
fn keys_that_ecs_has_no_field_for_are_named_with_their_line() {
    let case = case("container-ignored-options");
    let container = &case.request()["containerDefinitions"][0];
    assert_eq!(container["linuxParameters"]["initProcessEnabled"], true);
    assert_eq!((&container["cpu"], &container["memory"]), (&512.into(), &50.into()));
    assert_eq!(container["systemControls"][0]["value"], "1024");
    let translated = case.translated(Dialect::EcsCli).expect("accepted");
    insta::assert_snapshot!(shown(&translated.findings), @r#"
        docker-compose.yml:5:5: ignored: expose: containers of a task reach each other without it
        docker-compose.yml:6:5: ignored: networks: a task has one network: ecs_network_mode in ecs-params
        docker-compose.yml:10:5: ignored: isolation: ECS chooses the isolation
        docker-compose.yml:11:5: ignored: stop_signal: ECS takes it from the image: STOPSIGNAL
        docker-compose.yml:13:7: ignored: deploy.replicas: the number of tasks is `desired` of the release file
        docker-compose.yml:18:1: ignored: networks: a task has one network: ecs_network_mode in ecs-params
        "#);
}

#[test]
fn anchors_extensions_and_merge_keys_are_read() {
    let request = case("files-anchors-and-extensions").request();
    assert_eq!(
        request["containerDefinitions"][0]["environment"],
        serde_json::json!([{"name": "A", "value": "one"}, {"name": "B", "value": "three"}])
    );
}

#[test]
fn configs_and_secrets_are_left_out_with_a_warning() {
    let translated =
        case("files-configs-and-secrets").translated(Dialect::EcsCli).expect("accepted");
    insta::assert_snapshot!(shown(&translated.findings), @r#"
        docker-compose.yml:3:3: "web" has no memory limit: 512 MiB
        docker-compose.yml:5:5: ignored: secrets: ECS takes secrets from Secrets Manager or SSM: `secrets` in ecs-params
        docker-compose.yml:6:5: ignored: configs: ECS has no configs: copy the file into the image, or use a secret
        docker-compose.yml:7:1: ignored: secrets: ECS takes secrets from Secrets Manager or SSM: `secrets` in ecs-params
        docker-compose.yml:9:1: ignored: configs: ECS has no configs
        "#);
}

#[test]
fn newer_versions_and_files_without_one_are_read() {
    for name in ["files-version-3.8", "files-version-missing-with-services"] {
        assert_eq!(case(name).request()["family"], "web");
    }
}

#[test]
fn the_long_syntax_of_ports_and_volumes_is_read() {
    assert_eq!(
        case("ports-long").request()["containerDefinitions"][0]["portMappings"],
        serde_json::json!([
            {"containerPort": 80, "hostPort": 8080, "protocol": "tcp"},
            {"containerPort": 53, "protocol": "udp"},
        ])
    );
    assert_eq!(
        case("volumes-long").request()["containerDefinitions"][0]["mountPoints"],
        serde_json::json!([
            {"containerPath": "/data", "readOnly": true, "sourceVolume": "data"},
            {"containerPath": "/etc/ssl", "sourceVolume": "path /etc/ssl"},
        ])
    );
}

#[test]
fn an_unknown_key_of_ecs_params_is_a_warning_by_the_name_ecs_cli_only() {
    let case = case("params-unknown-key");
    let warned = case.translated(Dialect::EcsCli).expect("accepted").findings;
    let refused = case.translated(Dialect::Native).expect_err("refused");
    insta::assert_snapshot!(shown(&refused), @r#"
        docker-compose.yml:3:3: "web" has no memory limit: 512 MiB
        ecs-params.yml:3:3: unknown key "task_exec_role" in task_definition
        ecs-params.yml:5:11: unknown key "memory_limit" in services.web
        "#);
    let texts = |findings: &[Finding]| -> Vec<String> {
        let of_params = findings.iter().filter(|f| f.message.starts_with("unknown"));
        of_params.map(ToString::to_string).collect()
    };
    assert_eq!(texts(&warned), texts(&refused));
}

#[test]
fn an_unset_variable_of_ecs_params_is_a_warning_by_the_name_ecs_cli_only() {
    let case = case("params-environment-expansion");
    assert!(case.translated(Dialect::EcsCli).is_ok());
    let refused = case.translated(Dialect::Native).expect_err("refused");
    assert!(shown(&refused).contains("ecs-params.yml:4:18: variable UNSET_ROLE is not set"));
}

#[test]
fn our_own_commands_translate_what_ecs_cli_skipped() {
    let translated = case("two-containers").translated(Dialect::Native).expect("accepted");
    let web = translated.task.containers().find(|container| container["name"] == "web");
    let depends_on = &web.expect("a container")["dependsOn"];
    assert_eq!(depends_on[0]["containerName"], "app");
}
