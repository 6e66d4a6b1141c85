//! Files that are no files: refused at once, by name and by what they are, nothing changed.

use crate::world::World;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// What stands where a file belongs.
const KINDS: [(&str, &str); 4] = [
    ("pipe", "is a named pipe, not a file"),
    ("socket", "is a socket, not a file"),
    ("directory", "is a directory, not a file"),
    ("device", "is a device, not a file"),
];

fn put(world: &World, name: &str, kind: &str) {
    let path = world.directory().join(name);
    world.remove(name);
    match kind {
        "pipe" => pipe(&path),
        "socket" => drop(UnixListener::bind(&path).unwrap()),
        "directory" => fs::create_dir(&path).unwrap(),
        _ => symlink("/dev/zero", &path).unwrap(),
    }
}

fn pipe(path: &PathBuf) {
    mknodat(CWD, path, FileType::Fifo, Mode::from(0o600), 0).unwrap();
}

/// Runs `command`, which must end with `code`, say all `words`, and change nothing.
#[track_caller]
fn refused(world: &World, command: &[&str], code: i32, words: &[&str]) {
    let ended = world.run(command).code(code);
    for word in words {
        assert!(ended.stderr.contains(word), "nothing says {word:?}:\n{}", ended.stderr);
    }
    assert!(ended.stderr.contains("\nnext "), "no hint:\n{}", ended.stderr);
    assert_eq!(world.changes(), [""; 0]);
}

fn pushed() -> World {
    let world = World::new();
    world.push("1.0.0");
    world
}

#[test]
fn what_is_no_file_is_never_read() {
    for (kind, words) in KINDS {
        for name in ["ecs-canary.yml", "deploy/docker-compose.yml", "deploy/ecs-params.yml"] {
            let world = pushed();
            put(&world, name, kind);
            refused(&world, &["deploy", "full"], 10, &[name, words]);
        }
        for name in ["Dockerfile", ".dockerignore"] {
            let world = pushed();
            put(&world, name, kind);
            refused(&world, &["build"], 10, &[name, words]);
        }
    }
}

#[test]
fn an_env_file_that_is_a_pipe() {
    let world = pushed();
    world.edit("deploy/docker-compose.yml", "    image:", "    env_file: web.env\n    image:");
    put(&world, "deploy/web.env", "pipe");
    refused(&world, &["deploy", "full"], 10, &["web.env", "is a named pipe"]);
}

#[test]
fn a_pipe_in_a_build_context() {
    let world = pushed();
    put(&world, "html/pipe", "pipe");
    refused(&world, &["build"], 10, &["html/pipe", "pipe", ".dockerignore"]);
    assert_eq!(world.registry.digest("group/app", "2.0.0"), None);
}

#[test]
fn places_for_records_that_are_no_files() {
    for (kind, _) in KINDS.iter().filter(|(kind, _)| *kind != "directory") {
        let world = pushed();
        put(&world, "records", kind);
        let command = ["deploy", "full", "--record", "records"];
        refused(&world, &command, 10, &["records", "is not a directory"]);
    }
    for (kind, words) in KINDS {
        let world = pushed();
        put(&world, "release.json", kind);
        refused(&world, &["deploy", "full"], 10, &["release.json", words]);
        put(&world, "id", kind);
        world.remove("release.json");
        drop(fs::remove_dir(world.directory().join("release.json")));
        refused(&world, &["docker", "build", "--iidfile", "id", "."], 10, &["id", words]);
    }
}

#[test]
fn a_file_larger_than_any_is_not_read() {
    let world = pushed();
    let name = "deploy/docker-compose.yml";
    File::create(world.directory().join(name)).unwrap().set_len(10 << 30).unwrap();
    refused(&world, &["deploy", "full"], 10, &[name, "larger than 16777216 bytes", "16 MiB"]);
}

#[test]
fn a_file_without_rights() {
    let world = pushed();
    let name = "deploy/ecs-params.yml";
    let path = world.directory().join(name);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&path).is_ok() {
        drop(writeln!(std::io::stderr(), "skipped: this user may read everything"));
        return;
    }
    refused(&world, &["deploy", "full"], 10, &[name, "Permission denied"]);
}

#[test]
fn a_place_for_temporary_files_that_is_not_there() {
    let mut world = pushed();
    world.set("TMPDIR", "/nonexistent");
    refused(&world, &["build"], 70, &["no temporary file", "TMPDIR says"]);
}
