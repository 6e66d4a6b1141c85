//! `migrate`: a pipeline that installs Docker and ecs-cli becomes one for this executor. Shows
//! the difference; changes files only when asked to.

use crate::config::yaml;
use crate::failure::{self, Exit, Failure};
use crate::host::own_files;
use crate::migrate::{self, Migration, Wish};
use crate::model::{Event, Finding, Outcome, OutcomeKind};
use crate::ports::Reporter;
use clap::Args;
use std::io;
use std::path::{Path, PathBuf};

/// What `--native` writes beside the working directory's pipeline.
const RELEASE_FILE: &str = "ecs-canary.yml";

/// How many jobs the last line names.
const NAMED: usize = 8;

/// Arguments of `migrate`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MigrateArgs {
    /// The pipeline, mostly .gitlab-ci.yml
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Change the file; without it the difference is shown and nothing else
    #[arg(long)]
    pub write: bool,
    /// Turn docker and ecs-cli lines into ecs-canary commands too, with a release file
    #[arg(long)]
    pub native: bool,
    /// The tag of the runner with this executor
    #[arg(long, value_name = "TAG", default_value = "ecs", value_parser = tag)]
    pub tag: String,
}

fn tag(text: &str) -> Result<String, String> {
    let good = !text.trim().is_empty() && text.len() <= 255 && !text.chars().any(char::is_control);
    if good { Ok(text.to_owned()) } else { Err("a runner's tag is wanted".to_owned()) }
}

/// Reads, decides, shows, and writes if asked to.
pub fn migrate(args: &MigrateArgs, reporter: &impl Reporter) -> Outcome {
    match migrated(args, reporter) {
        Ok(outcome) => failure::finish(outcome),
        Err(failure) => failure.tell(reporter),
    }
}

fn migrated(args: &MigrateArgs, reporter: &impl Reporter) -> Result<Outcome, Failure> {
    let file = args.file.display().to_string();
    let text = text_of(&args.file, &file)?;
    let wish = Wish { file: &file, tag: &args.tag, native: args.native };
    let migration = migrate::migrate(&text, &wish)?;
    let release_file = release_file(&args.file, &migration)?;
    for finding in &migration.findings {
        reporter.emit(Event::Finding { finding: finding.clone() });
    }
    let mut shown = migration.diff.clone();
    if let Some((path, text)) = &release_file {
        shown.push_str(&migrate::added_file(&path.display().to_string(), text));
    }
    if shown.is_empty() {
        return Ok(Outcome::new(OutcomeKind::NoChange).because(nothing(&migration)));
    }
    let text = shown.strip_suffix('\n').unwrap_or(&shown).to_owned();
    reporter.emit(Event::Output { text });
    let outcome = Outcome::new(OutcomeKind::Succeeded).because(summary(&migration, args));
    if !args.write {
        return Ok(outcome.hinting("look at the difference, then run it again with --write"));
    }
    write(args, &migration, release_file.as_ref())?;
    Ok(outcome.hinting("commit it, and register the runner with that tag"))
}

/// The pipeline's text, without waiting for a pipe or reading what is too long.
fn text_of(path: &Path, shown: &str) -> Result<String, Failure> {
    let limit = yaml::MAX_BYTES as u64;
    let bytes = own_files::read(path, limit).map_err(|cause| {
        let hint = "Name the pipeline's file, mostly .gitlab-ci.yml.";
        let what = match cause.kind() {
            io::ErrorKind::NotFound => "no such file".to_owned(),
            _ => plain(&cause),
        };
        Failure::new(Exit::File, format!("{shown}: {what}")).hint(hint)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count();
        let finding = Finding::error("not UTF-8 text").at(shown, line, 1);
        Failure::findings(Exit::File, vec![finding.hint("Save the file as UTF-8.")])
    })
}

/// Where the release file goes, when there is one to write.
fn release_file(
    pipeline: &Path,
    migration: &Migration,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let Some(text) = &migration.release_file else { return Ok(None) };
    let path = pipeline.with_file_name(RELEASE_FILE);
    match own_files::read(&path, yaml::MAX_BYTES as u64) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Some((path, text.clone()))),
        Ok(bytes) if bytes == text.as_bytes() => Ok(None),
        _ => Err(Failure::new(
            Exit::File,
            format!("{} is there already, and says something else", path.display()),
        )
        .hint("Move it away, or leave --native out and write the commands by hand.")),
    }
}

fn write(
    args: &MigrateArgs,
    migration: &Migration,
    release_file: Option<&(PathBuf, String)>,
) -> Result<(), Failure> {
    let failed = |path: &Path, cause: &io::Error| {
        let text = format!("{} could not be written: {}", path.display(), plain(cause));
        Failure::new(Exit::File, text)
            .hint("Is the directory yours, and is there room on the disk?")
    };
    if let Some((path, text)) = release_file {
        own_files::create(path, text.as_bytes()).map_err(|cause| failed(path, &cause))?;
    }
    own_files::replace(&args.file, migration.text.as_bytes())
        .map_err(|cause| failed(&args.file, &cause))
}

fn summary(migration: &Migration, args: &MigrateArgs) -> String {
    let names = &migration.jobs[..migration.jobs.len().min(NAMED)];
    let more = migration.jobs.len() - names.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let jobs = format!("{}{rest}", names.join(", "));
    let done = if args.write { "changed" } else { "would change" };
    match migration.jobs.len() {
        1 => format!("{done}; job {jobs} goes to the runner with tag {}", args.tag),
        count => format!("{done}; {count} jobs go to the runner with tag {}: {jobs}", args.tag),
    }
}

fn nothing(migration: &Migration) -> String {
    if migration.jobs.is_empty() {
        "nothing to change: no job that can go to this runner builds or releases".to_owned()
    } else {
        "nothing to change: the jobs fit this executor".to_owned()
    }
}

/// Without the number that Rust puts behind it.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
