//! When to keep the log moving. The Runner asks GitLab for a cancel only when it has new output
//! (else every 30 s), so a silent script gets a sequence that shows nothing. Pure.

use super::seam::{Gap, Seam};
use crate::model::Secret;
use std::time::Duration;
use tokio::time::Instant;

/// Silence before a beat. The Runner sends new output, and hears of a cancel, at its next
/// update (1 s to a few seconds later); the promise is 12 s with an interval of 1 s.
const SILENCE: Duration = Duration::from_secs(5);

/// Switches colours off: nothing is shown. Inside a line a colour that is on ends there.
pub(super) const BEAT: &[u8] = b"\x1b[0m";

/// One of the two streams of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// What was written last.
#[derive(Debug)]
pub(super) struct Quiet {
    since: Instant,
    stdout: Seam,
    stderr: Seam,
}

impl Quiet {
    /// `masked` are the values that the Runner hides.
    pub(super) fn from(now: Instant, masked: Vec<Secret>) -> Self {
        Self { since: now, stdout: Seam::new(masked.clone()), stderr: Seam::new(masked) }
    }

    /// Output went out.
    pub(super) fn wrote(&mut self, stream: Stream, bytes: &[u8], now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.since = now;
        match stream {
            Stream::Stdout => self.stdout.wrote(bytes),
            Stream::Stderr => self.stderr.wrote(bytes),
        }
    }

    /// When to look next.
    pub(super) fn due(&self) -> Instant {
        self.since + SILENCE
    }

    /// The stream for a beat now, one at the start of a line where there is one; `None` when it
    /// is not time, or both streams stopped where a beat could cut something. Counts as output.
    pub(super) fn beat(&mut self, now: Instant) -> Option<Stream> {
        if now < self.due() {
            return None;
        }
        self.since = now;
        let gaps = [(self.stdout.gap(), Stream::Stdout), (self.stderr.gap(), Stream::Stderr)];
        let (gap, stream) = gaps.into_iter().min_by_key(|(gap, _)| *gap)?;
        (gap != Gap::None).then_some(stream)
    }

    /// True when a beat would still cut nothing in `stream`.
    pub(super) fn takes_beat(&self, stream: Stream) -> bool {
        let seam = match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        };
        seam.gap() != Gap::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_beat_comes_after_five_seconds_of_silence_and_again() {
        let start = Instant::now();
        let mut quiet = Quiet::from(start, Vec::new());
        assert_eq!(quiet.beat(after(start, 4)), None);
        quiet.wrote(Stream::Stderr, b"x\n", after(start, 4));
        assert_eq!(quiet.beat(after(start, 5)), None);
        assert_eq!(quiet.beat(after(start, 9)), Some(Stream::Stdout));
        assert_eq!(quiet.beat(after(start, 10)), None);
        assert_eq!(quiet.beat(after(start, 14)), Some(Stream::Stdout));
    }

    #[test]
    fn the_start_of_a_line_is_better_than_a_prompt_and_half_a_secret_is_never_cut() {
        let start = Instant::now();
        let mut quiet = Quiet::from(start, vec![Secret::new("s3cret-value")]);
        quiet.wrote(Stream::Stdout, b"downloading...", start);
        assert_eq!(quiet.beat(after(start, 5)), Some(Stream::Stderr));
        quiet.wrote(Stream::Stderr, b"half", after(start, 5));
        assert_eq!(quiet.beat(after(start, 10)), Some(Stream::Stdout));
        quiet.wrote(Stream::Stdout, b" s3cret", after(start, 10));
        assert_eq!(quiet.beat(after(start, 15)), Some(Stream::Stderr));
        quiet.wrote(Stream::Stderr, b" s3c", after(start, 15));
        assert_eq!(quiet.beat(after(start, 20)), None);
        assert!(!quiet.takes_beat(Stream::Stdout));
    }
}
