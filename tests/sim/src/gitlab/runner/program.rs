//! The contract runner as a program with the real one's command line: `run --config FILE`, `--version`, and the helper
//! commands that a job's scripts call. A program that is started by the name `gitlab-runner` ends up here.

use std::io::Write as _;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::config_toml;
use super::helper;
use super::poll::{Runner, RunnerError};

/// Runs the program with the words after its name.
#[must_use]
pub fn main(words: &[String]) -> ExitCode {
    let done = match words.first().map(String::as_str) {
        Some("--version" | "-v") => {
            // A closed pipe means that nobody listens any more.
            writeln!(std::io::stdout(), "Version:      {} (contract runner)", super::VERSION).ok();
            Ok(())
        }
        Some("run") => run(&words[1..]),
        _ => helper::run(words).unwrap_or_else(|| Err(usage(words))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            writeln!(std::io::stderr(), "{message}").ok();
            ExitCode::FAILURE
        }
    }
}

fn usage(words: &[String]) -> String {
    format!(
        "contract runner: {words:?} is not known\n\
         usage: gitlab-runner run --config FILE [--working-directory DIR]\n\
         \x20      gitlab-runner artifacts-uploader|artifacts-downloader|cache-archiver|cache-extractor ..."
    )
}

fn run(words: &[String]) -> Result<(), String> {
    let mut file = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--config" | "-c" => file = Some(value),
            "--working-directory" | "-d" => {}
            other => return Err(format!("unknown option {other}")),
        }
    }
    let file = file.ok_or("run needs --config FILE")?;
    let text = std::fs::read_to_string(file).map_err(|cause| format!("{file}: {cause}"))?;
    let settings = config_toml::read(&text).map_err(|cause| format!("{file}: {cause}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| cause.to_string())?;
    runtime.block_on(async {
        let runner = Runner::start(settings);
        until_told(runner).await.map_err(|cause| cause.to_string())
    })
}

/// SIGQUIT drains, SIGTERM and SIGINT abort.
async fn until_told(runner: Runner) -> Result<(), RunnerError> {
    let broke = |cause: std::io::Error| RunnerError::BrokeOff(cause.to_string());
    let mut quit = signal(SignalKind::quit()).map_err(broke)?;
    let mut term = signal(SignalKind::terminate()).map_err(broke)?;
    let mut int = signal(SignalKind::interrupt()).map_err(broke)?;
    tokio::select! {
        _ = quit.recv() => runner.drain().await,
        _ = term.recv() => runner.abort().await,
        _ = int.recv() => runner.abort().await,
    }
}
