//! Programs of the environment that `tests/run` makes: two implementations of AWS's services,
//! each on a loopback port of its own, and botocore.

use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};
use tempfile::TempDir;

/// The region of everything here.
pub(crate) const REGION: &str = "ap-northeast-1";
/// The account, which ministack takes from the access key.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The secret key that both take for the account's own.
pub(crate) const SECRET_KEY: &str = "test";
/// A server that does not listen by then does not start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A foreign implementation that runs, and botocore as its client.
pub(crate) struct Server {
    pub(crate) endpoint: String,
    child: Child,
    folder: TempDir,
    client: RefCell<Client>,
    at_the_end: Option<&'static str>,
}

struct Client {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

/// How one of the two is started.
struct Program<'a> {
    name: &'static str,
    words: &'a dyn Fn(u16) -> Vec<String>,
    variables: &'a [(&'a str, &'a str)],
    /// What is posted to before it is killed, so that nothing of it stays.
    at_the_end: Option<&'static str>,
}

fn program(name: &str) -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tests-foreign/bin").join(name);
    place.exists().then_some(place)
}

/// Says on the terminal, not in the captured output of a test, that it did not run.
pub(crate) fn skipped(why: &str) {
    drop(writeln!(io::stderr(), "skipped: {why}"));
}

impl Server {
    /// ministack with these variables more; `None`, said on the terminal, without it.
    pub(crate) fn ministack(variables: &[(&str, &str)]) -> Option<Self> {
        let own = [
            ("BIND_HOST", "127.0.0.1"),
            ("IOT_MTLS_ENABLED", "0"),
            ("MINISTACK_REGION", REGION),
            ("MINISTACK_ACCOUNT_ID", ACCOUNT),
            // Its own root is the account's number as a key.
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ];
        let variables = [&own[..], variables].concat();
        Self::start(&Program {
            name: "ministack",
            words: &|_| Vec::new(),
            variables: &variables,
            at_the_end: Some("/_ministack/reset"),
        })
    }

    /// moto with these variables more; `None`, said on the terminal, without it.
    pub(crate) fn moto(variables: &[(&str, &str)]) -> Option<Self> {
        let own = [("MOTO_ACCOUNT_ID", ACCOUNT)];
        let variables = [&own[..], variables].concat();
        Self::start(&Program {
            name: "moto_server",
            words: &|port| ["-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned).into(),
            variables: &variables,
            at_the_end: None,
        })
    }

    fn start(what: &Program<'_>) -> Option<Self> {
        let (Some(path), Some(python)) = (program(what.name), program("python3")) else {
            skipped(&format!("there is no {} (tests/run installs it)", what.name));
            return None;
        };
        // Another process may take the free port first: then the next one is tried.
        let started = (0..5).find_map(|_| once(&path, what)).unwrap();
        let (child, folder, endpoint) = started;
        let client = RefCell::new(Client::start(&python, &endpoint));
        Some(Self { endpoint, child, folder, client, at_the_end: what.at_the_end })
    }

    /// What botocore reads as the answer to one call, which has to go well.
    #[track_caller]
    pub(crate) fn call(&self, service: &str, call: &str, with: Value) -> Value {
        let mut ask = json!({"service": service, "call": call});
        ask["with"] = with;
        match self.client.borrow_mut().ask(&ask) {
            Ok(answer) => answer,
            Err(error) => panic!("{call}: {error}\n{}", self.log()),
        }
    }

    /// Waits as botocore's own waiter of this name does, for at most ten seconds.
    pub(crate) fn wait(&self, service: &str, waiter: &str, with: Value) -> Result<(), String> {
        let mut ask = json!({"service": service, "wait": waiter});
        ask["with"] = with;
        self.client.borrow_mut().ask(&ask).map(drop)
    }

    /// What the server itself printed last.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Client {
    fn start(python: &Path, endpoint: &str) -> Self {
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/client.py"))
            .args([endpoint, REGION, ACCOUNT, SECRET_KEY])
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, to, from: BufReader::new(from) }
    }

    fn ask(&mut self, ask: &Value) -> Result<Value, String> {
        writeln!(self.to, "{ask}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let mut told: Value = serde_json::from_str(&line).unwrap();
        match told.get("error").and_then(Value::as_str) {
            Some(error) => Err(error.to_owned()),
            None => Ok(told["ok"].take()),
        }
    }
}

/// Starts it on a free port; `None` when it ended instead of listening.
fn once(path: &Path, what: &Program<'_>) -> Option<(Child, TempDir, String)> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = TempDir::new().unwrap();
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut child = Command::new(path)
        .args((what.words)(free.port()))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .env("GATEWAY_PORT", free.port().to_string())
        .envs(what.variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if TcpStream::connect(free).is_ok() {
            return Some((child, folder, format!("http://{free}")));
        }
        assert!(since.elapsed() < PATIENCE, "{} does not listen", what.name);
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}

impl Drop for Server {
    fn drop(&mut self) {
        let address = self.endpoint.trim_start_matches("http://");
        if let Some(path) = self.at_the_end
            && let Ok(mut stream) = TcpStream::connect(address)
        {
            let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n");
            let asked = stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes());
            drop(asked.and_then(|()| io::copy(&mut stream, &mut io::sink())));
        }
        for child in [&mut self.client.get_mut().child, &mut self.child] {
            drop(child.kill().and_then(|()| child.wait()));
        }
    }
}
