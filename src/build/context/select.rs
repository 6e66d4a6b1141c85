//! Which nodes of a context a COPY source names: wildcards, and symbolic links that are
//! followed inside the context and never out of it. Pure; the client and the driver both ask.

use super::pattern::{Pattern, has_wildcard};
use super::tree::{Node, Tree};
use std::collections::BTreeSet;

/// What a source names: each match as it is named, and where that leads once links are
/// followed.
pub(in crate::build) type Matches = Vec<(String, String)>;

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

/// Finds what `source` names. Links that are followed on the way, even in vain, are added to
/// `links`: the client has to send them too.
///
/// # Errors
/// [`Missing`]. A wildcard that fits nothing is no error: the list is empty then, as in
/// docker.
pub(in crate::build) fn select<D>(
    tree: &Tree<D>,
    source: &str,
    links: &mut BTreeSet<String>,
) -> Result<Matches, Missing> {
    let parts = parts(source)?;
    let split = parts.iter().position(|part| has_wildcard(part)).unwrap_or(parts.len());
    let (literal, wild) = parts.split_at(split);
    let start = literal.join("/");
    let real = follow(tree, &start, links)?;
    if wild.is_empty() {
        return Ok(vec![(start, real)]);
    }
    let pattern = Pattern::path(&wild.join("/"))
        .map_err(|why| Missing::Malformed(format!("pattern \"{source}\": {why}")))?;
    let fits = |path: &str| path.matches('/').count() + 1 == wild.len() && pattern.fits(path);
    let named = tree.inside(&real).filter(|(path, _)| fits(path));
    let named: Vec<String> = named.map(|(path, _)| joined(&real, path)).collect();
    let followed = named.into_iter().map(|path| {
        let real = follow(tree, &path, links)?;
        Ok((path, real))
    });
    followed.collect()
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
                let _new = links.insert(next.clone());
                // An absolute target means the machine's own files, not the context's.
                if target.starts_with('/') || hops > HOPS {
                    return Err(Missing::Outside(format!("{next} -> {target}")));
                }
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
        let matches = select(&tree(), source, &mut BTreeSet::new())?;
        Ok(matches.into_iter().map(|(_, real)| real).collect())
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
