//! The Runner's names of what `run` is called for (custom-executor contract, `run_exec`).

use std::fmt;

/// The second argument of `run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageName(String);

/// Whose words the script holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageKind {
    /// The Runner's own: fetch sources, cache, artifacts. It gets no job socket. It may still
    /// run words of the job (hooks, filters), so it is isolated all the same.
    Runner,
    /// The job's `script`, `after_script` or a step; every name we do not know.
    User,
}

impl StageName {
    /// Takes the Runner's word.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The Runner's word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose script it is. An unknown name is a user script: `build_script` may become
    /// `step_script`, and `step_NAME` exists for every step of a release.
    pub fn kind(&self) -> StageKind {
        match self.0.as_str() {
            "prepare_script"
            | "get_sources"
            | "clear_worktree"
            | "restore_cache"
            | "download_artifacts"
            | "archive_cache"
            | "archive_cache_on_failure"
            | "upload_artifacts_on_success"
            | "upload_artifacts_on_failure"
            | "cleanup_file_variables" => StageKind::Runner,
            _ => StageKind::User,
        }
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_stages_are_user_scripts() {
        let kind = |name: &str| StageName::new(name).kind();
        for name in ["build_script", "step_script", "step_release", "after_script", "tomorrow"] {
            assert_eq!(kind(name), StageKind::User, "{name}");
        }
        for name in ["get_sources", "clear_worktree", "cleanup_file_variables"] {
            assert_eq!(kind(name), StageKind::Runner, "{name}");
        }
    }
}
