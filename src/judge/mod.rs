//! Is the new version as good as the old one, worse, or can nobody tell yet? A verdict from the
//! requests and errors of both sides, minute by minute, that may be looked at as often as one
//! likes. `docs/judge.md` says what it promises and where its formulae come from.
//!
//! [`Trial`] takes minutes as they come and is fast; [`assess`] counts from the start, tells
//! more, and gives the same verdict.

mod arrival;
mod ask;
mod assess;
mod balanced;
mod bound;
mod case;
mod chance;
mod counts;
mod dispersion;
mod evidence;
mod expect;
#[cfg(test)]
mod golden_tests;
mod level;
mod metric;
mod mixture;
mod pairs;
mod share;
#[cfg(test)]
mod tests;
mod text;
mod trial;
mod verdict;

pub use crate::model::{
    Comparison, Phi, PhiParseError, Policy, Rate, RateParseError, Ratio, RatioParseError, Verdict,
};
pub use arrival::{Arrival, ShareStep};
pub use ask::{Incomplete, first_minute, hour_before, query, samples, settled};
pub use assess::{Samples, Window, assess};
pub use balanced::{load_balancer, of_target_groups};
pub use bound::RatioBounds;
pub use case::Case;
pub use chance::Chance;
pub use counts::Counts;
pub use expect::{Expected, FAULT, FEWEST_PER_SECOND, SETTLES, Usual};
pub use metric::EValues;
pub use trial::{Look, OutOfOrder, Ruling, Trial};
pub use verdict::{Assessment, MetricEvidence, Waits};
