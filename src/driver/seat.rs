//! The driver's half of the job socket: who the job is, for commands that it asks for.

use super::place::Place;
use super::say;
use crate::broker::{Executor, Limits, Request};
use crate::commands::{Bundle, Console};
use crate::host::user_id;
use crate::model::{Event, Outcome, OutcomeKind};

/// Carries out the requests of one stage.
pub(super) struct Seat<'a> {
    place: &'a Place,
}

impl<'a> Seat<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        Self { place }
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
        Outcome::new(OutcomeKind::Internal).because("the commands are not linked yet")
    }

    fn stray(&self, event: Event) {
        if let Event::Line { text, .. } = event {
            say::complain(&text);
        }
    }
}
