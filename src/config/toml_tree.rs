//! TOML into the same tree as YAML, so that one reader serves both files.

use super::yaml::{Entry, Map, Node, Place, Value};
use crate::model::Finding;
use std::ops::Range;
use std::rc::Rc;
use toml::de::{DeTable, DeValue};

/// Parses `text`.
///
/// # Errors
/// One finding with line and column: syntax, or a key written twice.
pub(super) fn parse(file: &str, text: &str) -> Result<Node, Finding> {
    let places = Places { file: Rc::from(file), text };
    match DeTable::parse(text) {
        Ok(table) => Ok(places.table(table.get_ref(), 0..0)),
        Err(error) => {
            let at = places.at(&error.span().unwrap_or(0..0));
            Err(at.error(format!("not TOML: {}", error.message().replace('\n', ", "))))
        }
    }
}

struct Places<'a> {
    file: Rc<str>,
    text: &'a str,
}

impl Places<'_> {
    fn at(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Place { file: Rc::clone(&self.file), line: number(line), column: number(column) }
    }

    fn table(&self, table: &DeTable<'_>, span: Range<usize>) -> Node {
        let entries = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                at: self.at(&key.span()),
                value: self.value(value.get_ref(), value.span()),
            })
            .collect();
        Node::new(self.at(&span), Value::Map(Map { entries }))
    }

    fn value(&self, value: &DeValue<'_>, span: Range<usize>) -> Node {
        let scalar = |text: String, plain| Value::Scalar { text, plain };
        let value = match value {
            DeValue::Table(table) => return self.table(table, span),
            DeValue::Array(items) => Value::List(
                items.iter().map(|item| self.value(item.get_ref(), item.span())).collect(),
            ),
            DeValue::String(text) => scalar(text.to_string(), false),
            DeValue::Integer(number) => scalar(number.to_string(), true),
            DeValue::Float(number) => scalar(number.to_string(), true),
            DeValue::Boolean(yes) => scalar(yes.to_string(), true),
            DeValue::Datetime(time) => scalar(time.to_string(), false),
        };
        Node::new(self.at(&span), value)
    }
}
