//! From words to what is meant. Touches nothing.

use super::args::Cli;
use super::view::ViewArgs;
use super::{aws, docker, ecs_cli};
use crate::commands::{Call, DoctorArgs, MigrateArgs, ReplayArgs};
use clap::Parser as _;
use std::ffi::OsString;
use std::path::PathBuf;

/// The stages, as the Runner calls them.
const STAGES: [(&str, &str); 4] = [
    ("config", "config"),
    ("prepare", "prepare"),
    ("run", "run SCRIPT STAGE"),
    ("cleanup", "cleanup"),
];
/// Options of every command that take the word after them.
const TAKES_A_WORD: [&str; 3] = ["--config", "--color", "--record"];

/// The name by which the program was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// `ecs-canary`
    Own,
    /// `docker`
    Docker,
    /// `ecs-cli`
    EcsCli,
    /// `aws`
    Aws,
}

/// What the words mean.
#[derive(Debug)]
pub enum Meant {
    /// Do this.
    Do(Box<Invocation>),
    /// Let the real program of this name do it, with these words.
    HandOver(Vec<OsString>),
    /// Print help, a version, or what is wrong with the words.
    Say(Box<clap::Error>),
}

/// One command and how it is shown.
#[derive(Debug)]
pub struct Invocation {
    /// How.
    pub view: ViewArgs,
    /// What.
    pub work: Work,
}

/// What is done, and where.
#[derive(Debug)]
pub enum Work {
    /// By the driver of the job, or in this process outside a job.
    Call(Call),
    /// In this process, in a job as outside: counting needs nobody's rights, and its memory is
    /// the job's own.
    Replay(ReplayArgs),
    /// In this process.
    Doctor(DoctorArgs),
    /// In this process: it changes a file of whoever asks.
    Migrate(MigrateArgs),
    /// In this process, which simulates a world and starts itself in it.
    #[cfg(feature = "demo")]
    Demo(super::demo::DemoArgs),
    /// A command that only says something.
    Note(String),
}

impl Name {
    /// The name that a word or a program's file name stands for.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "docker" => Some(Self::Docker),
            "ecs-cli" => Some(Self::EcsCli),
            "aws" => Some(Self::Aws),
            _ => None,
        }
    }
}

/// Reads the words after the program's name. `host_config` stood before the name of another
/// tool, where that tool's own words cannot say it.
pub fn parse(name: Name, words: Vec<OsString>, host_config: Option<PathBuf>) -> Meant {
    let view = ViewArgs { config: host_config, ..ViewArgs::default() };
    match name {
        Name::Own => match Cli::try_parse_from(with_program("ecs-canary", words.clone())) {
            Ok(cli) => invocation(cli.view, cli.command.into_work()),
            Err(error) => Meant::Say(Box::new(of_stage(&words).unwrap_or(error))),
        },
        Name::Docker => docker::parse(words, &view),
        Name::EcsCli => ecs_cli::parse(words, view),
        Name::Aws => aws::parse(words, view),
    }
}

/// A stage with other words than the Runner gives it is meant for a Runner all the same.
fn of_stage(words: &[OsString]) -> Option<clap::Error> {
    let found = first_word(words)?;
    let (name, usage) = STAGES.iter().find(|(name, _)| found == name)?;
    let text = format!(
        "`{name}` is a stage that GitLab Runner calls as `ecs-canary [--config FILE] {usage}`\n\
         Hint: {name}_exec and {name}_args of the Runner's config.toml say how; see runner-config/.\n"
    );
    Some(clap::Error::raw(clap::error::ErrorKind::WrongNumberOfValues, text))
}

/// The first word that is neither an option nor an option's value.
fn first_word(words: &[OsString]) -> Option<&OsString> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if TAKES_A_WORD.iter().any(|option| word == option) {
            words.next();
        } else if !word.as_encoded_bytes().starts_with(b"-") {
            return Some(word);
        }
    }
    None
}

pub(super) fn invocation(view: ViewArgs, work: Work) -> Meant {
    Meant::Do(Box::new(Invocation { view, work }))
}

pub(super) fn with_program(program: &str, words: Vec<OsString>) -> Vec<OsString> {
    let mut all = Vec::with_capacity(words.len() + 1);
    all.push(OsString::from(program));
    all.extend(words);
    all
}
