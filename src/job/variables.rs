//! A job's variables as GitLab sent them. One key may come several times: GitLab sends its
//! predefined variables first and the job's own after them, and the last one counts in scripts.

use super::response::RawVariable;
use crate::model::Secret;

/// One variable, not expanded: `$OTHER` in a value is still `$OTHER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Name.
    pub key: String,
    /// Value. Kept as a secret because any of them may be one.
    pub value: Secret,
    /// GitLab may show it (predefined variables and those of the YAML file).
    pub public: bool,
    /// Hidden in the job log.
    pub masked: bool,
    /// Scripts get the path of a file that holds the value.
    pub file: bool,
    /// `$` in the value means nothing.
    pub raw: bool,
}

/// All variables of a job, in GitLab's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variables(Vec<Variable>);

impl Variables {
    pub(super) fn from_raw(raw: Vec<RawVariable>) -> Self {
        let variable = |raw: RawVariable| {
            Some(Variable {
                key: raw.key?,
                value: Secret::new(raw.value.unwrap_or_default()),
                public: raw.public.unwrap_or(false),
                masked: raw.masked.unwrap_or(false),
                file: raw.file.unwrap_or(false),
                raw: raw.raw.unwrap_or(false),
            })
        };
        Self(raw.into_iter().filter_map(variable).collect())
    }

    /// Every occurrence, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter()
    }

    /// The **first** occurrence: GitLab's own value for a predefined variable that it always
    /// sends (the Runner's `IsProtected` reads it the same way). For a key that GitLab sends
    /// only sometimes, the first one may be the job's.
    pub fn original(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|variable| variable.key == key)?;
        Some(found.value.expose())
    }

    /// The **last** occurrence: what a script sees. The job chooses it: data, never identity.
    pub fn effective(&self, key: &str) -> Option<&Variable> {
        self.0.iter().rev().find(|variable| variable.key == key)
    }

    /// Values that must not be shown, each once, longest first so that a value inside another
    /// one is replaced after it.
    pub fn masked_values(&self) -> Vec<Secret> {
        let mut values: Vec<&Secret> = self
            .0
            .iter()
            .filter(|variable| variable.masked && !variable.value.expose().is_empty())
            .map(|variable| &variable.value)
            .collect();
        values.sort_by(|a, b| {
            let (a, b) = (a.expose(), b.expose());
            b.len().cmp(&a.len()).then_with(|| a.cmp(b))
        });
        values.dedup();
        values.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(json: &str) -> Variables {
        Variables::from_raw(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_first_occurrence_is_the_original_and_the_last_one_counts() {
        let found = variables(r#"[{"key":"A","value":"1"},{"key":"A","value":"2"}]"#);
        assert_eq!(found.original("A"), Some("1"));
        assert_eq!(found.effective("A").map(|a| a.value.expose()), Some("2"));
        assert_eq!(found.effective("B"), None);
    }

    #[test]
    fn null_members_are_defaults_and_a_nameless_variable_is_left_out() {
        let found = variables(r#"[{"key":"A","value":null,"masked":null},{"value":"x"}]"#);
        assert_eq!(found.iter().count(), 1);
        assert_eq!(found.original("A"), Some(""));
    }

    #[test]
    fn masked_values_come_longest_first_and_once() {
        let found = variables(
            r#"[{"key":"A","value":"ab","masked":true},{"key":"B","value":"abc","masked":true},
                {"key":"C","value":"ab","masked":true},{"key":"D","value":"","masked":true},
                {"key":"E","value":"open"}]"#,
        );
        let values = found.masked_values();
        assert_eq!(values.iter().map(Secret::expose).collect::<Vec<_>>(), ["abc", "ab"]);
    }

    #[test]
    fn debug_output_shows_no_value() {
        let found = variables(r#"[{"key":"A","value":"s3cret"}]"#);
        assert!(!format!("{found:?}").contains("s3cret"));
    }
}
