//! `ps`: the containers of tasks, one line each.

use super::PsOptions;
use crate::aws::TaskAim;
use crate::failure::{Exit, Failure};
use crate::model::{TaskContainer, TaskState};

/// Which tasks are listed.
pub(super) fn aims(ps: &PsOptions) -> Result<Vec<TaskAim>, Failure> {
    match ps.desired_status.as_deref() {
        None => Ok(vec![TaskAim::Running, TaskAim::Stopped]),
        Some("RUNNING") => Ok(vec![TaskAim::Running]),
        Some("STOPPED") => Ok(vec![TaskAim::Stopped]),
        Some(other) => {
            let message = format!("--desired-status {other}: RUNNING or STOPPED is wanted");
            Err(Failure::new(Exit::Usage, message))
        }
    }
}

/// A table with ecs-cli's columns.
pub(super) fn table(tasks: &[TaskState]) -> String {
    let mut rows = vec![["Name", "State", "Ports", "TaskDefinition", "Health"].map(str::to_owned)];
    for task in tasks {
        rows.extend(task.containers.iter().map(|container| row(task, container)));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 5] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn row(task: &TaskState, container: &TaskContainer) -> [String; 5] {
    let mut state = container.status.clone();
    if let Some(code) = container.exit_code {
        state = format!("{state} ExitCode: {code}");
    }
    if let Some(reason) = &container.reason {
        state = format!("{state} Reason: {reason}");
    }
    [
        format!("{}/{}", task.id(), container.name),
        state,
        container.ports.join(", "),
        task.task_definition.short().to_owned(),
        container.health.clone().unwrap_or_else(|| "UNKNOWN".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TaskDefArn;

    #[test]
    fn each_container_has_a_line() {
        let container = |name: &str, exit_code| TaskContainer {
            name: name.to_owned(),
            status: "RUNNING".to_owned(),
            exit_code,
            reason: None,
            health: Some("HEALTHY".to_owned()),
            ports: vec!["0->80/tcp".to_owned()],
        };
        let task = TaskState {
            arn: "arn:aws:ecs:r:1:task/prod/abc".to_owned(),
            task_definition: TaskDefArn::new("arn:aws:ecs:r:1:task-definition/web:3"),
            status: "RUNNING".to_owned(),
            wanted: "RUNNING".to_owned(),
            group: String::new(),
            started_by: String::new(),
            reason: None,
            containers: vec![container("web", None), container("sidecar", Some(1))],
        };
        insta::assert_snapshot!(table(&[task]), @r"
        Name         State                Ports      TaskDefinition  Health
        abc/web      RUNNING              0->80/tcp  web:3           HEALTHY
        abc/sidecar  RUNNING ExitCode: 1  0->80/tcp  web:3           HEALTHY
        ");
        let wrong = PsOptions { desired_status: Some("GONE".to_owned()) };
        assert_eq!(aims(&wrong).unwrap_err().exit(), Exit::Usage);
    }
}
