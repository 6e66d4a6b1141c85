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

/// What the command told the tasks that it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// To run.
    Run,
    /// To stop.
    Stop,
}

/// Waits until each of the tasks is where ECS wants it. Ended by itself is good with exit code 0,
/// stopped by StopTask only where that was told.
pub(super) async fn settled(
    scene: &Scene<'_>,
    cloud: &AwsCloud,
    (told, arns): (Told, Vec<String>),
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
            return Ok(ended(told, &tasks).into());
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

fn ended(told: Told, tasks: &[TaskState]) -> Outcome {
    let failed = tasks.iter().find_map(|task| Some((task, trouble(told, task)?)));
    match failed {
        Some((task, why)) => Outcome::new(OutcomeKind::FailedNotRolledBack)
            .because(format!("task {}: {why}", task.id()))
            .hinting("nothing is rolled back for tasks that belong to no service"),
        None => Outcome::new(OutcomeKind::Succeeded).because(summary(tasks, tasks.len())),
    }
}

/// What is wrong with a task that settled. Whoever is stopped ends with 137 or, when it takes the
/// signal well, with 0: neither says that it did its work.
fn trouble(told: Told, task: &TaskState) -> Option<String> {
    match (told, was_stopped(task)) {
        (Told::Stop, true) => None,
        (Told::Run, true) => Some("somebody stopped it (StopTask)".to_owned()),
        (_, false) => task.failure(),
    }
}

/// Ended by StopTask.
fn was_stopped(task: &TaskState) -> bool {
    task.status == "STOPPED" && task.reason.as_deref() == Some("Task stopped by user")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TaskContainer, TaskDefArn};

    fn stopped(exit_code: i32, reason: &str) -> TaskState {
        TaskState {
            arn: "arn:aws:ecs:r:1:task/prod/abc".to_owned(),
            task_definition: TaskDefArn::new("web:1"),
            status: "STOPPED".to_owned(),
            wanted: "STOPPED".to_owned(),
            group: String::new(),
            started_by: String::new(),
            reason: Some(reason.to_owned()),
            containers: vec![TaskContainer {
                name: "web".to_owned(),
                status: "STOPPED".to_owned(),
                exit_code: Some(exit_code),
                reason: None,
                health: None,
                ports: Vec::new(),
            }],
        }
    }

    #[test]
    fn a_task_that_somebody_else_stopped_did_not_do_its_work() {
        let by_user = |code| stopped(code, "Task stopped by user");
        let by_itself = |code| stopped(code, "Essential container in task exited");
        let kind = |told, task| ended(told, &[task]).outcome;
        for code in [0, 137] {
            assert_eq!(kind(Told::Stop, by_user(code)), OutcomeKind::Succeeded);
            assert_eq!(kind(Told::Run, by_user(code)), OutcomeKind::FailedNotRolledBack);
        }
        for told in [Told::Run, Told::Stop] {
            assert_eq!(kind(told, by_itself(0)), OutcomeKind::Succeeded);
            assert_eq!(kind(told, by_itself(3)), OutcomeKind::FailedNotRolledBack);
        }
    }
}
