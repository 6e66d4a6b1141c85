//! Time: wall time at start plus tokio's elapsed time, so that tests can pause it.

use crate::model::Timestamp;
use crate::ports;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The clock of the world that we talk to. It runs `speed` times as fast as ours, so our waits
/// are that much shorter.
#[derive(Debug, Clone)]
pub struct Clock {
    wall: Timestamp,
    begun: Instant,
    speed: f64,
}

impl Clock {
    /// Starts at the wall time of now. A speed that is not a positive number counts as 1.
    pub fn start(speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { wall: wall_time(), begun: Instant::now(), speed }
    }

    /// The clock on the wall.
    pub fn real() -> Self {
        Self::start(1.0)
    }

    /// The same clock as if it had been started at `wall`.
    pub fn at(mut self, wall: Timestamp) -> Self {
        self.wall = wall;
        self
    }
}

impl ports::Clock for Clock {
    fn now(&self) -> Timestamp {
        self.wall.after(self.begun.elapsed().mul_f64(self.speed))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration.div_f64(self.speed)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn wall_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Clock as _;

    #[tokio::test(start_paused = true)]
    async fn a_faster_world_makes_shorter_waits_and_counts_more_time() {
        let clock = Clock::start(60.0).at(Timestamp::from_millis(0));
        let before = Instant::now();
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(before.elapsed(), Duration::from_secs(1));
        assert_eq!(clock.now(), Timestamp::from_millis(60_000));
    }

    #[tokio::test(start_paused = true)]
    async fn a_speed_that_makes_no_sense_is_one() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let clock = Clock::start(speed).at(Timestamp::from_millis(0));
            clock.sleep(Duration::from_secs(1)).await;
            assert_eq!(clock.now(), Timestamp::from_millis(1000));
        }
    }
}
