//! Programs that a test starts: looked for first, ended with the test.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use tempfile::TempDir;

/// A server that is silent for longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says why a test, or a part of it, does nothing. Past the test's capture: a person has to
/// see it.
pub(crate) fn skipped(what: &str, why: &str) {
    let why = why.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    drop(writeln!(std::io::stderr(), "skipped: {what}: {why}"));
}

/// Where a program is; places of system programs are looked at too.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].map(PathBuf::from);
    let mut places = std::env::split_paths(&path).chain(system);
    places.find_map(|place| Some(place.join(program)).filter(|path| path.is_file()))
}

/// A directory for one test, in memory where that is possible: a registry and a builder have
/// every file written through to the disk.
pub(crate) fn directory(name: &str) -> TempDir {
    let mut builder = tempfile::Builder::new();
    let named = builder.prefix(name);
    named.tempdir_in("/dev/shm").or_else(|_| named.tempdir()).unwrap()
}

/// True for root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// Runs a command; its standard output, or what it said and how it ended.
pub(crate) fn told(command: &mut Command) -> Result<String, String> {
    let output = run(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!("{}: {}{}", output.status, text(&output.stdout), text(&output.stderr)))
}

/// A server with its lines. It is killed, by its id, with the value; and by the kernel if this
/// process dies without having the time.
pub(crate) struct Server {
    child: Child,
    lines: Receiver<String>,
    /// What was read so far.
    pub(crate) seen: Vec<String>,
}

impl Server {
    pub(crate) fn start(command: &Command) -> Self {
        // The kernel ties a child to the thread that started it: this one waits for the end.
        let mut guarded = Command::new("setpriv");
        guarded.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program());
        guarded.args(command.get_args());
        guarded.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        guarded.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = guarded.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        follow(child.stdout.take().unwrap(), sender.clone());
        follow(child.stderr.take().unwrap(), sender);
        Self { child, lines, seen: Vec::new() }
    }

    /// Reads until a line has `words`.
    pub(crate) fn until(&mut self, words: &str) -> Result<(), String> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = line.contains(words);
                    self.seen.push(line);
                    if found {
                        return Ok(());
                    }
                }
                Err(why) => {
                    return Err(format!(
                        "no line with {words:?} ({why}):\n{}",
                        self.seen.join("\n")
                    ));
                }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn follow(from: impl Read + Send + 'static, to: mpsc::Sender<String>) {
    let _reads_to_its_end = std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
}
