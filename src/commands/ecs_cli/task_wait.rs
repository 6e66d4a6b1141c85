//! The wait for tasks that belong to no service: until each runs, or has stopped.

use super::scene::Scene;
use crate::aws::AwsCloud;
use crate::commands::release::{ChangeArgs, Report, deadline};
use crate::failure::{Exit, Failure};
use crate::model::{Event, Outcome, OutcomeKind, TaskState};
use crate::ports::Clock as _;
use std::time::Duration;

/// Between looks.
const PAUSE: Duration = Duration::from_secs(5);

/// Waits until each of the tasks is where ECS wants it. Stopped by us is good; ended by itself
/// is good with exit code 0.
pub(super) async fn settled(
    scene: &Scene<'_>,
    cloud: &AwsCloud,
    arns: Vec<String>,
) -> Result<Report, Failure> {
    let clock = &scene.caller.clock;
    let until = deadline(&ChangeArgs::default(), None, scene.caller)?.value;
    let mut said = String::new();
    loop {
        let tasks = cloud.described(&scene.cluster(), &arns).await?;
        let now = summary(&tasks, arns.len());
        if now != said {
            scene.console.reporter.emit(Event::fact("tasks", now.clone()));
            said = now;
        }
        if tasks.len() == arns.len() && tasks.iter().all(TaskState::is_settled) {
            return Ok(ended(&tasks).into());
        }
        if clock.now() >= until {
            let text = format!("the deadline passed and it still goes on: {said}");
            return Ok(Outcome::new(OutcomeKind::TimedOut).because(text).into());
        }
        tokio::select! {
            () = clock.sleep(PAUSE) => {}
            () = scene.console.cancel.reached(1) => {
                return Err(Failure::new(Exit::Cancelled, format!("cancelled: {said}"))
                    .hint("the tasks go on; `ecs-cli compose stop` ends them"));
            }
        }
    }
}

fn summary(tasks: &[TaskState], wanted: usize) -> String {
    let running = tasks.iter().filter(|task| task.status == "RUNNING").count();
    let stopped = tasks.iter().filter(|task| task.status == "STOPPED").count();
    let others = wanted.saturating_sub(running + stopped);
    let parts = [(running, "running"), (stopped, "stopped"), (others, "on their way")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

fn ended(tasks: &[TaskState]) -> Outcome {
    let failed = tasks.iter().find_map(|task| Some((task, task.failure()?)));
    match failed {
        Some((task, why)) if !was_stopped(task) => Outcome::new(OutcomeKind::FailedNotRolledBack)
            .because(format!("task {}: {why}", task.id()))
            .hinting("nothing is rolled back for tasks that belong to no service"),
        _ => Outcome::new(OutcomeKind::Succeeded).because(summary(tasks, tasks.len())),
    }
}

/// Ended by StopTask, as `stop` and `up` do it: then an exit code of 137 is no failure.
fn was_stopped(task: &TaskState) -> bool {
    task.reason.as_deref() == Some("Task stopped by user")
}
