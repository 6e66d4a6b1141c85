//! What can be wrong with a response file. No text here ever holds a value of it.

/// A response file that cannot be understood. Always the host's or GitLab's fault, never the
/// job's: the Runner writes the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not JSON, or a member has another type than the Runner gives it. The parser's own
    /// message may quote a secret, so only the place is kept.
    #[error("job response: {problem} at line {line}, column {column}")]
    Json {
        /// `not JSON`, `ends too early`, `a member has an unexpected type`.
        problem: &'static str,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A member that every job has is missing.
    #[error("job response: member {member} is missing")]
    Missing {
        /// Its path, such as `job_info.project_id`.
        member: &'static str,
    },
}

impl Error {
    pub(super) fn json(cause: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        let problem = match cause.classify() {
            Category::Io => "not readable",
            Category::Syntax => "not JSON",
            Category::Data => "a member has an unexpected type",
            Category::Eof => "ends too early",
        };
        Self::Json { problem, line: cause.line(), column: cause.column() }
    }
}
