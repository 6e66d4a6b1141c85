//! What a team asks of a new version, and how sure the judge has to be.

use super::short;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A share of requests, above 0 and at most 90 %. Written `0.2%` or `0.002`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(f64);

/// How many times a rate may be another one; above 0. Written `1.5`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ratio(f64);

/// By how much errors come in bursts: the divisor of every logarithm of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Phi {
    /// Known; 1 means that every request fails or not by itself.
    Fixed(f64),
    /// Measured at the baseline, in the hour before the canary's first request; where there is no
    /// such hour, in the baseline's minutes so far.
    Auto,
}

/// What the baseline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparison {
    /// What ran before, with whatever share of the requests is left for it.
    #[default]
    Stable,
    /// A fresh service of the old version with the same share as the canary: bursts need no
    /// `phi` then, because both sides have them alike.
    SameSize,
}

/// The limits. The defaults suit a service of a few requests per second with about 1 % errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Worse than the baseline by more than this is bad ...
    pub ratio: Ratio,
    /// ... when it is also above this rate: "3 errors in 100,000" stop nobody.
    pub floor: Rate,
    /// Above this rate is bad whatever the baseline does.
    pub hard: Rate,
    /// Healthy means less than this many times the baseline's rate ...
    pub accept_ratio: Ratio,
    /// ... or less than this rate.
    pub accept_rate: Rate,
    /// How often a version that is not worse may be stopped, over the whole release.
    pub alpha: Rate,
    /// How often a bad version may be called healthy.
    pub beta: Rate,
    /// Nothing is called healthy earlier, in minutes since the canary's first request.
    pub min_minutes: u32,
    /// Nothing is called healthy with fewer canary requests.
    pub min_requests: u64,
    /// Bursts.
    pub phi: Phi,
    /// What the baseline is.
    pub comparison: Comparison,
}

/// The text is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is no rate above 0 and up to 90 %, written 0.2% or 0.002")]
pub struct RateParseError {
    /// The text as written.
    pub found: String,
}

/// The text is no ratio.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is no number above 0, such as 1.5")]
pub struct RatioParseError {
    /// The text as written.
    pub found: String,
}

/// The text is no setting of phi.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is neither auto nor a number from 1")]
pub struct PhiParseError {
    /// The text as written.
    pub found: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ratio: Ratio(1.5),
            floor: Rate(0.002),
            hard: Rate(0.1),
            accept_ratio: Ratio(3.0),
            accept_rate: Rate(0.01),
            alpha: Rate(0.05),
            beta: Rate(0.05),
            min_minutes: 5,
            min_requests: 50,
            phi: Phi::Auto,
            comparison: Comparison::Stable,
        }
    }
}

impl Policy {
    /// The logarithm that evidence for "worse" has to reach.
    pub fn ln_fail_limit(&self) -> f64 {
        -self.alpha.0.ln()
    }

    /// The logarithm that evidence for "healthy" has to reach.
    pub fn ln_pass_limit(&self) -> f64 {
        -self.beta.0.ln()
    }
}

impl Rate {
    /// The highest rate: alternatives to it must fit below 1.
    const HIGHEST: f64 = 0.9;

    /// A rate as a part of 1; `None` unless above 0 and at most 0.9.
    pub fn new(value: f64) -> Option<Self> {
        (value > 0.0 && value <= Self::HIGHEST).then_some(Self(value))
    }

    /// As a part of 1.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl Ratio {
    /// Further away nothing means anything, and products could overflow.
    const WIDEST: f64 = 1e6;

    /// A ratio; `None` unless above a millionth and below a million.
    pub fn new(value: f64) -> Option<Self> {
        (value > 1.0 / Self::WIDEST && value < Self::WIDEST).then_some(Self(value))
    }

    /// As a factor.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = RateParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let value = match text.trim().strip_suffix('%') {
            Some(per_cent) => number(per_cent).map(|value| value / 100.0),
            None => number(text),
        };
        value.and_then(Self::new).ok_or_else(|| RateParseError { found: text.to_owned() })
    }
}

impl FromStr for Ratio {
    type Err = RatioParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = text.trim().parse::<f64>().ok().and_then(Self::new);
        value.ok_or_else(|| RatioParseError { found: text.to_owned() })
    }
}

impl FromStr for Phi {
    type Err = PhiParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let value = text.parse::<f64>().ok().filter(|value| *value >= 1.0 && value.is_finite());
        value.map(Self::Fixed).ok_or_else(|| PhiParseError { found: text.to_owned() })
    }
}

// None of them is ever NaN.
impl Eq for Rate {}
impl Eq for Ratio {}
impl Eq for Phi {}

impl TryFrom<String> for Rate {
    type Error = RateParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for Ratio {
    type Error = RatioParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for Phi {
    type Error = PhiParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.0.to_string()
    }
}

impl From<Ratio> for String {
    fn from(ratio: Ratio) -> Self {
        ratio.0.to_string()
    }
}

impl From<Phi> for String {
    fn from(phi: Phi) -> Self {
        match phi {
            Phi::Fixed(phi) => phi.to_string(),
            Phi::Auto => "auto".to_owned(),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", short(self.0 * 100.0))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_per_cent_or_a_part_of_one() {
        assert_eq!("0.2%".parse(), Ok(Rate(0.002)));
        assert_eq!("0.002".parse(), Ok(Rate(0.002)));
        assert_eq!("10 %".parse(), Ok(Rate(0.1)));
        for wrong in ["0", "0%", "-1%", "1", "95%", "nan", "inf", "", "%", "1 in 5"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn phi_is_auto_or_at_least_one() {
        assert_eq!("auto".parse(), Ok(Phi::Auto));
        assert_eq!("2.5".parse(), Ok(Phi::Fixed(2.5)));
        for wrong in ["0.5", "nan", "inf", "", "Auto"] {
            assert!(wrong.parse::<Phi>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_usual_limits_are_twenty_to_one() {
        let policy = Policy::default();
        assert!((policy.ln_fail_limit() - 20.0_f64.ln()).abs() < 1e-12);
        assert!((policy.ln_pass_limit() - 20.0_f64.ln()).abs() < 1e-12);
    }
}
