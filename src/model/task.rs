//! Tasks that belong to no service.

use super::TaskDefArn;

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskState {
    /// Its ARN.
    pub arn: String,
    /// Its revision.
    pub task_definition: TaskDefArn,
    /// `lastStatus`, as sent.
    pub status: String,
    /// `desiredStatus`, as sent.
    pub wanted: String,
    /// `group`, empty when there is none.
    pub group: String,
    /// `startedBy`, empty when nobody said.
    pub started_by: String,
    /// `stoppedReason`.
    pub reason: Option<String>,
    /// Its containers.
    pub containers: Vec<TaskContainer>,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskContainer {
    /// Its name.
    pub name: String,
    /// `lastStatus`, as sent.
    pub status: String,
    /// How its process ended.
    pub exit_code: Option<i32>,
    /// Why it did not start, or was ended.
    pub reason: Option<String>,
    /// `healthStatus`, as sent.
    pub health: Option<String>,
    /// Its ports on the host: `HOST->CONTAINER/PROTOCOL`.
    pub ports: Vec<String>,
}

impl TaskState {
    /// The last part of the ARN.
    pub fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }

    /// True when it has come to what ECS wants of it: it runs, or it stopped.
    pub fn is_settled(&self) -> bool {
        self.status == self.wanted || self.status == "STOPPED"
    }

    /// Why it counts as failed: it did not start, or a container ended with another code than
    /// 0. `None` while nothing is wrong.
    pub fn failure(&self) -> Option<String> {
        let container = self.containers.iter().find_map(|container| {
            let code = container.exit_code.filter(|code| *code != 0);
            let why = match (code, &container.reason) {
                (Some(code), Some(reason)) => format!("exit code {code} ({reason})"),
                (Some(code), None) => format!("exit code {code}"),
                (None, Some(reason)) => reason.clone(),
                (None, None) => return None,
            };
            Some(format!("container {}: {why}", container.name))
        });
        let never_ran = || {
            let none = self.containers.iter().all(|container| container.exit_code.is_none());
            none.then(|| self.reason.clone().unwrap_or_else(|| "it never ran".to_owned()))
        };
        (self.status == "STOPPED").then(|| container.or_else(never_ran)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(exit_code: Option<i32>, reason: Option<&str>) -> TaskState {
        TaskState {
            arn: "arn:aws:ecs:r:1:task/prod/abc".to_owned(),
            task_definition: TaskDefArn::new("web:1"),
            status: "STOPPED".to_owned(),
            wanted: "STOPPED".to_owned(),
            group: String::new(),
            started_by: String::new(),
            reason: Some("Essential container in task exited".to_owned()),
            containers: vec![TaskContainer {
                name: "web".to_owned(),
                status: "STOPPED".to_owned(),
                exit_code,
                reason: reason.map(str::to_owned),
                health: None,
                ports: Vec::new(),
            }],
        }
    }

    #[test]
    fn a_task_fails_by_an_exit_code_or_because_it_never_ran() {
        assert_eq!(stopped(Some(0), None).failure(), None);
        assert_eq!(stopped(Some(3), None).failure().unwrap(), "container web: exit code 3");
        let pull = stopped(None, Some("CannotPullContainerError"));
        assert_eq!(pull.failure().unwrap(), "container web: CannotPullContainerError");
        assert_eq!(stopped(None, None).failure().unwrap(), "Essential container in task exited");
        assert_eq!(stopped(None, None).id(), "abc");
    }
}
