//! The image's files as COPY and WORKDIR see them: what our own layers made, over what is known
//! of the base. Pure.

use super::base_tree::{Attributes, BaseNode, BaseTree};
use super::known;
use std::collections::BTreeMap;

/// What is known of the base.
#[derive(Debug, Clone, Copy)]
pub(super) enum BaseView<'a> {
    /// There is none.
    Scratch,
    /// It was not looked into.
    Unseen,
    /// It was.
    Seen(&'a BaseTree),
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A directory; without attributes it is one that goes without saying.
    Directory(Option<Attributes>),
    Link(String),
    File,
    Nothing,
    /// Only the base can tell.
    Unknown,
}

/// Why a path cannot be worked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The base has to be looked into first, for this path.
    NeedsBase(String),
    /// It cannot be done.
    Wrong(String),
}

/// A node of our own layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OwnNode {
    Directory(Attributes),
    Link(String),
    File,
}

/// The files so far.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    own: BTreeMap<String, OwnNode>,
    base: BaseView<'a>,
}

/// A chain of links longer than this is taken for a loop, as the kernel does.
const HOPS: usize = 40;

impl<'a> View<'a> {
    pub(super) fn new(base: BaseView<'a>) -> Self {
        Self { own: BTreeMap::new(), base }
    }

    pub(super) fn base(&self) -> BaseView<'a> {
        self.base
    }

    /// Takes note of what a layer makes.
    pub(super) fn make(&mut self, path: &str, node: OwnNode) {
        drop(self.own.insert(path.to_owned(), node));
    }

    /// What is at a path whose parents are no links.
    pub(super) fn at(&self, path: &str) -> Found {
        if path.is_empty() {
            return Found::Directory(None);
        }
        match self.own.get(path) {
            Some(OwnNode::Directory(attributes)) => return Found::Directory(Some(*attributes)),
            Some(OwnNode::Link(target)) => return Found::Link(target.clone()),
            Some(OwnNode::File) => return Found::File,
            None => {}
        }
        match self.base {
            BaseView::Scratch => Found::Nothing,
            BaseView::Unseen if known::is_plain_directory(path) => Found::Directory(None),
            BaseView::Unseen => Found::Unknown,
            BaseView::Seen(tree) => match tree.get(path) {
                Some(BaseNode::Directory(attributes)) => Found::Directory(Some(*attributes)),
                Some(BaseNode::Link(target)) => Found::Link(target.clone()),
                Some(BaseNode::File) => Found::File,
                None => Found::Nothing,
            },
        }
    }

    /// Where a path leads when every link in it is followed, the last one too; links do not
    /// lead out of the image. What comes after a part that is not there stays as it is.
    pub(super) fn follow(&self, path: &str) -> Result<String, Trouble> {
        let mut real = String::new();
        let mut ahead: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut hops = 0;
        while let Some(part) = ahead.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    real.truncate(real.rfind('/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let next = if real.is_empty() { part } else { format!("{real}/{part}") };
            match self.at(&next) {
                Found::Link(target) => {
                    hops += 1;
                    if hops > HOPS {
                        return Err(Trouble::Wrong(format!("/{path}: too many links")));
                    }
                    if target.starts_with('/') {
                        real.clear();
                    }
                    ahead.extend(target.split('/').rev().map(str::to_owned));
                }
                Found::Unknown if ahead.iter().any(|part| !part.is_empty()) => {
                    return Err(Trouble::NeedsBase(next));
                }
                // Whether the last part is a link of the base is asked by whoever needs it.
                _ => real = next,
            }
        }
        Ok(real)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Attributes = Attributes { mode: 0o755, uid: 0, gid: 0 };

    #[test]
    fn links_of_the_base_are_followed_inside_of_it() {
        let mut tree = BaseTree::default();
        tree.directory("usr/bin", ROOT);
        tree.link("bin", "usr/bin".to_owned());
        tree.link("run", "/../var/run".to_owned());
        tree.link("loop", "loop".to_owned());
        let view = View::new(BaseView::Seen(&tree));
        assert_eq!(view.follow("bin/x"), Ok("usr/bin/x".to_owned()));
        assert_eq!(view.follow("run/x/../y"), Ok("var/run/y".to_owned()));
        assert!(matches!(view.follow("loop/x"), Err(Trouble::Wrong(_))));
    }

    #[test]
    fn only_well_known_places_need_no_base() {
        let view = View::new(BaseView::Unseen);
        assert_eq!(view.at("usr/share/nginx/html"), Found::Directory(None));
        assert_eq!(view.follow("bin/x"), Err(Trouble::NeedsBase("bin".to_owned())));
        assert_eq!(view.at("app"), Found::Unknown);
        assert_eq!(View::new(BaseView::Scratch).at("app"), Found::Nothing);
    }
}
