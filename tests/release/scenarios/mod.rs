//! What a person reads for each outcome: golden files in `tests/scenarios`, one for each.

mod cancels;
mod failures;
mod gates;
mod judged;
mod leases;
mod passing;
mod rollbacks;
mod tasks;
mod twin;
mod weighted;

use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::{OutcomeKind, Wanted};

/// A command in a scenario, and how it has to end.
pub(crate) struct Job<'a>(pub(crate) &'a str, pub(crate) OutcomeKind);

impl Job<'_> {
    /// Runs it in `world` and writes what is read.
    pub(crate) async fn runs(&self, text: &mut Transcript, world: &World, wanted: &Wanted) {
        let told = world.release(wanted).await;
        assert_eq!(told.kind(), self.1, "{}\n{}", told.reason(), told.log);
        text.job(self.0, &told);
    }
}

/// One command, what AWS shows then, and the golden file.
async fn alone(world: &World, wanted: &Wanted, job: Job<'_>, (what, name): (&str, &str)) {
    let mut text = Transcript::new(what);
    job.runs(&mut text, world, wanted).await;
    text.standing(world);
    text.is(name);
}
