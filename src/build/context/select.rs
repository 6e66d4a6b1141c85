//! Which nodes of a context a COPY source names: wildcards, and symbolic links that are
//! followed inside the context and never out of it. Pure; the client and the driver both ask.

use super::pattern::{Pattern, has_wildcard};
use super::tree::{Node, Tree};
use std::collections::BTreeSet;

/// What a source names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::build) struct Selected {
    /// Each match: its path as named, and where that leads once links are followed.
    pub(in crate::build) matches: Vec<(String, String)>,
    /// Links that were followed, and where they lead: the client has to send them too.
    pub(in crate::build) links: BTreeSet<String>,
}

/// Why a source names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) enum Missing {
    /// It is not there; the path that was looked for, which a link may have led to.
    NotThere(String),
    /// It leads out of the context.
    Outside(String),
    /// Malformed wildcards.
    Malformed(String),
}

/// A chain of links longer than this is taken for a loop, as the kernel does.
const HOPS: usize = 40;

/// Finds what `source` names.
///
/// # Errors
/// [`Missing`]. A wildcard that fits nothing is no error: the list is empty then, as in
/// docker.
pub(in crate::build) fn select<D>(tree: &Tree<D>, source: &str) -> Result<Selected, Missing> {
    let parts = parts(source)?;
    let mut selected = Selected::default();
    let split = parts.iter().position(|part| has_wildcard(part)).unwrap_or(parts.len());
    let (literal, wild) = parts.split_at(split);
    if wild.is_empty() {
        let named = literal.join("/");
        let real = follow(tree, &named, &mut selected.links)?;
        selected.matches.push((named, real));
        return Ok(selected);
    }
    let folder = follow(tree, &literal.join("/"), &mut selected.links)?;
    let pattern = wild.join("/");
    let pattern = Pattern::path(&pattern)
        .map_err(|why| Missing::Malformed(format!("pattern \"{source}\": {why}")))?;
    let mut named = Vec::new();
    for (path, _) in tree.inside(&folder) {
        let fits = path.matches('/').count() + 1 == wild.len() && pattern.fits(path);
        if fits {
            named.push(joined(&folder, path));
        }
    }
    for path in named {
        let real = follow(tree, &path, &mut selected.links)?;
        selected.matches.push((path, real));
    }
    Ok(selected)
}

/// The folders and files of a source without its wildcards: what a walk has to look at.
pub(super) fn literal_start(source: &str) -> Result<String, Missing> {
    let parts = parts(source)?;
    let literal: Vec<&str> = parts.into_iter().take_while(|part| !has_wildcard(part)).collect();
    Ok(literal.join("/"))
}

/// The path without `.`, `..` and empty parts.
fn parts(source: &str) -> Result<Vec<&str>, Missing> {
    let mut parts = Vec::new();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return Err(Missing::Outside(source.to_owned())),
            ".." => {}
            _ => parts.push(part),
        }
    }
    Ok(parts)
}

/// Where a path leads when every link in it is followed.
fn follow<D>(tree: &Tree<D>, path: &str, links: &mut BTreeSet<String>) -> Result<String, Missing> {
    let mut real = String::new();
    let mut ahead: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut hops = 0;
    while let Some(part) = ahead.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                if real.is_empty() {
                    return Err(Missing::Outside(path.to_owned()));
                }
                real.truncate(real.rfind('/').unwrap_or(0));
                continue;
            }
            _ => {}
        }
        let next = joined(&real, &part);
        match tree.get(&next) {
            None => return Err(Missing::NotThere(next)),
            Some(Node::Link { target }) => {
                hops += 1;
                // An absolute target means the machine's own files, not the context's.
                if target.starts_with('/') || hops > HOPS {
                    return Err(Missing::Outside(format!("{next} -> {target}")));
                }
                let _new = links.insert(next);
                ahead.extend(target.split('/').rev().map(str::to_owned));
            }
            Some(_) => real = next,
        }
    }
    Ok(real)
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree<()> {
        let mut tree = Tree::default();
        let file = || Node::File { mode: 0o644, size: 0, data: () };
        let link = |target: &str| Node::Link { target: target.to_owned() };
        for path in ["a/one.txt", "a/two.txt", "a/deep/three.txt", "b"] {
            tree.insert(path, file()).unwrap();
        }
        for (path, target) in [
            ("in", "a/deep"),
            ("out", "../etc"),
            ("abs", "/etc/passwd"),
            ("loop", "loop"),
            ("up", "a/deep/../one.txt"),
            ("a/gone", "nowhere"),
        ] {
            tree.insert(path, link(target)).unwrap();
        }
        tree
    }

    fn found(source: &str) -> Result<Vec<String>, Missing> {
        let selected = select(&tree(), source)?;
        Ok(selected.matches.into_iter().map(|(_, real)| real).collect())
    }

    #[test]
    fn sources_are_paths_from_the_context() {
        for (source, wanted) in [
            ("b", "b"),
            ("./b", "b"),
            ("/b", "b"),
            ("a/../b", "b"),
            (".", ""),
            ("/", ""),
            ("a/", "a"),
            ("in", "a/deep"),
            ("in/three.txt", "a/deep/three.txt"),
            ("up", "a/one.txt"),
        ] {
            assert_eq!(found(source), Ok(vec![wanted.to_owned()]), "{source}");
        }
    }

    #[test]
    fn wildcards_stay_inside_one_folder() {
        assert_eq!(found("a/*.txt").unwrap(), ["a/one.txt", "a/two.txt"]);
        assert_eq!(found("*/*/three.txt").unwrap(), ["a/deep/three.txt"]);
        assert_eq!(found("in/t*").unwrap(), ["a/deep/three.txt"]);
        assert_eq!(found("x*").unwrap(), [""; 0]);
    }

    #[test]
    fn nothing_outside_of_the_context_is_reached() {
        for source in ["../b", "a/../../b", "out", "out/passwd", "abs", "loop", "a*/../../x"] {
            assert!(matches!(found(source), Err(Missing::Outside(_))), "{source}");
        }
        assert_eq!(found("a/gone"), Err(Missing::NotThere("a/nowhere".to_owned())));
        assert!(matches!(found("a/["), Err(Missing::Malformed(_))));
    }
}
