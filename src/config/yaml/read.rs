//! Text to tree, by the events of `granit-parser`, within fixed limits.

use super::node::{Entry, Map, Node, Place, Tag, Value};
use crate::model::Finding;
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The longest file that is read. A compose file with 200 services has about 1 MB.
pub const MAX_BYTES: usize = 4 << 20;
/// The deepest nesting. Compose needs about 8.
const MAX_DEPTH: usize = 64;
/// The largest tree in bytes, values that have an anchor counted twice: a 1 MB compose file
/// needs about 5 MB.
const MAX_TREE: usize = 32 << 20;
/// What aliases may add to it: a few kilobytes in real files, gigabytes in "billion laughs".
const MAX_ALIASED: usize = 8 << 20;
/// What one node counts at least, in bytes of tree.
const NODE_COST: usize = 128;

/// Reads one document. An empty text gives a null node at line 1.
///
/// # Errors
/// Findings with line and column: syntax, a second document, duplicate keys, a limit.
pub fn read(file: &str, text: &str) -> Result<Node, Vec<Finding>> {
    let mut documents = read_documents(file, text)?;
    if let Some(second) = documents.get(1) {
        return Err(vec![second.at.error("a second YAML document: one is wanted")]);
    }
    Ok(documents.pop().unwrap_or_else(|| empty(file)))
}

/// Reads every document of a stream.
///
/// # Errors
/// As `read`, but several documents are fine.
pub fn read_documents(file: &str, text: &str) -> Result<Vec<Node>, Vec<Finding>> {
    if text.len() > MAX_BYTES {
        let message = format!("{} bytes: a file may have at most {MAX_BYTES}", text.len());
        return Err(vec![empty(file).at.error(message)]);
    }
    let mut options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    options.set_emit_comments(false);
    let mut builder = Builder::new(file);
    for event in Parser::new_from_str_with_options(text.trim_start_matches('\u{feff}'), options) {
        let (event, span) = event.map_err(|error| vec![builder.syntax(&error, text)])?;
        builder.take(event, span).map_err(|finding| vec![finding])?;
    }
    if builder.duplicates.is_empty() { Ok(builder.documents) } else { Err(builder.duplicates) }
}

fn empty(file: &str) -> Node {
    let at = Place { file: Rc::from(file), line: 1, column: 1 };
    Node::new(at, Value::Scalar { text: String::new(), plain: true })
}

/// A collection that is still open.
struct Open {
    node: Node,
    anchor: usize,
    /// In a mapping: the key whose value comes next.
    key: Option<(String, Place)>,
    seen: HashSet<String>,
    merges: Vec<Node>,
    cost: usize,
}

struct Builder {
    file: Rc<str>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    spent: usize,
    aliased: usize,
    documents: Vec<Node>,
    duplicates: Vec<Finding>,
}

impl Builder {
    fn new(file: &str) -> Self {
        Self {
            file: Rc::from(file),
            open: Vec::new(),
            anchors: HashMap::new(),
            spent: 0,
            aliased: 0,
            documents: Vec::new(),
            duplicates: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Finding> {
        let at = self.place(span.start.line(), span.start.col());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let value = Value::Scalar { text: text.into_owned(), plain };
                let tag = tag_of(tag.as_deref());
                self.scalar(Node { at, value, tag }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.start(at, Value::List(Vec::new()), anchor, tag_of(tag.as_deref()));
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.start(at, Value::Map(Map::default()), anchor, tag_of(tag.as_deref()));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, &at),
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, at: Place, value: Value, anchor: usize, tag: Tag) {
        let node = Node { at, value, tag };
        let (seen, merges) = (HashSet::new(), Vec::new());
        self.open.push(Open { node, anchor, key: None, seen, merges, cost: NODE_COST });
    }

    fn end(&mut self) -> Result<(), Finding> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if let Value::Map(map) = &mut open.node.value {
            merge(map, &open.seen, open.merges);
        }
        self.finish(open.node, open.anchor, open.cost)
    }

    fn scalar(&mut self, node: Node, anchor: usize) -> Result<(), Finding> {
        let length = if let Value::Scalar { text, .. } = &node.value { text.len() } else { 0 };
        self.spend(NODE_COST + length, &node.at)?;
        self.finish(node, anchor, NODE_COST + length)
    }

    fn alias(&mut self, anchor: usize, at: &Place) -> Result<(), Finding> {
        let Some((node, cost)) = self.anchors.get(&anchor) else {
            return Err(at.error("an alias inside the value that it names"));
        };
        let cost = *cost;
        self.aliased += cost;
        if self.aliased > MAX_ALIASED {
            let message = format!("aliases expand to more than {} MiB", MAX_ALIASED >> 20);
            return Err(at.error(message).hint("Write the values out, or use fewer aliases."));
        }
        let node = node.clone();
        self.finish(node, 0, cost)
    }

    /// A node is complete: it becomes a key, a value, an item or a document.
    fn finish(&mut self, node: Node, anchor: usize, cost: usize) -> Result<(), Finding> {
        if anchor != 0 {
            self.spend(cost, &node.at)?;
            self.anchors.insert(anchor, (node.clone(), cost));
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        parent.cost += cost;
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(map) => match parent.key.take() {
                None => parent.key = Some(key_of(node)?),
                Some((key, _)) if key == "<<" => parent.merges.extend(merged(node)?),
                Some((key, at)) => {
                    if parent.seen.insert(key.clone()) {
                        map.entries.push(Entry { key, at, value: node });
                    } else {
                        let first = map.entry(&key).map_or(0, |entry| entry.at.line);
                        let message = format!("\"{key}\" stands here a second time");
                        let hint = format!("The first one is in line {first}; keep one.");
                        self.duplicates.push(at.error(message).hint(hint));
                    }
                }
            },
            Value::Scalar { .. } => {}
        }
        Ok(())
    }

    fn spend(&mut self, cost: usize, at: &Place) -> Result<(), Finding> {
        self.spent += cost;
        if self.spent <= MAX_TREE {
            return Ok(());
        }
        Err(at.error(format!("the file's values need more than {} MiB", MAX_TREE >> 20)))
    }

    fn syntax(&self, error: &ScanError, text: &str) -> Finding {
        let at = self.place(error.marker().line(), error.marker().col());
        let finding = at.error(format!("not YAML: {}", error.info()));
        let line = text.lines().nth(at.line as usize - 1).unwrap_or("");
        if line.find('{').is_some_and(|brace| line[brace..].contains("${")) {
            return finding.hint("Inside {...} or [...], write \"${VARIABLE}\" with quotes.");
        }
        finding
    }

    fn place(&self, line: usize, column: usize) -> Place {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Place {
            file: Rc::clone(&self.file),
            line: number(line.max(1)),
            column: number(column.saturating_add(1)),
        }
    }
}

fn key_of(node: Node) -> Result<(String, Place), Finding> {
    match node.value {
        Value::Scalar { text, .. } => Ok((text, node.at)),
        Value::List(_) | Value::Map(_) => {
            Err(node.at.error("a key is a text here, not a list or a mapping"))
        }
    }
}

/// The mappings that a merge key `<<` names.
fn merged(node: Node) -> Result<Vec<Node>, Finding> {
    let wrong = "<< wants a mapping or a list of mappings";
    match node.value {
        Value::Map(_) => Ok(vec![node]),
        Value::List(items) => match items.iter().find(|item| item.as_map().is_none()) {
            Some(item) => Err(item.at.error(wrong)),
            None => Ok(items),
        },
        Value::Scalar { .. } => Err(node.at.error(wrong)),
    }
}

/// Own keys win; of several merged mappings the earlier one wins (YAML's merge type).
fn merge(map: &mut Map, own: &HashSet<String>, merges: Vec<Node>) {
    if merges.is_empty() {
        return;
    }
    let mut seen = own.clone();
    for node in merges {
        let Value::Map(other) = node.value else { continue };
        for entry in other.entries {
            if seen.insert(entry.key.clone()) {
                map.entries.push(entry);
            }
        }
    }
}

fn tag_of(tag: Option<&granit_parser::Tag>) -> Tag {
    let Some(tag) = tag else { return Tag::None };
    if tag.core_suffix() == Some("str") {
        return Tag::Text;
    }
    match tag.parts() {
        ("!", "reset") => Tag::Reset,
        ("!", "override") => Tag::Override,
        _ => Tag::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let findings = read("f.yml", text).expect_err("a fault");
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn keys_and_values_know_their_places() {
        let root = read("f.yml", "a:\n  b: 1\n  ü: [x, {c: d}]\n").expect("good YAML");
        let inner = root.as_map().and_then(|map| map.get("a")).and_then(Node::as_map);
        let entry = &inner.expect("a mapping").entries[1];
        assert_eq!(entry.at.location().to_string(), "f.yml:3:3");
        let item = &entry.value.as_list().expect("a list")[1];
        assert_eq!(item.at.location().to_string(), "f.yml:3:10");
    }

    #[test]
    fn own_keys_win_over_merged_ones_and_earlier_merges_over_later() {
        let text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n";
        let root = read("f.yml", text).expect("good YAML");
        let merged = root.as_map().and_then(|map| map.get("c")).and_then(Node::as_map);
        let shown = merged.expect("a mapping").entries.iter();
        let shown: Vec<_> = shown.map(|e| (e.key.as_str(), e.value.as_text())).collect();
        assert_eq!(shown, [("x", Some("3")), ("y", Some("1")), ("z", Some("2"))]);
    }

    #[test]
    fn faults_name_line_and_column() {
        assert_eq!(fault("a: 1\nb: 2\na: 3\n"), "f.yml:3:1: \"a\" stands here a second time");
        assert_eq!(fault("a: [1,\nb: 2\n"), "f.yml:1:4: not YAML: unclosed bracket '['");
        assert_eq!(
            fault("a: *b\n"),
            "f.yml:1:4: not YAML: while parsing node, found unknown anchor"
        );
        assert_eq!(fault("a: 1\n---\nb: 2\n"), "f.yml:3:1: a second YAML document: one is wanted");
        assert_eq!(
            fault("? [a]\n: 1\n"),
            "f.yml:1:3: a key is a text here, not a list or a mapping"
        );
    }

    #[test]
    fn a_billion_laughs_are_refused() {
        let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        assert!(fault(&text).contains("aliases expand to more than"), "{}", fault(&text));
    }

    #[test]
    fn depth_and_size_are_limited() {
        assert!(
            fault(&"[".repeat(1000)).contains("recursion limit"),
            "{}",
            fault(&"[".repeat(1000))
        );
        assert!(fault(&"a".repeat(MAX_BYTES + 1)).contains("bytes"));
    }
}
