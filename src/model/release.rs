//! Who releases what: the identity that is written into tags of a revision.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A commit's full hash, as GitLab gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitSha(String);

impl CommitSha {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, as GitLab shows it.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Keys of the tags we write. Contracts: a rollback years later reads them.
pub mod tag_keys {
    /// The commit's full hash.
    pub const COMMIT: &str = "ecs-canary:commit";
    /// The tag or branch that was built.
    pub const REF: &str = "ecs-canary:ref";
    /// GitLab's pipeline id.
    pub const PIPELINE: &str = "ecs-canary:pipeline";
    /// GitLab's job id.
    pub const JOB: &str = "ecs-canary:job";
    /// The GitLab environment's name.
    pub const ENVIRONMENT: &str = "ecs-canary:environment";
    /// The project's path.
    pub const PROJECT: &str = "ecs-canary:project";
    /// The image as it was written, with its tag.
    pub const IMAGE: &str = "ecs-canary:image";
    /// The digest that was pinned.
    pub const DIGEST: &str = "ecs-canary:digest";
    /// On a revision: when a deployment of it last succeeded, RFC 3339. ECS forgets its
    /// deployments after 90 days; a rollback does not.
    pub const SUCCEEDED: &str = "ecs-canary:succeeded";
    /// On a revision: the judge's verdict on the release that it was tried out for. The same
    /// release is not tried again by itself after a bad one.
    pub const VERDICT: &str = "ecs-canary:verdict";
    /// On a service: the rollback that is under way, `open web:42 to web:41 by JOB`, or the last
    /// one that was finished, `done ...`. A rollback that was killed goes on by it.
    pub const ROLLBACK: &str = "ecs-canary:rollback";
    /// On a service: which job releases there, and until when nobody else may.
    pub const LEASE: &str = "ecs-canary:lease";
    /// On a service: how far its release is. A release that was killed goes on by it.
    pub const PROGRESS: &str = "ecs-canary:progress";
    /// On a service: that a release suspended scale-in there, which was on before, or that it is
    /// on again. Whoever comes after a release that was killed resumes it by this.
    pub const SCALING: &str = "ecs-canary:scaling";
}

/// Where a release comes from. Fields that the caller does not know are `None`
/// (outside a job, or an environment-less job).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReleaseIdentity {
    /// The commit.
    pub commit: Option<CommitSha>,
    /// Tag or branch.
    pub reference: Option<String>,
    /// Pipeline id.
    pub pipeline: Option<u64>,
    /// Job id.
    pub job: Option<u64>,
    /// Job name; only in leases, never in the tags of a revision.
    pub job_name: Option<String>,
    /// Environment name.
    pub environment: Option<String>,
    /// Project path.
    pub project: Option<String>,
}

impl ReleaseIdentity {
    /// Tags for a revision, without image and digest. Values longer than AWS takes
    /// (256 characters) are cut; characters it refuses become `_`.
    pub fn tags(&self) -> BTreeMap<String, String> {
        let text = |value: &Option<String>| value.clone();
        let number = |value: &Option<u64>| value.map(|value| value.to_string());
        [
            (tag_keys::COMMIT, self.commit.as_ref().map(|commit| commit.as_str().to_owned())),
            (tag_keys::REF, text(&self.reference)),
            (tag_keys::PIPELINE, number(&self.pipeline)),
            (tag_keys::JOB, number(&self.job)),
            (tag_keys::ENVIRONMENT, text(&self.environment)),
            (tag_keys::PROJECT, text(&self.project)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), tag_value(&value?))))
        .collect()
    }

    /// Reads the identity back from a revision's tags.
    pub fn from_tags(tags: &BTreeMap<String, String>) -> Self {
        let text = |key: &str| tags.get(key).cloned();
        let number = |key: &str| tags.get(key).and_then(|value| value.parse().ok());
        Self {
            commit: text(tag_keys::COMMIT).map(CommitSha::new),
            reference: text(tag_keys::REF),
            pipeline: number(tag_keys::PIPELINE),
            job: number(tag_keys::JOB),
            job_name: None,
            environment: text(tag_keys::ENVIRONMENT),
            project: text(tag_keys::PROJECT),
        }
    }

    /// The same release: commit and pipeline are known and equal (the job may differ).
    pub fn same_release(&self, other: &Self) -> bool {
        self.commit.is_some() && self.commit == other.commit && self.pipeline == other.pipeline
    }
}

/// Letters, digits, spaces and `_ . : / = + - @`, at most 256 (ECS API reference, Tag).
pub fn tag_value(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    text.chars().take(256).map(|c| if allowed(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_survives_the_way_through_tags() {
        let identity = ReleaseIdentity {
            commit: Some(CommitSha::new("7be1d20c")),
            pipeline: Some(12),
            environment: Some("production/canary".to_owned()),
            ..ReleaseIdentity::default()
        };
        assert_eq!(ReleaseIdentity::from_tags(&identity.tags()), identity);
    }

    #[test]
    fn two_unknown_commits_are_not_the_same_release() {
        let unknown = ReleaseIdentity::default();
        assert!(!unknown.same_release(&unknown));
    }
}
