//! One snapshot of the process's environment, handed on as a value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

/// Environment variables as they were at start. Debug shows names only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn capture() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The value; `None` when it is unset or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(OsStr::new(name))?.to_str()
    }

    /// The value as a path; `None` when it is unset or empty.
    pub fn path(&self, name: &str) -> Option<&Path> {
        let value = self.0.get(OsStr::new(name))?;
        (!value.is_empty()).then(|| Path::new(value))
    }

    /// Every variable, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_path_is_no_path_and_debug_shows_no_value() {
        let environment = Environment::from_iter([("A", ""), ("B", "s3cret")]);
        assert_eq!(environment.path("A"), None);
        assert_eq!(environment.text("A"), Some(""));
        assert_eq!(format!("{environment:?}"), r#"{"A", "B"}"#);
    }
}
