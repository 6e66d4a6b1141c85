//! A YAML stream as it is written: every node knows its bytes, aliases stay aliases. Editing
//! needs the places that the readers of values forget.

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use std::collections::HashMap;
use std::ops::Range;

/// A node's number in its tree.
pub(super) type NodeId = usize;

/// All documents of a stream.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The roots, one for each document.
    pub(super) documents: Vec<NodeId>,
    nodes: Vec<Node>,
    /// The key of each mapping's value.
    keys: HashMap<NodeId, NodeId>,
}

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    /// Its bytes, without anchor and tag; empty when nothing is written.
    pub(super) span: Range<usize>,
    /// Line, from 1.
    pub(super) line: usize,
    /// The name after `&`.
    pub(super) anchor: Option<String>,
    /// The tag as written, with its handle.
    pub(super) tag: Option<String>,
    /// What stands there.
    pub(super) value: Value,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Value {
    /// A scalar after YAML's escapes.
    Scalar(String, ScalarStyle),
    /// A sequence; `flow` with brackets.
    List { items: Vec<NodeId>, flow: bool },
    /// A mapping, merge keys included; `flow` with braces.
    Map { entries: Vec<(NodeId, NodeId)>, flow: bool },
    /// `*name`: the node that it stands for.
    Alias(NodeId),
}

impl Tree {
    /// Reads a text that a reader of values has found good.
    ///
    /// # Errors
    /// What the parser says.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut options = granit_parser::options! { emit_anchor_events: true };
        options.set_emit_comments(false);
        let mut growing = Growing { text, ..Growing::default() };
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| error.info().clone())?;
            growing.take(event, &span);
        }
        let mut tree = growing.tree;
        for node in &tree.nodes {
            if let Value::Map { entries, .. } = &node.value {
                tree.keys.extend(entries.iter().map(|(key, value)| (*value, *key)));
            }
        }
        Ok(tree)
    }

    /// The node itself.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    /// The node behind an alias, or the node.
    pub(super) fn real(&self, id: NodeId) -> NodeId {
        match self.nodes[id].value {
            Value::Alias(target) => target,
            _ => id,
        }
    }

    /// A scalar's text, also through an alias.
    pub(super) fn text(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[self.real(id)].value {
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// A mapping's entries, also through an alias.
    pub(super) fn entries(&self, id: NodeId) -> &[(NodeId, NodeId)] {
        match &self.nodes[self.real(id)].value {
            Value::Map { entries, .. } => entries,
            _ => &[],
        }
    }

    /// A sequence's items, also through an alias.
    pub(super) fn items(&self, id: NodeId) -> Option<&[NodeId]> {
        match &self.nodes[self.real(id)].value {
            Value::List { items, .. } => Some(items),
            _ => None,
        }
    }

    /// The value of a mapping's own key, merge keys not followed.
    pub(super) fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        let found = self.entries(map).iter().find(|(name, _)| self.text(*name) == Some(key));
        found.map(|(_, value)| *value)
    }

    /// The key of a mapping's value.
    pub(super) fn key_of(&self, value: NodeId) -> Option<NodeId> {
        self.keys.get(&value).copied()
    }

    /// True when the node or one below it has an anchor.
    pub(super) fn has_anchor(&self, id: NodeId) -> bool {
        let node = &self.nodes[id];
        node.anchor.is_some()
            || match &node.value {
                Value::List { items, .. } => items.iter().any(|item| self.has_anchor(*item)),
                Value::Map { entries, .. } => entries
                    .iter()
                    .any(|(key, value)| self.has_anchor(*key) || self.has_anchor(*value)),
                Value::Scalar(..) | Value::Alias(_) => false,
            }
    }
}

#[derive(Default)]
struct Growing<'t> {
    text: &'t str,
    tree: Tree,
    open: Vec<NodeId>,
    /// Keys that wait for their value, by mapping.
    keys: HashMap<NodeId, NodeId>,
    anchors: HashMap<usize, NodeId>,
    last: NodeId,
}

impl Growing<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                self.add(span, anchor, Value::Scalar(text.into_owned(), style));
            }
            Event::SequenceStart(style, anchor, _) => {
                let flow = style == StructureStyle::Flow;
                let id = self.add(span, anchor, Value::List { items: Vec::new(), flow });
                self.open.push(id);
            }
            Event::MappingStart(style, anchor, _) => {
                let flow = style == StructureStyle::Flow;
                let id = self.add(span, anchor, Value::Map { entries: Vec::new(), flow });
                self.open.push(id);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied().unwrap_or_default();
                self.add(span, 0, Value::Alias(target));
            }
            Event::Anchor(_, name) => {
                let last = self.last;
                self.tree.nodes[last].anchor = Some(name.into_owned());
            }
            _ => {}
        }
    }

    fn add(&mut self, span: &Span, anchor: usize, value: Value) -> NodeId {
        let id = self.tree.nodes.len();
        let mut range = span.byte_range().unwrap_or_default();
        if let Value::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded) = value {
            // The parser counts the blank lines below and the next line's indentation too.
            range.end = range.start + self.text[range.clone()].trim_end().len();
        }
        let tag = span.tag_span().and_then(|tag| tag.slice(self.text));
        self.tree.nodes.push(Node {
            span: range,
            line: span.start.line(),
            anchor: None,
            tag: tag.map(str::to_owned),
            value,
        });
        self.last = id;
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.attach(id);
        id
    }

    fn attach(&mut self, id: NodeId) {
        let Some(&parent) = self.open.last() else {
            self.tree.documents.push(id);
            return;
        };
        match &mut self.tree.nodes[parent].value {
            Value::List { items, .. } => items.push(id),
            Value::Map { entries, .. } => match self.keys.remove(&parent) {
                Some(key) => entries.push((key, id)),
                None => drop(self.keys.insert(parent, id)),
            },
            Value::Scalar(..) | Value::Alias(_) => {}
        }
    }

    /// A block collection ends with its last child: the event's own place is the next token's.
    fn close(&mut self, span: &Span) {
        let Some(id) = self.open.pop() else { return };
        let end = match &self.tree.nodes[id].value {
            Value::List { flow: true, .. } | Value::Map { flow: true, .. } => {
                span.byte_range().map(|range| range.end)
            }
            Value::List { items, .. } => items.iter().map(|item| self.end(*item)).max(),
            Value::Map { entries, .. } => {
                entries.iter().map(|(key, value)| self.end(*key).max(self.end(*value))).max()
            }
            Value::Scalar(..) | Value::Alias(_) => None,
        };
        let start = self.tree.nodes[id].span.start;
        self.tree.nodes[id].span.end = end.unwrap_or(start).max(start);
    }

    /// Nothing written has no end of its own.
    fn end(&self, id: NodeId) -> usize {
        let span = &self.tree.nodes[id].span;
        if span.is_empty() { 0 } else { span.end }
    }
}
