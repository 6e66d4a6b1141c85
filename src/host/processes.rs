//! Processes, as `/proc` shows them (proc_pid_stat(5)), and signals to them.

use rustix::io::Errno;
use rustix::process::{
    DumpableBehavior, Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process,
    kill_process_group, pidfd_open, pidfd_send_signal, set_child_subreaper, set_dumpable_behavior,
    wait, waitpid,
};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// One process at the time it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Number.
    pub pid: Pid,
    /// Parent; `None` for one without.
    pub parent: Option<Pid>,
    /// Process group.
    pub group: Option<Pid>,
    /// Ended, waiting for its parent to look.
    pub ended: bool,
}

/// Makes this process the parent of every orphan among its descendants, and its own memory
/// and environment unreadable for other processes of the same user.
///
/// # Errors
/// The kernel refuses (none since Linux 3.4 does).
pub fn guard_own_process() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // Any process number switches it on.
    set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// The executable of process `pid`, as the kernel names it.
pub fn executable(pid: Pid) -> Option<PathBuf> {
    fs::read_link(proc_file(pid, "exe")).ok()
}

/// The executable of the process that started this one.
pub fn parent_executable() -> Option<PathBuf> {
    executable(rustix::process::getppid()?)
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

/// Sends `signal` to every descendant of this process, and looks again until it finds none
/// that it has not reached. Returns how many were reached.
pub fn signal_descendants(signal: Signal) -> usize {
    /// Enough for processes that started while we looked; what starts later was started by
    /// somebody who knows of the signal (a trap that cleans up) and is left alone.
    const PASSES: usize = 4;
    let mut reached = HashSet::new();
    for _ in 0..PASSES {
        let fresh: Vec<Pid> = descendants(getpid())
            .into_iter()
            .map(|process| process.pid)
            .filter(|pid| !reached.contains(pid))
            .collect();
        if fresh.is_empty() {
            break;
        }
        for pid in fresh {
            // A failure means that it ended.
            let _ = kill_process(pid, signal);
            reached.insert(pid);
        }
    }
    reached.len()
}

/// Kills what descends from this process, for about a millisecond: a quick repetition is what
/// catches a chain of processes that only fork and exit. Ended orphans are left to
/// [`reap_orphans`] and [`reap_all`]. Returns how many were found at the last look, where none
/// found does not mean that there is none: see [`reap_all`].
pub fn kill_descendants() -> usize {
    /// A look at a small tree takes some ten microseconds.
    const LOOKS: usize = 20;
    let own_group = look(getpid()).and_then(|process| process.group);
    let mut left = 0;
    for _ in 0..LOOKS {
        let found = descendants(getpid());
        left = found.len();
        let groups: HashSet<Pid> = found.iter().filter_map(|process| process.group).collect();
        // One call reaches a whole group at once, also what it forks meanwhile.
        for group in groups.into_iter().filter(|group| Some(*group) != own_group) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        for process in &found {
            let _ = kill_process(process.pid, Signal::KILL);
        }
        if left == 0 {
            break;
        }
    }
    left
}

/// Takes the status of every ended child except `keep_status`, which has its own waiter.
pub fn reap_orphans(keep_status: Pid) {
    for child in children(getpid()) {
        if child.ended && child.pid != keep_status {
            let _ = waitpid(Some(child.pid), WaitOptions::NOHANG);
        }
    }
}

/// What [`reap_all`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Children {
    /// Some still run.
    Left,
    /// There are none; for a subreaper that means no descendants at all, because every orphan
    /// becomes its child in the same moment in which it is orphaned. Unlike a look at `/proc`,
    /// this cannot miss one.
    None,
}

/// Takes the status of every ended child. Nobody may wait for one meanwhile.
pub fn reap_all() -> Children {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return Children::Left,
            Err(_) => return Children::None,
        }
    }
}

/// Kills every process whose environment holds the exact entry `NAME=value`, except this one
/// and its ancestors, until none is found or `patience` is over. Blocks. Returns how many were
/// found at the last look.
pub fn end_marked(entry: &str, patience: Duration) -> usize {
    /// A killed process needs a moment to disappear.
    const PAUSE: Duration = Duration::from_millis(5);
    let limit = Instant::now() + patience;
    loop {
        let found = kill_marked(entry);
        if found == 0 || Instant::now() >= limit {
            return found;
        }
        pause(PAUSE);
    }
}

#[expect(clippy::disallowed_methods, reason = "for stages without a runtime")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn kill_marked(entry: &str) -> usize {
    let spared = ancestors_and_self();
    let marked = |pid: &Pid| environment_holds(*pid, entry) && !spared.contains(pid);
    all().into_iter().filter(marked).filter(|pid| kill_if(*pid, marked)).count()
}

/// Opens a handle and looks again, so that the signal cannot hit another process that got the
/// same number meanwhile.
fn kill_if(pid: Pid, wanted: impl Fn(&Pid) -> bool) -> bool {
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
    wanted(&pid) && pidfd_send_signal(handle, Signal::KILL).is_ok()
}

fn environment_holds(pid: Pid, entry: &str) -> bool {
    let environment = fs::read(proc_file(pid, "environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|found| found == entry.as_bytes())
}

fn ancestors_and_self() -> HashSet<Pid> {
    let mut found = HashSet::from([getpid()]);
    let mut next = rustix::process::getppid();
    while let Some(pid) = next {
        // A parent seen twice would be a number used again.
        next = if found.insert(pid) { look(pid).and_then(|process| process.parent) } else { None };
    }
    found
}

/// Every process number.
fn all() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| pid_of(entry.file_name().to_str()?)).collect()
}

/// Children of `parent`, from `/proc/PID/task/*/children`; by a look at every process where
/// the kernel has no such file (CONFIG_PROC_CHILDREN).
fn children(parent: Pid) -> Vec<Process> {
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

fn look(pid: Pid) -> Option<Process> {
    parse_stat(pid, &fs::read_to_string(proc_file(pid, "stat")).ok()?)
}

/// `PID (NAME) STATE PPID PGRP ...`; the name may hold spaces and parentheses.
fn parse_stat(pid: Pid, text: &str) -> Option<Process> {
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    Some(Process {
        pid,
        parent: pid_of(fields.next()?),
        group: pid_of(fields.next()?),
        ended: matches!(state, "Z" | "X"),
    })
}

fn pid_of(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok().filter(|number: &i32| *number > 0)?)
}

fn proc_file(pid: Pid, name: &str) -> PathBuf {
    Path::new("/proc").join(pid.as_raw_nonzero().to_string()).join(name)
}

/// True when process `pid` exists, ended or not.
pub fn exists(pid: Pid) -> bool {
    !matches!(rustix::process::test_kill_process(pid), Err(Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_cannot_break_the_reading_of_its_parents() {
        let pid = getpid();
        let stat = "7 (evil) S 1 1 (x) S 42 43 44 0 -1 4194560";
        let process = parse_stat(pid, stat).unwrap();
        assert_eq!(process.parent, Pid::from_raw(42));
        assert_eq!(process.group, Pid::from_raw(43));
        assert!(!process.ended);
        assert!(parse_stat(pid, "7 (gone) Z 42 43 44").unwrap().ended);
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
        assert!(exists(getpid()));
    }
}
