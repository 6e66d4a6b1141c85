//! One change: the call, and what its answer means for the rest of the run. A lost answer is
//! noted as lost; the next look decides whether it is sent again.

use super::blame;
use super::release::Release;
use crate::model::{
    CallError, CallErrorKind, DeploymentArn, Goal, LiveTaskDefinition, Observed, ServiceName,
    ServiceRequest, ServiceState, TaskDefArn, TaskDefinitionSpec,
};
use crate::plan::{Phase, Sending, Step, UpdateReason};
use crate::ports::{Clock, Cloud, Reporter, Seen};
use serde_json::Value;
use std::collections::BTreeMap;

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Carries `step` out; in words what was done.
    pub(super) async fn carry_out(
        &mut self,
        step: &Step,
        observed: &Observed,
    ) -> Result<String, CallError> {
        match step {
            Step::ReuseRevision { service, revision, .. } => {
                self.eyes.remember(revision);
                self.history.has_revision(service, (**revision).clone());
                // What runs already is no news.
                let runs = observed.state(service).map(|state| &state.task_definition);
                if runs != Some(&revision.arn) {
                    self.fact("plan", &step.to_string());
                }
            }
            Step::Register { service, spec, tags, from, changes } => {
                let done = self.register(service, spec, tags, observed).await?;
                return Ok(self.registered(done.as_ref(), from.as_ref(), changes));
            }
            Step::CreateService { service, request, revision } => {
                let Some(arn) = self.history.arn_of(service, revision) else {
                    return Ok(nothing());
                };
                let request = with_revision(request, &arn);
                let answer = self.cloud.create_service(&request).await;
                let (service, phase) = (service.clone(), Phase::Forward);
                let sending = Sending { service, revision: arn, phase };
                if self.sent(&sending, answer, observed)? {
                    let text = format!("{} created with {}", sending.service, tasks(&request));
                    self.fact("service", &text);
                }
            }
            Step::UpdateService { service, request, revision, phase, why, .. } => {
                let arn = revision.as_ref();
                let arn = arn.and_then(|revision| self.history.arn_of(service, revision));
                let starts = arn.clone().filter(|_| *why != UpdateReason::Settings);
                let (name, phase) = (service.clone(), *phase);
                let sending = starts.map(|revision| Sending { service: name, revision, phase });
                let request = match arn.as_ref().filter(|_| !self.starts_again(service)) {
                    Some(arn) => with_revision(request, arn),
                    None => request.clone(),
                };
                self.update(service, &request, sending.as_ref(), observed).await?;
            }
            Step::DeleteService { service } => self.delete(service).await?,
            Step::StopDeployment { service, deployment, .. } => {
                self.make_stop(service, deployment, &step.to_string()).await?;
            }
            Step::Continue { service, revision, pause } => {
                return self.answer(service, revision, pause).await;
            }
            Step::Remember { service, arn, tags } => self.note(service, arn, tags).await,
            Step::Journal(entry) => self.write_journal(entry).await,
            Step::SetWeights(weights) => {
                return self.set_weights(weights, observed).await;
            }
            Step::ScaleIn(step) => return Ok(self.scale_in(step).await),
            Step::Wait(_) | Step::Finish(_) => {}
        }
        Ok(step.to_string())
    }

    /// True when what a service has is started once more: its revision need not be named.
    fn starts_again(&self, service: &ServiceName) -> bool {
        let wanted = self.wanted.full.as_ref().filter(|wanted| wanted.name == *service);
        self.wanted.goal == Goal::Service && wanted.is_some_and(|wanted| wanted.task.is_none())
    }

    async fn update(
        &mut self,
        service: &ServiceName,
        request: &ServiceRequest,
        sending: Option<&Sending>,
        observed: &Observed,
    ) -> Result<(), CallError> {
        let answer = self.cloud.update_service(request).await;
        let is_answered = match sending {
            None => self.set(service, answer, request).map(|()| true)?,
            Some(sending) => self.sent(sending, answer, observed)?,
        };
        if is_answered {
            self.fact("service", &updated(service, request));
        }
        Ok(())
    }

    async fn delete(&mut self, service: &ServiceName) -> Result<(), CallError> {
        match self.cloud.delete_service(&self.wanted.cluster, service).await {
            Err(error) if error.kind != CallErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => self.history.of_mut(service).deleted = true,
        }
        self.fact("service", &format!("{service} deleted"));
        Ok(())
    }

    async fn make_stop(
        &mut self,
        service: &ServiceName,
        deployment: &DeploymentArn,
        what: &str,
    ) -> Result<(), CallError> {
        match self.cloud.stop_deployment(deployment).await {
            Err(error) if blame::cannot(&error) => {
                self.history.of_mut(service).stop_refused = true;
                let then = match self.wanted.goal {
                    Goal::Rollback(_) | Goal::Abort => ": it is pushed aside instead",
                    Goal::Canary
                    | Goal::Full
                    | Goal::Promote
                    | Goal::Reap
                    | Goal::Release
                    | Goal::Scale
                    | Goal::Service => "",
                };
                self.warn(&format!("{error}{then}"));
            }
            Err(error) if blame::passes(&error) => return Err(error),
            // Refused or not found: it ended in the meantime, and the next look tells how.
            Ok(()) | Err(_) => {
                self.history.of_mut(service).stopped.insert(deployment.clone());
                self.fact("service", what);
            }
        }
        Ok(())
    }

    /// A step whose effect is seen already, without an answer of ours.
    pub(super) fn seen_as_done(&mut self, step: &Step, observed: &Observed) {
        match step {
            Step::Continue { service, revision, pause } => {
                self.answered(service, revision, pause, None);
            }
            _ => self.history.seen_as_done(step, observed),
        }
    }

    /// Registers; without tags when only they are denied. `None` = the answer was lost.
    async fn register(
        &mut self,
        service: &ServiceName,
        spec: &TaskDefinitionSpec,
        tags: &BTreeMap<String, String>,
        observed: &Observed,
    ) -> Result<Option<LiveTaskDefinition>, CallError> {
        let no_tags = BTreeMap::new();
        let tags = if self.history.tagging_denied { &no_tags } else { tags };
        let mut answer = self.cloud.register(spec, tags).await;
        if let Err(error) = &answer
            && error.kind == CallErrorKind::Denied
            && !tags.is_empty()
        {
            // RegisterTaskDefinition with tags needs ecs:TagResource as well.
            let denied = error.to_string();
            answer = self.cloud.register(spec, &no_tags).await;
            if answer.is_ok() {
                self.tagging_denied(&denied);
            }
        }
        match answer {
            Ok(revision) => {
                self.eyes.remember(&revision);
                self.history.has_revision(service, revision.clone());
                Ok(Some(revision))
            }
            Err(error) if error.kind == CallErrorKind::NoAnswer => {
                self.lost(service, Phase::Forward, &error, observed);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn registered(
        &self,
        revision: Option<&LiveTaskDefinition>,
        from: Option<&TaskDefArn>,
        changes: &[String],
    ) -> String {
        let Some(revision) = revision else { return "a revision, its answer was lost".to_owned() };
        let new = revision.arn.short();
        let text = match from {
            Some(from) => format!("{} -> {new}: {}", from.short(), changes.join(", ")),
            None => format!("{new}: first revision"),
        };
        self.fact("plan", &text);
        text
    }

    /// The answer of a change that starts a deployment; false when it was lost.
    fn sent(
        &mut self,
        sending: &Sending,
        answer: Result<Seen<ServiceState>, CallError>,
        observed: &Observed,
    ) -> Result<bool, CallError> {
        match answer {
            Ok(seen) => {
                self.history.was_sent(sending, (&seen.value, seen.at), observed);
                Ok(true)
            }
            Err(error) if error.kind == CallErrorKind::NoAnswer => {
                self.lost(&sending.service, sending.phase, &error, observed);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// The answer of a change of count or per cents. A lost one is sent again: it does no harm.
    fn set(
        &mut self,
        service: &ServiceName,
        answer: Result<Seen<ServiceState>, CallError>,
        request: &ServiceRequest,
    ) -> Result<(), CallError> {
        answer?;
        self.history.was_set(service, request, self.observed.as_ref());
        Ok(())
    }

    fn lost(&mut self, service: &ServiceName, phase: Phase, error: &CallError, seen: &Observed) {
        self.warn(&format!("{error}: looking whether it was done"));
        self.history.was_lost(service, phase, (&error.operation, seen.at));
    }

    /// Writes tags; without the right to do so the release goes on.
    pub(super) async fn note(
        &mut self,
        service: &ServiceName,
        arn: &str,
        tags: &BTreeMap<String, String>,
    ) {
        match self.cloud.tag(arn, tags).await {
            Ok(()) => self.eyes.tagged(arn, tags),
            Err(error) if blame::cannot(&error) => self.tagging_denied(&error.to_string()),
            // The note helps later runs only: not worth to fail a release that went well.
            Err(error) => self.warn(&format!("could not note it in a tag: {error}")),
        }
        self.history.was_remembered(service, arn, tags);
    }

    pub(super) fn tagging_denied(&mut self, why: &str) {
        if !self.history.tagging_denied {
            self.history.tagging_denied = true;
            self.warn(&format!(
                "no tags are written: no lease is held, rollback goes by ECS's history ({why})"
            ));
        }
    }
}

fn with_revision(request: &ServiceRequest, arn: &TaskDefArn) -> ServiceRequest {
    let mut body = request.body().clone();
    body.insert("taskDefinition".to_owned(), Value::from(arn.short()));
    ServiceRequest::new(body)
}

/// `check` lets no plan pass that names a revision which nobody registered.
fn nothing() -> String {
    "nothing".to_owned()
}

fn tasks(request: &ServiceRequest) -> String {
    match request.body().get("desiredCount").and_then(Value::as_u64) {
        Some(1) => "1 task".to_owned(),
        Some(count) => format!("{count} tasks"),
        None => "one task on each instance".to_owned(),
    }
}

fn updated(service: &ServiceName, request: &ServiceRequest) -> String {
    let body = request.body();
    let mut text = format!("{service} updated");
    if let Some(revision) = body.get("taskDefinition").and_then(Value::as_str) {
        text.push_str(&format!(" to {revision}"));
    }
    if body.contains_key("desiredCount") {
        text.push_str(&format!(", {} wanted", tasks(request)));
    }
    text
}
