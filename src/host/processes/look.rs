//! Reads `/proc` (proc_pid_stat(5), proc_pid_children(5)).

use rustix::process::Pid;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One process at the time it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Number.
    pub pid: Pid,
    /// Parent; `None` for one without.
    pub parent: Option<Pid>,
    /// Process group.
    pub group: Option<Pid>,
    /// Has a controlling terminal.
    pub terminal: bool,
    /// Ended, waiting for its parent to look.
    pub ended: bool,
}

/// The executable of process `pid`, as the kernel names it.
pub fn executable(pid: Pid) -> Option<PathBuf> {
    fs::read_link(proc_file(pid, "exe")).ok()
}

/// Descendants of `root` that have not ended, parents before their children. Processes that
/// come and go meanwhile may be missing: whoever must get all of them looks again.
pub fn descendants(root: Pid) -> Vec<Process> {
    let mut found: Vec<Process> = children(root);
    let mut next = 0;
    while let Some(parent) = found.get(next).map(|process| process.pid) {
        found.extend(children(parent));
        next += 1;
    }
    found.retain(|process| !process.ended);
    found
}

/// True when the environment of `pid` holds the exact entry `NAME=value`.
pub(super) fn environment_holds(pid: Pid, entry: &str) -> bool {
    let environment = fs::read(proc_file(pid, "environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|found| found == entry.as_bytes())
}

/// True when `pid` has no terminal and works in `directory` or below.
pub(super) fn works_below(pid: Pid, directory: &Path) -> bool {
    let place = fs::read_link(proc_file(pid, "cwd"));
    place.is_ok_and(|place| place.starts_with(directory))
        && look(pid).is_some_and(|process| !process.terminal)
}

/// Every process number.
pub(super) fn all() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| pid_of(entry.file_name().to_str()?)).collect()
}

/// Children of `parent`, from `/proc/PID/task/*/children`; by a look at every process where
/// the kernel has no such file (CONFIG_PROC_CHILDREN).
pub(super) fn children(parent: Pid) -> Vec<Process> {
    let mut found = Vec::new();
    for task in fs::read_dir(proc_file(parent, "task")).into_iter().flatten().flatten() {
        match fs::read_to_string(task.path().join("children")) {
            Ok(text) => found.extend(text.split_whitespace().filter_map(pid_of)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound && task.path().exists() => {
                return children_by_scan(parent);
            }
            // The thread or the process ended.
            Err(_) => {}
        }
    }
    found.into_iter().filter_map(look).collect()
}

fn children_by_scan(parent: Pid) -> Vec<Process> {
    let every = all().into_iter().filter_map(look);
    every.filter(|process| process.parent == Some(parent)).collect()
}

/// One process as it is now.
pub(super) fn look(pid: Pid) -> Option<Process> {
    parse_stat(pid, &fs::read_to_string(proc_file(pid, "stat")).ok()?)
}

/// `PID (NAME) STATE PPID PGRP SESSION TTY ...`; the name may hold spaces and parentheses.
fn parse_stat(pid: Pid, text: &str) -> Option<Process> {
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    Some(Process {
        pid,
        parent: pid_of(fields.next()?),
        group: pid_of(fields.next()?),
        terminal: fields.nth(1).is_some_and(|number| number != "0"),
        ended: matches!(state, "Z" | "X"),
    })
}

fn pid_of(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok().filter(|number: &i32| *number > 0)?)
}

fn proc_file(pid: Pid, name: &str) -> PathBuf {
    Path::new("/proc").join(pid.as_raw_nonzero().to_string()).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::getpid;

    #[test]
    fn a_process_name_cannot_break_the_reading_of_its_parents() {
        let pid = getpid();
        let stat = "7 (evil) S 1 1 (x) S 42 43 44 34816 -1 4194560";
        let process = parse_stat(pid, stat).unwrap();
        assert_eq!(process.parent, Pid::from_raw(42));
        assert_eq!(process.group, Pid::from_raw(43));
        assert!(!process.ended && process.terminal);
        let gone = parse_stat(pid, "7 (gone) Z 42 43 44 0").unwrap();
        assert!(gone.ended && !gone.terminal);
    }

    #[test]
    fn a_parent_of_zero_is_none() {
        assert_eq!(parse_stat(getpid(), "1 (init) S 0 1 1").unwrap().parent, None);
    }

    #[test]
    fn this_process_is_among_its_parents_children() {
        let parent = rustix::process::getppid().unwrap();
        assert!(children(parent).iter().any(|child| child.pid == getpid()));
        assert!(children_by_scan(parent).iter().any(|child| child.pid == getpid()));
    }
}
