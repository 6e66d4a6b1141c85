//! Which half of the program is meant: by the program's own name, or by the first word.

use super::carry_out;
use super::parse::Name;
use crate::driver::{self, Stage, launch};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What was started.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The step between the driver and bash, with the words after it.
    Launch(Vec<OsString>),
    /// A stage of the executor.
    Stage(driver::Call),
    /// The contract runner of the demo, by the name that a job's scripts call.
    #[cfg(feature = "demo")]
    GitlabRunner(Vec<OsString>),
    /// A command, by one of our names.
    Command {
        /// The name.
        name: Name,
        /// The words after it.
        words: Vec<OsString>,
        /// `--config` before it.
        host_config: Option<PathBuf>,
    },
}

impl Entry {
    /// Reads the words of the command line, the program's own first.
    pub(super) fn of(words: Vec<OsString>) -> Self {
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        let rest: Vec<OsString> = words.collect();
        let called = Path::new(&program).file_name().and_then(|name| name.to_str());
        #[cfg(feature = "demo")]
        if called == Some("gitlab-runner") {
            return Self::GitlabRunner(rest);
        }
        match called.and_then(Name::of) {
            Some(name) => Self::Command { name, words: rest, host_config: None },
            None => Self::of_own_words(rest),
        }
    }

    fn of_own_words(words: Vec<OsString>) -> Self {
        let (host_config, start) = host_config(&words);
        let first = words.get(start).and_then(|word| word.to_str()).unwrap_or_default();
        let after = || words.get(start + 1..).unwrap_or_default().to_vec();
        if first == launch::COMMAND {
            return Self::Launch(after());
        }
        if let Some(name) = Name::of(first) {
            return Self::Command { name, words: after(), host_config };
        }
        match stage(first, &after()) {
            Some(stage) => Self::Stage(driver::Call { stage, host_config }),
            None => Self::Command { name: Name::Own, words, host_config: None },
        }
    }
}

/// `--config PATH` or `--config=PATH` before the first word, and where that word is.
fn host_config(words: &[OsString]) -> (Option<PathBuf>, usize) {
    let first = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    match (first.strip_prefix("--config="), first == "--config", words.get(1)) {
        (Some(path), _, _) => (Some(PathBuf::from(path)), 1),
        (None, true, Some(path)) => (Some(PathBuf::from(path)), 2),
        _ => (None, 0),
    }
}

/// The stage with exactly the words that the Runner gives it; anything else is left to the
/// command line's own messages.
fn stage(first: &str, after: &[OsString]) -> Option<Stage> {
    match (first, after) {
        ("config", []) => Some(Stage::Config),
        ("prepare", []) => Some(Stage::Prepare),
        ("cleanup", []) => Some(Stage::Cleanup),
        ("run", [script, stage]) => Some(Stage::Run {
            script: PathBuf::from(script),
            stage: stage.to_string_lossy().into_owned(),
        }),
        _ => None,
    }
}

/// Prints help and versions on standard output with 0, faults on standard error with 2; the
/// outcome line behind it for who asked for JSON.
pub(super) fn say(error: &clap::Error, is_json: bool) -> ExitCode {
    // Nobody reads: then there is nobody to tell either.
    drop(error.print());
    if error.use_stderr() && is_json {
        carry_out::wrong_usage(error);
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(words: &[&str]) -> Entry {
        Entry::of(words.iter().map(OsString::from).collect())
    }

    fn command(name: Name, words: &[&str]) -> Entry {
        let words = words.iter().map(OsString::from).collect();
        Entry::Command { name, words, host_config: None }
    }

    #[test]
    fn the_programs_name_goes_before_its_words() {
        let ours = ["/builds/names/docker", "build", "."];
        assert_eq!(entry(&ours), command(Name::Docker, &["build", "."]));
        assert_eq!(entry(&["ecs-canary", "docker", "-v"]), command(Name::Docker, &["-v"]));
        assert_eq!(entry(&["other", "build"]), command(Name::Own, &["build"]));
    }

    #[test]
    fn stages_are_known_with_the_hosts_config_before_them() {
        let call = driver::Call {
            stage: Stage::Run { script: PathBuf::from("/s"), stage: "build_script".to_owned() },
            host_config: Some(PathBuf::from("/c.toml")),
        };
        let words = ["ecs-canary", "--config", "/c.toml", "run", "/s", "build_script"];
        assert_eq!(entry(&words), Entry::Stage(call));
    }

    #[test]
    fn a_stage_with_other_words_is_left_to_the_command_line() {
        assert_eq!(entry(&["x", "run", "/s"]), command(Name::Own, &["run", "/s"]));
        assert_eq!(entry(&["x", "config", "--help"]), command(Name::Own, &["config", "--help"]));
    }
}
