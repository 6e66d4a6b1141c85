//! Requests of ecs-cli, recorded, against those that this binary sends by its name: the task
//! definitions that it registers and what goes to services.

use crate::compare;
use crate::world::World;
use ecs_sim::cloud::EXAMPLE_ACCESS_KEY;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where we differ on purpose and nothing goes to a service: the exit code, and what is said.
const REFUSED: &[(&str, i32, &str)] = &[
    ("files-image-missing", 10, "has no image"),
    ("params-awsvpc-without-subnets", 10, "subnet"),
    ("params-fargate-without-task-size", 10, "Fargate needs cpu and memory"),
    ("seed-tag-unset", 10, "CI_COMMIT_TAG"),
    ("flags-daemon-on-replica-service", 11, "DAEMON"),
    ("flags-grace-period-without-balancer", 11, "grace"),
    ("flags-percent-not-a-number", 2, "many"),
    // A family with a dot: ECS refuses it.
    ("project-name-upper-case", 11, "Family contains invalid characters"),
    ("flags-region-missing", 10, "region"),
    ("flags-target-group-without-container", 2, "--container-name"),
    ("service-start-missing", 11, "does not exist"),
    ("healthcheck-only-interval", 10, "the health check has no command"),
    ("service-up-grace-update-no-balancer", 11, "counts only with a load balancer"),
];

/// The simulated account has no such balancer, scheduling or network; the requests count.
const NOT_SIMULATED: &[&str] = &[
    "flags-classic-load-balancer",
    "service-create-daemon",
    "service-scale-awsvpc",
    "service-stop-awsvpc",
    "service-up-daemon-create",
    "service-up-target-groups",
    "service-up-target-groups-classic",
];

/// A recorded run of ecs-cli.
struct Case {
    name: String,
    argv: Vec<String>,
    app: PathBuf,
    environment: Map<String, Value>,
    existing: Vec<Value>,
    exit_code: i64,
    calls: Vec<Value>,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folders = ["ecs-cli", "ecs-cli-more"].map(|name| fs::read_dir(root.join(name)).unwrap());
    let mut cases: Vec<Case> = folders
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("case.json").exists())
        .map(|path| Case::read(&path))
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() >= 215, "only {} cases", cases.len());
    cases
}

impl Case {
    fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("case.json")).unwrap();
        let case: Value = serde_json::from_str(&text).unwrap();
        let list = |name: &str| case[name].as_array().cloned().unwrap_or_default();
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            argv: list("argv").iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
            app: folder.join("app"),
            environment: case["environment"].as_object().cloned().unwrap_or_default(),
            existing: list("existing_services"),
            exit_code: case["exit_code"].as_i64().unwrap(),
            calls: list("calls"),
        }
    }

    /// The same account, files and environment for our binary.
    fn world(&self) -> World {
        let mut world = World::empty();
        copy(&self.app, &world.directory());
        for (name, value) in &self.environment {
            match value.as_str() {
                Some(value) => world.set(name, value),
                None => world.unset(name),
            }
        }
        // Tags go as they are written: they are not what is compared here.
        world.set("ECS_CANARY_RESOLVE", "off");
        for cluster in ["prod", "default"] {
            ask(&world, "CreateCluster", json!({ "clusterName": cluster }));
        }
        for service in &self.existing {
            make(&world, service, self.cluster(), self.target_group().as_ref());
        }
        world
    }

    fn cluster(&self) -> &str {
        let at = self.argv.iter().position(|word| word == "--cluster");
        at.map_or("default", |at| &self.argv[at + 1])
    }

    /// The balancer that the case names, which its service had before too.
    fn target_group(&self) -> Option<Value> {
        let value = |flag: &str| {
            let at = self.argv.iter().position(|word| word == flag)?;
            self.argv.get(at + 1)
        };
        Some(json!([{
            "targetGroupArn": value("--target-group-arn")?,
            "containerName": value("--container-name")?,
            "containerPort": 80,
        }]))
    }

    fn words(&self) -> Vec<&str> {
        std::iter::once("ecs-cli").chain(self.argv.iter().map(String::as_str)).collect()
    }

    /// What went to services, as it is compared.
    fn recorded(&self) -> Vec<(String, Value)> {
        let calls = self.calls.iter();
        let calls = calls.map(|call| (call["operation"].as_str().unwrap_or(""), &call["request"]));
        calls.filter_map(|(name, request)| comparable(name, request)).collect()
    }
}

/// A request as it is compared; `None` for those that are not.
fn comparable(operation: &str, request: &Value) -> Option<(String, Value)> {
    let request = match operation {
        "RegisterTaskDefinition" => compare::task_definition(request),
        "CreateService" | "UpdateService" | "DeleteService" => compare::service(request),
        _ => return None,
    };
    Some((operation.to_owned(), request))
}

fn ask(world: &World, action: &str, body: Value) -> Value {
    world.cloud.with(|cloud, now| cloud.call(now, EXAMPLE_ACCESS_KEY, "ecs", action, body)).unwrap()
}

/// A service that was there before, steady at its count.
fn make(world: &World, service: &Value, cluster: &str, balancers: Option<&Value>) {
    let name = service["serviceName"].as_str().unwrap();
    let container = container_of(balancers);
    let container = json!([{ "name": container, "image": "old:1", "memory": 16,
        "portMappings": [{ "containerPort": 80 }] }]);
    for _ in 0..3 {
        let body = json!({ "family": name, "containerDefinitions": container });
        ask(world, "RegisterTaskDefinition", body);
    }
    let daemon = service["schedulingStrategy"] == "DAEMON";
    let body = json!({
        "cluster": cluster, "serviceName": name, "taskDefinition": format!("{name}:3"),
        "desiredCount": if daemon { &Value::Null } else { &service["desiredCount"] },
        "loadBalancers": balancers, "launchType": "EC2",
        "schedulingStrategy": service["schedulingStrategy"],
    });
    ask(world, "CreateService", without_null(body));
    world.cloud.jump(Duration::from_secs(600));
    if service["status"] == "INACTIVE" {
        let gone = json!({ "cluster": cluster, "service": name, "force": true });
        ask(world, "DeleteService", gone);
        world.cloud.jump(Duration::from_secs(600));
    }
}

fn container_of(balancers: Option<&Value>) -> &str {
    balancers.and_then(|balancers| balancers[0]["containerName"].as_str()).unwrap_or("old")
}

fn without_null(mut body: Value) -> Value {
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    body
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}

/// The difference of one case in words; `None` when there is none.
fn difference(case: &Case) -> Option<String> {
    let world = case.world();
    let before = world.cloud.calls().len();
    let ended = world.run(&case.words());
    let calls = world.cloud.calls().split_off(before);
    let directory = world.directory().to_string_lossy().into_owned();
    let sent: Vec<_> = calls
        .iter()
        .filter_map(|call| comparable(&call.action, &call.body))
        .map(|(name, request)| (name, in_app(&request, &directory)))
        .collect();
    let said = || format!("exit {}\n{}{}", ended.code, ended.stdout, ended.stderr);
    if let Some((_, code, words)) = REFUSED.iter().find(|(name, ..)| *name == case.name) {
        let to_services = sent.iter().any(|(name, _)| name != "RegisterTaskDefinition");
        let fine = ended.code == *code && said().contains(words) && !to_services;
        return (!fine).then(said);
    }
    if case.exit_code != 0 {
        // Both refuse, or we accept what ecs-cli did not: then there is nothing to compare with.
        let refused = matches!(ended.code, 2 | 10 | 11) && sent.is_empty();
        let fine = ended.code == 0 || refused;
        return (!fine).then(said);
    }
    let recorded = case.recorded();
    let refused_there = NOT_SIMULATED.contains(&case.name.as_str()) && ended.code == 11;
    if (ended.code == 0 || refused_there) && sent == recorded {
        return None;
    }
    let shown = |requests: &[(String, Value)]| json!(requests).to_string();
    Some(format!("{}ours     {}\nrecorded {}", said(), shown(&sent), shown(&recorded)))
}

/// Paths of our working directory as the records have them.
fn in_app(request: &Value, directory: &str) -> Value {
    serde_json::from_str(&request.to_string().replace(directory, "<app>")).unwrap()
}

#[test]
fn services_get_the_requests_that_ecs_cli_sent() {
    /// Each case mostly waits for its deployment.
    const AT_ONCE: usize = 8;
    let cases = cases();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let part = |start: usize| {
            let cases = &cases;
            scope.spawn(move || {
                let own = cases.iter().skip(start).step_by(AT_ONCE);
                let wrong = own.filter_map(|case| Some((&case.name, difference(case)?)));
                wrong.map(|(name, why)| format!("== {name}\n{why}")).collect::<Vec<_>>()
            })
        };
        let parts: Vec<_> = (0..AT_ONCE).map(part).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
