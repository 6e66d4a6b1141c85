//! A value and who said it: flags go before variables, then the release file, then defaults.

use crate::model::Located;

/// A value with its source, for `plan`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Said<T> {
    /// The value.
    pub(in crate::commands) value: T,
    /// `--cluster`, `$ECS_CANARY_CLUSTER`, `ecs-canary.yml:1:10`, `default`.
    pub(in crate::commands) by: String,
}

impl<T> Said<T> {
    pub(in crate::commands) fn new(value: T, by: impl Into<String>) -> Self {
        Self { value, by: by.into() }
    }

    pub(in crate::commands) fn at(located: &Located<T>) -> Self
    where
        T: Clone,
    {
        Self::new(located.value.clone(), located.at.to_string())
    }

    pub(in crate::commands) fn map<U>(self, change: impl FnOnce(T) -> U) -> Said<U> {
        Said { value: change(self.value), by: self.by }
    }
}

/// A text by flag, else by variable.
pub(super) fn flag_or_variable(
    flag: (&str, Option<&str>),
    variable: (&str, Option<&str>),
) -> Option<Said<String>> {
    let non_empty = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    match (non_empty(flag.1), non_empty(variable.1)) {
        (Some(value), _) => Some(Said::new(value, flag.0)),
        (None, Some(value)) => Some(Said::new(value, format!("${}", variable.0))),
        (None, None) => None,
    }
}
