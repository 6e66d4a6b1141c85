//! The note on a service that a rollback is under way. Without it a rollback that was killed
//! right after it was done would be taken for the release to go back from.

use crate::model::{ServiceState, TaskDefArn, tag_keys};
use std::collections::BTreeMap;
use std::fmt;

/// A rollback's beginning and end, as `family:N`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Not finished yet, as far as the note says.
    pub open: bool,
    /// The release that was left.
    pub from: String,
    /// The release that was chosen.
    pub to: String,
    /// GitLab's id of the job that began it.
    pub job: Option<u64>,
}

impl Intent {
    /// A rollback that begins.
    pub fn open(from: &TaskDefArn, to: &TaskDefArn, job: Option<u64>) -> Self {
        Self { open: true, from: from.short().to_owned(), to: to.short().to_owned(), job }
    }

    /// The same rollback, finished.
    pub fn done(self) -> Self {
        Self { open: false, ..self }
    }

    /// The note on `service`, when there is one that this program can read.
    pub fn read(service: &ServiceState) -> Option<Self> {
        Self::parse(service.tags.get(tag_keys::ROLLBACK)?)
    }

    /// Reads what `Display` prints.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let open = match words.next()? {
            "open" => true,
            "done" => false,
            _ => return None,
        };
        let from = words.next()?.to_owned();
        let to = words.nth(1)?.to_owned();
        let job = words.nth(1).and_then(|job| job.parse().ok());
        Some(Self { open, from, to, job })
    }

    /// As a tag of the service.
    pub fn tags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(tag_keys::ROLLBACK.to_owned(), self.to_string())])
    }

    /// True when a rollback asked for by `job` is this one: begun and not finished, or finished
    /// by the same job, on a service that wants `running` now. A later deploy makes an old note
    /// void.
    pub fn is_resumed(&self, running: &TaskDefArn, job: Option<u64>) -> bool {
        let is_there = self.to == running.short();
        let begun = self.open && (self.from == running.short() || is_there);
        begun || (is_there && job.is_some() && job == self.job)
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.open { "open" } else { "done" };
        write!(f, "{word} {} to {}", self.from, self.to)?;
        match self.job {
            Some(job) => write!(f, " by {job}"),
            None => Ok(()),
        }
    }
}
