//! How a command shows what it does, and where its records go.

use crate::host::{Clock, Environment, stdio};
use crate::model::Secret;
use crate::output::{ColorChoice, Form, Output, Redactor, Settings};
use crate::ports::Clock as _;
use clap::Args;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct ViewArgs {
    /// Print one JSON object per line: events, then the outcome
    #[arg(long, global = true, display_order = 900)]
    pub json: bool,
    /// Colour: auto, always or never [default: auto]
    #[arg(long, global = true, display_order = 900, value_name = "WHEN")]
    pub color: Option<ColorChoice>,
    /// The directory for image.json, release.json and the like [default: the working directory]
    #[arg(long, global = true, display_order = 900, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// The host's config; not for a command inside a job
    #[arg(long, global = true, display_order = 900, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

/// Variables whose values are no business of a log. GitLab masks what its project says; this
/// is for logs outside a job.
pub(super) const SECRET_VARIABLES: [&str; 5] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_DEPENDENCY_PROXY_PASSWORD",
];

/// Standard error for talk, standard output for data.
pub(super) fn output(view: &ViewArgs, environment: &Environment) -> Output<Stream, Stream> {
    let said = |name: &str| environment.text(name).map(str::to_owned);
    let gitlab_job = said("GITLAB_CI").is_some_and(|value| value == "true");
    let terminal = io::stderr().is_terminal();
    let settings = Settings {
        form: if view.json { Form::Json } else { Form::Text },
        color: view.color.unwrap_or_default().is_on(&said, gitlab_job, terminal),
        gitlab_job,
    };
    let secrets = SECRET_VARIABLES.into_iter().filter_map(said).map(Secret::new);
    let streams = (Stream(stdio::stderr().ok()), Stream(stdio::stdout().ok()));
    let clock = Clock::real();
    Output::new(settings, Redactor::new(secrets), move || clock.now(), streams)
}

/// A standard stream that may be closed.
#[derive(Debug)]
pub(super) struct Stream(Option<File>);

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), File::flush)
    }
}

/// Exit codes are one byte; anything else would be our bug.
pub(super) fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(70))
}
