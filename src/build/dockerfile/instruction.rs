//! Instructions with their arguments, before variables are replaced.

use super::health::{self, Health};
use super::heredoc::{self, Heredoc};
use super::lines::Statement;
use super::words;

/// A supported instruction of the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) struct Instruction {
    /// Line of its first word, from 1.
    pub(in crate::build) line: usize,
    /// What it does.
    pub(in crate::build) kind: Kind,
}

/// `name=value`.
pub(in crate::build) type Pair = (String, String);

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) enum Kind {
    Arg(Vec<(String, Option<String>)>),
    Env(Vec<Pair>),
    Label(Vec<Pair>),
    Copy(Copy),
    Expose(Vec<String>),
    Volume(Vec<String>),
    User(String),
    Workdir(String),
    Cmd(CommandLine),
    Entrypoint(CommandLine),
    Shell(Vec<String>),
    StopSignal(String),
    Healthcheck(Health),
    Maintainer(String),
}

/// The arguments of `COPY` and `ADD`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::build) struct Copy {
    /// `ADD`: a local archive would be unpacked.
    pub(in crate::build) unpack: bool,
    /// `COPY` or `ADD`, for messages and the history.
    pub(in crate::build) keyword: String,
    pub(in crate::build) sources: Vec<String>,
    pub(in crate::build) documents: Vec<Heredoc>,
    pub(in crate::build) dest: String,
    pub(in crate::build) chown: Option<String>,
    pub(in crate::build) chmod: Option<String>,
    /// The destination does not depend on what is below.
    pub(in crate::build) link: bool,
}

/// A command in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) enum CommandLine {
    /// A JSON array: run as it is.
    Exec(Vec<String>),
    /// Text for the shell.
    Shell(String),
}

/// Why an instruction cannot be taken: what is wrong, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self { message, hint: None }
    }
}

fn refusal(message: impl Into<String>, hint: &str) -> Refusal {
    Refusal { message: message.into(), hint: Some(hint.to_owned()) }
}

/// Reads one statement after FROM.
pub(super) fn instruction(statement: &Statement, escape: char) -> Result<Kind, Refusal> {
    let rest = statement.rest.as_str();
    let keyword = statement.keyword.as_str();
    if !matches!(keyword, "COPY" | "ADD" | "HEALTHCHECK" | "RUN") {
        known_flags(statement, &[])?;
    }
    match keyword {
        "ARG" => arg(rest, escape).map(Kind::Arg),
        "ENV" => pairs(keyword, rest, escape).map(Kind::Env),
        "LABEL" => pairs(keyword, rest, escape).map(Kind::Label),
        "COPY" | "ADD" => copy(statement).map(Kind::Copy),
        "EXPOSE" => some_words(keyword, words::by_blanks(rest)).map(Kind::Expose),
        "VOLUME" => some_words(keyword, list(rest)?).map(Kind::Volume),
        "USER" => one(keyword, rest).map(Kind::User),
        "WORKDIR" => one(keyword, rest).map(Kind::Workdir),
        "CMD" => command(rest).map(Kind::Cmd),
        "ENTRYPOINT" => command(rest).map(Kind::Entrypoint),
        "SHELL" => match words::json_strings(rest) {
            Some(Ok(shell)) if !shell.is_empty() => Ok(Kind::Shell(shell)),
            Some(Err(why)) => Err(why.to_owned().into()),
            _ => Err(refusal(
                "SHELL wants a JSON array with at least one word",
                "SHELL [\"/bin/sh\", \"-c\"]",
            )),
        },
        "STOPSIGNAL" => one(keyword, rest).map(Kind::StopSignal),
        "HEALTHCHECK" => healthcheck(statement),
        "MAINTAINER" => one(keyword, rest).map(Kind::Maintainer),
        _ => Err(unsupported(keyword)),
    }
}

/// What needs another engine, and what is no instruction at all.
fn unsupported(keyword: &str) -> Refusal {
    match keyword {
        "RUN" => refusal(
            "RUN needs a container; the embedded engine starts none",
            "do this step in the job's script and COPY its result, or use a base image that has it",
        ),
        "ONBUILD" => refusal(
            "ONBUILD is not supported",
            "write the instruction into the Dockerfiles that use this image",
        ),
        "FROM" => refusal(
            "a second stage is not supported",
            "build the parts in the job's script or in an earlier job, and COPY the results",
        ),
        other => format!("\"{other}\" is no Dockerfile instruction").into(),
    }
}

fn known_flags<'a>(
    statement: &'a Statement,
    known: &[&str],
) -> Result<Vec<(&'a str, Option<&'a str>)>, Refusal> {
    let mut found: Vec<(&str, Option<&str>)> = Vec::new();
    for flag in &statement.flags {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag.as_str(), None),
        };
        if !known.contains(&name) {
            return Err(format!("{} does not know the flag {name}", statement.keyword).into());
        }
        if found.iter().any(|(other, _)| *other == name) {
            return Err(format!("the flag {name} is given twice").into());
        }
        found.push((name, value));
    }
    Ok(found)
}

fn arg(rest: &str, escape: char) -> Result<Vec<(String, Option<String>)>, Refusal> {
    let words = some_words("ARG", words::quoted(rest, escape))?;
    let pair = |word: &String| match word.split_once('=') {
        Some(("", _)) => Err("ARG has a value without a name".to_owned().into()),
        Some((name, value)) => Ok((name.to_owned(), Some(value.to_owned()))),
        None => Ok((word.clone(), None)),
    };
    words.iter().map(pair).collect()
}

/// `name=value ...`, or the old `name value`.
pub(super) fn pairs(keyword: &str, rest: &str, escape: char) -> Result<Vec<Pair>, Refusal> {
    let words = some_words(keyword, words::quoted(rest, escape))?;
    if !words[0].contains('=') {
        let (name, value) = rest.split_once(words::is_blank).ok_or_else(|| {
            Refusal::from(format!("{keyword} wants name=value, found \"{rest}\""))
        })?;
        return Ok(vec![(name.to_owned(), value.trim_start_matches(words::is_blank).to_owned())]);
    }
    let pair = |word: &String| match word.split_once('=') {
        Some(("", _)) => Err(format!("{keyword} has a value without a name").into()),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(refusal(
            format!("{keyword} wants name=value, found \"{word}\""),
            "put a value with blanks into double quotes",
        )),
    };
    words.iter().map(pair).collect()
}

fn copy(statement: &Statement) -> Result<Copy, Refusal> {
    let is_add = statement.keyword == "ADD";
    let later = ["--parents", "--exclude", "--from", "--checksum", "--keep-git-dir"];
    let known = ["--chown", "--chmod", "--link", "--unpack"];
    let flags = known_flags(statement, &[&later[..], &known[..]].concat())?;
    let mut copy = Copy { keyword: statement.keyword.clone(), unpack: is_add, ..Copy::default() };
    for (name, value) in flags {
        match name {
            "--from" => {
                return Err(refusal(
                    "COPY --from needs another stage or image; the embedded engine has one stage",
                    "produce the files in the job's script or in an earlier job, and COPY them \
                     from the build context",
                ));
            }
            "--chown" => copy.chown = Some(value_of(name, value)?),
            "--chmod" => copy.chmod = Some(value_of(name, value)?),
            "--link" => copy.link = switch(name, value)?,
            "--unpack" if is_add => copy.unpack = switch(name, value)?,
            _ => {
                return Err(format!("{} {name} is not supported", statement.keyword).into());
            }
        }
    }
    let mut words = list(&statement.rest)?;
    let dest = words.pop().filter(|_| !words.is_empty());
    let missing =
        || Refusal::from(format!("{} wants at least one source and a destination", copy.keyword));
    copy.dest = dest.ok_or_else(missing)?;
    if heredoc::in_word(&copy.dest).is_some() {
        return Err(format!("{} wants a path as destination", copy.keyword).into());
    }
    for word in words {
        match heredoc::in_word(&word) {
            Some(named) => {
                let document = statement.heredocs.iter().find(|doc| doc.name == named.name);
                let missing = || Refusal::from(format!("the document {word} is missing"));
                copy.documents.push(document.ok_or_else(missing)?.clone());
            }
            None => copy.sources.push(local(&copy.keyword, word)?),
        }
    }
    Ok(copy)
}

/// A source that is a path, not an address.
fn local(keyword: &str, source: String) -> Result<String, Refusal> {
    let remote = ["http://", "https://", "git://", "git@", "ssh://"];
    if remote.iter().any(|start| source.starts_with(start)) {
        return Err(refusal(
            format!("{keyword} of an address ({source}) is not supported"),
            "fetch it in the job's script, with a checksum, and COPY it",
        ));
    }
    Ok(source)
}

fn healthcheck(statement: &Statement) -> Result<Kind, Refusal> {
    let (word, rest) = match statement.rest.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (statement.rest.as_str(), ""),
    };
    let mut health = Health::default();
    let known = ["--interval", "--timeout", "--start-period", "--start-interval", "--retries"];
    for (name, value) in known_flags(statement, &known)? {
        let value = value_of(name, value)?;
        let short = &name[2..];
        match name {
            "--interval" => health.interval = health::time(short, &value)?,
            "--timeout" => health.timeout = health::time(short, &value)?,
            "--start-period" => health.start_period = health::time(short, &value)?,
            "--start-interval" => health.start_interval = health::time(short, &value)?,
            _ => {
                let retries: Result<u32, _> = value.parse();
                let wrong = |_| format!("--retries={value} is no number of times");
                health.retries = u64::from(retries.map_err(wrong)?);
            }
        }
    }
    match word.to_ascii_uppercase().as_str() {
        "NONE" if rest.is_empty() => {
            health = Health { test: vec!["NONE".to_owned()], ..Health::default() };
            Ok(Kind::Healthcheck(health))
        }
        "NONE" => Err("HEALTHCHECK NONE takes nothing after it".to_owned().into()),
        "CMD" => {
            health.test = match command(rest)? {
                CommandLine::Exec(words) => [vec!["CMD".to_owned()], words].concat(),
                CommandLine::Shell(text) if text.is_empty() => Vec::new(),
                CommandLine::Shell(text) => vec!["CMD-SHELL".to_owned(), text],
            };
            if health.test.len() < 2 {
                return Err("HEALTHCHECK CMD wants a command".to_owned().into());
            }
            Ok(Kind::Healthcheck(health))
        }
        _ => Err(refusal(
            format!("HEALTHCHECK wants CMD or NONE, found \"{word}\""),
            "HEALTHCHECK CMD curl -f http://localhost/",
        )),
    }
}

fn command(rest: &str) -> Result<CommandLine, Refusal> {
    match words::json_strings(rest) {
        Some(Ok(words)) => Ok(CommandLine::Exec(words)),
        Some(Err(why)) => Err(why.to_owned().into()),
        None => Ok(CommandLine::Shell(rest.to_owned())),
    }
}

fn list(rest: &str) -> Result<Vec<String>, Refusal> {
    match words::json_strings(rest) {
        Some(words) => words.map_err(|why| why.to_owned().into()),
        None => Ok(words::by_blanks(rest)),
    }
}

fn some_words(keyword: &str, words: Vec<String>) -> Result<Vec<String>, Refusal> {
    if words.is_empty() {
        return Err(format!("{keyword} wants at least one argument").into());
    }
    Ok(words)
}

fn one(keyword: &str, rest: &str) -> Result<String, Refusal> {
    if rest.is_empty() {
        return Err(format!("{keyword} wants one argument").into());
    }
    Ok(rest.to_owned())
}

fn value_of(name: &str, value: Option<&str>) -> Result<String, Refusal> {
    value.map(str::to_owned).ok_or_else(|| format!("the flag {name} wants a value").into())
}

fn switch(name: &str, value: Option<&str>) -> Result<bool, Refusal> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(other) => Err(format!("the flag {name} is true or false, not \"{other}\"").into()),
    }
}
