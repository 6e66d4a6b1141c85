//! What a job's script gets: command, environment, directory. Pure. Nothing of the driver's own
//! environment is in it: the Runner's scripts set every variable of the job themselves.

use super::{Error, JobDirectories};
use crate::config::SandboxProfile;
use crate::job::JobKey;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Marks every process of a job, in its environment: `ECS_CANARY_JOB=<key>`. Cleanup finds by it
/// what a killed driver left.
pub const JOB_MARK: &str = "ECS_CANARY_JOB";

/// Where programs are, after our own names.
pub const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the driver wants to run.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The job.
    pub key: &'a JobKey,
    /// Its directories.
    pub directories: &'a JobDirectories,
    /// Our own executable.
    pub launcher: &'a Path,
    /// The shell.
    pub bash: &'a Path,
    /// The script, readable for the job.
    pub script: &'a Path,
    /// The user that it runs as, by name.
    pub user: &'a str,
    /// The job socket with the variable that names it, for stages that have one.
    pub socket: Option<(&'a str, &'a Path)>,
}

/// A process to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Executable.
    pub program: PathBuf,
    /// Arguments without the program's name. Never a secret: other users can see them.
    pub arguments: Vec<OsString>,
    /// The whole environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// Working directory.
    pub directory: PathBuf,
}

/// The process for `ask` under `profile`.
///
/// # Errors
/// This program cannot start anything under that profile.
pub fn spec(profile: SandboxProfile, ask: &Ask<'_>) -> Result<Spec, Error> {
    match profile {
        SandboxProfile::Base => Ok(base(ask)),
        SandboxProfile::Sandbox => Err(Error::sandbox_is_missing()),
    }
}

/// Profile `base`: own session, scrubbed environment, private directories, no way to new
/// privileges. Files, network and processes of the same user stay visible.
fn base(ask: &Ask<'_>) -> Spec {
    let words = [super::launch::COMMAND.as_ref(), ask.bash.as_os_str(), ask.script.as_os_str()];
    Spec {
        program: ask.launcher.to_owned(),
        arguments: words.map(OsString::from).to_vec(),
        environment: environment(ask),
        directory: ask.directories.builds(),
    }
}

fn environment(ask: &Ask<'_>) -> BTreeMap<OsString, OsString> {
    let mut path = ask.directories.names().into_os_string();
    path.push(":");
    path.push(SYSTEM_PATH);
    let fixed: [(&str, OsString); 8] = [
        ("PATH", path),
        ("HOME", ask.directories.home().into()),
        ("TMPDIR", ask.directories.tmp().into()),
        ("USER", ask.user.into()),
        ("LOGNAME", ask.user.into()),
        ("SHELL", ask.bash.into()),
        ("LANG", "C.UTF-8".into()),
        (JOB_MARK, ask.key.as_str().into()),
    ];
    let socket = ask.socket.map(|(name, path)| (name, path.into()));
    fixed.into_iter().chain(socket).map(|(name, value)| (name.into(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spec: &Spec) -> String {
        let mut lines = vec![format!("{} in {}", spec.program.display(), spec.directory.display())];
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        lines.extend(spec.arguments.iter().map(text));
        let pairs = spec.environment.iter();
        lines.extend(pairs.map(|(name, value)| format!("{}={}", text(name), text(value))));
        lines.join("\n")
    }

    fn asked(socket: Option<(&str, &Path)>) -> Spec {
        let key = JobKey::parse("7-0123456789abcdef").unwrap();
        let directories = JobDirectories::new(Path::new("/b"), &key);
        let ask = Ask {
            key: &key,
            directories: &directories,
            launcher: Path::new("/usr/bin/ecs-canary"),
            bash: Path::new("/bin/bash"),
            script: Path::new("/b/7-0123456789abcdef/state/script"),
            user: "gitlab-runner",
            socket,
        };
        spec(SandboxProfile::Base, &ask).unwrap()
    }

    #[test]
    fn a_script_gets_what_is_listed_here_and_nothing_else() {
        let spec = asked(Some(("ECS_CANARY_SOCKET", Path::new("/s"))));
        insta::assert_snapshot!(shown(&spec), @"
        /usr/bin/ecs-canary in /b/7-0123456789abcdef/builds
        __launch
        /bin/bash
        /b/7-0123456789abcdef/state/script
        ECS_CANARY_JOB=7-0123456789abcdef
        ECS_CANARY_SOCKET=/s
        HOME=/b/7-0123456789abcdef/home
        LANG=C.UTF-8
        LOGNAME=gitlab-runner
        PATH=/b/7-0123456789abcdef/names:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        SHELL=/bin/bash
        TMPDIR=/b/7-0123456789abcdef/tmp
        USER=gitlab-runner
        ");
    }

    #[test]
    fn a_stage_of_the_runner_gets_no_socket() {
        assert!(!shown(&asked(None)).contains("SOCKET"));
    }
}
