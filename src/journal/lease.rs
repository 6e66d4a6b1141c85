//! Who holds a service, and until when.

use crate::model::{ReleaseIdentity, Timestamp, tag_value};
use std::fmt;
use std::time::Duration;

/// How long a lease lasts unless it is renewed.
const LASTS: Duration = Duration::from_secs(300);

/// What makes two runs the same release: pipeline and commit. Callers who know neither are all
/// the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseKey(String);

/// The job that holds a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its release.
    pub release: ReleaseKey,
    /// Its id.
    pub job: Option<u64>,
    /// Its name.
    pub name: Option<String>,
}

/// The right to change a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// Nobody holds it.
    Free,
    /// A job does.
    Held {
        /// Which.
        holder: Holder,
        /// Until when unless it is renewed, by AWS's clock.
        until: Timestamp,
    },
}

impl ReleaseKey {
    /// Of an identity.
    pub fn of(identity: &ReleaseIdentity) -> Self {
        let pipeline = identity.pipeline.map_or("-".to_owned(), |pipeline| pipeline.to_string());
        let commit = identity.commit.as_ref().map_or("-", |commit| commit.as_str());
        Self(tag_value(&format!("{pipeline}/{commit}")).replace(' ', "_"))
    }

    /// As it stands in a tag.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.contains('/').then(|| Self(text.to_owned()))
    }

    /// True for a release of the commit of `identity`, whichever pipeline brought it.
    pub fn is_of_commit(&self, identity: &ReleaseIdentity) -> bool {
        let commit = |key: &Self| key.0.split_once('/').map(|(_, commit)| commit.to_owned());
        commit(self) == commit(&Self::of(identity))
    }

    /// The number of its pipeline.
    pub fn pipeline(&self) -> Option<u64> {
        self.0.split_once('/')?.0.parse().ok()
    }

    /// `pipeline 99`, or the commit, for people.
    pub fn words(&self) -> String {
        match self.0.split_once('/') {
            Some(("-", "-")) | None => "a release outside of GitLab".to_owned(),
            Some(("-", commit)) => format!("commit {}", commit.get(..8).unwrap_or(commit)),
            Some((pipeline, _)) => format!("pipeline {pipeline}"),
        }
    }
}

impl Holder {
    /// The caller.
    pub fn of(identity: &ReleaseIdentity) -> Self {
        Self {
            release: ReleaseKey::of(identity),
            job: identity.job,
            name: identity.job_name.clone(),
        }
    }
}

impl Lease {
    /// A lease from `now` on, by AWS's clock.
    pub fn from(holder: Holder, now: Timestamp) -> Self {
        Self::Held { holder, until: now.after(LASTS) }
    }

    /// True while it keeps others away.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        match self {
            Self::Free => false,
            Self::Held { until, .. } => now < *until,
        }
    }

    /// True when it was written a minute ago or more.
    pub fn is_to_be_renewed(&self, now: Timestamp) -> bool {
        match self {
            Self::Free => false,
            Self::Held { until, .. } => until.since(now) <= LASTS.mul_f64(0.8),
        }
    }

    /// Whose it is.
    pub fn holder(&self) -> Option<&Holder> {
        match self {
            Self::Free => None,
            Self::Held { holder, .. } => Some(holder),
        }
    }

    /// Reads what `Display` prints, without the version.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "free" {
            return Some(Self::Free);
        }
        let mut words = text.splitn(7, ' ');
        let mut next = |label: &str| (words.next()? == label).then(|| words.next())?;
        let until = next("until")?.parse().ok()?;
        let release = ReleaseKey::parse(next("of")?)?;
        let job = next("by")?.parse().ok();
        let name = words.next().map(str::to_owned);
        Some(Self::Held { holder: Holder { release, job, name }, until })
    }
}

impl fmt::Display for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Holder {
    /// For people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.job) {
            (Some(name), Some(job)) => write!(f, "job \"{name}\" ({job}) of ")?,
            (Some(name), None) => write!(f, "job \"{name}\" of ")?,
            (None, Some(job)) => write!(f, "job {job} of ")?,
            (None, None) => {}
        }
        f.write_str(&self.release.words())
    }
}

impl fmt::Display for Lease {
    /// As a tag's text, without the version.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Held { holder, until } = self else { return f.write_str("free") };
        let job = holder.job.map_or("-".to_owned(), |job| job.to_string());
        write!(f, "until {until} of {} by {job}", holder.release)?;
        match &holder.name {
            Some(name) => write!(f, " {}", tag_value(name)),
            None => Ok(()),
        }
    }
}
