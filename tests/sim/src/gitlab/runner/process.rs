//! Starts one program of the executor and waits for it: own process group, null stdin, both pipes read to their end,
//! TERM to the group when the context ends, KILL after the grace. Never closes a pipe before its end: a descendant
//! that holds it keeps the stage open, as with the real runner.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::context::Context;
use super::log::Stream;
use super::verdict::Failure;

/// What to start and how to stop it.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    /// The program; without a slash it is looked up in the runner's PATH.
    pub(crate) exec: &'a Path,
    /// Its arguments.
    pub(crate) args: Vec<OsString>,
    /// Its working directory.
    pub(crate) directory: &'a Path,
    /// Its whole environment, later ones win.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// From TERM to KILL.
    pub(crate) grace: Duration,
    /// From KILL to giving up.
    pub(crate) force: Duration,
}

/// Where a stream goes.
#[derive(Debug)]
pub(crate) enum Output {
    /// Into the job's log.
    Log(Stream),
    /// Into memory.
    Memory(Vec<u8>),
}

impl Output {
    fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Log(stream) => stream.write(bytes),
            Self::Memory(all) => all.extend_from_slice(bytes),
        }
    }

    /// What was kept in memory.
    pub(crate) fn memory(&self) -> &[u8] {
        match self {
            Self::Log(_) => &[],
            Self::Memory(all) => all,
        }
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct End {
    /// Its exit status, or why there is none.
    pub(crate) status: Result<ExitStatus, Failure>,
    /// When TERM was sent.
    pub(crate) terminated: Option<Instant>,
    /// When KILL was sent.
    pub(crate) killed: Option<Instant>,
}

/// Runs the program to its end.
pub(crate) async fn run(
    program: &Program<'_>,
    context: &Context,
    stdout: &mut Output,
    stderr: &mut Output,
) -> End {
    let mut child = match start(program) {
        Ok(child) => child,
        Err(cause) => {
            let failure = Failure::System(format!("failed to start command: {cause}"));
            return End { status: Err(failure), terminated: None, killed: None };
        }
    };
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let (_, _, status) = tokio::join!(pump(out, stdout), pump(err, stderr), child.wait());
        status.map_err(|cause| Failure::System(format!("waiting for the command: {cause}")))
    };
    tokio::pin!(work);
    tokio::select! {
        status = &mut work => return End { status, terminated: None, killed: None },
        _ = context.done() => {}
    }
    let terminated = Some(signal(group, Signal::TERM));
    tokio::select! {
        status = &mut work => return End { status, terminated, killed: None },
        () = sleep(program.grace) => {}
    }
    let killed = Some(signal(group, Signal::KILL));
    let status = tokio::select! {
        status = &mut work => status,
        () = sleep(program.force) => Err(Failure::System(format!(
            "failed to kill process PID={}, likely process is dormant",
            group.map_or(0, |id| id.as_raw_nonzero().get())
        ))),
    };
    End { status, terminated, killed }
}

fn signal(group: Option<Pid>, signal: Signal) -> Instant {
    if let Some(group) = group {
        // A group without members is the usual case when the leader ended and a pipe is still open.
        let _ = kill_process_group(group, signal);
    }
    Instant::now()
}

async fn pump(pipe: Option<impl AsyncRead + Unpin>, output: &mut Output) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 32 * 1024];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        output.write(&buffer[..count]);
    }
}

fn start(program: &Program<'_>) -> std::io::Result<Child> {
    let path = program.environment.iter().rev().find(|(key, _)| key == "PATH");
    let exec = look_up(program.exec, path.map(|(_, value)| value.as_os_str()))?;
    let mut command = Command::new(exec);
    command
        .args(&program.args)
        .env_clear()
        .envs(program.environment.iter().map(|(key, value)| (key, value)))
        .current_dir(program.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command.spawn()
}

fn look_up(exec: &Path, path: Option<&OsStr>) -> std::io::Result<PathBuf> {
    if exec.as_os_str().as_encoded_bytes().contains(&b'/') {
        return Ok(exec.to_owned());
    }
    let executable = |file: &PathBuf| {
        std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    };
    let folders = path.map(std::env::split_paths).into_iter().flatten();
    folders.map(|folder| folder.join(exec)).find(executable).ok_or_else(|| {
        let text = format!("exec: {:?}: executable file not found in $PATH", exec.as_os_str());
        std::io::Error::new(std::io::ErrorKind::NotFound, text)
    })
}
