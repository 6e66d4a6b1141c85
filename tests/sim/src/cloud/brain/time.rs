//! Virtual time. Owns the type and its spellings; never reads a clock.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment of the simulated world, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

impl SimTime {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Seconds since the epoch with a fraction: how ECS spells a time.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds fit in 53 bits until 287396")]
    pub fn epoch_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// From seconds since the epoch, to the millisecond.
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is rounded")]
    pub fn from_epoch_seconds(seconds: f64) -> Self {
        Self((seconds * 1000.0).round() as i64)
    }

    /// From `2026-11-23T21:08:00Z`, with or without a fraction; always UTC.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let (date, time) = text.trim_end_matches('Z').split_once('T')?;
        let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (date.next()??, date.next()??, date.next()??);
        let mut time = time.splitn(3, ':');
        let (hour, minute): (i64, i64) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?);
        let second: f64 = time.next()?.trim_end_matches("+00:00").parse().ok()?;
        let days = days_from_civil(year, month, day);
        let whole = ((days * 24 + hour) * 60 + minute) * 60;
        Some(Self(whole * 1000 + Self::from_epoch_seconds(second).0))
    }

    /// How long after `earlier` this is; zero when it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// `Mon, 23 Nov 2026 21:08:00 GMT`, for the `Date` header.
    pub fn http_date(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let civil = Civil::of(self);
        let weekday = DAYS[usize::try_from(civil.days.rem_euclid(7)).unwrap_or(0)];
        let month = MONTHS[usize::try_from(civil.month - 1).unwrap_or(0)];
        let Civil { day, year, hour, minute, second, .. } = civil;
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }

    /// `2026-11-23T21:08:00.000Z`, as the Query services spell a time.
    pub fn iso8601(self) -> String {
        let Civil { day, month, year, hour, minute, second, milli, .. } = Civil::of(self);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

impl Add<Duration> for SimTime {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for SimTime {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// Howard Hinnant's days-from-civil algorithm.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// A time in calendar fields (proleptic Gregorian, UTC).
struct Civil {
    days: i64,
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
}

impl Civil {
    /// Howard Hinnant's days-to-civil algorithm.
    fn of(time: SimTime) -> Self {
        let days = time.0.div_euclid(86_400_000);
        let rest = time.0.rem_euclid(86_400_000);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Self {
            days,
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * march_month + 2) / 5 + 1,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1000 % 60,
            milli: rest % 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SimTime;

    #[test]
    fn a_time_is_spelled_as_the_services_spell_it() {
        let time = SimTime::from_millis(1_795_468_080_250);
        assert_eq!(time.http_date(), "Mon, 23 Nov 2026 21:08:00 GMT");
        assert_eq!(time.iso8601(), "2026-11-23T21:08:00.250Z");
        assert_eq!(SimTime::from_millis(951_782_400_000).iso8601(), "2000-02-29T00:00:00.000Z");
        for text in ["2026-11-23T21:08:00.250Z", "2000-02-29T00:00:00.000Z"] {
            assert_eq!(SimTime::parse_iso8601(text).unwrap().iso8601(), text);
        }
        assert_eq!(SimTime::parse_iso8601("yesterday"), None);
    }
}
