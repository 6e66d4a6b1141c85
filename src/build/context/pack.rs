//! The client's half: reads a directory and writes a tar of what the Dockerfile asks for.

use super::ignore::Ignore;
use super::select::{Missing, literal_start, select};
use super::tree::{Node, Tree};
use super::walk::walk;
use crate::build::{Checked, Error};
use crate::host::files;
use std::collections::BTreeSet;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// What was packed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packed {
    /// Files, directories and links.
    pub entries: usize,
    /// Bytes of files.
    pub bytes: u64,
}

const IGNORE_FILE: &str = ".dockerignore";

/// Names of the ignore file of a Dockerfile, in the order they are looked for: the first one
/// that exists counts alone. The first stands beside the Dockerfile, the second at the top of
/// the context.
pub fn dockerignore_names(dockerfile_path: &str) -> [String; 2] {
    [format!("{dockerfile_path}.dockerignore"), IGNORE_FILE.to_owned()]
}

/// Writes the tar of the part of `dir` that the Dockerfile's COPY and ADD lines name and that
/// `ignore` (the text of the ignore file, empty when there is none) does not leave out. Links are sent as links;
/// nothing outside of `dir` is ever opened.
///
/// # Errors
/// [`Error::Invalid`] for a malformed ignore file, [`Error::Context`] for what no context can
/// hold, [`Error::Storage`] when a file cannot be read or `out` not be written.
pub fn pack_context(
    dir: &Path,
    ignore: &str,
    checked: &Checked,
    out: &mut dyn Write,
) -> Result<Packed, Error> {
    let ignore = Ignore::read(IGNORE_FILE, ignore)
        .map_err(|findings| Error::Invalid { file: IGNORE_FILE.to_owned(), findings })?;
    let (tree, chosen) = choose(dir, &ignore, &checked.sources())?;
    write(&tree, &chosen, out)
}

/// Walks only what the sources can name, following links of the context to their targets;
/// answers the paths to send.
fn choose(
    dir: &Path,
    ignore: &Ignore,
    sources: &[String],
) -> Result<(Tree<PathBuf>, BTreeSet<String>), Error> {
    let mut tree = Tree::default();
    let mut walked = BTreeSet::new();
    let mut wanted: BTreeSet<String> =
        sources.iter().filter_map(|source| literal_start(source).ok()).collect();
    while let Some(start) = wanted.pop_first() {
        if !walked.insert(start.clone()) {
            continue;
        }
        walk(dir, &start, ignore, &mut tree)?;
        // Only now can it be seen where links lead.
        for source in sources {
            if let Err(Missing::NotThere(path)) = select(&tree, source, &mut BTreeSet::new()) {
                let _new = !walked.contains(&path) && wanted.insert(path);
            }
        }
    }
    let mut chosen = BTreeSet::new();
    for source in sources {
        // What is missing or leads outside is told by the driver, with its line.
        let Ok(matches) = select(&tree, source, &mut chosen) else { continue };
        for (_, real) in matches {
            let inside = tree.inside(&real).map(|(path, _)| match real.as_str() {
                "" => path.to_owned(),
                real => format!("{real}/{path}"),
            });
            chosen.extend(inside);
            chosen.extend((!real.is_empty()).then(|| real.clone()));
        }
    }
    Ok((tree, chosen))
}

fn write(
    tree: &Tree<PathBuf>,
    chosen: &BTreeSet<String>,
    out: &mut dyn Write,
) -> Result<Packed, Error> {
    let mut builder = Builder::new(out);
    let mut packed = Packed::default();
    let mut parents = BTreeSet::new();
    for path in chosen {
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            if !chosen.contains(parent) && parents.insert(parent.to_owned()) {
                append(&mut builder, tree, parent, &mut packed)?;
            }
        }
        append(&mut builder, tree, path, &mut packed)?;
    }
    builder.finish().map_err(unwritable)?;
    Ok(packed)
}

fn append(
    builder: &mut Builder<&mut dyn Write>,
    tree: &Tree<PathBuf>,
    path: &str,
    packed: &mut Packed,
) -> Result<(), Error> {
    let Some(node) = tree.get(path) else { return Ok(()) };
    packed.entries += 1;
    let mut header = Header::new_gnu();
    header.set_size(0);
    match node {
        Node::Folder { mode } => {
            header.set_entry_type(EntryType::Directory);
            header.set_mode(*mode);
            builder.append_data(&mut header, path, io::empty()).map_err(unwritable)
        }
        Node::Link { target } => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            builder.append_link(&mut header, path, target).map_err(unwritable)
        }
        Node::File { mode, size, data } => {
            header.set_entry_type(EntryType::Regular);
            header.set_mode(*mode);
            header.set_size(*size);
            packed.bytes += size;
            let failed = |cause| Error::Storage {
                what: format!("{} could not be read", data.display()),
                cause,
            };
            let file = files::open_regular(data).map_err(failed)?;
            let before = file.metadata().map_err(failed)?;
            // The header says a size, and so many bytes have to follow.
            let content = (&file).take(*size).chain(io::repeat(0)).take(*size);
            builder.append_data(&mut header, path, content).map_err(unwritable)?;
            let after = file.metadata().map_err(failed)?;
            // Half of one content and half of another is in nobody's commit.
            if before.len() == *size && files::state(&before) == files::state(&after) {
                Ok(())
            } else {
                Err(Error::Context(format!("{} {}", data.display(), files::CHANGES)))
            }
        }
    }
}

fn unwritable(cause: io::Error) -> Error {
    Error::Storage { what: "the build context could not be packed".to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn sent(ignore: &str, sources: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for folder in ["src/deep", "docs", "node_modules/x"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for file in ["src/a.txt", "src/deep/b.txt", "docs/README.md", "node_modules/x/i.js", "top"]
        {
            fs::write(at(file), file).unwrap();
        }
        symlink("src/deep", at("link")).unwrap();
        symlink("/etc", at("etc")).unwrap();
        let ignore = Ignore::read(".dockerignore", ignore).unwrap();
        let sources: Vec<String> = sources.iter().map(|&source| source.to_owned()).collect();
        let (tree, chosen) = choose(dir.path(), &ignore, &sources).unwrap();
        let mut tar = Vec::new();
        let packed = write(&tree, &chosen, &mut tar).unwrap();
        let mut archive = tar::Archive::new(tar.as_slice());
        let entries = archive.entries().unwrap();
        let names: Vec<String> = entries
            .map(|entry| entry.unwrap().path().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(packed.entries, names.len());
        names
    }

    #[test]
    fn only_what_a_source_names_is_sent() {
        assert_eq!(sent("", &["src"]), ["src", "src/a.txt", "src/deep", "src/deep/b.txt"]);
        assert_eq!(sent("", &["src/*.txt", "top"]), ["src", "src/a.txt", "top"]);
        assert_eq!(sent("", &["gone", "../x"]), [""; 0]);
    }

    #[test]
    fn a_link_is_sent_with_what_it_leads_to() {
        assert_eq!(sent("", &["link/b.txt"]), ["link", "src", "src/deep", "src/deep/b.txt"]);
        assert_eq!(sent("", &["etc/passwd"]), ["etc"]);
    }

    #[test]
    fn a_file_that_changed_since_it_was_seen_is_not_sent_half_and_half() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("page");
        fs::write(&data, "new").unwrap();
        let mut tree = Tree::default();
        tree.insert("page", Node::File { mode: 0o644, size: 99, data }).unwrap();
        let error = write(&tree, &BTreeSet::from(["page".to_owned()]), &mut Vec::new());
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with("page changes while it is read"), "{error}");
    }

    #[test]
    fn the_ignore_file_counts() {
        let all = sent("node_modules\n**/*.md\n!docs/README.md\nlink\netc\n", &["."]);
        let wanted = ["docs", "docs/README.md", "src", "src/a.txt", "src/deep", "src/deep/b.txt"];
        assert_eq!(all[..6], wanted);
        assert_eq!(all[6..], ["top"]);
        let back = sent("*\n!src/deep/b.txt\n", &["."]);
        assert_eq!(back, ["src", "src/deep", "src/deep/b.txt"]);
        assert_eq!(sent("src", &["src/a.txt"]), [""; 0]);
    }
}
