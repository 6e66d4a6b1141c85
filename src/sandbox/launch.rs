//! The step between the driver and bash: `ecs-canary __launch PROGRAM ARGUMENT...` gives up
//! rights and becomes the program. Runs in every stage, so it starts no runtime, reads no
//! file but the list of its own descriptors, and parses nothing.
//!
//! Standard input is a pipe to the driver: one byte [`READY`] right before the program starts,
//! or words about what went wrong. It is closed when the program starts, so a script cannot
//! speak on it.

use rustix::fs::{Mode, OFlags};
use rustix::process::{Resource, Rlimit, Signal};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

/// First argument, not a command for people.
pub const COMMAND: &str = "__launch";

/// What the driver reads when the program was about to start.
pub const READY: u8 = b'!';

/// Becomes the program in `arguments` (without [`COMMAND`] and what stands before it). Returns
/// only when that failed; the driver was told why.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Ok(driver) = io::stdin().as_fd().try_clone_to_owned() else { return ExitCode::FAILURE };
    let fault = match give_up_rights() {
        Ok(()) => become_program(arguments.collect(), &driver),
        Err(fault) => fault,
    };
    // Nobody to tell when this fails: the driver sees that READY or the words are missing.
    let _ = rustix::io::write(&driver, fault.as_bytes());
    ExitCode::FAILURE
}

fn give_up_rights() -> Result<(), String> {
    let step = |name: &str, done: Result<(), rustix::io::Errno>| {
        done.map_err(|cause| format!("{name}: {}", io::Error::from(cause)))
    };
    // A session of its own: no terminal, and a group that no other job is in.
    step("own session", rustix::process::setsid().map(|_| ()))?;
    step("no new privileges", rustix::thread::set_no_new_privs(true))?;
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // A core file would hold the job's variables.
    step("no core files", rustix::process::setrlimit(Resource::Core, none))?;
    // The script must not outlive a driver that was killed.
    let death = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    step("end with the driver", death)
}

fn become_program(arguments: Vec<OsString>, driver: &OwnedFd) -> String {
    match start_over(arguments, driver) {
        Ok(never) => match never {},
        Err(cause) => cause.to_string(),
    }
}

fn start_over(arguments: Vec<OsString>, driver: &OwnedFd) -> io::Result<std::convert::Infallible> {
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::io::write(driver, &[READY])?;
    let leaked = inherited_descriptors()?;
    let mut words = without_descriptors(arguments, &leaked).into_iter();
    let program = words.next().ok_or(io::ErrorKind::InvalidInput)?;
    #[expect(clippy::disallowed_methods, reason = "becomes the program, starts no other")]
    Err(Command::new(&program).args(words).exec())
}

/// Descriptors above standard error that would stay open in the program: somebody started the
/// Runner, or us, with them. Ours are all closed by the kernel (O_CLOEXEC).
fn inherited_descriptors() -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fdinfo")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}"));
        // The directory's own descriptor is gone when it is read.
        if number > 2 && info.is_ok_and(|info| !closes_on_exec(&info)) {
            found.push(number);
        }
    }
    Ok(found)
}

/// Reads `flags:` of `/proc/PID/fdinfo/N`, in octal (proc_pid_fdinfo(5)).
fn closes_on_exec(info: &str) -> bool {
    /// `O_CLOEXEC` of Linux on every architecture with the generic flags.
    const CLOEXEC: u32 = 0o2_000_000;
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_none_or(|flags| flags & CLOEXEC != 0)
}

/// The same program, started by a bash that closes `leaked` first; unchanged when there is none.
fn without_descriptors(program: Vec<OsString>, leaked: &[u32]) -> Vec<OsString> {
    let Some(bash) = program.first().filter(|_| !leaked.is_empty()) else { return program };
    let closing: String = leaked.iter().map(|number| format!("exec {number}>&-; ")).collect();
    let line = format!("{closing}exec \"$0\" \"$@\"");
    let mut words = vec![bash.clone(), OsStr::new("-c").into(), line.into()];
    words.extend(program);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_stays_open_only_without_the_flag() {
        assert!(!closes_on_exec("pos:\t0\nflags:\t0100002\nmnt_id:\t1\n"));
        assert!(closes_on_exec("pos:\t0\nflags:\t02100002\nmnt_id:\t1\n"));
    }

    #[test]
    fn leaked_descriptors_are_closed_by_a_shell_in_between() {
        let program = || vec![OsString::from("/bin/bash"), OsString::from("/script")];
        assert_eq!(without_descriptors(program(), &[]), program());
        let words = without_descriptors(program(), &[3, 12]);
        let line = "exec 3>&-; exec 12>&-; exec \"$0\" \"$@\"";
        assert_eq!(words, ["/bin/bash", "-c", line, "/bin/bash", "/script"]);
    }
}
