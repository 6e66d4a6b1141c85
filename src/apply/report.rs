//! After a failure: what AWS shows of it, and the likely cause on top.

use super::release::Release;
use crate::model::{Event, LogLevel, ServiceEvent, ServiceName, TaskDefArn};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::{End, Evidence, event_text, likely_cause, shortened, stopped_text};

/// Lines of each kind; the rest is in ECS's own console.
const MOST_LINES: usize = 10;

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// The end with its likely cause as reason, after everything that explains it was told.
    pub(super) async fn explained(
        &self,
        service: &ServiceName,
        revision: &TaskDefArn,
        end: End,
        events: &[ServiceEvent],
    ) -> End {
        if !end.is_failure() {
            return end;
        }
        let evidence = self.evidence(service, revision, events).await;
        let cause = likely_cause(&evidence);
        let ran = format!("{service} {}", revision.short());
        let first = match &cause {
            Some(cause) => format!("{ran} failed: {cause}"),
            None => format!("{ran} failed: {}", end.reason),
        };
        let text = shortened(&first, 100);
        self.reporter.emit(Event::Line { level: LogLevel::Error, text });
        if cause.is_some() {
            self.fact("ecs", &end.reason);
        }
        self.tell(&evidence);
        End { cause, ..end }
    }

    async fn evidence(
        &self,
        service: &ServiceName,
        revision: &TaskDefArn,
        events: &[ServiceEvent],
    ) -> Evidence {
        let stopped = match self.cloud.stopped_tasks(&self.wanted.cluster, service).await {
            Ok(tasks) => tasks,
            Err(error) => {
                self.warn(&format!("could not tell why tasks stopped: {error}"));
                Vec::new()
            }
        };
        let state = self.observed.as_ref().and_then(|observed| observed.state(service));
        let bindings = state.into_iter().flat_map(|state| &state.load_balancers);
        let mut unhealthy = Vec::new();
        for group in bindings.filter_map(|binding| binding.target_group.as_ref()) {
            match self.cloud.target_health(group).await {
                Ok(targets) => {
                    unhealthy.extend(targets.into_iter().filter(|one| one.state == "unhealthy"));
                }
                Err(error) => self.warn(&format!("could not tell the targets' health: {error}")),
            }
        }
        Evidence {
            events: events.to_vec(),
            stopped: stopped.into_iter().filter(|task| task.task_definition == *revision).collect(),
            unhealthy,
        }
    }

    fn tell(&self, evidence: &Evidence) {
        let from = evidence.events.len().saturating_sub(MOST_LINES);
        for event in evidence.events.iter().skip(from) {
            // Only the time of day: the date is that of the job.
            let at = event.at.to_string();
            let time = at.get(11..19).unwrap_or(&at);
            self.fact("event", &format!("{time} {}", event_text(&event.message)));
        }
        for task in evidence.stopped.iter().take(MOST_LINES) {
            self.fact("task", &stopped_text(task));
        }
        for target in evidence.unhealthy.iter().take(MOST_LINES) {
            let why = target.description.as_deref().or(target.reason.as_deref()).unwrap_or("");
            self.fact("target", &format!("{} {}: {why}", target.target, target.state));
        }
    }
}
