//! When to look again.

use crate::model::{Event, Timestamp};
use std::time::Duration;

/// Between two looks while something moves. ECS itself moves every ten seconds or so; 50 jobs
/// at this pace use half of the read limit of an account.
const USUAL: Duration = Duration::from_secs(5);
/// While the end is not near: tasks have to start or to stop before it.
const FAR: Duration = Duration::from_secs(10);
/// While our deployment is searched for: it is listed a second or two after the answer.
const SEARCHING: Duration = Duration::from_secs(2);
/// While nothing that we could act on can change: a status that this program does not know.
const SLOW: Duration = Duration::from_secs(15);
/// The longest pause after missed ticks.
const LONGEST: Duration = Duration::from_secs(30);
/// Missed ticks in a row until a person is told.
const TELL_AFTER: u32 = 3;

/// How fast a wait looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tempo {
    /// At once: something changed, and only another read says what.
    AtOnce,
    Searching,
    Usual,
    /// Something moves, and more has to move before the end.
    Far,
    Slow,
}

/// Missed ticks and pauses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pace {
    misses: u32,
    since: Option<Timestamp>,
}

impl Pace {
    /// A look was answered.
    pub(super) fn answered(&mut self) -> Option<Event> {
        let told = self.misses >= TELL_AFTER;
        *self = Self::default();
        told.then(|| Event::line("ECS answers again"))
    }

    /// A look was not answered: the pause before the next one, and what to say.
    pub(super) fn missed(
        &mut self,
        why: &str,
        now: Timestamp,
        jitter: f64,
    ) -> (Duration, Option<Event>) {
        self.misses = self.misses.saturating_add(1);
        let since = *self.since.get_or_insert(now);
        let say = (self.misses == TELL_AFTER).then(|| {
            let seconds = now.since(since).as_secs();
            // No warning, which would be told again below the section: it passes, or the end of
            // the run gives it as its reason.
            Event::line(super::shortened(
                &format!("nothing heard from ECS for {seconds} s, still trying: {why}"),
                300,
            ))
        });
        let doubled = USUAL * 2_u32.saturating_pow(self.misses.saturating_sub(1).min(4));
        (spread(doubled.min(LONGEST), jitter), say)
    }
}

/// The pause before the next look.
pub(super) fn pause(tempo: Tempo, jitter: f64) -> Duration {
    match tempo {
        Tempo::AtOnce => Duration::ZERO,
        Tempo::Searching => spread(SEARCHING, jitter),
        Tempo::Usual => spread(USUAL, jitter),
        Tempo::Far => spread(FAR, jitter),
        Tempo::Slow => spread(SLOW, jitter),
    }
}

/// A fifth more or less, so that many jobs do not look at the same moment.
fn spread(pause: Duration, jitter: f64) -> Duration {
    let factor = 0.8 + 0.4 * jitter.clamp(0.0, 1.0);
    pause.mul_f64(factor)
}
