//! Reading YAML values with the place for messages: "job `deploy`: `tags`: a list of words is wanted, found 5".

use serde_json::{Map, Value};

/// A `.gitlab-ci.yml` that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PipelineError {
    /// Not YAML.
    #[error(".gitlab-ci.yml is no YAML: {0}")]
    Yaml(String),
    /// A value that is wrong or not understood.
    #[error(".gitlab-ci.yml: {place}: {problem}")]
    Value {
        /// Job and keyword.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// No job of this name.
    #[error("the pipeline has no job {name:?}; it has {there}")]
    NoJob {
        /// What was asked for.
        name: String,
        /// The names that are there.
        there: String,
    },
}

pub(super) fn wrong<T>(place: &str, problem: impl Into<String>) -> Result<T, PipelineError> {
    Err(PipelineError::Value { place: place.into(), problem: problem.into() })
}

/// The mapping, or an error.
pub(super) fn mapping<'a>(
    place: &str,
    value: &'a Value,
) -> Result<&'a Map<String, Value>, PipelineError> {
    match value {
        Value::Object(map) => Ok(map),
        other => wrong(place, format!("a mapping is wanted, found {other}")),
    }
}

/// An error for the first key that is not in `known`.
pub(super) fn only_keys(
    place: &str,
    map: &Map<String, Value>,
    known: &[&str],
) -> Result<(), PipelineError> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => wrong(place, format!("keyword `{key}` is not understood here")),
        None => Ok(()),
    }
}

/// A word: a string, or a number as it is written.
pub(super) fn word(place: &str, value: &Value) -> Result<String, PipelineError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => wrong(place, format!("a string is wanted, found {other}")),
    }
}

/// Yes or no.
pub(super) fn flag(place: &str, value: &Value) -> Result<bool, PipelineError> {
    value
        .as_bool()
        .map_or_else(|| wrong(place, format!("true or false is wanted, found {value}")), Ok)
}

/// A list of words, or one word.
pub(super) fn words(place: &str, value: &Value) -> Result<Vec<String>, PipelineError> {
    match value {
        Value::Array(list) => list.iter().map(|item| word(place, item)).collect(),
        other => Ok(vec![word(place, other)?]),
    }
}

/// A script: a line, or a list of lines and lists of lines (what anchors make).
pub(super) fn script(place: &str, value: &Value) -> Result<Vec<String>, PipelineError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => {
            let parts: Result<Vec<_>, _> = list.iter().map(|item| script(place, item)).collect();
            Ok(parts?.concat())
        }
        Value::String(line) => Ok(vec![line.clone()]),
        other => wrong(
            place,
            format!("a line of a script is wanted, found {other} (quote a line that holds \": \")"),
        ),
    }
}
