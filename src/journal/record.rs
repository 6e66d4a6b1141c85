//! Lease and progress as tags of a service.

use super::{Lease, Progress};
use crate::model::tag_keys;
use std::collections::BTreeMap;

/// The format that this program writes and reads.
const VERSION: &str = "1";

/// What the tags of a service say of its release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Who holds the service.
    pub lease: Lease,
    /// How far the release is.
    pub progress: Option<Progress>,
}

/// What could be read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Nothing was ever written.
    Nothing,
    /// This.
    Known(Record),
    /// Something else wrote it, or a newer version: the tag's key and its text.
    Unreadable {
        /// Key.
        key: String,
        /// Text.
        text: String,
    },
}

/// A tag's text with the version in front.
pub(super) fn versioned(text: &impl std::fmt::Display) -> String {
    format!("{VERSION} {text}")
}

/// The rest of a tag's text behind this program's version.
pub(super) fn unversioned(text: &str) -> Option<&str> {
    text.split_once(' ').filter(|(version, _)| *version == VERSION).map(|(_, rest)| rest)
}

/// Reads the tags of a service.
pub fn read(tags: &BTreeMap<String, String>) -> Reading {
    let of = |key: &str| tags.get(key).map(|text| (key.to_owned(), text.clone()));
    let lease = match of(tag_keys::LEASE) {
        None => Lease::Free,
        Some((key, text)) => match unversioned(&text).and_then(Lease::parse) {
            Some(lease) => lease,
            None => return Reading::Unreadable { key, text },
        },
    };
    let progress = match of(tag_keys::PROGRESS) {
        None if lease == Lease::Free => return Reading::Nothing,
        None => None,
        Some((key, text)) => match unversioned(&text).and_then(Progress::parse) {
            Some(progress) => Some(progress),
            None => return Reading::Unreadable { key, text },
        },
    };
    Reading::Known(Record { lease, progress })
}

impl Record {
    /// As tags of a service.
    pub fn tags(&self) -> BTreeMap<String, String> {
        let lease = (tag_keys::LEASE.to_owned(), versioned(&self.lease));
        let progress = self.progress.as_ref();
        let progress = progress.map(|one| (tag_keys::PROGRESS.to_owned(), versioned(one)));
        std::iter::once(lease).chain(progress).collect()
    }
}
