//! Debian's docker-registry on a free port of loopback, with a password file and its access log.

use crate::http::{self, Request};
use crate::process::{Server, directory, find, skipped, told};
use ecs_sim::registry::{ImageReader, PulledImage};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) const USER: &str = "ci";
pub(crate) const PASSWORD: &str = "registry-s3cret";

/// A registry that runs.
pub(crate) struct Registry {
    server: Server,
    folder: TempDir,
    port: u16,
    markers: usize,
}

/// A line of the access log: `POST /v2/app/blobs/uploads/ 202`.
pub(crate) type Access = (String, String, u16);

impl Registry {
    /// `None` where it is not installed; the reason was printed then.
    pub(crate) fn start() -> Option<Self> {
        for (program, package) in
            [("docker-registry", "docker-registry"), ("htpasswd", "apache2-utils")]
        {
            if find(program).is_none() {
                skipped("real registry", &format!("{program} (Debian: {package}) is missing"));
                return None;
            }
        }
        let folder = directory("registry");
        let mut htpasswd = Command::new(find("htpasswd").unwrap());
        // The lowest cost that bcrypt has: each request of a test is checked against it.
        let users = told(htpasswd.args(["-nbBC4", USER, PASSWORD])).unwrap();
        fs::write(folder.path().join("users"), users).unwrap();
        // Another program may take the port before the registry does.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let config = configured(folder.path(), port);
            let mut server = Server::start(&serve(&config));
            if server.until(&format!("listening on 127.0.0.1:{port}")).is_ok() {
                return Some(Self { server, folder, port, markers: 0 });
            }
        }
        panic!("docker-registry does not start");
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its configuration: a second one with it, in another network, serves the same images.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config.yml")
    }

    /// Reads an image by a reader that shares no code with the builder.
    pub(crate) fn pull(&self, reference: &str) -> PulledImage {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reader = ImageReader::new(Some((USER, PASSWORD)));
        runtime.block_on(reader.pull(reference)).unwrap()
    }

    /// What was asked since the last call, in order.
    pub(crate) fn asked(&mut self) -> Vec<Access> {
        self.markers += 1;
        let path = format!("/v2/?marker={}", self.markers);
        let marker = Request { method: "GET", path: &path, media_type: "text/plain", body: b"" };
        assert_eq!(http::send(&self.host(), (USER, PASSWORD), &marker).status, 200);
        // The access log, not the other one that the registry writes.
        self.server.until(&format!("\"GET {path} HTTP")).unwrap();
        let mut lines: Vec<Access> =
            self.server.seen.drain(..).filter_map(|line| access(&line)).collect();
        lines.retain(|(_, path, _)| !path.contains("marker="));
        lines
    }
}

/// `docker-registry serve`, without what this machine's environment could change of it.
pub(crate) fn serve(config: &Path) -> Command {
    let mut command = Command::new(find("docker-registry").unwrap());
    command.arg("serve").arg(config);
    command
}

fn configured(folder: &Path, port: u16) -> PathBuf {
    let text = format!(
        "version: 0.1\n\
         log: {{level: info, accesslog: {{disabled: false}}}}\n\
         storage: {{filesystem: {{rootdirectory: {:?}}}, delete: {{enabled: true}}}}\n\
         auth: {{htpasswd: {{realm: test, path: {:?}}}}}\n\
         http: {{addr: '127.0.0.1:{port}', secret: shared}}\n",
        folder.join("data"),
        folder.join("users"),
    );
    let config = folder.join("config.yml");
    fs::write(&config, text).unwrap();
    config
}

/// Of a line such as `127.0.0.1 - - [date] "GET /v2/ HTTP/1.1" 401 87 "" "agent"`.
fn access(line: &str) -> Option<Access> {
    let mut parts = line.split('"');
    let (_, request, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let mut words = request.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let status = rest.trim().split(' ').next()?.parse().ok()?;
    Some((method.to_owned(), path.to_owned(), status))
}
