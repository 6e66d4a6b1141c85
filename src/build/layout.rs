//! What each step puts into its layer: COPY as docker does it, entry by entry. Pure.
//! Source: `copy.go` of tonistiigi/fsutil, which is what BuildKit copies with.

use super::base_tree::Attributes;
use super::context::{Missing, Node, Tree, select};
use super::recipe::{CopyStep, Step};
use super::view::{BaseView, Found, OwnNode, Trouble, View};
use crate::model::Finding;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Entries of one layer by path without a leading slash; parents come before their children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LayerPlan {
    pub(super) entries: BTreeMap<String, Entry>,
}

/// One entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) attributes: Attributes,
    pub(super) kind: EntryKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntryKind {
    Directory,
    Link(String),
    /// Bytes of the context: where they start, and how many there are.
    File {
        offset: u64,
        size: u64,
    },
    /// A document of the Dockerfile.
    Text(Arc<[u8]>),
}

/// Why the layers cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LayoutTrouble {
    /// The base has to be looked into: which line asks, and for which path.
    NeedsBase { line: usize, path: String },
    /// A step cannot be done.
    Wrong(Finding),
}

/// The layers of all steps, in order, and warnings; a step that changes nothing has an empty
/// one.
///
/// # Errors
/// [`LayoutTrouble`].
pub(super) fn layout(
    file: &str,
    steps: &[Step],
    context: &Tree<u64>,
    base: BaseView<'_>,
) -> Result<(Vec<LayerPlan>, Vec<Finding>), LayoutTrouble> {
    let mut view = View::new(base);
    let mut layers = Vec::new();
    let mut findings = Vec::new();
    for step in steps {
        let (line, made) = match step {
            Step::Directory { line, path, user } => (*line, directory(&view, path, user)),
            // With --link the files are laid out as if there were nothing below them.
            Step::Copy(copy) if copy.link => {
                let bare = View::new(BaseView::Scratch);
                (copy.line, Copying::new(bare, context, copy).run(view.base(), &mut findings))
            }
            Step::Copy(copy) => {
                let copying = Copying::new(view.clone(), context, copy);
                (copy.line, copying.run(view.base(), &mut findings))
            }
        };
        for finding in findings.iter_mut().filter(|finding| finding.location.is_none()) {
            *finding = finding.clone().at(file, line, 1);
        }
        let layer = made.map_err(|trouble| match trouble {
            Trouble::NeedsBase(path) => LayoutTrouble::NeedsBase { line, path },
            Trouble::Wrong(message) => {
                LayoutTrouble::Wrong(Finding::error(message).at(file, line, 1))
            }
        })?;
        for (path, entry) in &layer.entries {
            let node = match &entry.kind {
                EntryKind::Directory => OwnNode::Directory(entry.attributes),
                EntryKind::Link(target) => OwnNode::Link(target.clone()),
                EntryKind::File { .. } | EntryKind::Text(_) => OwnNode::File,
            };
            view.make(path, node);
        }
        layers.push(layer);
    }
    Ok((layers, findings))
}

/// WORKDIR: the directory with its parents, for the image's user, where it is not there.
fn directory(view: &View<'_>, path: &str, user: &str) -> Result<LayerPlan, Trouble> {
    let real = view.follow(path)?;
    match view.at(&real) {
        Found::Directory(_) => return Ok(LayerPlan::default()),
        Found::Unknown => return Err(Trouble::NeedsBase(real)),
        Found::File => return Err(Trouble::Wrong(format!("WORKDIR {path} is a file"))),
        Found::Link(_) | Found::Nothing => {}
    }
    let (uid, gid) = if user.is_empty() { (0, 0) } else { owner(view.base(), user)? };
    let mut layer = Layer { view: view.clone(), plan: LayerPlan::default() };
    layer.directories(&real, Attributes { mode: 0o755, uid, gid })?;
    Ok(layer.plan)
}

/// `user[:group]`, in numbers or in names that the base knows. A number without a group is
/// its own group, a name has its first one.
fn owner(base: BaseView<'_>, text: &str) -> Result<(u64, u64), Trouble> {
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    let unknown = |what: &str, name: &str| {
        Trouble::Wrong(format!("{what} \"{name}\" is not known in the base image; give its number"))
    };
    let tree = || match base {
        BaseView::Seen(tree) => Ok(Some(tree)),
        BaseView::Scratch => Ok(None),
        BaseView::Unseen => Err(Trouble::NeedsBase("etc/passwd".to_owned())),
    };
    let (uid, own_group) = match user.parse::<u32>() {
        Ok(number) => (u64::from(number), u64::from(number)),
        Err(_) => tree()?.and_then(|tree| tree.user(user)).ok_or_else(|| unknown("user", user))?,
    };
    let gid = match group {
        None => own_group,
        Some(group) => match group.parse::<u32>() {
            Ok(number) => u64::from(number),
            Err(_) => {
                tree()?.and_then(|tree| tree.group(group)).ok_or_else(|| unknown("group", group))?
            }
        },
    };
    Ok((uid, gid))
}

/// A layer in the making, and the files it is laid on.
struct Layer<'a> {
    view: View<'a>,
    plan: LayerPlan,
}

impl Layer<'_> {
    fn at(&self, path: &str) -> Found {
        self.view.at(path)
    }

    fn put(&mut self, path: &str, entry: Entry) {
        // Runtimes differ in what they make of a path whose directories are not in the layer,
        // so each one that we know stands before it.
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            if let Found::Directory(Some(attributes)) = self.at(parent) {
                let known = Entry { attributes, kind: EntryKind::Directory };
                let _kept = self.plan.entries.entry(parent.to_owned()).or_insert(known);
            }
        }
        let node = match &entry.kind {
            EntryKind::Directory => OwnNode::Directory(entry.attributes),
            EntryKind::Link(target) => OwnNode::Link(target.clone()),
            EntryKind::File { .. } | EntryKind::Text(_) => OwnNode::File,
        };
        self.view.make(path, node);
        drop(self.plan.entries.insert(path.to_owned(), entry));
    }

    /// Makes a directory and those above it, where they are missing.
    fn directories(&mut self, path: &str, attributes: Attributes) -> Result<(), Trouble> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends.filter(|end| *end > 0) {
            let part = &path[..end];
            match self.at(part) {
                Found::Directory(_) => {}
                Found::Nothing => {
                    self.put(part, Entry { attributes, kind: EntryKind::Directory });
                }
                Found::Unknown => return Err(Trouble::NeedsBase(part.to_owned())),
                Found::File | Found::Link(_) => {
                    return Err(Trouble::Wrong(format!("/{part} is no directory")));
                }
            }
        }
        Ok(())
    }
}

/// One COPY or ADD.
struct Copying<'a> {
    layer: Layer<'a>,
    context: &'a Tree<u64>,
    step: &'a CopyStep,
    owner: (u64, u64),
}

impl<'a> Copying<'a> {
    fn new(view: View<'a>, context: &'a Tree<u64>, step: &'a CopyStep) -> Self {
        let layer = Layer { view, plan: LayerPlan::default() };
        Self { layer, context, step, owner: (0, 0) }
    }

    fn run(
        mut self,
        base: BaseView<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<LayerPlan, Trouble> {
        if let Some(chown) = &self.step.chown {
            self.owner = owner(base, chown)?;
        }
        for source in &self.step.sources {
            let matches = select(self.context, source, &mut BTreeSet::new())
                .map_err(|why| self.missing(source, &why))?;
            if matches.is_empty() {
                let message = format!("{} {source}: nothing fits", self.step.keyword);
                findings.push(Finding::warning(message));
            }
            for (named, real) in matches {
                self.source(&named, &real)?;
            }
        }
        for (name, content) in &self.step.documents {
            let entry = Entry {
                attributes: self.attributes(0o644),
                kind: EntryKind::Text(content.as_slice().into()),
            };
            let path = self.destination(name, Source::File)?;
            self.file(&path, entry)?;
        }
        Ok(self.layer.plan)
    }

    fn missing(&self, source: &str, why: &Missing) -> Trouble {
        let keyword = &self.step.keyword;
        Trouble::Wrong(match why {
            Missing::NotThere(path) if path == source.trim_matches('/') => format!(
                "{keyword} {source}: not in the build context, or left out by .dockerignore"
            ),
            Missing::NotThere(path) => format!(
                "{keyword} {source}: {path} is not in the build context, or left out by .dockerignore"
            ),
            Missing::Outside(path) => {
                format!("{keyword} {source}: {path} leads out of the build context")
            }
            Missing::Malformed(why) => format!("{keyword} {source}: {why}"),
        })
    }

    fn source(&mut self, named: &str, real: &str) -> Result<(), Trouble> {
        if self.context.is_folder(real) {
            let target = self.destination(named, Source::Folder)?;
            return self.folder(real, &target);
        }
        let Some(Node::File { mode, size, data }) = self.context.get(real) else {
            return Err(Trouble::Wrong(format!("{real} is neither file nor directory")));
        };
        let kind = EntryKind::File { offset: *data, size: *size };
        let entry = Entry { attributes: self.attributes(*mode), kind };
        let target = self.destination(named, Source::File)?;
        self.file(&target, entry)
    }

    /// Where a source goes. Directories on the way are made.
    fn destination(&mut self, named: &str, source: Source) -> Result<String, Trouble> {
        let dest = self.step.dest.trim_start_matches('/');
        let wants_directory = self.step.dest.ends_with('/');
        let fresh = self.attributes(0o755);
        let real = self.layer.view.follow(dest)?;
        if wants_directory || source == Source::Folder {
            self.layer.directories(&real, fresh)?;
        }
        let name = named.rsplit('/').next().unwrap_or(named);
        let target = match (source, self.layer.at(&real)) {
            (Source::Folder, _) => real,
            (Source::File, Found::Directory(_)) if real.is_empty() => name.to_owned(),
            (Source::File, Found::Directory(_)) => format!("{real}/{name}"),
            (Source::File, Found::Unknown) if !super::known::is_surely_a_file(&real, named) => {
                return Err(Trouble::NeedsBase(real));
            }
            (Source::File, _) => real,
        };
        if let Some((parent, _)) = target.rsplit_once('/')
            && source == Source::File
        {
            self.layer.directories(parent, fresh)?;
        }
        Ok(target)
    }

    fn file(&mut self, path: &str, entry: Entry) -> Result<(), Trouble> {
        if matches!(self.layer.at(path), Found::Directory(_)) {
            return Err(Trouble::Wrong(format!(
                "/{path} is a directory and no file can replace it"
            )));
        }
        self.layer.put(path, entry);
        Ok(())
    }

    /// The contents of a folder; the folder that they go into keeps what it has.
    fn folder(&mut self, folder: &str, target: &str) -> Result<(), Trouble> {
        let context = self.context;
        for (below, node) in context.inside(folder) {
            let path =
                if target.is_empty() { below.to_owned() } else { format!("{target}/{below}") };
            match node {
                Node::Folder { mode } => {
                    if matches!(self.layer.at(&path), Found::File | Found::Link(_)) {
                        return Err(Trouble::Wrong(format!("/{path} is no directory")));
                    }
                    let attributes = self.attributes(*mode);
                    self.layer.put(&path, Entry { attributes, kind: EntryKind::Directory });
                }
                Node::File { mode, size, data } => {
                    let kind = EntryKind::File { offset: *data, size: *size };
                    let attributes = self.attributes(*mode);
                    self.file(&path, Entry { attributes, kind })?;
                }
                Node::Link { target } => {
                    let (uid, gid) = self.owner;
                    let attributes = Attributes { mode: 0o777, uid, gid };
                    self.file(&path, Entry { attributes, kind: EntryKind::Link(target.clone()) })?;
                }
            }
        }
        Ok(())
    }

    fn attributes(&self, mode: u32) -> Attributes {
        let (uid, gid) = self.owner;
        Attributes { mode: self.step.mode.unwrap_or(mode), uid, gid }
    }
}

/// What is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    File,
    Folder,
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
