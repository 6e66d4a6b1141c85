//! Changes of a text, each said twice: as bytes, and as what the values are afterwards. An edit
//! that cannot be made by cutting whole lines or whole words is declined, with a reason.

use super::shape::{Intent, Kind, shapes};
use super::tree::{NodeId, Tree, Value};
use std::collections::HashMap;
use std::ops::Range;

/// Why an edit is declined: a fragment for people.
pub(super) type Declined = &'static str;

/// Edits of one text.
pub(super) struct Edits<'a> {
    text: &'a str,
    tree: &'a Tree,
    bytes: Vec<(Range<usize>, String)>,
    /// What the bytes mean, in the order in which it was said.
    said: Vec<Said>,
    /// How often a scalar was changed.
    cut: HashMap<NodeId, usize>,
}

/// One intended change.
enum Said {
    Gone(NodeId),
    Replaced(NodeId, Kind),
    Added(NodeId, String, Kind),
}

/// Edits at some moment: how many there were.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    bytes: usize,
    said: usize,
}

impl<'a> Edits<'a> {
    pub(super) fn new(text: &'a str, tree: &'a Tree) -> Self {
        Self { text, tree, bytes: Vec::new(), said: Vec::new(), cut: HashMap::new() }
    }

    /// Takes items out of a list; what stays must not be nothing.
    pub(super) fn remove_items(&mut self, list: NodeId, gone: &[NodeId]) -> Result<(), Declined> {
        let Value::List { items, flow } = &self.tree.node(list).value else {
            return Err("it is no list");
        };
        if gone.iter().any(|item| self.tree.has_anchor(*item)) {
            return Err("it has an anchor");
        }
        let mut ranges = Vec::new();
        for (at, item) in items.iter().enumerate().filter(|(_, item)| gone.contains(item)) {
            let before = at.checked_sub(1).map(|at| self.tree.node(items[at]).span.end);
            let span = self.tree.node(*item).span.clone();
            ranges.push(if *flow {
                self.flow_item(before, &span)?
            } else {
                let from = before.unwrap_or(self.tree.node(list).span.start);
                let dash = self.dash(from, span.start).ok_or("its dash stands elsewhere")?;
                self.whole_lines(dash..span.end)?
            });
        }
        self.said.extend(gone.iter().map(|node| Said::Gone(*node)));
        self.bytes.extend(ranges.into_iter().map(|range| (range, String::new())));
        Ok(())
    }

    /// Takes a key with its value out of a mapping.
    pub(super) fn remove_entry(&mut self, map: NodeId, value: NodeId) -> Result<(), Declined> {
        let Value::Map { entries, flow } = &self.tree.node(map).value else {
            return Err("it is no mapping");
        };
        let at = entries.iter().position(|(_, other)| *other == value).ok_or("it is elsewhere")?;
        if self.tree.has_anchor(value) {
            return Err("it has an anchor");
        }
        if entries.len() == 1 {
            return Err("nothing would be left beside it");
        }
        let key = self.tree.node(entries[at].0).span.clone();
        let end = self.tree.node(value).span.end.max(key.end);
        let range = if *flow {
            let before = at.checked_sub(1).map(|at| {
                let (key, value) = entries[at];
                self.tree.node(value).span.end.max(self.tree.node(key).span.end)
            });
            self.flow_item(before, &(key.start..end))?
        } else {
            self.whole_lines(key.start..end)?
        };
        self.said.push(Said::Gone(value));
        self.bytes.push((range, String::new()));
        Ok(())
    }

    /// Writes `[]` or `{}` for the value of `key`.
    pub(super) fn empty(&mut self, key: NodeId, value: NodeId) -> Result<(), Declined> {
        let (words, kind) = match &self.tree.node(value).value {
            Value::Map { .. } => ("{}", Kind::Map(Vec::new())),
            _ => ("[]", Kind::List(Vec::new())),
        };
        self.rewrite(key, value, (words, kind))
    }

    /// Writes `words` for the value of `key`, an anchor before it stays.
    pub(super) fn rewrite(
        &mut self,
        key: NodeId,
        value: NodeId,
        (words, kind): (&str, Kind),
    ) -> Result<(), Declined> {
        let node = self.tree.node(value);
        let inner = match &node.value {
            Value::List { items, .. } => items.iter().any(|item| self.tree.has_anchor(*item)),
            Value::Map { entries, .. } => {
                entries.iter().any(|(_, value)| self.tree.has_anchor(*value))
            }
            Value::Scalar(..) | Value::Alias(_) => false,
        };
        if inner {
            return Err("there is an anchor inside");
        }
        let span = node.span.clone();
        if self.line_of(span.start) == self.line_of(self.tree.node(key).span.end) {
            self.bytes.push((span, words.to_owned()));
        } else {
            let head = self.end_of_head(self.tree.node(key).span.end, span.start)?;
            let below = self.line_end(head);
            self.bytes.push((head..head, format!(" {words}")));
            self.bytes.push((below..self.line_end(span.end), String::new()));
        }
        self.replaced(value, kind);
        Ok(())
    }

    /// Cuts pieces out of a scalar that reads as it is written, or writes other words for them.
    pub(super) fn cut(&mut self, scalar: NodeId, cuts: &[(Range<usize>, String)], text: &str) {
        let plain = matches!(
            self.tree.node(scalar).value,
            Value::Scalar(_, granit_parser::ScalarStyle::Plain)
        );
        self.bytes.extend(cuts.iter().cloned());
        let kind = Kind::Scalar { text: text.to_owned(), plain };
        self.replaced(scalar, kind);
    }

    /// Writes other words for a scalar.
    pub(super) fn replace_scalar(&mut self, scalar: NodeId, words: &str, kind: Kind) {
        self.bytes.push((self.tree.node(scalar).span.clone(), words.to_owned()));
        self.replaced(scalar, kind);
    }

    /// Puts an entry before all others of a mapping.
    pub(super) fn add_first(
        &mut self,
        map: NodeId,
        (key, words, kind): (&str, &str, Kind),
    ) -> Result<(), Declined> {
        let Value::Map { entries, flow } = &self.tree.node(map).value else {
            return Err("it is no mapping");
        };
        let (first, _) = entries.first().ok_or("it is empty")?;
        let start = self.tree.node(*first).span.start;
        if *flow {
            self.bytes.push((start..start, format!("{key}: {words}, ")));
        } else {
            let line = self.line_start(start);
            let indent = &self.text[line..start];
            if !indent.bytes().all(|byte| byte == b' ') {
                return Err("its first key does not begin a line");
            }
            let end = if self.text[start..].split('\n').next().is_some_and(|l| l.ends_with('\r')) {
                "\r\n"
            } else {
                "\n"
            };
            self.bytes.push((line..line, format!("{indent}{key}: {words}{end}")));
        }
        self.said.push(Said::Added(map, key.to_owned(), kind));
        Ok(())
    }

    /// Says that a scalar that was changed has lost its quotes or its block.
    pub(super) fn make_plain(&mut self, scalar: NodeId, kind: Kind) {
        self.replaced(scalar, kind);
    }

    /// True when a scalar was changed already.
    pub(super) fn is_cut(&self, scalar: NodeId) -> bool {
        self.cut.get(&scalar).is_some_and(|times| *times > 0)
    }

    /// The edits so far, for changes that belong together: all of them are made, or none.
    pub(super) fn save(&self) -> Saved {
        Saved { bytes: self.bytes.len(), said: self.said.len() }
    }

    /// Back to what was saved.
    pub(super) fn restore(&mut self, saved: Saved) {
        self.bytes.truncate(saved.bytes);
        for said in self.said.drain(saved.said..) {
            if let Said::Replaced(node, _) = said
                && let Some(times) = self.cut.get_mut(&node)
            {
                *times -= 1;
            }
        }
    }

    fn replaced(&mut self, node: NodeId, kind: Kind) {
        *self.cut.entry(node).or_default() += 1;
        self.said.push(Said::Replaced(node, kind));
    }

    /// What was said, by node; of two words on one node the later counts.
    fn intent(said: Vec<Said>) -> Intent {
        let mut intent = Intent::default();
        for said in said {
            match said {
                Said::Gone(node) => {
                    intent.gone.insert(node);
                }
                Said::Replaced(node, kind) => {
                    intent.replaced.insert(node, kind);
                }
                Said::Added(map, key, kind) => {
                    intent.added.entry(map).or_default().push((key, kind));
                }
            }
        }
        intent
    }

    /// The text with all edits in it.
    ///
    /// # Errors
    /// The new text does not say what the old one says, apart from the intended change.
    pub(super) fn apply(mut self) -> Result<String, String> {
        self.bytes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, words) in &self.bytes {
            let kept = self.text.get(at..range.start).ok_or("two changes touch the same words")?;
            out.push_str(kept);
            out.push_str(words);
            at = range.end.max(at);
        }
        out.push_str(self.text.get(at..).unwrap_or_default());
        let after =
            Tree::read(&out).map_err(|why| format!("the changed file is not YAML: {why}"))?;
        if shapes(&after, &Intent::default()) != shapes(self.tree, &Self::intent(self.said)) {
            return Err("values outside the change would not be the same".to_owned());
        }
        Ok(out)
    }

    /// The place of the dash of a block list's item.
    fn dash(&self, from: usize, to: usize) -> Option<usize> {
        let mut at = from;
        for line in self.text.get(from..to)?.split_inclusive('\n') {
            let words = line.trim_start_matches([' ', '\t']);
            let column = at + (line.len() - words.len());
            // Right after the item before there is the rest of its line: a comment at most.
            if words.starts_with('-') && (at == from || self.line_start(at) == at) {
                return Some(column);
            }
            at += line.len();
        }
        None
    }

    /// The lines of a range that has them for itself, a comment behind it included.
    fn whole_lines(&self, range: Range<usize>) -> Result<Range<usize>, Declined> {
        let start = self.line_start(range.start);
        let end = self.line_end(range.end);
        let before = self.text[start..range.start].trim_matches(' ');
        let behind = self.text[range.end..end].trim();
        if !before.is_empty() || !(behind.is_empty() || behind.starts_with('#')) {
            return Err("other words stand in its line");
        }
        Ok(start..end)
    }

    /// An item in brackets or braces with one comma.
    fn flow_item(
        &self,
        before: Option<usize>,
        item: &Range<usize>,
    ) -> Result<Range<usize>, Declined> {
        let rest = &self.text[item.end..];
        let blank = rest.len() - rest.trim_start_matches(' ').len();
        if let Some(more) = rest[blank..].strip_prefix(',') {
            let more = more.len() - more.trim_start_matches(' ').len();
            return Ok(item.start..item.end + blank + 1 + more);
        }
        match before {
            Some(end) if self.text[end..item.start].trim() == "," => Ok(end..item.end),
            _ => Err("it cannot be taken out of its brackets"),
        }
    }

    /// Behind the colon, anchor and tag of a value that begins in a later line.
    fn end_of_head(&self, key: usize, value: usize) -> Result<usize, Declined> {
        let line = self.text[key..value].split(['\r', '\n']).next().unwrap_or_default();
        let words = line.split(" #").next().unwrap_or_default().trim_end();
        let good = words.trim_start().starts_with(':');
        if good { Ok(key + words.len()) } else { Err("its key is written in an unusual way") }
    }

    fn line_of(&self, at: usize) -> usize {
        self.line_start(at)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Behind the line's newline.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }
}
