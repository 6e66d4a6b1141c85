//! ministack with a Docker daemon: tasks are containers, of images that our own `build` made and
//! that the daemon pulls from a registry on loopback. Skipped where no daemon answers.

use crate::job::Job;
use crate::server::{Server, skipped};
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// A registry that has no such image says so for this digest.
const NO_DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// ministack calls a rollout completed before it stops the old tasks, one after the other, and they
/// get requests until they are stopped.
const STOPPING: Duration = Duration::from_secs(60);
/// Every task has an address of its own.
const NETWORK: &str = "run_params:\n  network_configuration:\n    awsvpc_configuration:\n      \
                       subnets: [subnet-1]\n";

/// ministack with containers, and a pipeline whose image is the application of these tests.
fn job() -> Option<Job> {
    let Some(daemon) = daemon() else {
        skipped("no Docker daemon answers at DOCKER_HOST or /var/run/docker.sock");
        return None;
    };
    let account = Server::ministack(&[("DOCKER_HOST", &daemon)])?;
    let job = Job::with_targets(account, "ip");
    job.write("Dockerfile", "FROM scratch\nCOPY app /app\nCOPY version /version\nCMD [\"/app\"]\n");
    fs::copy(application(), job.place("app")).unwrap();
    // In mode bridge a port of the host is chosen by AWS; ministack takes the container's, and of
    // three tasks one would start. No login is asked for: this registry needs none.
    let params = job.read("deploy/ecs-params.yml").replace("bridge", "awsvpc");
    let (before, _) = params.split_once("      repository_credentials").unwrap();
    job.write("deploy/ecs-params.yml", &format!("{before}{NETWORK}"));
    job.write(
        "ecs-canary.yml",
        // An update that does not name the breaker takes it away there.
        &format!("{}breaker: on\n", job.read("ecs-canary.yml")),
    );
    Some(job)
}

/// The daemon's address when it answers.
fn daemon() -> Option<String> {
    let address = env::var("DOCKER_HOST").unwrap_or("unix:///var/run/docker.sock".to_owned());
    let mut stream = UnixStream::connect(address.strip_prefix("unix://")?).ok()?;
    let ask = b"GET /_ping HTTP/1.1\r\nhost: docker\r\nconnection: close\r\n\r\n";
    stream.write_all(ask).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(address)
}

/// The application, made once, without any library of the machine.
fn application() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join("foreign-app");
    let own = folder.join(format!("foreign-app-{:?}", std::thread::current().id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/app.rs");
    let made = Command::new("rustc")
        .args(["--edition", "2021", "-O", "-C", "target-feature=+crt-static"])
        .args(["-C", "strip=symbols", source, "-o"])
        .arg(&own)
        .status()
        .unwrap();
    assert!(made.success());
    fs::rename(own, &path).unwrap();
    path
}

impl Job {
    /// An image that answers `text`, by our own `build`.
    fn made_by_us(&mut self, version: u32, text: &str) {
        self.at(version);
        self.write("version", text);
        drop(fs::remove_file(self.place("image.json")));
        self.run(&["build"]).code(0);
    }

    /// The different answers that so many of the load balancer's users meet.
    fn answers(&self, number: usize) -> Vec<String> {
        let seen: BTreeSet<String> = (0..number).map(|_| self.visit()).collect();
        seen.into_iter().collect()
    }

    /// Asks until users meet nothing else.
    fn answers_only(&self, version: &str) {
        let since = Instant::now();
        while self.answers(20) != [version] {
            assert!(since.elapsed() < STOPPING, "{:?} in place of {version}", self.answers(20));
        }
    }

    /// ministack's load balancer is a path of its one port.
    fn visit(&self) -> String {
        let address = self.account.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!("GET /_alb/poc/ HTTP/1.1\r\nhost: {address}\r\n");
        stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.rsplit("\r\n\r\n").next().unwrap().trim().to_owned()
    }
}

/// Meaningful by real containers, min/max percents, and a load balancer that chooses a target
/// group's task by chance.
///
/// Not asserted: target health and `rolloutState` of the first deployment, which say healthy and
/// COMPLETED at once; how many of the requests the canary gets; that old tasks get no requests
/// once a rollout is completed.
#[test]
fn users_meet_the_canary_then_the_new_version_and_the_old_one_again() {
    let Some(mut job) = job() else { return };
    job.made_by_us(1, "v1");
    job.run(&["deploy", "canary"]).code(0);
    job.run(&["deploy", "full"]).code(0);
    assert_eq!(job.answers(20), ["v1"]);
    job.made_by_us(2, "v2");
    job.run(&["deploy", "canary"]).code(0);
    // One task of four: a hundred requests that all miss it have a chance of 3 in 10^13.
    assert_eq!(job.answers(100), ["v1", "v2"]);
    job.run(&["deploy", "full"]).code(0);
    job.answers_only("v2");
    job.run(&["rollback"]).code(0);
    job.answers_only("v1");
}

/// Meaningful by the breaker, the container's exit code and the log that ministack keeps.
///
/// Not asserted: how many deployments are left (the FAILED one never leaves), `stopCode`, the
/// texts of events. The log streams need a prefix: without one they have the container's whole id
/// as their name, of which `runtimeId` shows the beginning.
#[test]
fn a_container_that_crashes_is_named_with_its_exit_code_and_its_last_words() {
    let Some(mut job) = job() else { return };
    let group = "awslogs-group: /ecs/canary-test";
    let with_prefix = format!("{group}\n        awslogs-stream-prefix: web");
    job.edit("deploy/docker-compose.yml", group, &with_prefix);
    job.made_by_us(1, "v1");
    job.run(&["deploy", "canary"]).code(0);
    job.made_by_us(2, "v2 crashes");
    let ended =
        job.run(&["deploy", "canary"]).code(30).says("container canary-test ends with exit code 3");
    ended.says("no database at db:5432");
    assert_eq!(job.answers(10), ["v1"]);
}

/// Meaningful by a pull that really fails, and so soon that ministack has rolled back before it
/// answers the update: our deployment is only seen as a FAILED entry.
#[test]
fn an_image_that_is_not_there_is_named_as_the_cause() {
    let Some(mut job) = job() else { return };
    job.made_by_us(1, "v1");
    job.run(&["deploy", "canary"]).code(0);
    job.at(2);
    let image = format!("{}/group/app@{NO_DIGEST}", job.registry.host());
    let ended = job.run(&["deploy", "canary", "--image", &image]).code(30);
    ended.says("the image could not be pulled");
}
