//! The tasks of a project that belong to no service, and know each other by their group: listed,
//! started, stopped, brought to a number.

use super::task_note::Number;
use super::task_token::Mark;
use crate::aws::{AwsCloud, TaskAim, TaskOwner};
use crate::failure::{Exit, Failure};
use crate::model::{ClusterName, Event, TaskState};
use crate::ports::Reporter;
use serde_json::{Map, Value, json};

/// RunTask starts at most ten.
const TASKS_A_CALL: usize = 10;

/// Where tasks are, and how a command talks of them.
pub(super) struct ProjectTasks<'a> {
    pub(super) cloud: &'a AwsCloud,
    pub(super) cluster: ClusterName,
    /// Name of the project, and of its family.
    pub(super) name: String,
    pub(super) reporter: &'a dyn Reporter,
}

/// ecs-cli's group of a project's tasks.
pub(super) fn group(name: &str) -> String {
    format!("task:{name}")
}

impl ProjectTasks<'_> {
    /// Those that ECS wants to run.
    pub(super) async fn running(&self) -> Result<Vec<TaskState>, Failure> {
        self.own(TaskAim::Running).await
    }

    /// The project's tasks among those of its family: a service has the same family.
    pub(super) async fn own(&self, aim: TaskAim) -> Result<Vec<TaskState>, Failure> {
        let group = group(&self.name);
        let tasks = self.cloud.tasks(&self.cluster, TaskOwner::Family(&self.name), aim).await?;
        let is_own = |task: &TaskState| task.group == group || task.started_by == self.name;
        Ok(tasks.into_iter().filter(is_own).collect())
    }

    /// Replaces ten at a time, as many as RunTask starts, and then starts those that are missing.
    /// What `running` has of `number` already is not started again. Returns who was started.
    pub(super) async fn bring(
        &self,
        number: &Number,
        running: &[TaskState],
        mark: &Mark,
    ) -> Result<Vec<String>, Failure> {
        let is_old = |task: &&TaskState| number.replaced.contains(&task.arn);
        let (old, kept): (Vec<&TaskState>, Vec<&TaskState>) = running.iter().partition(is_old);
        let mut there = kept.len();
        let mut started = Vec::new();
        for part in old.chunks(TASKS_A_CALL) {
            self.stop(part.iter().map(|task| task.arn.as_str())).await?;
            let fresh = part.len().min(number.count.saturating_sub(there));
            started.extend(self.start(&number.request, (there, fresh), mark).await?);
            there += fresh;
        }
        let missing = number.count.saturating_sub(there);
        started.extend(self.start(&number.request, (there, missing), mark).await?);
        Ok(started)
    }

    /// Starts `count` tasks beside the `there` ones that the command has.
    pub(super) async fn start(
        &self,
        request: &Map<String, Value>,
        (there, count): (usize, usize),
        mark: &Mark,
    ) -> Result<Vec<String>, Failure> {
        let (mut started, mut reasons) = (Vec::new(), Vec::new());
        for request in requests(request, (there, count), mark) {
            let (tasks, failures) = self.cloud.run_tasks(&request).await?;
            started.extend(arns(&tasks));
            reasons.extend(failures);
        }
        if count > 0 {
            let revision = request.get("taskDefinition").and_then(Value::as_str).unwrap_or("?");
            let text = format!("{} started of {revision}", in_words(started.len()));
            self.reporter.emit(Event::fact("tasks", text));
        }
        reasons.dedup();
        if reasons.is_empty() {
            return Ok(started);
        }
        let text = format!("{} of {count} tasks started: {}", started.len(), reasons.join("; "));
        Err(Failure::new(Exit::NotRolledBack, text)
            .hint("the cluster has no room, or no instance fits"))
    }

    async fn stop(&self, arns: impl ExactSizeIterator<Item = &str>) -> Result<(), Failure> {
        let count = arns.len();
        for arn in arns {
            self.cloud.stop_task(&self.cluster, arn).await?;
        }
        self.reporter.emit(Event::fact("tasks", format!("{} told to stop", in_words(count))));
        Ok(())
    }
}

/// One request for each ten tasks.
fn requests(
    request: &Map<String, Value>,
    (there, count): (usize, usize),
    mark: &Mark,
) -> Vec<Map<String, Value>> {
    let starts = (0..count).step_by(TASKS_A_CALL);
    let one = |begun: usize| {
        let mut body = request.clone();
        body.insert("count".to_owned(), json!((count - begun).min(TASKS_A_CALL)));
        body.insert("clientToken".to_owned(), json!(mark.token(&body, there + begun)));
        body
    };
    starts.map(one).collect()
}

pub(super) fn in_words(count: usize) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

pub(super) fn arns(tasks: &[TaskState]) -> Vec<String> {
    tasks.iter().map(|task| task.arn.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ten_tasks_go_with_one_request_and_each_request_has_its_token() {
        let mark = Mark::of_job(7, 1);
        let all = |there, count| requests(&Map::new(), (there, count), &mark);
        let counts = |count| {
            let all = all(0, count);
            all.iter().map(|one| one["count"].as_u64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(counts(12), [10, 2]);
        assert_eq!(counts(20), [10, 10]);
        assert_eq!(counts(1), [1]);
        assert!(counts(0).is_empty());
        let tokens: BTreeSet<String> =
            all(0, 30).iter().map(|one| one["clientToken"].to_string()).collect();
        assert_eq!(tokens.len(), 3);
        assert_eq!(all(10, 10), all(0, 20)[1..], "the rest of a killed command is asked for alike");
    }
}
