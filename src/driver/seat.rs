//! The driver's half of the job socket: commands that the job asks for are carried out as the
//! job that the Runner named, whatever the request says.

use super::place::Place;
use crate::broker::{Executor, Limits, Request};
use crate::commands::{Bundle, Console, JobSeat, execute_for_job};
use crate::host::user_id;
use crate::model::{Event, Outcome};
use crate::ports::Reporter;
use std::path::PathBuf;
use std::time::Duration;

/// A client has everything ready before it connects; a slow disk is no faster than this.
const SILENCE: Duration = Duration::from_secs(30);

/// Carries out the requests of one stage.
pub(super) struct Seat<'a> {
    place: &'a Place,
    state: PathBuf,
    voice: &'a dyn Reporter,
}

impl<'a> Seat<'a> {
    /// `voice` tells what a command says after its client has gone.
    pub(super) fn new(place: &'a Place, voice: &'a dyn Reporter) -> Self {
        Self { place, state: place.directories.state(), voice }
    }

    /// What a client may do.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            // In this profile a script runs as the Runner's own user.
            uid: user_id(),
            max_request_bytes: self.place.settings.job.max_request_bytes,
            spool: self.state.clone(),
            silence: SILENCE,
        }
    }
}

impl Executor for Seat<'_> {
    async fn execute(&self, request: Request, bundle: Bundle, console: Console<'_>) -> Outcome {
        let seat = JobSeat {
            job: &self.place.job,
            host: &self.place.settings,
            state_dir: &self.state,
            ends: self.place.ends,
        };
        execute_for_job(request.call, bundle, &seat, request.variables, console).await
    }

    fn stray(&self, event: Event) {
        self.voice.emit(event);
    }
}
