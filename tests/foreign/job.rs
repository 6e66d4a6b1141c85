//! A repository with the example application, a registry, and our binary with nothing of this
//! machine's environment, pointed at a foreign implementation.

use crate::server::{ACCOUNT, REGION, SECRET_KEY, Server};
use ecs_sim::registry::{RegistryHandle, RegistryOptions, SeedImage};
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Our waits shrink by this; the foreign implementations know no other clock than the wall's.
const SPEED: f64 = 20.0;
/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) const CLUSTER: &str = "ecs-canary-test-poc-svc-cluster";
const EXAMPLE: [(&str, &str); 3] = [
    (
        "deploy/docker-compose.yml",
        include_str!("../sim/src/demo/example/deploy/docker-compose.yml"),
    ),
    ("deploy/ecs-params.yml", include_str!("../sim/src/demo/example/deploy/ecs-params.yml")),
    ("ecs-canary.yml", include_str!("../sim/src/demo/example/ecs-canary.yml")),
];

/// The account of a foreign implementation, and a pipeline that releases to it.
pub(crate) struct Job {
    pub(crate) account: Server,
    pub(crate) registry: RegistryHandle,
    pub(crate) target_group: String,
    pub(crate) canary_group: String,
    pub(crate) listener: String,
    folder: TempDir,
    variables: BTreeMap<String, String>,
    _running: tokio::sync::oneshot::Sender<()>,
}

/// A command that runs.
pub(crate) struct Started<'a> {
    job: &'a Job,
    child: Child,
}

/// How a command ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Job {
    /// A cluster, a load balancer with two target groups, the log group of the example, and
    /// its repository.
    pub(crate) fn new(account: Server) -> Self {
        Self::with_targets(account, "instance")
    }

    /// The same with target groups whose targets are of this type.
    pub(crate) fn with_targets(account: Server, target_type: &str) -> Self {
        account.call("ecs", "CreateCluster", json!({"clusterName": CLUSTER}));
        account.call("logs", "CreateLogGroup", json!({"logGroupName": "/ecs/canary-test"}));
        let (vpc, subnets) = network(&account);
        let group = |name: &str| {
            let with = json!({
                "Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": vpc,
                "TargetType": target_type,
            });
            let made = account.call("elbv2", "CreateTargetGroup", with);
            made["TargetGroups"][0]["TargetGroupArn"].as_str().unwrap().to_owned()
        };
        let (target_group, canary_group) = (group("release"), group("canary"));
        let made =
            account.call("elbv2", "CreateLoadBalancer", json!({"Name": "poc", "Subnets": subnets}));
        let balancer = made["LoadBalancers"][0]["LoadBalancerArn"].clone();
        let forward = json!([{"Type": "forward", "TargetGroupArn": target_group}]);
        let with = json!({
            "LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": forward,
        });
        let made = account.call("elbv2", "CreateListener", with);
        let listener = made["Listeners"][0]["ListenerArn"].as_str().unwrap().to_owned();
        let (registry, running) = registry();
        let mut job = Self {
            account,
            registry,
            target_group,
            canary_group,
            listener,
            folder: TempDir::new().unwrap(),
            variables: BTreeMap::new(),
            _running: running,
        };
        job.seal();
        job.at(1);
        job
    }

    fn seal(&mut self) {
        for (name, text) in EXAMPLE {
            self.write(name, text);
        }
        let text = self.read("ecs-canary.yml");
        let old = text.lines().find_map(|line| line.trim().strip_prefix("target_group: "));
        let old = old.unwrap().to_owned();
        self.write("ecs-canary.yml", &text.replace(&old, &self.target_group));
        let host = self.registry.host();
        let image = format!("{host}/group/app");
        let endpoint = self.account.endpoint.clone();
        let home = self.folder.path().display().to_string();
        for (name, value) in [
            ("HOME", home.as_str()),
            ("PATH", "/usr/bin:/bin"),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("CI_REGISTRY", &host),
            ("CI_REGISTRY_IMAGE", &image),
            ("CI_COMMIT_TIMESTAMP", "2026-03-01T12:00:00Z"),
            ("CI_PROJECT_PATH", "group/app"),
        ] {
            self.set(name, value);
        }
        let config = format!(
            "[registry]\nplain_http = [{host:?}]\n[simulation]\nclock_speed = {SPEED:.1}\n"
        );
        fs::write(self.config(), config).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// A file of the repository.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join("app").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.place(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.place(name)).unwrap()
    }

    /// Replaces words of a file.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, &text.replace(from, to));
    }

    /// As the pipeline of this version.
    pub(crate) fn at(&mut self, version: u32) {
        self.set("CI_COMMIT_SHA", &commit(version));
        self.set("CI_COMMIT_TAG", &format!("{version}.0.0"));
        self.set("CI_PIPELINE_ID", &format!("{}", 100 + version));
    }

    /// The same, with an image of this version in the registry; its reference with digest.
    pub(crate) fn built(&mut self, version: u32) -> String {
        self.at(version);
        let tag = format!("{version}.0.0");
        let config = json!({"Env": [format!("VERSION={version}")]});
        let image = SeedImage { config, ..SeedImage::default() };
        let digest = self.registry.seed("group/app", &tag, &image);
        format!("{}/group/app@{digest}", self.registry.host())
    }

    /// Releases a version as canary and then in full.
    pub(crate) fn released(&mut self, version: u32) -> String {
        let image = self.built(version);
        self.run(&["deploy", "canary"]).code(0);
        self.run(&["deploy", "full"]).code(0);
        image
    }

    /// A service that runs so many tasks of an image that was never ours.
    pub(crate) fn made(&self, name: &str, count: u32) {
        let container = json!({"name": "canary-test", "image": "before:1", "memory": 512});
        let with = json!({"family": name, "containerDefinitions": [container]});
        self.account.call("ecs", "RegisterTaskDefinition", with);
        let with = json!({
            "cluster": CLUSTER, "serviceName": name, "taskDefinition": name, "desiredCount": count,
        });
        self.account.call("ecs", "CreateService", with);
    }

    /// A rule of the listener that forwards to both target groups, all to the full one.
    pub(crate) fn rule_with_weights(&self) -> String {
        let group = |arn: &str, weight: u32| json!({"TargetGroupArn": arn, "Weight": weight});
        let groups = [group(&self.target_group, 100), group(&self.canary_group, 0)];
        let with = json!({
            "ListenerArn": self.listener, "Priority": 1,
            "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}],
            "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        });
        let made = self.account.call("elbv2", "CreateRule", with);
        made["Rules"][0]["RuleArn"].as_str().unwrap().to_owned()
    }

    /// The release file in mode `weighted` by this rule, with `more` lines at its end.
    pub(crate) fn weighted(&self, rule: &str, more: &str) {
        let text = self.read("ecs-canary.yml");
        let (before, canary) = text.split_once("  canary:").unwrap();
        let canary = canary.replace(&self.target_group, &self.canary_group);
        let mode = format!("mode: weighted\nlistener_rule: {rule}\n{more}");
        let canary = canary.replace("mode: twin", &mode);
        self.write("ecs-canary.yml", &format!("{before}  canary:{canary}"));
    }

    /// Runs `ecs-canary` with these words to its end.
    #[must_use]
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        self.start(words).wait()
    }

    /// Starts `ecs-canary` with these words.
    pub(crate) fn start(&self, words: &[&str]) -> Started<'_> {
        let place = |name: &str| fs::File::create(self.folder.path().join(name)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_ecs-canary"))
            .arg("--config")
            .arg(self.config())
            .args(words)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.folder.path().join("app"))
            .stdin(Stdio::null())
            .stdout(place("stdout"))
            .stderr(place("stderr"))
            .spawn()
            .unwrap();
        Started { job: self, child }
    }

    fn said(&self, stream: &str) -> String {
        let text = fs::read(self.folder.path().join(stream)).unwrap();
        let text = String::from_utf8_lossy(&text);
        text.replace(&self.registry.host(), "REGISTRY").replace(&self.account.endpoint, "ENDPOINT")
    }

    /// A service as botocore reads it, with its tags.
    #[track_caller]
    pub(crate) fn service(&self, name: &str) -> Value {
        let with = json!({"cluster": CLUSTER, "services": [name], "include": ["TAGS"]});
        self.account.call("ecs", "DescribeServices", with)["services"][0].take()
    }

    /// `release:2 3/3`: what the service itself says that it runs, without its deployments.
    #[track_caller]
    pub(crate) fn stands(&self, name: &str) -> String {
        let service = self.service(name);
        let revision = service["taskDefinition"].as_str().unwrap_or("nothing");
        let revision = revision.rsplit('/').next().unwrap_or(revision);
        format!("{revision} {}/{}", service["runningCount"], service["desiredCount"])
    }

    /// A revision as botocore reads it, with its tags.
    #[track_caller]
    pub(crate) fn revision(&self, name: &str) -> Value {
        let with = json!({"taskDefinition": name, "include": ["TAGS"]});
        self.account.call("ecs", "DescribeTaskDefinition", with)
    }

    /// The image of what a service runs.
    #[track_caller]
    pub(crate) fn image(&self, service: &str) -> String {
        let revision = self.service(service)["taskDefinition"].as_str().unwrap().to_owned();
        let found = self.revision(&revision);
        let image = &found["taskDefinition"]["containerDefinitions"][0]["image"];
        image.as_str().unwrap().to_owned()
    }
}

/// The commit of a version.
pub(crate) fn commit(version: u32) -> String {
    version.to_string().repeat(40)
}

/// A network for the load balancer: the account's own one, or names where it has none.
fn network(account: &Server) -> (String, Vec<String>) {
    let found = account.call("ec2", "DescribeSubnets", json!({}));
    let all = found["Subnets"].as_array().cloned().unwrap_or_default();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let vpc = all.first().map_or_else(|| "vpc-1".to_owned(), |one| text(one, "VpcId"));
    let subnets = all.iter().take(2).map(|one| text(one, "SubnetId")).collect();
    (vpc, subnets)
}

/// A registry without a login, which Docker's daemon may use as well: it trusts loopback.
fn registry() -> (RegistryHandle, tokio::sync::oneshot::Sender<()>) {
    let (sender, receiver) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let registry = RegistryHandle::start(RegistryOptions::default()).await.unwrap();
            drop(sender.send(registry));
            // Ends with the job, which holds the other end.
            drop(stopped.await);
        });
    });
    (receiver.recv().unwrap(), stop)
}

impl Started<'_> {
    /// Looks until `seen`, or until its end.
    pub(crate) fn until(mut self, what: &str, seen: impl Fn() -> bool) -> Self {
        let since = Instant::now();
        while !seen() {
            let talk = || self.job.said("stderr");
            assert!(self.child.try_wait().unwrap().is_none(), "ended before {what}:\n{}", talk());
            assert!(since.elapsed() < PATIENCE, "never {what}:\n{}", talk());
            std::thread::sleep(Duration::from_millis(50));
        }
        self
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(self) -> Self {
        let pid = Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        self
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ended {
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if since.elapsed() > PATIENCE {
                drop(self.child.kill().and_then(|()| self.child.wait()));
                panic!("it hangs:\n{}", self.job.said("stderr"));
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let (stdout, stderr) = (self.job.said("stdout"), self.job.said("stderr"));
        Ended { code: status.code().unwrap_or(-1), stdout, stderr }
    }
}

impl Ended {
    /// Ended with this exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Says this somewhere, line breaks and indentation aside.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = flat(&self.stdout).contains(words) || flat(&self.stderr).contains(words);
        assert!(said, "nothing says {words:?}:\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Says this nowhere.
    #[track_caller]
    pub(crate) fn never_says(self, words: &str) -> Self {
        let said = self.stdout.contains(words) || self.stderr.contains(words);
        assert!(!said, "something says {words:?}:\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The last JSON line of standard output.
    #[track_caller]
    pub(crate) fn outcome(&self) -> Value {
        serde_json::from_str(self.stdout.lines().last().unwrap()).unwrap()
    }
}
