//! A registry with a base image, a project's directory, and our binary.

use crate::base;
use crate::registry::{PASSWORD, Registry, USER};
use ecs_sim::gitlab::trial::Trial;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_ecs-canary");

/// How a command of ours ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) said: String,
}

/// Everything that a command meets.
pub(crate) struct World {
    pub(crate) registry: Registry,
    /// `127.0.0.1:PORT/base:1`.
    pub(crate) base: String,
    folder: TempDir,
    variables: BTreeMap<&'static str, String>,
}

impl World {
    /// `None` where there is no registry; the reason was printed then.
    pub(crate) fn new() -> Option<Self> {
        let registry = Registry::start()?;
        let base = base::push(&registry);
        let folder = crate::process::directory("world");
        let host = registry.host();
        for name in ["home", "project"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let variables = BTreeMap::from([
            ("HOME", folder.path().join("home").display().to_string()),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("CI_REGISTRY", host.clone()),
            ("CI_REGISTRY_IMAGE", format!("{host}/group/app")),
            ("CI_REGISTRY_USER", USER.to_owned()),
            ("CI_REGISTRY_PASSWORD", PASSWORD.to_owned()),
            ("CI_COMMIT_SHA", "1111111111111111111111111111111111111111".to_owned()),
            ("CI_COMMIT_TIMESTAMP", "2026-03-01T12:00:00Z".to_owned()),
        ]);
        let world = Self { registry, base, folder, variables };
        let place = |name: &str| world.folder.path().join(name);
        let config = format!(
            "[job]\nbuilds_dir = {:?}\ncache_dir = {:?}\n[registry]\nplain_http = [{host:?}]\n",
            place("builds"),
            place("cache"),
        );
        fs::write(world.config(), config).unwrap();
        Some(world)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// A directory of this test.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        let place = self.folder.path().join(name);
        fs::create_dir_all(&place).unwrap();
        place
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.place("project")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.project().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        drop(self.variables.insert(name, value.to_owned()));
    }

    /// `HOST/REPOSITORY:TAG`.
    pub(crate) fn name(&self, repository: &str) -> String {
        format!("{}/{repository}", self.registry.host())
    }

    /// Runs our binary in the project.
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.config()).args(words).current_dir(self.project());
        let output = crate::process::run(command.env_clear().envs(&self.variables));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        Ended { code: output.status.code().unwrap_or(-1), said }
    }

    /// A job on a runner with our executor that holds these files and pushes to this registry.
    pub(crate) fn job(&self, files: &[(&str, &str)], script: &[&str]) -> Trial {
        let config = self.config().display().to_string();
        let mut trial = Trial::new(BINARY, &["--config", &config], script);
        for (name, text) in files {
            trial = trial.file(name, *text);
        }
        for (name, value) in &self.variables {
            if name.starts_with("CI_REGISTRY") {
                trial = trial.variable(name, value);
            }
        }
        trial
    }

    /// A file with the login, as docker, skopeo and buildah read it, in a directory of its own.
    pub(crate) fn login_file(&self) -> PathBuf {
        use base64::Engine as _;
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let text = serde_json::json!({"auths": {self.registry.host(): {"auth": auth}}});
        let path = self.place("login").join("config.json");
        fs::write(&path, text.to_string()).unwrap();
        path
    }
}

impl Ended {
    /// Ended with this exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}", self.said);
        self
    }

    /// Says this somewhere.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.said.contains(words), "nothing says {words:?}:\n{}", self.said);
        self
    }
}
