//! What holds for every log that a person reads, whatever happened.

use crate::timeless::looks_well;
use ecs_canary::model::OutcomeKind;

/// What must never be read: keys of the example's account, and what its tasks log by mistake.
const SECRETS: [&str; 3] = ["hunter2", "s3cret", ecs_sim::cloud::EXAMPLE_SECRET_KEY];
/// Lines of the block at the end of a failure, in their order.
const BLOCK: [&str; 5] = ["why", "first", "users", "now", "next"];

/// The lines of a job's log as they are seen; `> ` before a section's title and `| ` before what
/// is folded away.
///
/// # Errors
/// What a person would stumble over.
pub(crate) fn read(log: &str, kind: OutcomeKind) -> Result<Vec<String>, String> {
    if let Some(secret) = SECRETS.iter().find(|secret| log.contains(**secret)) {
        return Err(format!("it shows {secret}"));
    }
    let mut open: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for raw in log.lines() {
        let (line, begins) = without_marks(raw, &mut open)?;
        let only_marks = line.is_empty() && line.len() < raw.len();
        if only_marks {
            continue;
        }
        looks_well(&line)?;
        let before = if begins { "> " } else { open.last().map_or("", |_| "| ") };
        let line = format!("{before}{line}");
        if seen.last() == Some(&line) {
            return Err(format!("said twice: {line}"));
        }
        seen.push(line);
    }
    if !open.is_empty() {
        return Err(format!("sections stay open: {open:?}"));
    }
    if kind.is_good() {
        ends_well(&seen)?;
    } else {
        ends_badly(&seen)?;
    }
    Ok(seen)
}

/// A line without section marks; whether a section begins in it.
fn without_marks(raw: &str, open: &mut Vec<String>) -> Result<(String, bool), String> {
    let (mut rest, mut begins) = (raw, false);
    loop {
        rest = rest.strip_prefix("\u{1b}[0m").unwrap_or(rest);
        let Some(mark) = rest.strip_prefix("\u{1b}[0K") else {
            return Ok((rest.to_owned(), begins));
        };
        let Some((mark, after)) = mark.split_once("\r\u{1b}[0K") else {
            return Err(format!("half a mark: {raw:?}"));
        };
        let name = mark.rsplit(':').next().unwrap_or_default();
        if mark.starts_with("section_start:") {
            let name =
                name.strip_suffix("[collapsed=true]").ok_or("a section that is not folded")?;
            open.push(name.to_owned());
            begins = true;
        } else if open.pop().as_deref() != Some(name) {
            return Err(format!("section {name} ends, and was not the innermost one"));
        }
        rest = after;
    }
}

/// Nothing that looks like a failure, and how it came out stands open.
fn ends_well(seen: &[String]) -> Result<(), String> {
    let mut open = seen.iter().filter(|line| !line.starts_with("| "));
    match open.find(|line| line.starts_with("====") || line.contains("FAILED")) {
        Some(line) => Err(format!("it went well and says: {line}")),
        None => Ok(()),
    }
}

/// The block at the end: a rule, the headline with the exit code, and what a person needs.
fn ends_badly(seen: &[String]) -> Result<(), String> {
    let rule =
        seen.iter().rposition(|line| line.starts_with("====")).ok_or("no block at the end")?;
    let headline = seen.get(rule + 1).ok_or("no headline")?;
    if !headline.contains("   exit ") {
        return Err(format!("a headline without an exit code: {headline}"));
    }
    let labels = seen.iter().skip(rule + 2).filter(|line| !line.starts_with(' '));
    let labels: Vec<&str> = labels.filter_map(|line| line.split(' ').next()).collect();
    let known = |label: &&&str| BLOCK.contains(*label);
    let block: Vec<&str> = labels.iter().filter(known).copied().collect();
    let expected: Vec<&str> = BLOCK.into_iter().filter(|one| block.contains(one)).collect();
    if block != expected || labels.len() != block.len() {
        return Err(format!("the block has {labels:?}"));
    }
    match ["why", "users", "now", "next"].into_iter().find(|one| !block.contains(one)) {
        Some(missing) => Err(format!("the block has no {missing}")),
        None => Ok(()),
    }
}
