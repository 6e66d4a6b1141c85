//! A share of traffic, and the listener rule that gives it.

use super::{ListenerRuleArn, TargetGroupArn};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A share of the requests in tenths of a per cent, 0 to 1000.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TrafficShare(u32);

/// The text is no per cent with at most one digit behind the point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is no share of traffic such as 5 or 2.5")]
pub struct ShareParseError {
    /// The text as written.
    pub found: String,
}

/// Weights of the two target groups of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleWeights {
    /// Of the full service's group; `None` = the rule does not name it.
    pub full: Option<u32>,
    /// Of the canary service's group; `None` = the rule does not name it.
    pub canary: Option<u32>,
}

/// A listener rule, as far as a release has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerRule {
    /// Its ARN.
    pub arn: ListenerRuleArn,
    /// The listener's default rule, which cannot be changed by ModifyRule.
    pub is_default: bool,
    /// Target groups of its forward action with their weights (0 to 999), in order; empty when
    /// it forwards nowhere.
    pub groups: Vec<(TargetGroupArn, u32)>,
    /// Clients stay with the group that they came to first.
    pub sticky: bool,
}

impl TrafficShare {
    /// No request.
    pub const NONE: Self = Self(0);

    /// From tenths of a per cent; more than all is all.
    pub fn from_tenths(tenths: u32) -> Self {
        Self(tenths.min(1000))
    }

    /// From a per cent, to the nearest tenth; never none for more than nothing.
    pub fn from_per_cent(per_cent: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 0..1000 right before"
        )]
        let tenths = (per_cent * 10.0).round().clamp(0.0, 1000.0) as u32;
        Self(if per_cent > 0.0 { tenths.max(1) } else { tenths })
    }

    /// Tenths of a per cent.
    pub fn tenths(self) -> u32 {
        self.0
    }

    /// Tasks that carry this share as well as `all` tasks carry the whole: rounded up.
    pub fn tasks_of(self, all: u32) -> u32 {
        let needed = (u64::from(all) * u64::from(self.0)).div_ceil(1000);
        u32::try_from(needed).unwrap_or(all)
    }

    /// Weights that give the canary this share: whole per cents where they are enough.
    pub fn weights(self) -> RuleWeights {
        let (all, canary) = match self.0 {
            tenths if tenths % 10 == 0 => (100, tenths / 10),
            // One group may have at most 999.
            tenths => (1000, tenths),
        };
        RuleWeights { full: Some(all - canary), canary: Some(canary) }
    }
}

impl RuleWeights {
    /// The canary's share; `None` when a group is missing or nobody gets anything.
    pub fn share(self) -> Option<TrafficShare> {
        let canary = u64::from(self.canary?);
        let all = u64::from(self.full?) + canary;
        // Rounded up: what has a weight has a share.
        let tenths = (canary * 1000).checked_div(all)?;
        let exact = tenths * all == canary * 1000;
        u32::try_from(tenths + u64::from(!exact)).ok().map(TrafficShare::from_tenths)
    }
}

impl ListenerRule {
    /// The weights of two groups.
    pub fn weights(&self, full: &TargetGroupArn, canary: &TargetGroupArn) -> RuleWeights {
        let of = |wanted: &TargetGroupArn| {
            self.groups.iter().find(|(group, _)| group == wanted).map(|(_, weight)| *weight)
        };
        RuleWeights { full: of(full), canary: of(canary) }
    }
}

impl fmt::Display for TrafficShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 10, self.0 % 10) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, tenth) => write!(f, "{whole}.{tenth}"),
        }
    }
}

impl FromStr for TrafficShare {
    type Err = ShareParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ShareParseError { found: text.to_owned() };
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let whole: u32 = whole.parse().map_err(|_| wrong())?;
        let tenth: u32 = tenth.parse().map_err(|_| wrong())?;
        if whole > 100 || tenth > 9 || whole * 10 + tenth > 1000 {
            return Err(wrong());
        }
        Ok(Self(whole * 10 + tenth))
    }
}

impl fmt::Display for RuleWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |weight: Option<u32>| weight.map_or("none".to_owned(), |one| one.to_string());
        write!(f, "{}/{}", one(self.full), one(self.canary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_per_cents_and_read_back() {
        for text in ["0", "5", "2.5", "0.1", "100"] {
            assert_eq!(
                text.parse::<TrafficShare>().map(|share| share.to_string()),
                Ok(text.into())
            );
        }
        for text in ["", "101", "5.25", "-1", "100.5"] {
            assert!(text.parse::<TrafficShare>().is_err(), "{text}");
        }
        assert_eq!(TrafficShare::from_per_cent(0.01).tenths(), 1, "more than nothing");
    }

    #[test]
    fn weights_give_the_share_and_stay_in_bounds() {
        for tenths in 0..=1000 {
            let share = TrafficShare::from_tenths(tenths);
            let weights = share.weights();
            assert!(weights.full.max(weights.canary) <= Some(999), "{weights}");
            assert_eq!(weights.share(), Some(share));
        }
        assert_eq!(TrafficShare::from_tenths(50).weights().to_string(), "95/5");
        let theirs = RuleWeights { full: Some(998), canary: Some(1) };
        assert_eq!(theirs.share(), Some(TrafficShare::from_tenths(2)), "never called nothing");
        assert_eq!(RuleWeights { full: Some(0), canary: Some(0) }.share(), None);
        assert_eq!(RuleWeights { full: Some(1), canary: None }.share(), None);
    }

    #[test]
    fn capacity_for_a_share_is_rounded_up() {
        let tasks = |tenths, all| TrafficShare::from_tenths(tenths).tasks_of(all);
        assert_eq!([tasks(50, 3), tasks(500, 3), tasks(0, 3), tasks(1000, 3)], [1, 2, 0, 3]);
    }
}
