//! Other programs that build images of Dockerfiles.

use crate::daemon::Daemon;
use crate::process::{find, skipped, told};
use crate::world::World;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that builds a context and pushes the image.
pub(crate) trait Engine {
    /// For messages and names of images.
    fn name(&self) -> &'static str;

    /// Builds `context` and pushes it as `image`; what it said when it could not build.
    fn build(&self, context: &Path, arguments: &[&str], image: &str) -> Result<(), String>;
}

/// `docker build`, by BuildKit or by the classic builder.
struct Docker<'a> {
    daemon: &'a Daemon,
    program: PathBuf,
    buildkit: bool,
}

impl Engine for Docker<'_> {
    fn name(&self) -> &'static str {
        if self.buildkit { "buildkit" } else { "classic" }
    }

    fn build(&self, context: &Path, arguments: &[&str], image: &str) -> Result<(), String> {
        let mut build = self.daemon.client(&self.program);
        let buildkit = if self.buildkit { "1" } else { "0" };
        build.env("DOCKER_BUILDKIT", buildkit).args(["build", "--tag", image]);
        let _said = told(build.args(arguments).arg(context))?;
        let _said = told(self.daemon.client(&self.program).args(["push", image])).unwrap();
        Ok(())
    }
}

/// `buildah bud`, without a daemon.
struct Buildah {
    program: PathBuf,
    place: PathBuf,
    login: PathBuf,
}

impl Buildah {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--root").arg(self.place.join("root"));
        command.arg("--runroot").arg(self.place.join("run"));
        command.args(["--storage-driver", "vfs"]).env("REGISTRY_AUTH_FILE", &self.login);
        command.env("TMPDIR", &self.place);
        command
    }
}

impl Engine for Buildah {
    fn name(&self) -> &'static str {
        "buildah"
    }

    fn build(&self, context: &Path, arguments: &[&str], image: &str) -> Result<(), String> {
        let mut build = self.command();
        build.args(["bud", "--isolation", "chroot", "--tls-verify=false", "--format", "docker"]);
        let _said = told(build.args(["--tag", image]).args(arguments).arg(context))?;
        let _said = told(self.command().args(["push", "--tls-verify=false", image])).unwrap();
        Ok(())
    }
}

/// Whether the engine works here at all.
fn works(engine: &dyn Engine, world: &World) -> Result<(), String> {
    let context = world.place("probe");
    fs::write(context.join("Dockerfile"), format!("FROM {}\nCOPY x /x\n", world.base)).unwrap();
    fs::write(context.join("x"), "x").unwrap();
    engine.build(&context, &[], &world.name(&format!("probe/{}:1", engine.name())))
}

/// `docker build` in all its kinds that work here; the others are told as skipped.
pub(crate) fn dockers<'a>(world: &World, daemon: &'a Daemon) -> Vec<Box<dyn Engine + 'a>> {
    // A client of another origin may stand first, and lack what it builds with.
    let programs = [find("docker"), Some(PathBuf::from("/usr/bin/docker"))];
    let programs: Vec<PathBuf> =
        programs.into_iter().flatten().filter(|path| path.is_file()).collect();
    let mut engines: Vec<Box<dyn Engine + 'a>> = Vec::new();
    for buildkit in [true, false] {
        // The classic builder is on its way out of docker, and slow: the long run asks it too.
        if !engines.is_empty() && !asks_every_builder() {
            break;
        }
        let mut reasons = Vec::new();
        let mut kinds =
            programs.iter().map(|program| Docker { daemon, program: program.clone(), buildkit });
        let working =
            kinds.find(|engine| works(engine, world).map_err(|why| reasons.push(why)).is_ok());
        match working {
            Some(engine) => engines.push(Box::new(engine)),
            None => skipped(&format!("docker, buildkit {buildkit}"), &reasons.join("; ")),
        }
    }
    engines
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run")]
fn asks_every_builder() -> bool {
    std::env::var_os("EVERY_BUILDER").is_some()
}

/// buildah, or why not.
pub(crate) fn buildah(world: &World) -> Result<Box<dyn Engine>, String> {
    let program = find("buildah").ok_or("buildah is missing")?;
    let engine = Buildah { program, place: world.place("buildah"), login: world.login_file() };
    works(&engine, world)?;
    Ok(Box::new(engine))
}
