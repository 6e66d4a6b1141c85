//! What a tree says, without places: the guard compares it before and after an edit.

use super::tree::{NodeId, Tree, Value};
use granit_parser::ScalarStyle;
use std::collections::{HashMap, HashSet};

/// A value with its anchor and tag. Comments, quotes and layout play no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    anchor: Option<String>,
    tag: Option<String>,
    kind: Kind,
}

/// What a shape holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text; `plain` values may be numbers, truths or null.
    Scalar { text: String, plain: bool },
    /// Items.
    List(Vec<Shape>),
    /// Entries in order.
    Map(Vec<(Shape, Shape)>),
    /// The name of an anchor.
    Alias(String),
}

/// What becomes of nodes: the intended change, said in values.
#[derive(Debug, Clone, Default)]
pub(super) struct Intent {
    /// Items and values (with their keys) that go.
    pub(super) gone: HashSet<NodeId>,
    /// Values that become others.
    pub(super) replaced: HashMap<NodeId, Kind>,
    /// Entries that come first in a mapping.
    pub(super) added: HashMap<NodeId, Vec<(String, Kind)>>,
}

impl Kind {
    /// A scalar that is written without quotes.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::Scalar { text: text.into(), plain: true }
    }

    /// A list of one value.
    pub(super) fn list_of(only: Self) -> Self {
        Self::list([only])
    }

    /// A list.
    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().map(Shape::bare).collect())
    }
}

impl Shape {
    fn bare(kind: Kind) -> Self {
        Self { anchor: None, tag: None, kind }
    }
}

/// All documents of `tree` as they are after `intent`.
pub(super) fn shapes(tree: &Tree, intent: &Intent) -> Vec<Shape> {
    tree.documents.iter().map(|id| shape(tree, *id, intent)).collect()
}

fn shape(tree: &Tree, id: NodeId, intent: &Intent) -> Shape {
    let node = tree.node(id);
    let (anchor, tag) = (node.anchor.clone(), node.tag.clone());
    if let Some(kind) = intent.replaced.get(&id) {
        return Shape { anchor, tag, kind: kind.clone() };
    }
    let kind = match &node.value {
        Value::Scalar(text, style) => {
            Kind::Scalar { text: text.clone(), plain: *style == ScalarStyle::Plain }
        }
        Value::List { items, .. } => {
            let kept = items.iter().filter(|item| !intent.gone.contains(item));
            Kind::List(kept.map(|item| shape(tree, *item, intent)).collect())
        }
        Value::Map { entries, .. } => {
            let first = intent.added.get(&id).into_iter().flatten().map(|(key, kind)| {
                (Shape::bare(Kind::plain(key.as_str())), Shape::bare(kind.clone()))
            });
            let kept = entries.iter().filter(|(_, value)| !intent.gone.contains(value));
            let kept =
                kept.map(|(key, value)| (shape(tree, *key, intent), shape(tree, *value, intent)));
            Kind::Map(first.chain(kept).collect())
        }
        Value::Alias(target) => Kind::Alias(tree.node(*target).anchor.clone().unwrap_or_default()),
    };
    Shape { anchor, tag, kind }
}
