//! Files of a build context by path. Pure.

use std::collections::BTreeMap;

/// A file, folder or symbolic link; `D` says where a file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) enum Node<D> {
    /// A folder with its permission bits.
    Folder { mode: u32 },
    /// A file with its permission bits and size in bytes.
    File { mode: u32, size: u64, data: D },
    /// A symbolic link as it is written.
    Link { target: String },
}

/// Nodes by path; paths have no leading slash, and every parent of a node is a folder in the
/// same tree. The context itself is the folder of no name.
#[derive(Debug, Clone)]
pub(in crate::build) struct Tree<D> {
    nodes: BTreeMap<String, Node<D>>,
    text: usize,
}

impl<D> Default for Tree<D> {
    fn default() -> Self {
        Self { nodes: BTreeMap::new(), text: 0 }
    }
}

/// Folders that nobody described have this mode.
const FOLDER_MODE: u32 = 0o755;

impl<D> Tree<D> {
    /// Adds a node; folders above it that are missing are made.
    ///
    /// # Errors
    /// What stands in the way: a parent that is no folder.
    pub(in crate::build) fn insert(&mut self, path: &str, node: Node<D>) -> Result<(), String> {
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            let text = &mut self.text;
            let kept = self.nodes.entry(parent.to_owned()).or_insert_with(|| {
                *text += parent.len();
                Node::Folder { mode: FOLDER_MODE }
            });
            if !matches!(kept, Node::Folder { .. }) {
                return Err(format!("{parent} is no folder, but {path} is inside of it"));
            }
        }
        let folder = matches!(node, Node::Folder { .. });
        self.text += path.len();
        let before = self.nodes.insert(path.to_owned(), node);
        match before {
            Some(Node::Folder { .. }) if !folder => Err(format!("{path} comes twice")),
            _ => Ok(()),
        }
    }

    /// Bytes of all paths, those of the folders that were made along the way included.
    pub(in crate::build) fn text(&self) -> usize {
        self.text
    }

    /// One node.
    pub(in crate::build) fn get(&self, path: &str) -> Option<&Node<D>> {
        self.nodes.get(path)
    }

    /// True for folders, and for the context itself.
    pub(in crate::build) fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || matches!(self.get(path), Some(Node::Folder { .. }))
    }

    /// Everything inside a folder at any depth, in order of path, with the path below it.
    pub(in crate::build) fn inside<'a>(
        &'a self,
        folder: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Node<D>)> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let length = start.len();
        self.nodes
            .range(start.clone()..)
            .take_while(move |(path, _)| path.starts_with(&start))
            .map(move |(path, node)| (&path[length..], node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_be_inside_a_link_or_a_file() {
        let mut tree = Tree::default();
        tree.insert("a", Node::Link { target: "/etc".to_owned() }).unwrap();
        let error = tree.insert("a/passwd", Node::File { mode: 0o644, size: 1, data: () });
        assert_eq!(error.unwrap_err(), "a is no folder, but a/passwd is inside of it");
    }

    #[test]
    fn the_inside_of_a_folder_is_not_that_of_its_namesake() {
        let mut tree = Tree::default();
        for path in ["a/x", "a/b/y", "a.txt", "ab/z"] {
            tree.insert(path, Node::File { mode: 0o644, size: 0, data: () }).unwrap();
        }
        let inside: Vec<&str> = tree.inside("a").map(|(path, _)| path).collect();
        assert_eq!(inside, ["b", "b/y", "x"]);
    }
}
