//! After a failure: what AWS shows of it, and the likely cause on top.

use super::release::Release;
use crate::model::{
    CallError, DeploymentArn, Event, FailureReport, ServiceEvent, ServiceName, StoppedTask,
    TaskDefArn,
};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::{End, HealthAsked, first_sign, likely_cause, log_wishes};
use std::time::Duration;

/// Lines of a failing container's log.
const LOG_LINES: u32 = 20;
/// What all reads of a report get together: the way back must not wait for them.
const LIMIT: Duration = Duration::from_secs(30);

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// The end with its likely cause, after everything that explains it was told; and the report.
    pub(super) async fn explained(
        &self,
        service: &ServiceName,
        revision: &TaskDefArn,
        end: End,
        events: &[ServiceEvent],
    ) -> (End, Option<Box<FailureReport>>) {
        if !end.is_explained() {
            return (end, None);
        }
        let mut report = FailureReport {
            service: service.clone(),
            revision: revision.short().to_owned(),
            ended: end.word().to_owned(),
            deployment: end.deployment.clone(),
            cause: None,
            reason: end.reason.clone(),
            events: events.to_vec(),
            tasks: Vec::new(),
            logs: Vec::new(),
            targets: Vec::new(),
            alarms: Vec::new(),
            could_not_tell: Vec::new(),
        };
        let asked = tokio::select! {
            biased;
            asked = self.gather(revision, &mut report) => asked,
            _ = self.sleep_or_cancel(LIMIT) => None,
        };
        report.cause = likely_cause(&report, asked.as_ref());
        if !end.is_failure() && report.cause.is_none() {
            // Nothing says why it takes so long: the end says that it does.
            return (end, None);
        }
        let report = Box::new(report);
        self.reporter.emit(Event::Failure { report: report.clone() });
        let first = first_sign(&report);
        (End { cause: report.cause.clone(), first, ..end }, Some(report))
    }

    /// Reads what is there to read, the most telling first. Also what the load balancer asks.
    async fn gather(
        &self,
        revision: &TaskDefArn,
        report: &mut FailureReport,
    ) -> Option<HealthAsked> {
        match self.cloud.stopped_tasks(&self.wanted.cluster, &report.service).await {
            Ok(tasks) => {
                let is_ours = |task: &StoppedTask| task.task_definition == *revision;
                report.tasks = tasks.into_iter().filter(is_ours).collect();
            }
            Err(error) => unknown(report, "why tasks stopped", &error),
        }
        let asked = self.targets(report).await;
        self.logs(revision, report).await;
        self.alarms(report).await;
        asked
    }

    async fn targets(&self, report: &mut FailureReport) -> Option<HealthAsked> {
        let state = self.observed.as_ref().and_then(|observed| observed.state(&report.service));
        let mut asked = None;
        for binding in state.into_iter().flat_map(|state| &state.load_balancers) {
            let Some(group) = &binding.target_group else { continue };
            match self.cloud.target_health(group).await {
                Ok(targets) => report
                    .targets
                    .extend(targets.into_iter().filter(|one| one.state == "unhealthy")),
                Err(error) => unknown(report, "the targets' health", &error),
            }
            // Only for the words: without it they are less exact, and nobody need know why.
            if let Ok(Some(group)) = self.cloud.target_group(group).await {
                let container = binding.container.to_string();
                asked =
                    Some(HealthAsked { container, port: binding.port, check: group.health_check });
            }
        }
        asked
    }

    async fn logs(&self, revision: &TaskDefArn, report: &mut FailureReport) {
        let (wishes, cannot) = log_wishes(self.eyes.known(revision), &report.tasks);
        report.could_not_tell.extend(cannot);
        for wish in wishes {
            match self.cloud.tail(&wish.log.place, LOG_LINES).await {
                Ok(lines) if lines.is_empty() => {
                    let text = format!("container {} logged nothing", wish.log.container);
                    report.could_not_tell.push(text);
                }
                Ok(lines) => report.logs.push(wish.with(&lines)),
                Err(error) => {
                    unknown(report, &format!("the log of {}", wish.log.container), &error);
                }
            }
        }
    }

    async fn alarms(&self, report: &mut FailureReport) {
        let Some(arn): Option<DeploymentArn> = report.deployment.clone() else { return };
        match self.cloud.service_deployment(&arn).await {
            Ok(found) => report.alarms = found.map(|one| one.triggered_alarms).unwrap_or_default(),
            Err(error) => unknown(report, "whether an alarm went off", &error),
        }
    }
}

fn unknown(report: &mut FailureReport, what: &str, error: &CallError) {
    report.could_not_tell.push(format!("could not tell {what}: {error}"));
}
