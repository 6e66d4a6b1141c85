//! How far a release is.

use super::ReleaseKey;
use crate::model::{GateAction, Timestamp, TrafficShare};
use std::fmt;

/// How far a release is. Steps are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// What a dead release left is taken back first.
    TakingOver,
    /// The canary is brought up; it has no share yet.
    Prepared,
    /// The canary gets the share of this step: written before anything is moved.
    Raise(u32),
    /// The canary has the share of this step; its hold counts from `since`.
    Step(u32),
    /// The canary stays at this step until somebody promotes it.
    Gate(u32),
    /// The full service goes to the release. There is no way back to the canary's steps.
    Promoting,
    /// The full service is there; traffic and canary are put in order.
    Cleanup,
    /// All is done.
    Done,
    /// The canary is taken back.
    Aborting(AbortCause),
    /// It was taken back.
    Aborted(AbortCause),
    /// It was judged bad and left for a person.
    Frozen,
}

/// Why a canary is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AbortCause {
    /// Somebody asked, cancelled, or the release failed: the same command may try anew.
    Asked,
    /// The judge found it bad: the same bytes are not tried again by themselves.
    Verdict,
}

/// How far which release is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub release: ReleaseKey,
    /// How far.
    pub phase: Phase,
    /// Since when, by AWS's clock.
    pub since: Timestamp,
    /// The share that the canary gets in this phase, and the one that it had before; none
    /// without a listener rule.
    pub shares: Option<(TrafficShare, TrafficShare)>,
    /// Since when the canary's requests are counted by the judge.
    pub judged_since: Option<Timestamp>,
    /// The end of the wait for a person, where there is one.
    pub gate: Option<GateEnd>,
}

/// When a gate is over that nobody answered, and what happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateEnd {
    /// By AWS's clock.
    pub until: Timestamp,
    /// What happens.
    pub then: GateAction,
}

impl GateEnd {
    /// True when nobody answered in time.
    pub fn is_over(self, now: Timestamp) -> bool {
        now >= self.until
    }
}

impl Phase {
    /// The step it is about.
    pub fn step(self) -> Option<u32> {
        match self {
            Self::Raise(step) | Self::Step(step) | Self::Gate(step) => Some(step),
            Self::TakingOver
            | Self::Prepared
            | Self::Promoting
            | Self::Cleanup
            | Self::Done
            | Self::Aborting(_)
            | Self::Aborted(_)
            | Self::Frozen => None,
        }
    }

    /// True once the full service was begun to be moved.
    pub fn is_past_the_canary(self) -> bool {
        matches!(self, Self::Promoting | Self::Cleanup | Self::Done)
    }

    /// True when nothing is under way: whoever comes finds everything in order.
    pub fn is_at_rest(self) -> bool {
        matches!(self, Self::Gate(_) | Self::Done | Self::Aborted(_) | Self::Frozen)
    }

    fn word(self) -> &'static str {
        match self {
            Self::TakingOver => "taking-over",
            Self::Prepared => "prepared",
            Self::Raise(_) => "raise",
            Self::Step(_) => "step",
            Self::Gate(_) => "gate",
            Self::Promoting => "promoting",
            Self::Cleanup => "cleanup",
            Self::Done => "done",
            Self::Aborting(AbortCause::Asked) => "aborting",
            Self::Aborting(AbortCause::Verdict) => "aborting-bad",
            Self::Aborted(AbortCause::Asked) => "aborted",
            Self::Aborted(AbortCause::Verdict) => "aborted-bad",
            Self::Frozen => "frozen",
        }
    }

    fn parse(word: &str, step: &str) -> Option<Self> {
        let numbered = |make: fn(u32) -> Self| step.parse().ok().map(make);
        match word {
            "raise" => return numbered(Self::Raise),
            "step" => return numbered(Self::Step),
            "gate" => return numbered(Self::Gate),
            _ => {}
        }
        let plain = [
            Self::TakingOver,
            Self::Prepared,
            Self::Promoting,
            Self::Cleanup,
            Self::Done,
            Self::Aborting(AbortCause::Asked),
            Self::Aborting(AbortCause::Verdict),
            Self::Aborted(AbortCause::Asked),
            Self::Aborted(AbortCause::Verdict),
            Self::Frozen,
        ];
        plain.into_iter().find(|phase| phase.word() == word)
    }
}

impl Progress {
    /// Reads what `Display` prints, without the version.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (word, step) = (words.next()?, words.next()?);
        let phase = Phase::parse(word, step)?;
        let rest: Vec<&str> = words.collect();
        // Pairs of a label and a value; what a newer version adds behind them is left alone.
        let of = |label: &str| {
            let mut pairs = rest.chunks_exact(2).filter(|pair| pair[0] == label);
            pairs.next().map(|pair| pair[1])
        };
        let since = of("since")?.parse().ok()?;
        let release = ReleaseKey::parse(of("of")?)?;
        let share = of("share").and_then(|share| share.parse().ok());
        let from = of("from").and_then(|share| share.parse().ok());
        let judged_since = of("judged").and_then(|at| at.parse().ok());
        let until = of("until").and_then(|at| at.parse().ok());
        let then = of("then").and_then(GateAction::from_word);
        let gate = until.zip(then).map(|(until, then)| GateEnd { until, then });
        Some(Self { release, phase, since, shares: share.zip(from), judged_since, gate })
    }
}

impl fmt::Display for Phase {
    /// For people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TakingOver => f.write_str("taking back what another release left"),
            Self::Prepared => f.write_str("canary comes up"),
            Self::Raise(step) => write!(f, "going to step {step}"),
            Self::Step(step) => write!(f, "at step {step}"),
            Self::Gate(step) => write!(f, "canary is up, step {step}"),
            Self::Promoting => f.write_str("full release"),
            Self::Cleanup => f.write_str("full release is there, cleaning up"),
            Self::Done => f.write_str("done"),
            Self::Aborting(_) => f.write_str("taking back"),
            Self::Aborted(_) => f.write_str("taken back"),
            Self::Frozen => f.write_str("frozen"),
        }
    }
}

impl fmt::Display for Progress {
    /// As a tag's text, without the version.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.phase.step().map_or("-".to_owned(), |step| step.to_string());
        write!(f, "{} {step} since {} of {}", self.phase.word(), self.since, self.release)?;
        if let Some((share, from)) = self.shares {
            write!(f, " share {share} from {from}")?;
        }
        if let Some(at) = self.judged_since {
            write!(f, " judged {at}")?;
        }
        match self.gate {
            Some(GateEnd { until, then }) => write!(f, " until {until} then {}", then.word()),
            None => Ok(()),
        }
    }
}
