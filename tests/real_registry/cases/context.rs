//! The one context of all cases: modes, links, odd names.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

const FILES: &[(&str, u32)] = &[
    ("a.txt", 0o644),
    ("b.txt", 0o600),
    ("run.sh", 0o755),
    ("setuid", 0o4755),
    ("with space.txt", 0o644),
    ("[x].txt", 0o644),
    ("x.txt", 0o644),
    ("ü.txt", 0o644),
    (".hidden", 0o644),
    ("dir/one.txt", 0o644),
    ("dir/two.log", 0o640),
    ("dir/sub/three.txt", 0o644),
    ("dir/sub/deep/four.log", 0o644),
    ("dir/.dot", 0o644),
    ("private/key", 0o400),
    ("mods/m/index.js", 0o644),
    ("mods/keep/index.js", 0o644),
    ("mods/keep/index.log", 0o644),
    ("real/only.txt", 0o644),
];

const LINKS: &[(&str, &str)] = &[
    ("dir/link", "one.txt"),
    ("dir/outside", "/etc/hostname"),
    ("dir/dangling", "nowhere"),
    ("dir/linked", "sub"),
    ("to-dir", "dir"),
    ("to-file", "a.txt"),
];

/// Writes it, with a Dockerfile.
pub(crate) fn lay_out(place: &Path, dockerfile: &str, ignore: &str) {
    for (name, mode) in FILES {
        let path = place.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("{name}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
    }
    fs::create_dir_all(place.join("dir/empty")).unwrap();
    for (name, target) in LINKS {
        symlink(target, place.join(name)).unwrap();
    }
    for (name, mode) in [("private", 0o700), ("dir/sub", 0o2775), ("dir", 0o755)] {
        fs::set_permissions(place.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(place.join("Dockerfile"), dockerfile).unwrap();
    if !ignore.is_empty() {
        fs::write(place.join(".dockerignore"), ignore).unwrap();
    }
}
