//! From a call to its end: the same for a person's own process and for the driver of a job.

use super::release::Report;
use super::{Bundle, Call, Caller, Console, JobSeat};
use super::{
    abort, build, deploy, gc, identity, plan, promote, release_all, render, replay, rollback,
    scale, status, task, verify,
};
use crate::failure::{self, Exit, Failure};
use crate::model::{Event, Outcome};
use crate::output::{self, Redactor};
use crate::ports::Clock as _;
use std::collections::BTreeMap;

/// Carries out a command. Everything but the outcome is told through `console`; the outcome,
/// with its exit code, is returned.
pub async fn execute(call: Call, bundle: Bundle, caller: &Caller, console: Console<'_>) -> Outcome {
    let started = caller.clock.now();
    let keeps_records = call.keeps_release_records();
    let ended = if console.cancel.count() > 0 {
        Err(Failure::new(Exit::Cancelled, "cancelled before anything was begun"))
    } else {
        // The largest of them holds a whole release with the SDK's requests.
        Box::pin(dispatch(call, bundle, caller, console)).await
    };
    let (outcome, steps) = match ended {
        Ok(Report { outcome, steps }) => (failure::finish(outcome), steps),
        Err(failure) => (failure.tell(console.reporter), keeps_records.then(Vec::new)),
    };
    // A release counts in the time of its cloud; everything else in ours.
    let own = caller.clock.now().since(started).as_secs_f64() / caller.speed();
    let seconds = if outcome.seconds > 0.0 { outcome.seconds } else { own };
    let outcome = Outcome { seconds, ..outcome };
    if let Some(steps) = steps.filter(|_| keeps_records) {
        let json = output::release_json(&outcome, &steps);
        let json = Redactor::new(caller.secrets.iter().cloned()).text(&json).into_owned();
        console.records.record("release.json", json.into_bytes());
        console.records.record("release.env", output::release_env(&outcome).into_bytes());
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
) -> Result<Report, Failure> {
    match call {
        Call::Build(args) => Ok(build::execute(&args, bundle, caller, console).await?.into()),
        Call::Deploy(args) => deploy::execute(&args, &bundle, caller, console).await,
        Call::Promote(args) => promote::execute(&args, &bundle, caller, console).await,
        Call::Abort(args) => abort::execute(&args, &bundle, caller, console).await,
        Call::Gc(args) => gc::execute(&args, &bundle, caller, console).await,
        Call::Release(args) => release_all::execute(&args, &bundle, caller, console).await,
        Call::Rollback(args) => Box::pin(rollback::execute(&args, &bundle, caller, console)).await,
        Call::Scale(args) => scale::execute(&args, &bundle, caller, console).await,
        Call::Task(args) => Box::pin(task::execute(&args, &bundle, caller, console)).await,
        Call::Plan(args) => Box::pin(plan::execute(&args, &bundle, caller, console)).await,
        Call::Verify(args) => {
            let ended = Box::pin(verify::execute(&args, &bundle, caller, console)).await?;
            Ok(ended.into())
        }
        Call::Status(args) => {
            let ended = Box::pin(status::execute(&args, &bundle, caller, console)).await?;
            Ok(ended.into())
        }
        Call::Render(args) => Ok(render::execute(&args, &bundle, caller, console).await?.into()),
        Call::Replay(args) => Ok(replay::execute(&args, &bundle, caller, console).await?.into()),
        Call::Docker(docker) => Ok(docker.execute(bundle, caller, console).await?.into()),
        Call::EcsCli(ecs_cli) => ecs_cli.execute(&bundle, caller, console).await,
        Call::CallerIdentity(args) => Ok(identity::execute(&args, caller, console).await?.into()),
    }
}
