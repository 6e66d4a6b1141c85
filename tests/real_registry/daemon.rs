//! A dockerd of our own: its directory, socket, network and processes are the test's and end
//! with it. Its network holds a second docker-registry with the same images, because a daemon
//! in this machine's network would take away the bridge of a docker that runs here.

use crate::process::{Server, find, is_root};
use crate::world::World;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A daemon that runs.
pub(crate) struct Daemon {
    _server: Server,
    socket: String,
    login: PathBuf,
}

const SCRIPT: &str = r#"ip link set lo up
docker-registry serve "$1/config.yml" &
exec dockerd --data-root "$2/data" --exec-root "$2/exec" --pidfile "$2/pid" -H "unix://$2/s" \
  --storage-driver vfs --bridge none --iptables=false --ip6tables=false --ip-forward=false"#;

impl Daemon {
    /// Starts it, or says why it cannot run.
    pub(crate) fn start(world: &World) -> Result<Self, String> {
        if !is_root() {
            return Err("a docker daemon of its own wants root".to_owned());
        }
        for program in ["dockerd", "docker", "unshare", "ip"] {
            let _found = find(program).ok_or_else(|| format!("{program} is missing"))?;
        }
        let place = world.place("docker");
        let mut command = Command::new("unshare");
        command.args(["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]);
        command.args(["sh", "-c", SCRIPT, "sh"]);
        command.arg(world.registry.config().parent().unwrap()).arg(&place);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/bin:/usr/sbin"));
        let mut server = Server::start(&command);
        server.until("API listen on").map_err(|why| format!("dockerd does not start: {why}"))?;
        let socket = format!("unix://{}/s", place.display());
        let login = world.login_file().parent().unwrap().to_owned();
        Ok(Self { _server: server, socket, login })
    }

    /// A docker client of this daemon.
    pub(crate) fn client(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(["-H", &self.socket]).env("DOCKER_CONFIG", &self.login);
        command
    }
}
