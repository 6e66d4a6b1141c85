//! A client that nobody here wrote reads every answer: botocore, with its own models of the
//! services, and the AWS CLI's waiter. `tests/run` installs both into `target/tests-python`;
//! skipped, with the reason, where they are missing.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use ecs_sim::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, EXAMPLE_SECRET_KEY, FateRule, Role, SimCloud,
    SimCloudHandle, SimOptions, TaskFate, WebIdentityTrust,
};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// The tables of actions, by the services' names in permissions.
const TABLES: [(&str, &str); 9] = [
    ("ecs", include_str!("../src/cloud/brain/ecs/dispatch.rs")),
    ("elasticloadbalancing", include_str!("../src/cloud/brain/elb/dispatch.rs")),
    ("cloudwatch", include_str!("../src/cloud/brain/cloudwatch/dispatch.rs")),
    ("logs", include_str!("../src/cloud/brain/logs/dispatch.rs")),
    ("application-autoscaling", include_str!("../src/cloud/brain/autoscaling/dispatch.rs")),
    ("iam", include_str!("../src/cloud/brain/iam.rs")),
    ("secretsmanager", include_str!("../src/cloud/brain/secretsmanager.rs")),
    ("ssm", include_str!("../src/cloud/brain/ssm.rs")),
    ("sts", include_str!("../src/cloud/brain/sts/mod.rs")),
];

/// Every action that the simulated cloud has, as `service:Action`.
fn actions() -> Vec<String> {
    let of = |(service, table): &(&str, &'static str)| {
        let service = (*service).to_owned();
        table
            .lines()
            .filter_map(|line| {
                let (pattern, _) = line.split_once(" =>")?;
                pattern.trim().trim_start_matches('(').strip_prefix('"')?.split('"').next()
            })
            .map(move |action| format!("{service}:{action}"))
            .collect::<Vec<_>>()
    };
    TABLES.iter().flat_map(of).collect()
}

/// A program of the virtual environment, or of the machine.
fn program(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tests-python/bin");
    let own = target.join(name);
    if own.exists() { own } else { PathBuf::from(name) }
}

/// A role for keys and for tokens.
fn role() -> Role {
    Role {
        arn: "arn:aws:iam::111122223333:role/release".to_owned(),
        allow: vec!["ecs:*".to_owned()],
        trusted: vec!["*".to_owned()],
        web_identity: Some(WebIdentityTrust {
            issuer: "https://gitlab.example.com".to_owned(),
            audience: "sts.amazonaws.com".to_owned(),
            subject: "*".to_owned(),
        }),
    }
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn every_answer_of_every_action_fits_botocores_models() {
    let python = program("python3");
    let has_botocore = Command::new(&python).args(["-c", "import botocore"]).output();
    if !has_botocore.is_ok_and(|output| output.status.success()) {
        drop(writeln!(
            std::io::stderr(),
            "skipped: there is no python3 with botocore (tests/run installs it)"
        ));
        return;
    }
    let actions = actions();
    assert!(actions.len() > 50, "{actions:?}");
    let cloud = SimCloud::start(SimOptions::at_speed(600.0)).await.unwrap();
    cloud.with(|account, _| account.add_role(role()));
    let mut command = Command::new(python);
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore/check.py"))
        .args([&cloud.endpoint, &actions.join(" ")]);
    let output = run(command).await;
    let talk = String::from_utf8_lossy(&output.stdout);
    let trouble = String::from_utf8_lossy(&output.stderr);
    println!("{talk}");
    assert!(output.status.success(), "{talk}\n{trouble}");
    assert!(cloud.unknown_actions().is_empty());
}

/// One call in process.
fn call(cloud: &SimCloudHandle, action: &str, body: Value) -> Value {
    cloud.with(|account, now| account.call(now, EXAMPLE_ACCESS_KEY, "ecs", action, body).unwrap())
}

fn register(cloud: &SimCloudHandle, image: &str) -> Value {
    let container = json!({"name": "app", "image": image, "memory": 64});
    let body = json!({"family": "app", "containerDefinitions": [container]});
    call(cloud, "RegisterTaskDefinition", body)["taskDefinition"]["taskDefinitionArn"].clone()
}

/// The status that `aws ecs wait services-stable` ends with.
async fn wait_for(cloud: &SimCloudHandle, service: &str) -> Option<i32> {
    let mut command = Command::new(program("aws"));
    command
        .args(["ecs", "wait", "services-stable", "--cluster", EXAMPLE_CLUSTER])
        .args(["--services", service])
        .env("AWS_ENDPOINT_URL", &cloud.endpoint)
        .env("AWS_ACCESS_KEY_ID", EXAMPLE_ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", EXAMPLE_SECRET_KEY)
        .env("AWS_DEFAULT_REGION", "ap-northeast-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    run(command).await.status.code()
}

#[tokio::test]
async fn the_cli_waits_for_a_service_and_calls_a_rollback_stable() {
    if !Command::new(program("aws")).arg("--version").output().is_ok_and(|out| out.status.success())
    {
        drop(writeln!(std::io::stderr(), "skipped: there is no AWS CLI (tests/run installs it)"));
        return;
    }
    let cloud = SimCloud::start(SimOptions::at_speed(60.0)).await.unwrap();
    let breaker = json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}});
    let body = json!({
        "cluster": EXAMPLE_CLUSTER, "serviceName": "web", "desiredCount": 1,
        "taskDefinition": register(&cloud, "app:1"), "deploymentConfiguration": breaker,
    });
    call(&cloud, "CreateService", body);
    // The waiter only looks at counts; a rollback needs the first deployment to have ended too.
    assert_eq!(wait_for(&cloud, "web").await, Some(0));
    cloud.jump(Duration::from_secs(3600));
    assert_eq!(cloud.services()[0].deployment, "SUCCESSFUL");
    assert_eq!(wait_for(&cloud, "nobody").await, Some(255));
    let fate = TaskFate::crash_at_start(1);
    cloud.fate(FateRule { image: Some("app:2".into()), fate, ..FateRule::default() });
    let body = json!({
        "cluster": EXAMPLE_CLUSTER, "service": "web", "taskDefinition": register(&cloud, "app:2"),
    });
    call(&cloud, "UpdateService", body);
    cloud.jump(Duration::from_secs(3600));
    assert_eq!(cloud.services()[0].deployment, "ROLLBACK_SUCCESSFUL");
    // The stock waiter sees one deployment and equal counts: a rollback is success to it.
    assert_eq!(wait_for(&cloud, "web").await, Some(0));
}
