//! Being asked to stop: what is done about a deployment under way, and what is left.

use super::release::Release;
use crate::model::{
    CallError, Goal, OnCancel, Outcome, OutcomeKind, ServiceName, ServiceRequest, TaskDefArn,
    Traffic,
};
use crate::plan::{self, Phase, Waiting};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::{Waiter as _, Watch};
use serde_json::{Map, json};

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// What is to be done with what is under way, by how far the release is.
    pub(super) fn on_cancel(&self) -> OnCancel {
        let policy = self.wanted.on_cancel;
        let noted = self.history.noted.as_ref().and_then(|noted| noted.record.progress.as_ref());
        let is_past = match noted {
            Some(progress) => progress.phase.is_past_the_canary(),
            // Without a lease: a single service.
            None => matches!(self.wanted.goal, Goal::Full | Goal::Service),
        };
        if is_past { policy.full } else { policy.canary }
    }

    /// Whether what was cancelled is to leave no canary behind.
    pub(super) fn takes_canary_back(&self, outcome: &Outcome) -> bool {
        let noted = self.history.noted.as_ref().and_then(|noted| noted.record.progress.as_ref());
        let on_cancel = self.on_cancel();
        outcome.outcome == OutcomeKind::Cancelled
            && !self.is_taken_away()
            && noted.is_some_and(|one| plan::takes_canary_back(self.wanted, one.phase, on_cancel))
    }

    /// Cancelled while nothing of ours was under way.
    pub(super) fn cancelled_between(&self) -> Outcome {
        Outcome::new(OutcomeKind::Cancelled)
            .because(format!("the job was cancelled; {}", self.left()))
    }

    /// The second request: nothing is sent any more.
    pub(super) fn cut_off(&self) -> Outcome {
        let mut text = self.left();
        for (service, known) in &self.history.services {
            if let Some(sent) =
                known.forward.sent.as_ref().filter(|_| known.forward.ended.is_none())
            {
                text = format!("{service} goes on to {} in AWS", sent.revision.short());
            }
        }
        Outcome::new(OutcomeKind::Cancelled)
            .because(format!("the job was cancelled twice, and ended at once; {text}"))
            .hinting("run the same job again: it goes on from here")
    }

    /// Cancelled while our deployment was under way.
    pub(super) async fn cancelled_in(
        &mut self,
        waiting: &Waiting,
        revision: &TaskDefArn,
        watch: &Watch,
    ) -> Outcome {
        let service = &waiting.service;
        let goes_on = format!("{service} goes on to {} in AWS", revision.short());
        let is_way_back =
            waiting.phase == Phase::Back || matches!(self.wanted.goal, Goal::Rollback(_));
        let what = match self.on_cancel() {
            // Stopping a way back would bring the bad release again.
            _ if is_way_back => format!("{goes_on}: a way back is not stopped"),
            OnCancel::Leave => format!("{goes_on} (on_cancel: leave)"),
            OnCancel::Stop => self.stop(service, revision, watch).await,
        };
        let now = self.left_of(service, &what).await;
        let outcome = Outcome::new(OutcomeKind::Cancelled)
            .because(format!("the job was cancelled while {service} went to {}", revision.short()))
            .hinting("run the same job again to bring it to its end");
        Outcome {
            now: Some(now),
            users: watch.users(),
            service: Some(service.clone()),
            deployment: watch.deployment().cloned(),
            revision: Some(revision.short().to_owned()),
            ..outcome
        }
    }

    /// StopServiceDeployment, or the way back ourselves where that is not possible.
    async fn stop(
        &mut self,
        service: &ServiceName,
        revision: &TaskDefArn,
        watch: &Watch,
    ) -> String {
        let previous = self.previous_of(service, revision);
        let refused = match watch.deployment() {
            Some(arn) => match self.cloud.stop_deployment(arn).await {
                Ok(()) => {
                    self.history.of_mut(service).stopped.insert(arn.clone());
                    return match previous {
                        Some(previous) => format!(
                            "the deployment of {} on {service} was stopped: ECS goes back to {}",
                            revision.short(),
                            previous.short()
                        ),
                        None => format!(
                            "the first deployment of {service} was stopped: there is nothing to \
                             go back to, {} stays",
                            revision.short()
                        ),
                    };
                }
                Err(error) => error.to_string(),
            },
            None => "our deployment was not found".to_owned(),
        };
        if matches!(self.wanted.course.traffic, Traffic::Native(_)) {
            // Another UpdateService would begin a deployment that pauses without anybody.
            return format!(
                "{service} goes on to {}: it cannot be stopped ({refused}), and goes back by \
                 itself at its next pause",
                revision.short()
            );
        }
        let Some(previous) = previous else {
            return format!(
                "{service} goes on to {}: it cannot be stopped ({refused})",
                revision.short()
            );
        };
        match self.send_back(service, &previous).await {
            Ok(()) => format!("{service} was sent back to {} ({refused})", previous.short()),
            Err(error) => format!(
                "{service} goes on to {}: it can neither be stopped ({refused}) nor sent back \
                 ({error})",
                revision.short()
            ),
        }
    }

    async fn send_back(&self, service: &ServiceName, to: &TaskDefArn) -> Result<(), CallError> {
        let mut body = Map::new();
        body.insert("cluster".to_owned(), json!(self.wanted.cluster));
        body.insert("service".to_owned(), json!(service));
        body.insert("taskDefinition".to_owned(), json!(to.short()));
        self.cloud.update_service(&ServiceRequest::new(body)).await.map(|_| ())
    }

    fn previous_of(&self, service: &ServiceName, revision: &TaskDefArn) -> Option<TaskDefArn> {
        let known = self.history.of(service)?;
        if known.forward.sent.as_ref().is_some_and(|sent| sent.before.is_none()) {
            return None;
        }
        let seen = self.observed.as_ref().and_then(|observed| observed.services.get(service));
        plan::ran_before(revision, known, seen)
    }

    /// `what` was done, and one last look at the service.
    async fn left_of(&self, service: &ServiceName, what: &str) -> String {
        let names = std::slice::from_ref(service);
        match self.cloud.services(&self.wanted.cluster, names).await {
            Ok(seen) => match seen.value.into_iter().flatten().next() {
                Some(state) => self.standing_of(&state, what),
                None => format!("{what}\n{service} does not exist"),
            },
            Err(error) => format!("{what}\ncould not look what is left: {error}"),
        }
    }
}
