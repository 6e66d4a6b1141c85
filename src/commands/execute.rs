//! From a call to its end: the same for a person's own process and for the driver of a job.

use super::build;
use super::{Bundle, Call, Caller, Console, JobSeat};
use crate::failure::{self, Failure};
use crate::model::{Event, Outcome, OutcomeKind};
use crate::ports::Clock as _;
use std::collections::BTreeMap;

/// Carries out a command. Everything but the outcome is told through `console`; the outcome,
/// with its exit code, is returned.
pub async fn execute(call: Call, bundle: Bundle, caller: &Caller, console: Console<'_>) -> Outcome {
    let started = caller.clock.now();
    let ended = if console.cancel.count() > 0 {
        Ok(Outcome::new(OutcomeKind::Cancelled).because("cancelled before anything was begun"))
    } else {
        // The largest of them holds a whole release with the SDK's requests.
        Box::pin(dispatch(call, bundle, caller, console)).await
    };
    let mut outcome = match ended {
        Ok(outcome) => failure::finish(outcome),
        Err(failure) => failure.tell(console.reporter),
    };
    if outcome.seconds == 0.0 {
        outcome.seconds = caller.clock.now().since(started).as_secs_f64();
    }
    if outcome.commit.is_none() {
        outcome.commit = caller.identity.commit.as_ref().map(ToString::to_string);
    }
    outcome
}

/// Carries out a command of a job, in the driver of its stage.
pub async fn execute_for_job(
    call: Call,
    bundle: Bundle,
    seat: &JobSeat<'_>,
    variables: BTreeMap<String, String>,
    console: Console<'_>,
) -> Outcome {
    let (caller, findings) = Caller::of_job(seat, variables);
    for finding in findings {
        console.reporter.emit(Event::Finding { finding });
    }
    execute(call, bundle, &caller, console).await
}

async fn dispatch(
    call: Call,
    bundle: Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    match call {
        Call::Build(args) => build::execute(&args, bundle, caller, console).await,
        Call::Docker(docker) => docker.execute(bundle, caller, console).await,
    }
}
