//! Replaces known secrets in what is printed.

use crate::model::Secret;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Shorter texts are no secrets worth the name ("test", "none"), and replacing them would tear
/// names and ARNs apart. GitLab itself masks nothing below eight.
const SHORTEST: usize = 6;
/// A line of a secret of several lines (a key) that is replaced on its own.
const SHORTEST_LINE: usize = 12;
const SHOWN: &str = "***";

/// Knows secrets; shows none. A safety net only: what prints a secret is wrong all the same.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that holds another one goes as a whole.
    needles: Vec<String>,
}

impl Redactor {
    /// Knows these secrets, as they are and percent-encoded.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let mut needles: Vec<String> = Vec::new();
        for secret in secrets {
            let text = secret.expose().trim();
            needles.push(text.to_owned());
            needles.push(percent_encoded(text));
            if text.contains('\n') {
                let lines = text.lines().map(str::trim).filter(|l| l.len() >= SHORTEST_LINE);
                needles.extend(lines.map(str::to_owned));
            }
        }
        needles.retain(|needle| needle.len() >= SHORTEST);
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        Self { needles }
    }

    /// The text with `***` for each secret.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut shown = Cow::Borrowed(text);
        for needle in &self.needles {
            if shown.contains(needle.as_str()) {
                shown = Cow::Owned(shown.replace(needle.as_str(), SHOWN));
            }
        }
        shown
    }

    /// The same for every text inside a JSON value; keys stay.
    pub(super) fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(shown) = self.text(text) {
                    *text = shown;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => members.values_mut().for_each(|item| self.value(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} secrets)", self.needles.len())
    }
}

/// As a password stands in a URL: everything but unreserved characters (RFC 3986, 2.3).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
