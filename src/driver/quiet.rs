//! When to keep the log moving. The Runner asks GitLab for a cancel only when it has new output
//! (else every 30 s), so a silent script gets a sequence that shows nothing. Pure.

use std::time::Duration;
use tokio::time::Instant;

/// Silence before a beat. The Runner sends new output, and hears of a cancel, at its next
/// update (1 s to a few seconds later); the promise is 12 s with an interval of 1 s.
const SILENCE: Duration = Duration::from_secs(5);

/// Switches colours off, which they are at the start of a line: nothing is shown.
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
    stdout_in_line: bool,
    stderr_in_line: bool,
}

impl Quiet {
    pub(super) fn from(now: Instant) -> Self {
        Self { since: now, stdout_in_line: false, stderr_in_line: false }
    }

    /// Output went out.
    pub(super) fn wrote(&mut self, stream: Stream, bytes: &[u8], now: Instant) {
        let Some(last) = bytes.last() else { return };
        self.since = now;
        *self.in_line_mut(stream) = !matches!(last, b'\n' | b'\r');
    }

    /// When to look next.
    pub(super) fn due(&self) -> Instant {
        self.since + SILENCE
    }

    /// The stream for a beat now; `None` when it is not time, or both streams are inside a line,
    /// where a beat could cut a word, a character or a value that the Runner must mask. Counts
    /// as output.
    pub(super) fn beat(&mut self, now: Instant) -> Option<Stream> {
        if now < self.due() {
            return None;
        }
        self.since = now;
        match (self.stdout_in_line, self.stderr_in_line) {
            (false, _) => Some(Stream::Stdout),
            (true, false) => Some(Stream::Stderr),
            (true, true) => None,
        }
    }

    /// True inside a line of `stream`.
    pub(super) fn in_line(&self, stream: Stream) -> bool {
        match stream {
            Stream::Stdout => self.stdout_in_line,
            Stream::Stderr => self.stderr_in_line,
        }
    }

    fn in_line_mut(&mut self, stream: Stream) -> &mut bool {
        match stream {
            Stream::Stdout => &mut self.stdout_in_line,
            Stream::Stderr => &mut self.stderr_in_line,
        }
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
        let mut quiet = Quiet::from(start);
        assert_eq!(quiet.beat(after(start, 4)), None);
        quiet.wrote(Stream::Stderr, b"x\n", after(start, 4));
        assert_eq!(quiet.beat(after(start, 5)), None);
        assert_eq!(quiet.beat(after(start, 9)), Some(Stream::Stdout));
        assert_eq!(quiet.beat(after(start, 10)), None);
        assert_eq!(quiet.beat(after(start, 14)), Some(Stream::Stdout));
    }

    #[test]
    fn a_beat_never_goes_into_a_line() {
        let start = Instant::now();
        let mut quiet = Quiet::from(start);
        quiet.wrote(Stream::Stdout, b"downloading...", start);
        assert_eq!(quiet.beat(after(start, 5)), Some(Stream::Stderr));
        quiet.wrote(Stream::Stderr, b"half", after(start, 5));
        assert_eq!(quiet.beat(after(start, 10)), None);
        quiet.wrote(Stream::Stdout, b" 90%\r", after(start, 10));
        assert_eq!(quiet.beat(after(start, 15)), Some(Stream::Stdout));
    }
}
