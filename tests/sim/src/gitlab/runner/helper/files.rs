//! Which files a list of patterns means, below the working directory: a name takes a whole folder, `*` stays inside a
//! folder, `**` does not. Never leaves the directory.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The files that match `paths` and not `excluded`, and a line about each pattern for the log.
pub(super) fn chosen<'a>(
    root: &Path,
    paths: impl Iterator<Item = &'a str>,
    excluded: impl Iterator<Item = &'a str>,
) -> (BTreeSet<PathBuf>, Vec<String>) {
    let excluded: Vec<String> = excluded.map(expanded).collect();
    let everything = walk(root, Path::new(""));
    let mut files = BTreeSet::new();
    let mut lines = Vec::new();
    for pattern in paths.map(expanded) {
        let Some(inside) = inside(root, &pattern) else {
            lines.push(format!("WARNING: {pattern}: path is not a subpath of project directory"));
            continue;
        };
        let matching = everything.iter().filter(|file| takes(&inside, &text(file)));
        let matching: Vec<&PathBuf> = matching.collect();
        match matching.len() {
            0 => lines.push(format!(
                "WARNING: {pattern}: no matching files. Ensure that the artifact path is relative to the \
                 working directory ({})",
                root.display()
            )),
            count => lines.push(format!("{pattern}: found {count} matching artifact files and directories")),
        }
        let kept = matching.into_iter().filter(|file| {
            let file = text(file);
            !excluded.iter().any(|pattern| takes(pattern, &file))
        });
        files.extend(kept.cloned());
    }
    (files, lines)
}

/// `$NAME` in a pattern is the job's environment.
fn expanded(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let name = rest[at + 1..].trim_start_matches('{');
        let end = name.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        out.push_str(&std::env::var(&name[..end]).unwrap_or_default());
        rest = name[end..].strip_prefix('}').unwrap_or(&name[end..]);
    }
    out + rest
}

fn inside(root: &Path, pattern: &str) -> Option<String> {
    let path = Path::new(pattern);
    let path = if path.is_absolute() { path.strip_prefix(root).ok()? } else { path };
    if path.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    let parts = path.components().filter(|part| *part != Component::CurDir);
    Some(text(&parts.collect::<PathBuf>()))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// All files and symbolic links, without `.git`.
fn walk(root: &Path, below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(root.join(below)) else {
        return found;
    };
    for entry in entries.flatten() {
        let path = below.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                if path != Path::new(".git") {
                    found.extend(walk(root, &path));
                }
            }
            Ok(_) => found.push(path),
            Err(_) => {}
        }
    }
    found
}

/// Whether a pattern takes a file: it matches the whole path, or a folder above it.
fn takes(pattern: &str, file: &str) -> bool {
    let pattern = pattern.trim_end_matches('/');
    if pattern.is_empty() {
        return true;
    }
    let ends = file.match_indices('/').map(|(at, _)| at).chain([file.len()]);
    ends.into_iter().any(|end| matches(pattern.as_bytes(), &file.as_bytes()[..end]))
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            let tails = (0..text.len()).filter(|at| text[*at] == b'/').map(|at| at + 1);
            matches(rest, text) || tails.into_iter().any(|at| matches(rest, &text[at..]))
        }
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| matches(rest, &text[at..])),
        [b'*', rest @ ..] => {
            let end = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
            (0..=end).any(|at| matches(rest, &text[at..]))
        }
        [b'?', rest @ ..] => text.first().is_some_and(|b| *b != b'/') && matches(rest, &text[1..]),
        [first, rest @ ..] => text.first() == Some(first) && matches(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::takes;

    #[test]
    fn patterns_take_what_gitlab_takes() {
        assert!(takes("image.json", "image.json"));
        assert!(takes("out/", "out/a/b.txt"));
        assert!(takes("*.env", "image.env"));
        assert!(!takes("*.env", "a/image.env"));
        assert!(takes("**/*.env", "a/b/image.env"));
        assert!(takes("**/*.env", "image.env"));
        assert!(takes("a/*/c", "a/b/c"));
        assert!(!takes("image", "image.json"));
    }
}
