//! Looks at the files of a directory, without following links and without what the ignore
//! file leaves out.

use super::ignore::{Fitted, Ignore};
use super::tree::{Node, Tree};
use crate::build::Error;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Adds what is at `start` (a path below `dir`, or nothing for all) and everything inside it
/// to the tree. What is not there is not added.
pub(super) fn walk(
    dir: &Path,
    start: &str,
    ignore: &Ignore,
    tree: &mut Tree<PathBuf>,
) -> Result<(), Error> {
    let mut fitted = ignore.top();
    let mut real = dir.to_owned();
    let mut path = String::new();
    let mut left_out = Vec::new();
    let mut is_folder = true;
    for part in start.split('/').filter(|part| !part.is_empty()) {
        path = if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") };
        real.push(part);
        let (out, next) = ignore.leaves_out(&path, &fitted);
        fitted = next;
        let Some(node) = node(&real)? else { return Ok(()) };
        is_folder = matches!(node, Node::Folder { .. });
        if out && !(is_folder && ignore.has_exceptions()) {
            return Ok(());
        }
        if out {
            left_out.push((path.clone(), node));
        } else {
            add(tree, &path, node)?;
        }
        if !is_folder {
            break;
        }
    }
    if is_folder {
        inside(&real, &path, ignore, &fitted, tree)?;
    }
    left_out.into_iter().try_for_each(|(path, node)| came_back(tree, &path, node))
}

/// A folder that is left out comes back with what is inside of it, and has its own mode then.
fn came_back(tree: &mut Tree<PathBuf>, path: &str, node: Node<PathBuf>) -> Result<(), Error> {
    if tree.get(path).is_some() { add(tree, path, node) } else { Ok(()) }
}

fn inside(
    dir: &Path,
    path: &str,
    ignore: &Ignore,
    parent: &Fitted,
    tree: &mut Tree<PathBuf>,
) -> Result<(), Error> {
    let entries = fs::read_dir(dir).map_err(|cause| failed(dir, cause))?;
    for entry in entries {
        let entry = entry.map_err(|cause| failed(dir, cause))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            let message = format!("{}: the name is not UTF-8", entry.path().display());
            return Err(Error::Context(message));
        };
        let below = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let (out, fitted) = ignore.leaves_out(&below, parent);
        let real = entry.path();
        let Some(node) = node(&real)? else { continue };
        let folder = matches!(node, Node::Folder { .. });
        if !out {
            add(tree, &below, node)?;
            if folder {
                inside(&real, &below, ignore, &fitted, tree)?;
            }
        } else if folder && ignore.has_exceptions() {
            // Looked into only if something may come back in.
            inside(&real, &below, ignore, &fitted, tree)?;
            came_back(tree, &below, node)?;
        }
    }
    Ok(())
}

/// `None` for what is not there and for sockets, which no image can hold.
fn node(real: &Path) -> Result<Option<Node<PathBuf>>, Error> {
    let metadata = match fs::symlink_metadata(real) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed(real, cause)),
    };
    let kind = metadata.file_type();
    let mode = metadata.mode() & 0o7777;
    if kind.is_dir() {
        return Ok(Some(Node::Folder { mode }));
    }
    if kind.is_symlink() {
        let target = fs::read_link(real).map_err(|cause| failed(real, cause))?;
        let target = target.to_str().map(str::to_owned).ok_or_else(|| {
            Error::Context(format!("{}: the link's target is not UTF-8", real.display()))
        })?;
        return Ok(Some(Node::Link { target }));
    }
    if kind.is_file() {
        return Ok(Some(Node::File { mode, size: metadata.len(), data: real.to_owned() }));
    }
    if kind.is_socket() {
        return Ok(None);
    }
    let message = format!("{} is a device or pipe; leave it out by .dockerignore", real.display());
    Err(Error::Context(message))
}

fn add(tree: &mut Tree<PathBuf>, path: &str, node: Node<PathBuf>) -> Result<(), Error> {
    tree.insert(path, node).map_err(Error::Context)
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::Storage { what: format!("{} could not be read", path.display()), cause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_folder_that_comes_back_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("kept");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("one.txt"), "1").unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o2775)).unwrap();
        let ignore = Ignore::read(".dockerignore", "*\n!kept/one.txt\n").unwrap();
        for start in ["", "kept", "kept/one.txt"] {
            let mut tree = Tree::default();
            walk(place.path(), start, &ignore, &mut tree).unwrap();
            assert_eq!(tree.get("kept"), Some(&Node::Folder { mode: 0o2775 }), "{start}");
        }
    }
}
