//! A repository with the example application, a registry, an AWS account, and our binary with
//! nothing of this machine's environment.

use ecs_sim::cloud::{
    CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_SECRET_KEY, Pace, SimCloud, SimCloudHandle,
    SimOptions, SimTime,
};
use ecs_sim::gitlab::trial::Trial;
use ecs_sim::registry::{Auth, RegistryHandle, RegistryOptions, SeedImage};
use rustix::process::{Pid, Signal};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// Virtual seconds for each real one: a rolling deployment of minutes takes about a second.
const SPEED: f64 = 200.0;
/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(150);

/// The commit of version 1 and 2.
pub(crate) const COMMIT_1: &str = "1111111111111111111111111111111111111111";
pub(crate) const COMMIT_2: &str = "2222222222222222222222222222222222222222";

const EXAMPLE: [(&str, &str); 6] = [
    ("Dockerfile", include_str!("../sim/src/demo/example/Dockerfile")),
    ("conf/test.conf", include_str!("../sim/src/demo/example/conf/test.conf")),
    ("html/index.html", include_str!("../sim/src/demo/example/html/index.html")),
    (
        "deploy/docker-compose.yml",
        include_str!("../sim/src/demo/example/deploy/docker-compose.yml"),
    ),
    ("deploy/ecs-params.yml", include_str!("../sim/src/demo/example/deploy/ecs-params.yml")),
    ("ecs-canary.yml", include_str!("../sim/src/demo/example/ecs-canary.yml")),
];

/// Everything that a command meets.
pub(crate) struct World {
    pub(crate) cloud: SimCloudHandle,
    pub(crate) registry: RegistryHandle,
    folder: TempDir,
    variables: BTreeMap<String, String>,
    _running: tokio::sync::oneshot::Sender<()>,
}

/// A command that runs.
pub(crate) struct Started<'a> {
    world: &'a World,
    child: Child,
    said: Receiver<(Stream, Vec<u8>)>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Stream {
    Out,
    Err,
}

/// Passes on what comes from `from`, to its end.
fn follow(
    mut from: impl Read + Send + 'static,
    stream: Stream,
    to: mpsc::Sender<(Stream, Vec<u8>)>,
) {
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            if to.send((stream, piece[..length].to_vec())).is_err() {
                return;
            }
        }
    });
}

impl Started<'_> {
    /// Waits until standard error says `words`.
    pub(crate) fn until(mut self, words: &str) -> Self {
        while !String::from_utf8_lossy(&self.stderr).contains(words) {
            assert!(self.hear(), "it ended without saying {words:?}:\n{}", self.talk());
        }
        self
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(self) -> Self {
        let pid = Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        self
    }

    /// True when it ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Sends SIGKILL and waits until it is gone; true when that is what it died of.
    pub(crate) fn kill(mut self) -> bool {
        self.child.kill().unwrap();
        self.child.wait().unwrap().signal() == Some(Signal::KILL.as_raw())
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ended {
        while self.hear() {}
        let status = self.child.wait().unwrap();
        Ended {
            code: status.code().unwrap_or(-1),
            stdout: self.world.normal(&self.stdout),
            stderr: self.world.normal(&self.stderr),
        }
    }

    /// Hears a little more; false at the end of both streams.
    fn hear(&mut self) -> bool {
        match self.said.recv_timeout(PATIENCE) {
            Ok((Stream::Out, bytes)) => self.stdout.extend(bytes),
            Ok((Stream::Err, bytes)) => self.stderr.extend(bytes),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                self.child.kill().unwrap();
                panic!("it hangs:\n{}", self.talk());
            }
        }
        true
    }

    fn talk(&self) -> String {
        self.world.normal(&self.stderr)
    }
}

/// How a command ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// The example's repository at version 1, a registry that wants a login, an account with
    /// the example's cluster and load balancer.
    pub(crate) fn new() -> Self {
        Self::empty().with_example()
    }

    /// The same where ECS does everything quickly: fewer looks, the same phases.
    pub(crate) fn quick() -> Self {
        let second = Duration::from_secs(1);
        let pace = Pace {
            tick: 2 * second,
            reaction: second,
            place: second,
            pull: second,
            start: second,
            stop: second,
            deprovision: second,
            ..Pace::default()
        };
        let cloud = CloudOptions { pace, ..CloudOptions::default() };
        Self::with(SimOptions { cloud, ..SimOptions::at_speed(SPEED) }).with_example()
    }

    /// The same where keys that STS gives out have ended already by this machine's clock, which
    /// is what the program goes by: it asks for new ones before each call.
    #[expect(clippy::disallowed_methods, reason = "the clock that the program goes by")]
    pub(crate) fn in_the_past() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let past = i64::try_from((now - Duration::from_secs(3_700)).as_millis()).unwrap();
        let start = Some(SimTime::from_millis(past));
        Self::with(SimOptions { start, ..SimOptions::at_speed(SPEED) }).with_example()
    }

    fn with_example(mut self) -> Self {
        for (name, text) in EXAMPLE {
            self.write(name, text);
        }
        self.at_commit(COMMIT_1, "1.0.0", 101);
        self
    }

    /// The same without any file and commit.
    pub(crate) fn empty() -> Self {
        Self::with(SimOptions::at_speed(SPEED))
    }

    fn with(options: SimOptions) -> Self {
        let (sender, receiver) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let registry = RegistryHandle::start(registry_options()).await.unwrap();
                registry.seed_nginx();
                let cloud = SimCloud::start(options).await.unwrap();
                drop(sender.send((cloud, registry)));
                // Ends with the world, which holds the other end.
                drop(stopped.await);
            });
        });
        let (cloud, registry) = receiver.recv().unwrap();
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("app")).unwrap();
        let mut world =
            Self { cloud, registry, folder, variables: BTreeMap::new(), _running: stop };
        world.seal();
        world
    }

    /// The only variables that a command sees.
    fn seal(&mut self) {
        let home = self.folder.path().join("home");
        fs::create_dir_all(&home).unwrap();
        let host = self.registry.host();
        let image = format!("{host}/group/app");
        let endpoint = self.cloud.endpoint.clone();
        for (name, value) in [
            ("HOME", home.to_str().unwrap()),
            ("PATH", "/usr/bin:/bin"),
            ("AWS_REGION", "ap-northeast-1"),
            ("AWS_ACCESS_KEY_ID", EXAMPLE_ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", EXAMPLE_SECRET_KEY),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("CI_REGISTRY", &host),
            ("CI_REGISTRY_IMAGE", &image),
            ("CI_REGISTRY_USER", "ci"),
            ("CI_REGISTRY_PASSWORD", "registry-s3cret"),
            ("CI_COMMIT_TIMESTAMP", "2026-03-01T12:00:00Z"),
            ("CI_PROJECT_PATH", "group/app"),
        ] {
            self.set(name, value);
        }
        let place = |name: &str| self.folder.path().join(name);
        let config = format!(
            "[job]\nbuilds_dir = {:?}\ncache_dir = {:?}\n[aws]\nallow_endpoint_override = true\n\
             [registry]\nplain_http = [{host:?}]\nmirrors = {{ \"docker.io\" = [\"http://{host}\"], \"registry.example.com\" = [\"http://{host}\"] }}\n\
             [simulation]\nclock_speed = {SPEED:.1}\n",
            place("builds"),
            place("cache"),
        );
        fs::write(self.config(), config).unwrap();
    }

    /// As a pipeline of this commit.
    pub(crate) fn at_commit(&mut self, commit: &str, tag: &str, pipeline: u64) {
        self.set("CI_COMMIT_SHA", commit);
        self.set("CI_COMMIT_TAG", tag);
        self.set("CI_PIPELINE_ID", &pipeline.to_string());
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// A job of this repository on a runner with our executor, with the variables of a project
    /// that releases.
    pub(crate) fn job(&self, script: &[&str]) -> Trial {
        let config = self.config().display().to_string();
        let mut trial =
            Trial::new(env!("CARGO_BIN_EXE_ecs-canary"), &["--config", &config], script);
        for (name, _) in EXAMPLE {
            trial = trial.file(name, self.read(name));
        }
        let own = |name: &str| name.starts_with("AWS_") || name.starts_with("CI_REGISTRY");
        for (name, value) in self.variables.iter().filter(|(name, _)| own(name)) {
            trial = trial.variable(name, value);
        }
        trial.variable("CI_COMMIT_TAG", "1.0.0")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.directory().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory().join(name)).unwrap_or_default()
    }

    pub(crate) fn remove(&self, name: &str) {
        drop(fs::remove_file(self.directory().join(name)));
    }

    /// Replaces words of a file.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, &text.replace(from, to));
    }

    /// Runs `ecs-canary` with these words.
    #[must_use]
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        self.start(words, "").wait()
    }

    /// Runs `ecs-canary` with these words and this standard input.
    #[must_use]
    pub(crate) fn run_with_input(&self, words: &[&str], input: &str) -> Ended {
        self.start(words, input).wait()
    }

    /// Runs `ecs-canary` with these words alone, without the host's config before them.
    #[must_use]
    pub(crate) fn bare(&self, words: &[&str]) -> Ended {
        self.start_bare(words, "").wait()
    }

    /// Starts `ecs-canary` with these words.
    pub(crate) fn start(&self, words: &[&str], input: &str) -> Started<'_> {
        let config = self.config();
        self.start_bare(&[&["--config", config.to_str().unwrap()], words].concat(), input)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts the binary")]
    fn start_bare(&self, words: &[&str], input: &str) -> Started<'_> {
        let stdin = self.folder.path().join("stdin");
        fs::write(&stdin, input).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_ecs-canary"))
            .args(words)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.directory())
            .stdin(fs::File::open(stdin).unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, said) = mpsc::channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        follow(out, Stream::Out, sender.clone());
        follow(err, Stream::Err, sender);
        Started { world: self, child, said, stdout: Vec::new(), stderr: Vec::new() }
    }

    /// Without what differs from run to run.
    fn normal(&self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text).into_owned();
        let text = text.replace(&self.registry.host(), "REGISTRY");
        text.replace(self.folder.path().to_str().unwrap(), "FOLDER")
    }

    /// Names of the calls that asked AWS for a change, in order.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.cloud.changes().into_iter().map(|call| call.action).collect()
    }

    /// Bodies of the calls of one action, in order.
    pub(crate) fn requests(&self, action: &str) -> Vec<serde_json::Value> {
        let calls = self.cloud.calls().into_iter();
        calls.filter(|call| call.action == action).map(|call| call.body).collect()
    }

    /// `release 3/3 release:2` for each service.
    pub(crate) fn services(&self) -> String {
        let mut text = String::new();
        for row in self.cloud.services() {
            let (service, revision) = (&row.service, &row.revision);
            writeln!(text, "{service} {}/{} {revision}", row.running, row.desired).unwrap();
        }
        text
    }

    /// Builds and pushes the image of this commit.
    pub(crate) fn build(&self) {
        self.run(&["build"]).good();
    }

    /// Puts an image into the registry that nobody built here.
    pub(crate) fn push(&self, tag: &str) {
        let config = serde_json::json!({ "Env": [format!("VERSION={tag}")] });
        self.registry.seed("group/app", tag, &SeedImage { config, ..SeedImage::default() });
    }
}

fn registry_options() -> RegistryOptions {
    let auth = Auth::Bearer {
        user: "ci".to_owned(),
        password: "registry-s3cret".to_owned(),
        token_uses: 0,
        anonymous_pull: false,
    };
    RegistryOptions { auth, ..RegistryOptions::default() }
}

impl Ended {
    /// Ended well.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        self.code(0)
    }

    /// Ended with this exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Says this somewhere.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        let said = self.stdout.contains(words) || self.stderr.contains(words);
        assert!(said, "nothing says {words:?}:\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The JSON lines of standard output.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
