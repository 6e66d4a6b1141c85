//! Statistics: `Sum`, `p99`, `TC(0.5:)` and their kin. Owns their spelling and their sums.

use super::metrics::Datum;

/// What is asked of the samples of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    SampleCount,
    Sum,
    Average,
    Minimum,
    Maximum,
    /// Share in 0..1.
    Percentile(f64),
    /// Of the samples between two bounds.
    Trimmed(Kind, Bound, Bound),
}

/// What a trimmed statistic tells of the samples between its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Mean,
    Count,
    Sum,
    /// Samples outside count as the bound.
    Winsorized,
    /// Their share of all samples in per cent.
    Rank,
}

/// A bound of a trimmed statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    Open,
    /// A value; as the lower bound it is excluded, as the upper one included.
    Value(f64),
    /// A share of the samples, 0..1.
    Share(f64),
}

impl Statistic {
    /// `None` when there is no such statistic.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SampleCount" => Self::SampleCount,
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "IQM" => Self::Trimmed(Kind::Mean, Bound::Share(0.25), Bound::Share(0.75)),
            _ => return Self::parse_with_number(text),
        })
    }

    fn parse_with_number(text: &str) -> Option<Self> {
        if let Some((kind, rest)) = text.split_once('(') {
            let kind = kind_of(&kind.to_ascii_lowercase())?;
            let (low, high) = rest.strip_suffix(')')?.split_once(':')?;
            let (low, high) = (bound(low)?, bound(high)?);
            let empty = low == Bound::Open && high == Bound::Open;
            return (!empty).then_some(Self::Trimmed(kind, low, high));
        }
        if let Some(number) = text.strip_prefix('p') {
            return share(number).map(Self::Percentile);
        }
        let (kind, number) = text.split_at_checked(2)?;
        let kind = kind_of(kind)?;
        share(number).map(|high| Self::Trimmed(kind, Bound::Open, Bound::Share(high)))
    }

    /// `None` when the samples do not tell: a percentile of statistic sets.
    pub(super) fn of(self, datum: &Datum) -> Option<f64> {
        match self {
            Self::SampleCount => Some(datum.count),
            Self::Sum => Some(datum.sum),
            Self::Average => Some(datum.sum / datum.count),
            Self::Minimum => Some(datum.least),
            Self::Maximum => Some(datum.most),
            Self::Percentile(share) => percentile(datum.values.as_deref()?, share * datum.count),
            Self::Trimmed(kind, low, high) => trimmed(kind, (low, high), datum),
        }
    }
}

fn kind_of(text: &str) -> Option<Kind> {
    Some(match text {
        "tm" => Kind::Mean,
        "tc" => Kind::Count,
        "ts" => Kind::Sum,
        "wm" => Kind::Winsorized,
        "pr" => Kind::Rank,
        _ => return None,
    })
}

fn share(text: &str) -> Option<f64> {
    let percent: f64 = text.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

fn bound(text: &str) -> Option<Bound> {
    match (text, text.strip_suffix('%')) {
        ("", _) => Some(Bound::Open),
        (_, Some(percent)) => share(percent).map(Bound::Share),
        (value, None) => value.parse().ok().map(Bound::Value),
    }
}

/// The value at a rank.
fn percentile(values: &[(f64, f64)], rank: f64) -> Option<f64> {
    let mut passed = 0.0;
    for &(value, count) in values {
        passed += count;
        if passed >= rank {
            return Some(value);
        }
    }
    values.last().map(|&(value, _)| value)
}

fn trimmed(kind: Kind, (low, high): (Bound, Bound), datum: &Datum) -> Option<f64> {
    let values = datum.values.as_deref()?;
    let (mut inside, mut sum, mut below) = (0.0, 0.0, 0.0);
    let (mut first, mut last) = (None, None);
    for &(value, count) in values {
        let kept = kept(value, (below, below + count), (low, high), datum.count);
        below += count;
        if kept > 0.0 {
            first.get_or_insert(value);
            last = Some(value);
        }
        inside += kept;
        sum += kept * value;
    }
    match kind {
        Kind::Count => Some(inside),
        Kind::Sum => Some(sum),
        Kind::Rank => Some(100.0 * inside / datum.count),
        Kind::Mean => (inside > 0.0).then(|| sum / inside),
        Kind::Winsorized => {
            let (first, last) = (first?, last?);
            let clipped = values.iter().map(|&(value, count)| value.clamp(first, last) * count);
            Some(clipped.sum::<f64>() / datum.count)
        }
    }
}

/// How many of the samples of one value, with ranks `from..to`, are between the bounds.
fn kept(value: f64, ranks: (f64, f64), (low, high): (Bound, Bound), all: f64) -> f64 {
    let (mut from, mut to) = ranks;
    match low {
        Bound::Value(low) if value <= low => return 0.0,
        Bound::Share(low) => from = from.max(low * all),
        Bound::Value(_) | Bound::Open => {}
    }
    match high {
        Bound::Value(high) if value > high => return 0.0,
        Bound::Share(high) => to = to.min(high * all),
        Bound::Value(_) | Bound::Open => {}
    }
    (to - from).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::Statistic;
    use crate::cloud::brain::cloudwatch::metrics::Datum;

    fn datum() -> Datum {
        let values = vec![(0.1, 5.0), (0.5, 3.0), (2.0, 2.0)];
        Datum { count: 10.0, sum: 6.0, least: 0.1, most: 2.0, values: Some(values) }
    }

    #[test]
    fn every_statistic_is_what_it_says() {
        let cases = [
            ("SampleCount", 10.0),
            ("Sum", 6.0),
            ("Average", 0.6),
            ("Minimum", 0.1),
            ("Maximum", 2.0),
            ("p50", 0.1),
            ("p80", 0.5),
            ("p99.9", 2.0),
            ("TC(0.5:)", 2.0),
            ("TC(:0.5)", 8.0),
            ("TC(0.1:0.5)", 3.0),
            ("PR(:0.5)", 80.0),
            ("TS(0.5:)", 4.0),
            ("tc80", 8.0),
            ("tm50", 0.1),
            ("TM(50%:80%)", 0.5),
            ("WM(:80%)", (0.5 + 1.5 + 1.0) / 10.0),
        ];
        for (text, wanted) in cases {
            let found = Statistic::parse(text).unwrap().of(&datum()).unwrap();
            assert!((found - wanted).abs() < 1e-9, "{text}: {found}");
        }
        for text in ["Mean", "p101", "TC()", "TC(:)", "px", "TC(a:)", "t"] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_statistic_set_has_no_percentiles() {
        let datum = Datum { values: None, ..datum() };
        assert_eq!(Statistic::parse("p50").unwrap().of(&datum), None);
        assert_eq!(Statistic::parse("Sum").unwrap().of(&datum), Some(6.0));
    }
}
