//! The last lines that a task of its own logged.

use super::task::Run;
use crate::model::{CallErrorKind, LiveTaskDefinition, OneTask};
use crate::ports::{Clock, Ecs, Logs, Reporter};
use crate::watch::{log_place, masked};
use std::time::Duration;

/// Lines that are shown; the rest is in the log group.
const LINES: u32 = 50;
/// The log driver sends what it has every few seconds, the last lines after the task's end.
const LATE: Duration = Duration::from_secs(5);

impl<C: Ecs + Logs, K: Clock, R: Reporter> Run<'_, C, K, R> {
    /// Tells them, or why they could not be read.
    pub(super) async fn tell_log(&self, revision: &LiveTaskDefinition, ended: &OneTask) {
        match self.log(revision, ended).await {
            Ok(lines) => {
                for line in lines {
                    self.fact("log", &line);
                }
            }
            Err(why) => self.fact("log", &format!("not shown: {why}")),
        }
    }

    async fn log(
        &self,
        revision: &LiveTaskDefinition,
        ended: &OneTask,
    ) -> Result<Vec<String>, String> {
        let name = self.wanted.container.as_str();
        let container = ended.stopped.containers.iter().find(|one| one.name.as_str() == name);
        let container = container.filter(|one| one.exit_code.is_some());
        let Some(container) = container else { return Ok(Vec::new()) };
        let place = log_place(Some(revision), &ended.stopped, container)?;
        let mut read = self.cloud.tail(&place, LINES).await;
        let is_late = match &read {
            Ok(lines) => lines.is_empty(),
            Err(error) => error.kind == CallErrorKind::NotFound,
        };
        if is_late {
            self.clock.sleep(LATE).await;
            read = self.cloud.tail(&place, LINES).await;
        }
        let lines = read.map_err(|error| error.to_string())?;
        let shown = lines.iter().map(|line| masked(line.trim_end()));
        Ok(shown.filter(|line| !line.is_empty()).collect())
    }
}
