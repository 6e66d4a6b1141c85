//! This very release was judged bad by an earlier run: it is not tried again by itself.

use super::journaling::seen;
use super::revision::Wish;
use crate::journal::{Judged, Phase, Progress, Reading, Record, ReleaseKey};
use crate::model::{Observed, ObservedService, Outcome, OutcomeKind, Wanted};

/// What was frozen is a person's to take back; a way back that was begun is finished.
pub(super) fn outcome(wish: &Wish<'_>, name: &str, progress: &Progress) -> Outcome {
    let by = verdict(wish).map(|judged| format!(" by {}", judged.by)).unwrap_or_default();
    let since = progress.since;
    match progress.phase {
        Phase::Frozen => Outcome::new(OutcomeKind::Frozen)
            .because(format!(
                "{name}: this release was judged bad{by} and left as it is at {since}; it is not \
                 tried again"
            ))
            .hinting(
                "`ecs-canary abort` takes it back; a new try needs a new pipeline, or --again",
            ),
        Phase::Aborted(_) => Outcome::new(OutcomeKind::CanaryFailed)
            .because(format!(
                "{name}: this release was judged bad{by} and taken back at {since}; it is not \
                 tried again"
            ))
            .hinting(AGAIN),
        _ => Outcome::new(OutcomeKind::CanaryFailed)
            .because(format!(
                "{name}: this release was judged bad{by}, and since {since} it is being taken \
                 back; it is not tried again"
            ))
            .hinting(AGAIN),
    }
}

const AGAIN: &str =
    "repair it and push again; a new try of the same needs a new pipeline, or --again";

/// The same by the tags of its revision, when those of the service tell of another release.
pub(super) fn by_revision(wish: &Wish<'_>, name: &str) -> Option<Outcome> {
    let Judged { at, by, .. } = verdict(wish)?;
    let reason =
        format!("{name}: this release was judged bad at {at} by {by}; it is not tried again");
    Some(Outcome::new(OutcomeKind::CanaryFailed).because(reason).hinting(AGAIN))
}

/// The verdict against this very release, as a revision of it keeps it.
fn verdict(wish: &Wish<'_>) -> Option<Judged> {
    // Callers who know no commit cannot tell their releases apart.
    wish.wanted.identity.commit.as_ref()?;
    let us = ReleaseKey::of(&wish.wanted.identity);
    let services = wish.observed.services.values();
    let revisions = services.flat_map(ObservedService::read_revisions);
    let mut judged = revisions.filter_map(|revision| Judged::from_tags(&revision.tags));
    judged.find(|judged| judged.bad && judged.release == us)
}

/// True while an earlier run's way back of this release is not noted as done.
pub fn is_being_taken_back(wanted: &Wanted, observed: &Observed) -> bool {
    let Reading::Known(Record { progress: Some(progress), .. }) = seen(wanted, observed) else {
        return false;
    };
    let is_ours = progress.release == ReleaseKey::of(&wanted.identity);
    is_ours && matches!(progress.phase, Phase::Aborting(_))
}
