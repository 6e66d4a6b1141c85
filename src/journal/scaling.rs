//! The note of a suspended scale-in: written on the service before scale-in is suspended there,
//! closed after it was resumed. Only a scale-in that was on is suspended, so the note alone says
//! what there was before.

use super::ReleaseKey;
use crate::model::{Timestamp, tag_keys};
use std::collections::BTreeMap;
use std::fmt;

/// The format that this program writes and reads.
const VERSION: &str = "1";
/// The text of a closed note, without the version.
const CLOSED: &str = "scale-in on";

/// A scale-in that a release suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalingNote {
    /// The release.
    pub release: ReleaseKey,
    /// Since when, by AWS's clock.
    pub since: Timestamp,
}

/// What the tags of a service say of its scale-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScalingNoted {
    /// No release holds it.
    Nothing,
    /// A release suspended it, or was about to.
    Open(ScalingNote),
    /// A newer version wrote it: its text.
    Unreadable(String),
}

impl ScalingNote {
    /// Reads the tags of a service.
    pub fn read(tags: &BTreeMap<String, String>) -> ScalingNoted {
        let Some(text) = tags.get(tag_keys::SCALING) else { return ScalingNoted::Nothing };
        let words = text.split_once(' ').filter(|(version, _)| *version == VERSION);
        match words.map(|(_, words)| words) {
            Some(CLOSED) => ScalingNoted::Nothing,
            Some(words) => match Self::parse(words) {
                Some(note) => ScalingNoted::Open(note),
                None => ScalingNoted::Unreadable(text.clone()),
            },
            None => ScalingNoted::Unreadable(text.clone()),
        }
    }

    fn parse(words: &str) -> Option<Self> {
        let rest = words.strip_prefix("scale-in suspended since ")?;
        let (since, release) = rest.split_once(" of ")?;
        let release = release.split(' ').next()?;
        Some(Self { release: ReleaseKey::parse(release)?, since: since.parse().ok()? })
    }

    /// As a tag of a service.
    pub fn tags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(tag_keys::SCALING.to_owned(), format!("{VERSION} {self}"))])
    }

    /// The tag of a closed note.
    pub fn closed() -> BTreeMap<String, String> {
        BTreeMap::from([(tag_keys::SCALING.to_owned(), format!("{VERSION} {CLOSED}"))])
    }

    /// `pipeline 7, since TIME`, for people.
    pub fn words(&self) -> String {
        format!("{}, since {}", self.release.words(), self.since)
    }
}

impl fmt::Display for ScalingNote {
    /// As a tag's text, without the version.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scale-in suspended since {} of {}", self.since, self.release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{at, identity};
    use crate::model::tag_value;

    #[test]
    fn a_note_survives_the_way_through_tags_until_it_is_closed() {
        let note = ScalingNote { release: ReleaseKey::of(&identity(7)), since: at(10) };
        let tags = note.tags();
        for text in tags.values() {
            assert_eq!(*text, tag_value(text), "AWS takes it as it is");
        }
        insta::assert_snapshot!(tags[tag_keys::SCALING], @"1 scale-in suspended since 1970-01-12T13:46:50Z of 7/0000000000000000000000000000000000000007");
        assert_eq!(ScalingNote::read(&tags), ScalingNoted::Open(note));
        assert_eq!(ScalingNote::read(&ScalingNote::closed()), ScalingNoted::Nothing);
        assert_eq!(ScalingNote::read(&BTreeMap::new()), ScalingNoted::Nothing);
    }

    #[test]
    fn the_note_of_another_version_is_not_guessed() {
        for text in ["2 scale-in on", "1 scale-in suspended since tomorrow of 7/8", "on"] {
            let tags = BTreeMap::from([(tag_keys::SCALING.to_owned(), text.to_owned())]);
            assert_eq!(ScalingNote::read(&tags), ScalingNoted::Unreadable(text.to_owned()));
        }
    }
}
