//! The driver's half of the job socket: who the job is, for commands that it asks for.

use super::place::Place;
use crate::broker::{Executor, Limits, Request};
use crate::commands::{Bundle, Console};
use crate::host::user_id;
use crate::model::{Event, Outcome, OutcomeKind};
use crate::ports::Reporter;

/// Carries out the requests of one stage.
pub(super) struct Seat<'a> {
    place: &'a Place,
    voice: &'a dyn Reporter,
}

impl<'a> Seat<'a> {
    /// `voice` tells what a command says after its client has gone.
    pub(super) fn new(place: &'a Place, voice: &'a dyn Reporter) -> Self {
        Self { place, voice }
    }

    /// What a client may do.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            // In this profile a script runs as the Runner's own user.
            uid: user_id(),
            max_request_bytes: self.place.settings.job.max_request_bytes,
            spool: self.place.directories.state(),
        }
    }
}

impl Executor for Seat<'_> {
    async fn execute(&self, _request: Request, _bundle: Bundle, _console: Console<'_>) -> Outcome {
        Outcome::new(OutcomeKind::Internal)
    }

    fn stray(&self, event: Event) {
        self.voice.emit(event);
    }
}
