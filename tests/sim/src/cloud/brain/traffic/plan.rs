//! How much traffic there is. Owns the rate at a moment: day, bursts, incidents.

use crate::cloud::brain::time::SimTime;
use serde::{Deserialize, Serialize};

/// Users of one listener. The shares of errors and the times are the tasks' fates; what hits
/// every task alike is an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrafficPlan {
    /// ARN of the listener; empty = the example's.
    pub listener: String,
    /// `Host` of the requests.
    pub host: String,
    /// Path of the requests.
    pub path: String,
    /// Requests per second at the mean of a day.
    pub per_second: f64,
    /// How far the rate goes up and down over a day, as a share of the mean, 0 to 1.
    pub day_swing: f64,
    /// Hour (UTC) of the day's peak.
    pub day_peak_hour: f64,
    /// Share of requests that fail at the day's peak besides those of the fates; none do at its
    /// lowest.
    pub day_error_share: f64,
    /// Seconds that every answer takes longer at the day's peak; none at its lowest.
    pub day_slower_by: f64,
    /// Share of chance beyond Poisson's: variance of the rate of each slice over its square.
    pub unrest: f64,
    /// Times of more requests.
    pub bursts: Vec<Burst>,
    /// Times in which every task does worse.
    pub incidents: Vec<Incident>,
}

/// A time of more requests, once or again and again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Burst {
    /// Seconds from the plan's start.
    pub after: f64,
    /// How long, in seconds.
    pub lasts: f64,
    /// Again so many seconds after its begin; 0 = once.
    pub every: f64,
    /// Times the rate.
    pub factor: f64,
}

/// A time in which every task does worse: a database, a neighbour.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Incident {
    /// Seconds from the plan's start.
    pub after: f64,
    /// How long, in seconds.
    pub lasts: f64,
    /// Share of requests that fail besides those of the fates.
    pub error_share: f64,
    /// Seconds that every answer takes longer.
    pub slower_by: f64,
    /// Part of the ARN of the target group it is in; absent = all of them.
    pub target_group: Option<String>,
}

impl Default for TrafficPlan {
    fn default() -> Self {
        Self {
            listener: String::new(),
            host: "localhost".to_owned(),
            path: "/".to_owned(),
            per_second: 10.0,
            day_swing: 0.0,
            day_peak_hour: 14.0,
            day_error_share: 0.0,
            day_slower_by: 0.0,
            unrest: 0.0,
            bursts: Vec::new(),
            incidents: Vec::new(),
        }
    }
}

impl TrafficPlan {
    /// Steady users of the example's listener.
    pub fn steady(per_second: f64) -> Self {
        Self { per_second, ..Self::default() }
    }

    /// Requests per second, some time after the plan's start.
    pub(super) fn rate(&self, at: SimTime, elapsed: f64) -> f64 {
        let of_day = 1.0 + self.day_swing * self.height(at);
        let of_bursts: f64 = self
            .bursts
            .iter()
            .filter(|burst| is_in(burst.after, burst.lasts, burst.every, elapsed))
            .map(|burst| burst.factor)
            .product();
        (self.per_second * of_day * of_bursts).max(0.0)
    }

    /// Failing share and extra seconds that the hour and incidents give to a target group.
    pub(super) fn trouble(&self, group: &str, at: SimTime, elapsed: f64) -> (f64, f64) {
        let height = f64::midpoint(1.0, self.height(at));
        let of_day = (self.day_error_share * height, self.day_slower_by * height);
        self.incidents
            .iter()
            .filter(|one| is_in(one.after, one.lasts, 0.0, elapsed))
            .filter(|one| one.target_group.as_deref().is_none_or(|part| group.contains(part)))
            .fold(of_day, |(share, slower), one| {
                (share + (1.0 - share) * one.error_share, slower + one.slower_by)
            })
    }

    /// Where the hour stands between the day's lowest, -1, and its peak, 1.
    fn height(&self, at: SimTime) -> f64 {
        let hour = (at.epoch_seconds() / 3600.0).rem_euclid(24.0);
        ((hour - self.day_peak_hour) / 24.0 * std::f64::consts::TAU).cos()
    }
}

fn is_in(after: f64, lasts: f64, every: f64, elapsed: f64) -> bool {
    let since = elapsed - after;
    let since = if every > 0.0 && since >= 0.0 { since.rem_euclid(every) } else { since };
    (0.0..lasts).contains(&since)
}

#[cfg(test)]
mod tests {
    use super::{Burst, Incident, SimTime, TrafficPlan};

    #[test]
    fn the_rate_follows_the_day_and_its_bursts() {
        let burst = Burst { after: 60.0, lasts: 10.0, every: 100.0, factor: 3.0 };
        let plan = TrafficPlan { day_swing: 0.5, bursts: vec![burst], ..TrafficPlan::steady(10.0) };
        let at = |hour: i64| SimTime::from_millis(hour * 3_600_000);
        assert!((plan.rate(at(14), 0.0) - 15.0).abs() < 1e-9);
        assert!((plan.rate(at(2), 0.0) - 5.0).abs() < 1e-9);
        assert!((plan.rate(at(14), 165.0) - 45.0).abs() < 1e-9);
        assert!((plan.rate(at(14), 75.0) - 15.0).abs() < 1e-9);
    }

    #[test]
    fn errors_and_slowness_drift_with_the_day_and_incidents_come_on_top() {
        let incident =
            Incident { lasts: 60.0, error_share: 0.5, slower_by: 1.0, ..Incident::default() };
        let plan = TrafficPlan {
            day_error_share: 0.02,
            day_slower_by: 0.4,
            incidents: vec![incident],
            ..TrafficPlan::steady(10.0)
        };
        let trouble = |hour: i64, elapsed: f64| {
            let (share, slower) =
                plan.trouble("g", SimTime::from_millis(hour * 3_600_000), elapsed);
            format!("{share:.3} {slower:.2}")
        };
        assert_eq!(trouble(14, 100.0), "0.020 0.40");
        assert_eq!(trouble(20, 100.0), "0.010 0.20");
        assert_eq!(trouble(2, 100.0), "0.000 0.00");
        assert_eq!(trouble(14, 30.0), "0.510 1.40");
    }
}
