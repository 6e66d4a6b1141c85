//! Bursts: one client or one bad row makes many errors, which then count for less.

use super::{Counts, Phi};
use std::collections::VecDeque;

/// The hour before the release, whose bursts are measured.
const MINUTES_BEFORE: i64 = 60;
/// Fewer minutes with requests say too little; then the baseline's minutes during the release
/// are taken with them.
const FEWEST_BEFORE: usize = 10;

/// How much more the baseline's rate jumps from minute to minute than chance alone would make
/// it: `max(1, mean(d^2 / v))`, `d` the difference of successive rates, `v = p (1-p) (1/n + 1/n')`
/// with `p` over all minutes. A slow drift of the day cancels in `d`.
#[derive(Debug, Clone, Default)]
struct Dispersion {
    /// Requests and rate of the newest minute.
    newest: Option<(f64, f64)>,
    bad: f64,
    requests: f64,
    /// Sum of `d^2 / (1/n + 1/n')`.
    jumps: f64,
    pairs: u32,
}

/// The divisor of every logarithm, fixed or estimated minute by minute.
#[derive(Debug, Clone)]
pub(super) struct PhiEstimate {
    setting: Phi,
    /// Minutes before the canary's first request: number, bad, requests.
    before: VecDeque<(i64, u64, u64)>,
    /// All of the baseline so far.
    all: Dispersion,
    /// Since the canary's first request, when the hour before was long enough.
    of_before: Option<f64>,
    started: bool,
}

impl Dispersion {
    fn add(&mut self, bad: u64, requests: u64) {
        if requests == 0 {
            return;
        }
        let (bad, requests) = (bad as f64, requests as f64);
        let rate = bad / requests;
        if let Some((earlier, earlier_rate)) = self.newest {
            let jump = rate - earlier_rate;
            self.jumps += jump * jump / (1.0 / requests + 1.0 / earlier);
            self.pairs = self.pairs.saturating_add(1);
        }
        self.newest = Some((requests, rate));
        self.bad += bad;
        self.requests += requests;
    }

    fn phi(&self) -> f64 {
        let rate = self.bad / self.requests;
        let by_chance = rate * (1.0 - rate) * f64::from(self.pairs);
        // Also false without a pair or a request, where nothing is known.
        if by_chance > 0.0 { (self.jumps / by_chance).max(1.0) } else { 1.0 }
    }
}

impl PhiEstimate {
    pub(super) fn new(setting: Phi) -> Self {
        let (before, all) = (VecDeque::new(), Dispersion::default());
        Self { setting, before, all, of_before: None, started: false }
    }

    pub(super) fn add(&mut self, minute: i64, counts: &Counts) {
        if matches!(self.setting, Phi::Fixed(_)) {
            return;
        }
        if !self.started && counts.canary_requests > 0 {
            self.start(minute);
        }
        if self.of_before.is_some() {
            return;
        }
        self.all.add(counts.baseline_bad, counts.baseline_requests);
        if !self.started && counts.baseline_requests > 0 {
            self.before.push_back((minute, counts.baseline_bad, counts.baseline_requests));
            self.forget(minute);
        }
    }

    /// The canary gets its first request: what came before is the hour before.
    fn start(&mut self, minute: i64) {
        self.started = true;
        self.forget(minute.saturating_sub(1));
        if self.before.len() >= FEWEST_BEFORE {
            let mut hour = Dispersion::default();
            self.before.drain(..).for_each(|(_, bad, requests)| hour.add(bad, requests));
            self.of_before = Some(hour.phi());
        }
    }

    /// Drops minutes that are no part of the hour which ends with `newest`.
    fn forget(&mut self, newest: i64) {
        let oldest = newest.saturating_sub(MINUTES_BEFORE - 1);
        while self.before.front().is_some_and(|(minute, ..)| *minute < oldest) {
            self.before.pop_front();
        }
    }

    pub(super) fn phi(&self) -> f64 {
        match self.setting {
            Phi::Fixed(phi) => phi,
            Phi::Auto => self.of_before.unwrap_or_else(|| self.all.phi()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(bad: u64, requests: u64) -> Counts {
        Counts { baseline_bad: bad, baseline_requests: requests, ..Counts::default() }
    }

    #[test]
    fn jumps_beyond_chance_are_measured() {
        let mut phi = PhiEstimate::new(Phi::Auto);
        for minute in 0..60 {
            phi.add(minute, &baseline(if minute % 2 == 0 { 0 } else { 20 }, 1_000));
        }
        // d = 0.02, p = 0.01, v = 0.0099 * 2/1000.
        let wanted = 0.0004 / (0.0099 * 2.0 / 1000.0);
        assert!((phi.phi() - wanted).abs() < 1e-9, "{}", phi.phi());
    }

    #[test]
    fn only_the_hour_before_the_first_canary_request_counts() {
        let mut phi = PhiEstimate::new(Phi::Auto);
        for minute in 0..200 {
            // Bursts long ago, none in the last hour.
            let bad = if minute < 140 && minute % 2 == 0 { 100 } else { 10 };
            phi.add(minute, &baseline(bad, 1_000));
        }
        assert!(phi.phi() > 10.0);
        phi.add(200, &Counts { canary_requests: 1, ..baseline(500, 1_000) });
        assert_eq!(phi.phi(), 1.0);
        phi.add(201, &Counts { canary_requests: 1, ..baseline(0, 1_000) });
        assert_eq!(phi.phi(), 1.0);
    }

    #[test]
    fn without_an_hour_before_the_baseline_so_far_counts() {
        let mut phi = PhiEstimate::new(Phi::Auto);
        for (minute, bad) in [(1, 0), (2, 50), (3, 0)] {
            phi.add(minute, &Counts { canary_requests: 9, ..baseline(bad, 1_000) });
        }
        assert!(phi.phi() > 10.0);
    }

    #[test]
    fn nothing_known_is_no_bursts() {
        let mut phi = PhiEstimate::new(Phi::Auto);
        assert_eq!(phi.phi(), 1.0);
        phi.add(0, &baseline(0, 0));
        phi.add(1, &baseline(0, 10));
        phi.add(2, &baseline(0, 10));
        assert_eq!(phi.phi(), 1.0);
    }
}
