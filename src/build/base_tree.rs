//! Paths and users of a base image: what COPY and WORKDIR depend on. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Owner and permission bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
}

/// What a path is in a base image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BaseNode {
    Directory(Attributes),
    Link(String),
    /// It stands in the way of a directory; nothing else depends on it.
    File,
}

/// Nodes by path without a leading slash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BaseTree {
    nodes: BTreeMap<String, BaseNode>,
    /// Text of `/etc/passwd` and `/etc/group`.
    pub(super) passwd: String,
    pub(super) group: String,
}

/// First line of the written form; another one is another format.
const FORMAT: &str = "ecs-canary base tree 2";

impl BaseTree {
    pub(super) fn get(&self, path: &str) -> Option<&BaseNode> {
        self.nodes.get(path)
    }

    /// A directory of a layer. A link or file of that name is gone then.
    pub(super) fn directory(&mut self, path: &str, attributes: Attributes) {
        if !matches!(self.nodes.get(path), Some(BaseNode::Directory(_))) {
            self.remove(path);
        }
        drop(self.nodes.insert(path.to_owned(), BaseNode::Directory(attributes)));
        self.parents(path);
    }

    /// A link of a layer.
    pub(super) fn link(&mut self, path: &str, target: String) {
        self.remove(path);
        drop(self.nodes.insert(path.to_owned(), BaseNode::Link(target)));
        self.parents(path);
    }

    /// A file of a layer.
    pub(super) fn file(&mut self, path: &str) {
        self.remove(path);
        drop(self.nodes.insert(path.to_owned(), BaseNode::File));
        self.parents(path);
    }

    /// A path that a layer takes away, with everything inside it.
    pub(super) fn remove(&mut self, path: &str) {
        drop(self.nodes.remove(path));
        self.remove_inside(path);
    }

    /// What is inside a directory that a layer makes anew.
    pub(super) fn remove_inside(&mut self, path: &str) {
        let start = if path.is_empty() { String::new() } else { format!("{path}/") };
        let inside = self.nodes.range(start.clone()..);
        let inside: Vec<String> = inside
            .map(|(path, _)| path.clone())
            .take_while(|path| path.starts_with(&start))
            .collect();
        for path in inside {
            drop(self.nodes.remove(&path));
        }
    }

    /// Layers may leave out the directories above their files.
    fn parents(&mut self, path: &str) {
        const IMPLIED: Attributes = Attributes { mode: 0o755, uid: 0, gid: 0 };
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            if !self.nodes.contains_key(parent) {
                drop(self.nodes.insert(parent.to_owned(), BaseNode::Directory(IMPLIED)));
            }
        }
    }

    /// A user's number and first group, by name.
    pub(super) fn user(&self, name: &str) -> Option<(u64, u64)> {
        let fields = record(&self.passwd, name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    }

    /// A group's number, by name.
    pub(super) fn group(&self, name: &str) -> Option<u64> {
        record(&self.group, name)?.get(2)?.parse().ok()
    }

    /// The written form, which is kept between builds.
    pub(super) fn write(&self) -> String {
        let mut out = format!("{FORMAT}\0{}\0{}\0", self.passwd, self.group);
        for (path, node) in &self.nodes {
            // Writing to a string does not fail. NUL parts fields: no path holds one.
            let _always = match node {
                BaseNode::Directory(a) => {
                    write!(out, "{path}\0d{:o} {} {}\0", a.mode, a.uid, a.gid)
                }
                BaseNode::Link(target) => write!(out, "{path}\0l{target}\0"),
                BaseNode::File => write!(out, "{path}\0f\0"),
            };
        }
        out
    }

    /// Reads the written form; `None` when it is another format or damaged.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut fields = text.strip_suffix('\0')?.split('\0');
        if fields.next()? != FORMAT {
            return None;
        }
        let mut tree = Self {
            passwd: fields.next()?.to_owned(),
            group: fields.next()?.to_owned(),
            nodes: BTreeMap::new(),
        };
        while let Some(path) = fields.next() {
            let what = fields.next()?;
            let node = match what.split_at_checked(1)? {
                ("l", target) => BaseNode::Link(target.to_owned()),
                ("f", "") => BaseNode::File,
                ("d", text) => BaseNode::Directory(attributes(text)?),
                _ => return None,
            };
            drop(tree.nodes.insert(path.to_owned(), node));
        }
        Some(tree)
    }
}

fn attributes(text: &str) -> Option<Attributes> {
    let mut numbers = text.split(' ');
    Some(Attributes {
        mode: u32::from_str_radix(numbers.next()?, 8).ok()?,
        uid: numbers.next()?.parse().ok()?,
        gid: numbers.next()?.parse().ok()?,
    })
}

/// The fields of a line of `passwd` or `group`.
fn record<'a>(text: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    lines.find(|fields| fields.first() == Some(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BaseTree {
        let mut tree = BaseTree::default();
        tree.directory("tmp", Attributes { mode: 0o1777, uid: 0, gid: 0 });
        tree.file("app/data/file");
        tree.link("bin", "usr/bin".to_owned());
        tree.passwd = "root:x:0:0::/:/bin/sh\nnginx:x:101:102::/:/bin/false\n".to_owned();
        tree.group = "staff:x:50:\n".to_owned();
        tree
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let tree = sample();
        assert_eq!(BaseTree::read(&tree.write()), Some(tree.clone()));
        assert_eq!(BaseTree::read("something else\0"), None);
        assert_eq!(BaseTree::read(&tree.write()[..40]), None);
        assert_eq!((tree.user("nginx"), tree.group("staff")), (Some((101, 102)), Some(50)));
    }

    #[test]
    fn upper_layers_replace_and_remove() {
        let mut tree = sample();
        tree.file("app");
        assert_eq!((tree.get("app"), tree.get("app/data")), (Some(&BaseNode::File), None));
        tree.directory("bin", Attributes { mode: 0o755, uid: 0, gid: 0 });
        assert!(matches!(tree.get("bin"), Some(BaseNode::Directory(_))));
        tree.remove("tmp");
        assert_eq!(tree.get("tmp"), None);
    }
}
