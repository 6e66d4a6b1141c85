//! What the cleanup stage makes of tasks that a killed run stage was starting or stopping: their
//! number is brought to its end, a task on its own goes on, as after a cancel.

use super::project_tasks::ProjectTasks;
use super::task_note::{TaskAct, TasksUnderWay, under_way};
use super::task_token::Mark;
use crate::aws;
use crate::commands::caller::RightsOf;
use crate::commands::{Caller, JobSeat};
use crate::failure::Failure;
use crate::ports::Reporter;
use std::time::Duration;

/// How long the cleanup stage goes on: tasks are told to start and to stop, and not waited for.
const LIMIT: Duration = Duration::from_secs(60);

/// What became of the tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TasksLeft {
    /// So many run or are told to.
    Brought(usize),
    /// These go on, by their ids; nobody waits for their end.
    GoOn(Vec<String>),
    /// None that the job started runs.
    NoneRuns,
    /// The AWS keys were the script's, and are gone with it.
    NoKeys,
    /// They could not be looked at or told.
    Failed,
}

/// Looks after the tasks of a killed run stage, as the same job and with the job's own variables.
pub async fn look_after_tasks(seat: &JobSeat<'_>, reporter: &dyn Reporter) -> Option<TasksLeft> {
    let under_way = under_way(seat.state_dir)?;
    let (caller, _) = Caller::of_job(seat, seat.variables());
    let work = tokio::time::timeout(LIMIT, carry_out(&under_way, &caller, reporter));
    Some(match (work.await, under_way.rights) {
        (Ok(Ok(left)), _) => left,
        (_, RightsOf::Script) => TasksLeft::NoKeys,
        (_, RightsOf::Job) => TasksLeft::Failed,
    })
}

async fn carry_out(
    under_way: &TasksUnderWay,
    caller: &Caller,
    reporter: &dyn Reporter,
) -> Result<TasksLeft, Failure> {
    let cloud = aws::connect(&caller.aws(under_way.region.clone(), None)?).await?;
    let job = caller.identity.job.unwrap_or_default();
    let tasks = ProjectTasks {
        cloud: &cloud,
        cluster: under_way.cluster.clone(),
        name: under_way.name.clone(),
        reporter,
    };
    let running = tasks.running().await?;
    let number = match &under_way.act {
        TaskAct::Bring(number) => number,
        TaskAct::Run => {
            let by = super::started_by(job);
            let own = running.iter().filter(|task| task.started_by == by);
            let ids: Vec<String> = own.map(|task| task.id().to_owned()).collect();
            return Ok(if ids.is_empty() { TasksLeft::NoneRuns } else { TasksLeft::GoOn(ids) });
        }
    };
    tasks.bring(number, &running, &Mark::of_job(job, under_way.turn)).await?;
    Ok(TasksLeft::Brought(number.count))
}
