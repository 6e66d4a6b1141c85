//! A verdict as a tag of the revision that it is about: it outlives the tags of the service,
//! which tell of the last release only.

use super::{ReleaseKey, record};
use crate::model::{Evidence, Timestamp, Verdict, tag_keys, tag_value};
use std::collections::BTreeMap;
use std::fmt;

/// Which release was judged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// True after a verdict against it.
    pub bad: bool,
    /// When, by the clock of the job that asked.
    pub at: Timestamp,
    /// Which.
    pub release: ReleaseKey,
    /// What decided: counts, or an alarm.
    pub by: String,
}

impl Judged {
    /// Of a verdict that came `at`; `None` while it is none.
    pub fn of(evidence: &Evidence, release: ReleaseKey, at: Timestamp) -> Option<Self> {
        let bad = match evidence.verdict {
            Verdict::Pass => false,
            Verdict::Fail => true,
            Verdict::Undecided | Verdict::NoData | Verdict::NoTraffic => return None,
        };
        let by = match &evidence.alarm {
            Some(alarm) => format!("alarm {alarm}"),
            None => evidence.counts().unwrap_or_default(),
        };
        Some(Self { bad, at, release, by })
    }

    /// As a tag of a revision.
    pub fn tags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(tag_keys::VERDICT.to_owned(), tag_value(&record::versioned(self)))])
    }

    /// From the tags of a revision; `None` without a verdict, or with one of another version.
    pub fn from_tags(tags: &BTreeMap<String, String>) -> Option<Self> {
        let mut words = record::unversioned(tags.get(tag_keys::VERDICT)?)?.splitn(7, ' ');
        let bad = match words.next()? {
            "fail" => true,
            "pass" => false,
            _ => return None,
        };
        let mut next = |label: &str| (words.next()? == label).then(|| words.next())?;
        let at = next("at")?.parse().ok()?;
        let release = ReleaseKey::parse(next("of")?)?;
        let by = (words.next()? == "by").then(|| words.next())?.unwrap_or_default().to_owned();
        Some(Self { bad, at, release, by })
    }
}

impl fmt::Display for Judged {
    /// As a tag's text, without the version.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.bad { "fail" } else { "pass" };
        write!(f, "{word} at {} of {} by {}", self.at, self.release, self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitSha, ReleaseIdentity};

    fn judged(bad: bool) -> Judged {
        let identity = ReleaseIdentity {
            commit: Some(CommitSha::new("7be1d20c")),
            pipeline: Some(12),
            ..ReleaseIdentity::default()
        };
        Judged {
            bad,
            at: "2026-11-28T10:07:00Z".parse().unwrap(),
            release: ReleaseKey::of(&identity),
            by: "no answer 31/446 baseline 13/1352".to_owned(),
        }
    }

    #[test]
    fn a_verdict_survives_the_way_through_a_tag() {
        for bad in [true, false] {
            assert_eq!(Judged::from_tags(&judged(bad).tags()), Some(judged(bad)));
        }
        let text = &judged(true).tags()[tag_keys::VERDICT];
        let expected = "1 fail at 2026-11-28T10:07:00Z of 12/7be1d20c by no answer 31/446 baseline \
                        13/1352";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_nobody_of_this_version_wrote_says_nothing() {
        for text in ["", "1", "2 fail at 2026-11-28T10:07:00Z of 12/7 by x", "1 bad at x of y by"] {
            let tags = BTreeMap::from([(tag_keys::VERDICT.to_owned(), text.to_owned())]);
            assert_eq!(Judged::from_tags(&tags), None, "{text}");
        }
    }

    #[test]
    fn only_a_decision_is_noted() {
        let evidence = Evidence {
            verdict: Verdict::Undecided,
            since: judged(true).at,
            minutes: 3,
            share: None,
            alarm: None,
            metrics: Vec::new(),
            users: None,
            lines: Vec::new(),
        };
        let Judged { at, release, .. } = judged(true);
        assert_eq!(Judged::of(&evidence, release.clone(), at), None);
        let alarm = Some("queue".to_owned());
        let fail = Evidence { verdict: Verdict::Fail, alarm, ..evidence };
        let noted = Judged::of(&fail, release, at).unwrap();
        assert_eq!((noted.bad, noted.by.as_str()), (true, "alarm queue"));
    }
}
