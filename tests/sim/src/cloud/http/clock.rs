//! The virtual clock: a start, a speed, and jumps. Owns the only reading of real time.

use crate::cloud::brain::SimTime;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Virtual = start + jumps + elapsed x speed.
#[derive(Debug)]
pub(crate) struct VirtualClock {
    start: SimTime,
    began: Instant,
    speed: f64,
    /// Milliseconds added by jumps.
    jumped: AtomicI64,
}

impl VirtualClock {
    /// Starts now; without a start, at the wall's time.
    pub(crate) fn start(start: Option<SimTime>, speed: f64) -> Self {
        Self {
            start: start.unwrap_or_else(wall_time),
            began: Instant::now(),
            speed: if speed > 0.0 { speed } else { 1.0 },
            jumped: AtomicI64::new(0),
        }
    }

    pub(crate) fn now(&self) -> SimTime {
        let elapsed = self.began.elapsed().mul_f64(self.speed);
        self.start + elapsed + self.jumped()
    }

    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    /// Real time until a virtual moment.
    pub(crate) fn real_until(&self, moment: SimTime) -> Duration {
        self.real(moment.since(self.now()))
    }

    /// Real time that a virtual span takes.
    pub(crate) fn real(&self, span: Duration) -> Duration {
        span.div_f64(self.speed)
    }

    /// Goes forward by a span at once.
    pub(crate) fn jump(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.jumped.fetch_add(millis, Ordering::SeqCst);
    }

    fn jumped(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.jumped.load(Ordering::SeqCst)).unwrap_or(0))
    }
}

fn wall_time() -> SimTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    SimTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(0))
}
