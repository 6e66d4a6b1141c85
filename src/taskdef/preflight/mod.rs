//! What ECS would refuse, found before anything is written. Each rule is one of the API's
//! (RegisterTaskDefinition in the API reference, "Fargate task definition differences" in the
//! developer guide); a rule that this program is not sure of is a warning.

mod containers;
mod fargate;
mod health;
mod limits;
mod network;
mod order;
mod placement;
mod platform;
mod volumes;

pub use platform::runs_on;

use crate::model::{Finding, Location, TaskDefinitionSpec};
use serde_json::{Map, Value};

/// A JSON object.
type Object = Map<String, Value>;

/// Who else would find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Nothing may be written while it stands.
    Forbidden,
    /// RegisterTaskDefinition itself refuses it, before anything is changed.
    RefusedByEcs,
}

/// Checks `spec`; findings without places.
pub fn preflight(spec: &TaskDefinitionSpec) -> Vec<Finding> {
    preflight_at(spec, &|_| None).into_iter().map(|(_, finding)| finding).collect()
}

/// Checks `spec`; `place` says where a path of it (`containerDefinitions/NAME/portMappings`,
/// `cpu`, ...) is written.
pub fn preflight_at(
    spec: &TaskDefinitionSpec,
    place: &dyn Fn(&str) -> Option<Location>,
) -> Vec<(Weight, Finding)> {
    let mut report = Report { place, findings: Vec::new() };
    let task = spec.body();
    let containers: Vec<&Object> = spec.containers().collect();
    limits::check(&mut report, task, &containers);
    containers::check(&mut report, task, &containers);
    health::check(&mut report, &containers);
    order::check(&mut report, &containers);
    network::check(&mut report, task, &containers);
    placement::check(&mut report, task);
    volumes::check(&mut report, task, &containers);
    if wants_fargate(task) {
        fargate::check(&mut report, task, &containers);
    }
    report.findings
}

/// Is `container` in `spec`, and does it open `port`, when one is named?
///
/// # Errors
/// There is no such container, or it has no such port.
pub fn exposes(
    spec: &TaskDefinitionSpec,
    container: &str,
    port: Option<u64>,
) -> Result<(), Finding> {
    let names: Vec<&str> = spec.containers().map(|container| text(container, "name")).collect();
    let Some(found) = spec.containers().find(|found| text(found, "name") == container) else {
        let message = format!("there is no container \"{container}\"");
        return Err(Finding::error(message).hint(format!("Containers: {}.", names.join(", "))));
    };
    let ports: Vec<u64> = list(found, "portMappings")
        .filter_map(|mapping| number(mapping, "containerPort"))
        .collect();
    let Some(port) = port.filter(|port| !ports.contains(port)) else { return Ok(()) };
    let message = format!("container \"{container}\" has no port {port}");
    let known: Vec<String> = ports.iter().map(u64::to_string).collect();
    Err(Finding::error(message).hint(match known.as_slice() {
        [] => format!("Add `ports: [\"{port}\"]` to the service in the compose file."),
        known => format!("Its ports: {}.", known.join(", ")),
    }))
}

fn wants_fargate(task: &Object) -> bool {
    let wanted = task.get("requiresCompatibilities").and_then(Value::as_array);
    wanted.into_iter().flatten().any(|kind| kind == "FARGATE")
}

/// Findings, with the place of the part that they are about.
struct Report<'p> {
    place: &'p dyn Fn(&str) -> Option<Location>,
    findings: Vec<(Weight, Finding)>,
}

impl Report<'_> {
    /// An error about `path`; a path without a place takes the one above it, in the end that of
    /// the empty path.
    fn error(&mut self, path: &str, message: impl Into<String>) {
        self.add(path, Weight::Forbidden, Finding::error(message));
    }

    /// An error that ECS finds as well, when the revision is registered.
    fn refused(&mut self, path: &str, message: impl Into<String>) {
        self.add(path, Weight::RefusedByEcs, Finding::error(message));
    }

    fn warning(&mut self, path: &str, message: impl Into<String>) {
        self.add(path, Weight::RefusedByEcs, Finding::warning(message));
    }

    fn add(&mut self, path: &str, weight: Weight, finding: Finding) {
        let mut above = Some(path);
        let mut place = None;
        while let (Some(path), None) = (above, &place) {
            place = (self.place)(path);
            above = match path.rsplit_once('/') {
                Some((above, _)) => Some(above),
                None if path.is_empty() => None,
                None => Some(""),
            };
        }
        let finding = match place {
            Some(place) => finding.located(&place),
            None => finding,
        };
        self.findings.push((weight, finding));
    }
}

fn text<'v>(object: &'v Object, field: &str) -> &'v str {
    object.get(field).and_then(Value::as_str).unwrap_or("")
}

fn number(object: &Object, field: &str) -> Option<u64> {
    object.get(field).and_then(Value::as_u64)
}

fn truth(object: &Object, field: &str) -> bool {
    object.get(field) == Some(&Value::Bool(true))
}

/// The objects of a list.
fn list<'v>(object: &'v Object, field: &str) -> impl Iterator<Item = &'v Object> {
    let items = object.get(field).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object)
}

/// True when `field` is there and says something.
fn has(object: &Object, field: &str) -> bool {
    match object.get(field) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(_) | Value::Bool(true)) => true,
    }
}

/// The path of a container's field.
fn path(container: &Object, field: &str) -> String {
    format!("containerDefinitions/{}/{field}", text(container, "name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(value: &Value) -> TaskDefinitionSpec {
        TaskDefinitionSpec::new(value.as_object().cloned().unwrap_or_default())
    }

    fn found(value: &Value) -> String {
        let findings = preflight(&spec(value));
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    fn one(container: &Value) -> Value {
        let mut all = json!({"name": "web", "image": "a", "memory": 512, "essential": true});
        if let (Some(all), Some(more)) = (all.as_object_mut(), container.as_object()) {
            all.extend(more.clone());
        }
        json!({"family": "web", "containerDefinitions": [all]})
    }

    fn with(mut task: Value, more: &Value) -> Value {
        if let (Some(task), Some(more)) = (task.as_object_mut(), more.as_object()) {
            task.extend(more.clone());
        }
        task
    }

    #[test]
    fn a_plain_definition_is_fine() {
        assert_eq!(found(&one(&json!({}))), "");
    }

    #[test]
    fn names_counts_and_sizes_have_limits() {
        let many: Vec<Value> = (0..11)
            .map(
                |n| json!({"name": format!("c{n}"), "image": "a", "memory": 6, "essential": n > 0}),
            )
            .collect();
        insta::assert_snapshot!(
            found(&json!({"family": "a b", "containerDefinitions": many})),
            @r#"
        family "a b": letters, digits, - and _ are wanted, at most 255
        11 containers: a task definition has at most 10
        "#
        );
        insta::assert_snapshot!(
            found(&one(&json!({"name": "my.app", "memory": 2, "essential": false}))),
            @r#"
        no container is essential: a task needs one
        container "my.app": letters, digits, - and _ are wanted, at most 255
        memory 2 MiB: Docker needs at least 6
        "#
        );
        let long = "x".repeat(70_000);
        assert!(found(&one(&json!({"command": [long]}))).contains("64 KiB"));
    }

    #[test]
    fn fargate_has_pairs_of_cpu_and_memory_and_one_network_mode() {
        let fargate = json!({"requiresCompatibilities": ["FARGATE"]});
        insta::assert_snapshot!(found(&with(one(&json!({})), &fargate)), @r"
        Fargate needs the network mode awsvpc
        Fargate needs cpu and memory of the task
        ");
        let wrong = json!({
            "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "4GB",
        });
        insta::assert_snapshot!(found(&with(one(&json!({"privileged": true})), &wrong)), @r"
        Fargate has no 256 cpu units with 4096 MiB of memory
        Fargate runs no privileged containers
        ");
    }

    #[test]
    fn ports_do_not_collide_and_awsvpc_has_no_mapping() {
        let awsvpc = json!({"networkMode": "awsvpc"});
        let ports =
            json!({"portMappings": [{"containerPort": 80, "hostPort": 8080}], "links": ["web"]});
        insta::assert_snapshot!(found(&with(one(&ports), &awsvpc)), @r"
        host port 8080 differs from container port 80: network mode awsvpc forbids that
        links need the network mode bridge, not awsvpc
        ");
        let twice = json!({"portMappings": [
            {"containerPort": 80, "hostPort": 8080}, {"containerPort": 81, "hostPort": 8080},
            {"containerPort": 82, "hostPort": 8080, "protocol": "udp"},
        ]});
        insta::assert_snapshot!(found(&one(&twice)), @"host port 8080/tcp is mapped twice");
    }

    #[test]
    fn efs_needs_encryption_for_iam_and_access_points() {
        let volumes = json!({"volumes": [
            {"name": "a", "efsVolumeConfiguration": {
                "fileSystemId": "fs-1", "transitEncryption": "DISABLED",
                "authorizationConfig": {"accessPointId": "fsap-1"}}},
        ]});
        let mount = json!({"mountPoints": [{"sourceVolume": "b", "containerPath": "/b"}]});
        insta::assert_snapshot!(found(&with(one(&mount), &volumes)), @r#"
        volume "a": an access point or IAM needs transit encryption
        mount point /b: there is no volume "b"
        "#);
    }

    #[test]
    fn containers_wait_only_for_what_can_happen() {
        let wait =
            |name: &str, condition: &str| json!([{"containerName": name, "condition": condition}]);
        let task = json!({"family": "f", "containerDefinitions": [
            {"name": "a", "image": "i", "memory": 10, "dependsOn": wait("b", "HEALTHY")},
            {"name": "b", "image": "i", "memory": 10, "dependsOn": wait("a", "SUCCESS")},
        ]});
        insta::assert_snapshot!(found(&task), @r#"
        "a" waits for "b" to be healthy, which has no health check
        "b" waits for the end of "a", which is essential: its end stops the task
        a waits for b waits for a: none of them can start
        "#);
    }

    #[test]
    fn a_secret_and_a_variable_of_one_name_collide() {
        let both = json!({
            "environment": [{"name": "KEY", "value": ""}],
            "secrets": [{"name": "KEY", "valueFrom": "x"}],
            "healthCheck": {"interval": 1},
            "logConfiguration": {"logDriver": "local"},
            "ulimits": [{"name": "files", "softLimit": 2, "hardLimit": 1}],
        });
        insta::assert_snapshot!(found(&one(&both)), @r#"
        KEY is both a variable and a secret
        log driver "local": ECS has awsfirelens, awslogs, fluentd, gelf, journald, json-file, splunk, syslog
        ulimit "files": ECS has core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack
        ulimit "files": the soft limit 2 is above the hard limit 1
        the health check has no command
        health check interval 1: 5 to 300 seconds
        "#);
    }

    #[test]
    fn values_that_ecs_does_not_take_are_told() {
        let wrong = json!({
            "mountPoints": [
                {"sourceVolume": "a", "containerPath": "/a"},
                {"sourceVolume": "a", "containerPath": "/a/"},
            ],
            "linuxParameters": {
                "swappiness": 500,
                "tmpfs": [{"containerPath": "/a", "size": 1}, {"containerPath": "run", "size": 1}],
            },
            "systemControls": [{"namespace": "net.core.somaxconn", "value": ""}],
            "resourceRequirements": [{"type": "GPU", "value": "x"}, {"type": "GPU", "value": "0"}],
        });
        let task = json!({
            "volumes": [{"name": "a"}],
            "placementConstraints": [{"type": "distinctInstance"}, {"type": "memberOf"}],
        });
        insta::assert_snapshot!(found(&with(one(&wrong), &task)), @r#"
        swappiness 500: 0 to 100
        kernel parameter "net.core.somaxconn" has no value
        x GPUs: a number above 0 is wanted
        0 GPUs: a number above 0 is wanted
        constraint distinctInstance: a task definition has memberOf only, a service both
        constraint memberOf has no expression
        /a/ is mounted twice
        /a is mounted twice
        "run" is no absolute path to mount on
        "#);
    }

    #[test]
    fn a_container_and_port_that_somebody_names_must_exist() {
        let spec = spec(&one(&json!({"portMappings": [{"containerPort": 80}]})));
        let told = |name, port| exposes(&spec, name, port).map_err(|finding| finding.to_string());
        assert_eq!((told("web", Some(80)), told("web", None)), (Ok(()), Ok(())));
        assert_eq!(told("app", None), Err("there is no container \"app\"".into()));
        assert_eq!(told("web", Some(81)), Err("container \"web\" has no port 81".into()));
    }

    #[test]
    fn a_finding_takes_the_nearest_place() {
        let here = Location { file: "c.yml".into(), line: 3, column: 5 };
        let place = |path: &str| (path == "containerDefinitions/web").then(|| here.clone());
        let findings = preflight_at(&spec(&one(&json!({"memory": 1}))), &place);
        assert_eq!(findings[0].1.to_string(), "c.yml:3:5: memory 1 MiB: Docker needs at least 6");
    }
}
