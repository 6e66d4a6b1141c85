//! One stage from start to exit code.

use super::cleanup::cleanup;
use super::place::{self, Place};
use super::prepare::prepare;
use super::run::run;
use super::say::Listener;
use super::surroundings::Surroundings;
use super::verdict::StageEnd;
use super::{Error, answer, say};
use crate::host::{self, Environment, files, processes};
use crate::job::StageName;
use crate::ports::{Clock as _, Reporter as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the Runner asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// `config_exec`
    Config,
    /// `prepare_exec`
    Prepare,
    /// `run_exec`
    Run {
        /// The script that the Runner wrote.
        script: PathBuf,
        /// The Runner's name of the stage.
        stage: String,
    },
    /// `cleanup_exec`
    Cleanup,
}

/// A stage as it stands on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub stage: Stage,
    /// `--config`: the host's config.
    pub host_config: Option<PathBuf>,
}

/// Runs one stage. The exit code is 0, BUILD_FAILURE_EXIT_CODE or SYSTEM_FAILURE_EXIT_CODE.
pub fn main(call: &Call) -> ExitCode {
    let environment = Environment::capture();
    let around = Surroundings::read(&environment);
    let guarded = processes::guard_own_process()
        .map_err(|cause| Error::Host { what: "guarding our own process", cause });
    let ended = guarded.and_then(|()| perform(call, &around));
    match ended.and_then(|end| hand_on(end, &around)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(call, &error);
            ExitCode::from(around.system_failure)
        }
    }
}

fn complain(call: &Call, error: &Error) {
    let listener = match call.stage {
        Stage::Cleanup => Listener::RunnerLog,
        Stage::Config | Stage::Prepare | Stage::Run { .. } => Listener::JobLog,
    };
    // Without a standard error there is nobody to tell; the exit code says it too.
    if let Ok(voice) = say::voice(listener, []) {
        say::error(&voice, error);
    }
}

fn perform(call: &Call, around: &Surroundings) -> Result<StageEnd, Error> {
    let host_config = call.host_config.as_deref();
    let open = || Place::open(around, host_config);
    match &call.stage {
        Stage::Config => configure(&open()?, around, host_config),
        Stage::Prepare => get_ready(&open()?),
        Stage::Run { script, stage } => run(&open()?, script, &StageName::new(stage)),
        Stage::Cleanup => cleanup(around, host_config).map(|()| StageEnd::Passed),
    }
}

fn configure(
    place: &Place,
    around: &Surroundings,
    host_config: Option<&Path>,
) -> Result<StageEnd, Error> {
    let file = place::settings_file(around, host_config);
    let answer = answer::answer(place, host::Clock::real().now(), file.as_deref());
    say::data(&answer.to_string()).map_err(|cause| Error::Host { what: "answering", cause })?;
    Ok(StageEnd::Passed)
}

fn get_ready(place: &Place) -> Result<StageEnd, Error> {
    let events = prepare(place)?;
    let voice = say::voice(Listener::JobLog, place.job.masked_values())
        .map_err(|cause| Error::Host { what: "writing to the job's log", cause })?;
    events.into_iter().for_each(|event| voice.emit(event));
    Ok(StageEnd::Passed)
}

/// Hands a script's code on. The Runner never empties the code file between stages, so it is
/// written before every failure, or the failure is ours.
fn hand_on(end: StageEnd, around: &Surroundings) -> Result<u8, Error> {
    let StageEnd::ScriptFailed(code) = end else { return Ok(0) };
    if let Some(path) = &around.code_file {
        let failed = |cause: io::Error| Error::WriteCode { code, path: path.clone(), cause };
        files::write_private(path, code.to_string().as_bytes(), files::Durability::Process)
            .map_err(failed)?;
    }
    Ok(around.build_failure)
}
