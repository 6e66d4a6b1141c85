//! Starts a spec and hands out its ends.

use super::{Error, Spec, launch};
use crate::config::SandboxProfile;
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// How a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptEnd {
    /// By itself.
    Exited(u8),
    /// By a signal.
    Signalled(u8),
}

/// A script that was started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Its number; also the number of its session and first process group.
    pub pid: Pid,
    launcher: OwnedFd,
}

/// Says whether this host can run scripts under `profile`.
///
/// # Errors
/// It cannot; the caller must not fall back to a weaker one.
pub fn check(profile: SandboxProfile) -> Result<(), Error> {
    match profile {
        SandboxProfile::Base => Ok(()),
        SandboxProfile::Sandbox => Err(Error::sandbox_is_missing()),
    }
}

/// Starts the process, with pipes of our own for its output, and nothing else of ours.
///
/// # Errors
/// It could not be started. What fails after that is told by [`Running::wait`].
pub fn spawn(spec: &Spec) -> Result<(Running, ChildStdout, ChildStderr), Error> {
    let failed = |cause: io::Error| Error::Start { program: spec.program.clone(), cause };
    let (launcher, for_child) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .map_err(|cause| failed(cause.into()))?;
    #[expect(clippy::disallowed_methods, reason = "the one place that starts scripts")]
    let mut child = Command::new(&spec.program)
        .args(&spec.arguments)
        .env_clear()
        .envs(&spec.environment)
        .current_dir(&spec.directory)
        .stdin(Stdio::from(for_child))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let missing = || failed(io::Error::other("the child has no pipes"));
    let number = child.id().and_then(|number| i32::try_from(number).ok());
    let pid = number.and_then(Pid::from_raw).ok_or_else(missing)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(missing());
    };
    Ok((Running { child, pid, launcher }, stdout, stderr))
}

impl Running {
    /// Waits for its end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The script never began: [`Error::Launch`].
    pub async fn wait(&mut self) -> Result<ScriptEnd, Error> {
        let status = self.child.wait().await.map_err(|cause| Error::Launch(cause.to_string()))?;
        let words = self.words_of_launcher();
        let told = |words: &[u8]| Error::Launch(String::from_utf8_lossy(words).into_owned());
        match words.split_first() {
            Some((&launch::READY, [])) => Ok(end_of(status)),
            Some((&launch::READY, words)) => Err(told(words)),
            Some(_) => Err(told(&words)),
            None => Err(Error::Launch(format!("the launcher ended early ({status})"))),
        }
    }

    fn words_of_launcher(&self) -> Vec<u8> {
        /// More than any message of the launcher.
        const LIMIT: usize = 4096;
        let mut words = vec![0; LIMIT];
        loop {
            match rustix::io::read(&self.launcher, &mut words) {
                Err(Errno::INTR) => {}
                Ok(length) => {
                    words.truncate(length);
                    return words;
                }
                Err(_) => return Vec::new(),
            }
        }
    }
}

fn end_of(status: ExitStatus) -> ScriptEnd {
    let small = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match (status.code(), status.signal()) {
        (Some(code), _) => ScriptEnd::Exited(small(code)),
        (None, Some(signal)) => ScriptEnd::Signalled(small(signal)),
        // wait() reports only ended processes.
        (None, None) => ScriptEnd::Exited(u8::MAX),
    }
}
