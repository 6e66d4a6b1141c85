//! What a look at the tags says of our lease: ours still, lost, or taken up by another job of
//! the same release.

use super::history::Noted;
use super::journaling::lost_to;
use crate::journal::{self, Holder, Lease, Phase, Progress, Reading, Record};
use crate::model::{ServiceState, Timestamp, Wanted};

/// What is to be done about our lease.
#[derive(Debug, Clone, PartialEq)]
pub enum Renewal {
    /// Nothing yet.
    Held,
    /// Write this in its place.
    Due(Record),
    /// Another release took it.
    Lost(Holder),
    /// Another job of this release goes on from the gate where we wait.
    TakenUp(Progress, Option<Holder>),
}

/// What the service that keeps our record, seen `at` AWS's time, says of it.
pub fn renewal(wanted: &Wanted, noted: &Noted, keeper: &ServiceState, at: Timestamp) -> Renewal {
    if keeper.arn != noted.arn {
        return Renewal::Held;
    }
    if let Some(holder) = lost_to(wanted, keeper, &noted.before, at) {
        return Renewal::Lost(holder);
    }
    if let Some((progress, holder)) = taken_up(&noted.record, journal::read(&keeper.tags)) {
        return Renewal::TakenUp(progress, holder);
    }
    let Some(holder) = noted.record.lease.holder().cloned() else { return Renewal::Held };
    Renewal::Due(Record { lease: Lease::from(holder, at), ..noted.record.clone() })
}

/// A person answered at the gate: the tags show another phase than the one that we noted.
pub fn taken_up(noted: &Record, seen: Reading) -> Option<(Progress, Option<Holder>)> {
    let ours = noted.progress.as_ref().filter(|one| matches!(one.phase, Phase::Gate(_)))?;
    let Reading::Known(Record { lease, progress: Some(theirs) }) = seen else { return None };
    let is_on = theirs.release == ours.release && theirs.phase != ours.phase;
    // What we read may be older than what we wrote ourselves.
    let went_on = theirs.phase.is_past_the_canary()
        || matches!(theirs.phase, Phase::Aborting(_) | Phase::Aborted(_));
    (is_on && went_on).then(|| (theirs, lease.holder().cloned()))
}
