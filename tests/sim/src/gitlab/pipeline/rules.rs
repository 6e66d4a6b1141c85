//! Whether a job is in a pipeline: `only`, `except` and `rules`, as far as release pipelines use them.

use serde_json::{Map, Value};

use super::definition::{AllowFailure, When};
use super::expression::Expression;
use super::predefined::Source;
use super::value::{PipelineError, flag, only_keys, words, wrong};

/// The conditions of one job.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    only: Option<Vec<String>>,
    except: Vec<String>,
    rules: Option<Vec<Rule>>,
}

#[derive(Clone, Debug)]
struct Rule {
    condition: Option<Expression>,
    when: Option<When>,
    allow_failure: Option<bool>,
}

/// What the conditions say for one pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The job is not in the pipeline.
    Out,
    /// It is, with what a rule changed.
    In {
        /// `when:` of the rule.
        when: Option<When>,
        /// `allow_failure:` of the rule.
        allow_failure: Option<AllowFailure>,
    },
}

impl Conditions {
    pub(super) fn read(place: &str, keywords: &Map<String, Value>) -> Result<Self, PipelineError> {
        let refs = |key: &str| {
            let place = format!("{place}: `{key}`");
            keywords.get(key).map(|value| references(&place, value)).transpose()
        };
        let rules = keywords.get("rules").map(|value| rules(&format!("{place}: `rules`"), value));
        let rules = rules.transpose()?;
        if rules.is_some() && (keywords.contains_key("only") || keywords.contains_key("except")) {
            return wrong(place, "`rules` and `only`/`except` cannot be used together");
        }
        Ok(Self { only: refs("only")?, except: refs("except")?.unwrap_or_default(), rules })
    }

    /// The answer for a pipeline of `source` with these variables.
    pub(super) fn say(&self, source: &Source, lookup: &dyn Fn(&str) -> Option<String>) -> Said {
        if let Some(rules) = &self.rules {
            let hit = rules.iter().find(|rule| match &rule.condition {
                Some(condition) => condition.holds(lookup),
                None => true,
            });
            return match hit {
                None | Some(Rule { when: Some(When::Never), .. }) => Said::Out,
                Some(rule) => Said::In {
                    when: rule.when,
                    allow_failure: rule.allow_failure.map(|allowed| match allowed {
                        true => AllowFailure::Yes,
                        false => AllowFailure::No,
                    }),
                },
            };
        }
        let fits = |refs: &[String]| refs.iter().any(|reference| source.is(reference));
        // Without any condition a job is in branch and tag pipelines.
        let wanted = self.only.as_deref().is_none_or(fits);
        match wanted && !fits(&self.except) {
            true => Said::In { when: None, allow_failure: None },
            false => Said::Out,
        }
    }
}

fn references(place: &str, value: &Value) -> Result<Vec<String>, PipelineError> {
    let value = match value {
        Value::Object(map) => {
            only_keys(place, map, &["refs"])?;
            map.get("refs").unwrap_or(&Value::Null)
        }
        other => other,
    };
    let list = words(place, value)?;
    match list.iter().find(|reference| reference.starts_with('/') || reference.contains('@')) {
        Some(pattern) => wrong(place, format!("the pattern {pattern} is not understood here")),
        None => Ok(list),
    }
}

fn rules(place: &str, value: &Value) -> Result<Vec<Rule>, PipelineError> {
    let Value::Array(list) = value else {
        return wrong(place, format!("a list is wanted, found {value}"));
    };
    let read = list.iter().map(|item| {
        let Value::Object(map) = item else {
            return wrong(place, format!("a mapping is wanted, found {item}"));
        };
        only_keys(place, map, &["if", "when", "allow_failure"])?;
        let condition = match map.get("if") {
            None => None,
            Some(Value::String(text)) => Some(
                Expression::read(text)
                    .or_else(|problem| wrong(place, format!("`{text}`: {problem}")))?,
            ),
            Some(other) => return wrong(place, format!("`if` is no expression: {other}")),
        };
        let when = map.get("when").map(|value| super::job::when(place, value)).transpose()?;
        let allow_failure = map.get("allow_failure").map(|value| flag(place, value)).transpose()?;
        Ok(Rule { condition, when, allow_failure })
    });
    read.collect()
}
