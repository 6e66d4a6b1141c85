//! Filter patterns of plain terms: all terms, `?any ?of them`, `-without`, `"a phrase"`.

use crate::cloud::brain::api_error::ApiError;

/// What a line must have.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; those for JSON and columns are not simulated.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        if text.starts_with(['{', '[', '%']) {
            return Err(ApiError::not_simulated("filter patterns for JSON, columns and regex"));
        }
        let mut pattern = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (list, after) = match rest.split_at_checked(1) {
                Some(("?", after)) => (&mut pattern.any, after),
                Some(("-", after)) => (&mut pattern.none, after),
                _ => (&mut pattern.all, rest),
            };
            let (term, after) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => after.split_once(' ').unwrap_or((after, "")),
            };
            list.push(term.to_owned());
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    pub(super) fn fits(&self, line: &str) -> bool {
        self.all.iter().all(|term| line.contains(term))
            && (self.any.is_empty() || self.any.iter().any(|term| line.contains(term)))
            && !self.none.iter().any(|term| line.contains(term))
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn terms_are_all_any_or_none_of() {
        let fits = |pattern: &str, line: &str| Pattern::parse(pattern).unwrap().fits(line);
        assert!(fits("", "anything"));
        assert!(fits("ERROR db", "db: ERROR 3") && !fits("ERROR db", "ERROR"));
        assert!(fits("?ERROR ?WARN", "WARN x") && !fits("?ERROR ?WARN", "INFO"));
        assert!(fits("\"no space\" -debug", "no space left") && !fits("-debug", "debug"));
        assert_eq!(Pattern::parse("{ $.a = 1 }").unwrap_err().status, 501);
    }
}
