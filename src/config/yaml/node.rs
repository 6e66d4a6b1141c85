//! The tree: nodes with their places.

use crate::model::{Finding, Located, Location};
use std::rc::Rc;

/// Where a node starts. Cheap to copy around: the file's name is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name as the user gave it.
    pub file: Rc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its start.
    pub at: Place,
    /// What stands there.
    pub value: Value,
    /// Its tag, where one matters.
    pub tag: Tag,
}

/// What a node holds. Scalars keep their text: what type it is depends on the key.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A scalar. `plain` is true without quotes, where `null`, `true` and `5` are no texts.
    Scalar {
        /// Its text after YAML's escapes.
        text: String,
        /// Written without quotes and not as a block.
        plain: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Map),
}

/// Tags that change a value's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tag {
    /// None, or one that changes nothing.
    #[default]
    None,
    /// `!!str`: the scalar is a text.
    Text,
    /// `!reset` of Compose: the key is taken away when files are merged.
    Reset,
    /// `!override` of Compose: the value replaces instead of being merged.
    Override,
}

/// A mapping in the order of the file; keys are unique.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key is written.
    pub at: Place,
    /// Its value.
    pub value: Node,
}

impl Place {
    /// As findings carry it.
    pub fn location(&self) -> Location {
        let file = self.file.to_string();
        Location { file, line: self.line as usize, column: self.column as usize }
    }

    /// An error at this place.
    pub fn error(&self, message: impl Into<String>) -> Finding {
        Finding::error(message).located(&self.location())
    }

    /// A warning at this place.
    pub fn warning(&self, message: impl Into<String>) -> Finding {
        Finding::warning(message).located(&self.location())
    }

    /// A note at this place.
    pub fn note(&self, message: impl Into<String>) -> Finding {
        Finding::note(message).located(&self.location())
    }

    /// `value` at this place.
    pub fn locate<T>(&self, value: T) -> Located<T> {
        Located { value, at: self.location() }
    }
}

impl Node {
    /// A scalar that is a text.
    pub fn text(at: Place, text: impl Into<String>) -> Self {
        Self { at, value: Value::Scalar { text: text.into(), plain: false }, tag: Tag::None }
    }

    /// A node without a tag.
    pub fn new(at: Place, value: Value) -> Self {
        Self { at, value, tag: Tag::None }
    }

    /// The scalar's text, whatever its type; `None` for lists, mappings and null.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// True for an empty value, `~` and `null` without quotes.
    pub fn is_null(&self) -> bool {
        self.tag != Tag::Text
            && matches!(&self.value, Value::Scalar { text, plain: true }
                if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// `true` or `false`, with quotes or without (a variable may have been put in).
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// True when YAML itself reads the scalar as `true` or `false`.
    pub fn is_bool(&self) -> bool {
        matches!(&self.value, Value::Scalar { plain: true, .. })
            && self.tag != Tag::Text
            && self.as_bool().is_some()
    }

    /// True when YAML itself reads the scalar as a number.
    pub fn is_number(&self) -> bool {
        match &self.value {
            Value::Scalar { text, plain: true } if self.tag != Tag::Text => {
                text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
                    && text.parse::<f64>().is_ok()
            }
            _ => false,
        }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// What it is, for messages: `a list`, `a mapping`, `the number 5`, ...
    pub fn describe(&self) -> String {
        match &self.value {
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
            Value::Scalar { .. } if self.is_null() => "nothing".to_owned(),
            Value::Scalar { text, .. } if self.is_bool() => format!("the boolean {text}"),
            Value::Scalar { text, .. } if self.is_number() => format!("the number {text}"),
            Value::Scalar { text, .. } => format!("\"{}\"", shortened(text)),
        }
    }
}

impl Map {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// At most 60 characters of `text`, so that a message stays one line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= LONGEST && line.len() == text.len() {
        return text.to_owned();
    }
    let start: String = line.chars().take(LONGEST).collect();
    format!("{start}...")
}
