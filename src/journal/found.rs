//! What a run makes of what it finds: the table of phases and retries.

use super::{AbortCause, Holder, Lease, Phase, Progress, Reading, ReleaseKey};
use crate::model::{RuleWeights, Timestamp, TrafficShare};

/// What a run that is about to change something finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing is under way: start.
    Nothing,
    /// This very release: go on from there.
    Same(Progress),
    /// This very release was judged bad: finish taking it back, then fail.
    JudgedBad(Progress),
    /// Another release is at rest; nobody holds the service.
    Resting(Progress),
    /// Another release is under way.
    Occupied {
        /// Whose.
        holder: Holder,
        /// When its lease ends unless it is renewed, by AWS's clock.
        until: Timestamp,
    },
    /// Another release died: take back what it left, then start.
    Abandoned(Option<Progress>),
    /// Written by something that this program cannot read.
    CouldNotTell {
        /// The tag's key.
        key: String,
        /// Its text.
        text: String,
    },
}

/// What the weights of a rule say against what was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsFound {
    /// They are as noted: go on.
    AsNoted,
    /// They are as before the noted change: it was not made yet.
    AsBefore,
    /// Somebody gave the canary more than was noted: the noted share is the safer one.
    More,
    /// Somebody gave the canary less: that is not for us to undo.
    Less,
}

/// What `us` finds at `now`, AWS's clock.
pub fn found(reading: &Reading, us: &ReleaseKey, now: Timestamp) -> Found {
    let record = match reading {
        Reading::Nothing => return Found::Nothing,
        Reading::Known(record) => record,
        Reading::Unreadable { key, text } => {
            return Found::CouldNotTell { key: key.clone(), text: text.clone() };
        }
    };
    if let Lease::Held { holder, until } = &record.lease
        && holder.release != *us
    {
        return if now < *until {
            Found::Occupied { holder: holder.clone(), until: *until }
        } else {
            Found::Abandoned(record.progress.clone())
        };
    }
    match &record.progress {
        None => Found::Nothing,
        Some(progress) if progress.release != *us => {
            // Freed by a person's second cancel or by a policy: nobody cleans up behind it.
            Found::Resting(progress.clone())
        }
        Some(progress) => match progress.phase {
            Phase::Aborting(AbortCause::Verdict)
            | Phase::Aborted(AbortCause::Verdict)
            | Phase::Frozen => Found::JudgedBad(progress.clone()),
            // After a cancel or a failure the same command starts anew.
            Phase::Aborting(AbortCause::Asked) | Phase::Aborted(AbortCause::Asked) => {
                Found::Nothing
            }
            Phase::TakingOver
            | Phase::Prepared
            | Phase::Raise(_)
            | Phase::Step(_)
            | Phase::Gate(_)
            | Phase::Promoting
            | Phase::Cleanup
            | Phase::Done => Found::Same(progress.clone()),
        },
    }
}

/// Compares what a rule shows with `shares`: the noted one, and the one before.
pub fn weights_found(
    (noted, before): (TrafficShare, TrafficShare),
    seen: RuleWeights,
) -> WeightsFound {
    let share = match (seen.share(), seen.canary) {
        (Some(share), _) => share,
        // A group that the rule does not name, or that has no weight, gets nothing.
        (None, None | Some(0)) => TrafficShare::NONE,
        // The canary's group alone is named: it gets all.
        (None, Some(_)) => TrafficShare::from_tenths(1000),
    };
    match share {
        share if share == noted => WeightsFound::AsNoted,
        share if share == before => WeightsFound::AsBefore,
        share if share > noted => WeightsFound::More,
        _ => WeightsFound::Less,
    }
}
