//! Per cents of a rolling deployment.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `minimumHealthyPercent` and `maximumPercent` of a service, written `100/200`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthyPercents {
    /// Per cent of the desired count that must stay healthy, 0 to 100 for a replica service.
    pub minimum: u32,
    /// Per cent of the desired count that may run or be starting, at least 100 in practice.
    pub maximum: u32,
}

/// The text is not `MINIMUM/MAXIMUM`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is not two whole numbers with a slash, minimum/maximum healthy per cent")]
pub struct PercentParseError {
    /// The text as written.
    pub found: String,
}

impl FromStr for HealthyPercents {
    type Err = PercentParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = |part: &str| part.trim().trim_end_matches('%').parse::<u32>().ok();
        text.split_once('/')
            .and_then(|(low, high)| Some(Self { minimum: parse(low)?, maximum: parse(high)? }))
            .ok_or_else(|| PercentParseError { found: text.to_owned() })
    }
}

impl fmt::Display for HealthyPercents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.minimum, self.maximum)
    }
}

impl HealthyPercents {
    /// Tasks that must stay healthy while `desired` are wanted: rounded up
    /// (ECS developer guide, "deployment-type-ecs").
    pub fn least_healthy(self, desired: u32) -> u64 {
        (u64::from(desired) * u64::from(self.minimum)).div_ceil(100)
    }

    /// Tasks that may exist while `desired` are wanted: rounded down (same source).
    pub fn most_running(self, desired: u32) -> u64 {
        u64::from(desired) * u64::from(self.maximum) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_read_as_minimum_and_maximum() {
        assert_eq!("0/100".parse(), Ok(HealthyPercents { minimum: 0, maximum: 100 }));
        assert!("100".parse::<HealthyPercents>().is_err());
    }

    #[test]
    fn minimum_rounds_up_and_maximum_down() {
        let percents = HealthyPercents { minimum: 50, maximum: 125 };
        assert_eq!((percents.least_healthy(3), percents.most_running(3)), (2, 3));
    }
}
