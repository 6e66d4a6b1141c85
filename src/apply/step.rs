//! One change: the call, and what its answer means for the rest of the run. A lost answer is
//! noted as lost; the next look decides whether it is sent again.

use super::blame;
use super::release::Release;
use crate::model::{
    CallError, CallErrorKind, DeploymentArn, Event, Goal, LiveTaskDefinition, Observed,
    ServiceName, ServiceRequest, ServiceState, TaskDefArn, TaskDefinitionSpec,
};
use crate::plan::{Attempt, Before, CountSent, Lost, Phase, RevisionRef, Sent, Step, UpdateReason};
use crate::ports::{Clock, Cloud, Reporter, Seen};
use crate::watch::shortened;
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
                self.history.of_mut(service).forward.revision = Some((**revision).clone());
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
                let Some(arn) = self.arn_of(service, revision) else { return Ok(nothing()) };
                let request = with_revision(request, &arn);
                let answer = self.cloud.create_service(&request).await;
                let sending = Sending { service, revision: arn, phase: Phase::Forward };
                self.sent(&sending, answer, observed)?;
                self.fact("service", &format!("{service} created with {}", tasks(&request)));
            }
            Step::UpdateService { service, request, revision, phase, why, .. } => {
                let arn = revision.as_ref().and_then(|revision| self.arn_of(service, revision));
                let starts = arn.clone().filter(|_| *why != UpdateReason::Settings);
                let sending = starts.map(|revision| Sending { service, revision, phase: *phase });
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
        sending: Option<&Sending<'_>>,
        observed: &Observed,
    ) -> Result<(), CallError> {
        let answer = self.cloud.update_service(request).await;
        match sending {
            None => self.set(service, answer, request)?,
            Some(sending) => self.sent(sending, answer, observed)?,
        }
        self.fact("service", &updated(service, request));
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
        let (service, arn, phase) = match step {
            Step::StopDeployment { service, deployment, .. } => {
                self.history.of_mut(service).stopped.insert(deployment.clone());
                return;
            }
            Step::Continue { service, revision, pause } => {
                self.answered(service, revision, pause, None);
                return;
            }
            Step::CreateService { service, revision: RevisionRef::Known(arn), .. } => {
                (service, arn, Phase::Forward)
            }
            Step::UpdateService {
                service, revision: Some(RevisionRef::Known(arn)), phase, ..
            } => (service, arn, *phase),
            _ => return,
        };
        let primary = observed.state(service).and_then(ServiceState::primary);
        let before = self.history.of(service).and_then(|known| known.basis.clone());
        self.attempt(service, phase).sent = Some(Sent {
            revision: arn.clone(),
            at: observed.at,
            primary: primary.map(|primary| primary.id.clone()),
            current: None,
            before,
        });
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
                let known = self.history.of_mut(service);
                known.forward.lost = None;
                known.forward.revision = Some(revision.clone());
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

    /// The revision that a request names; one of this run's own is known by now.
    fn arn_of(&self, service: &ServiceName, revision: &RevisionRef) -> Option<TaskDefArn> {
        match revision {
            RevisionRef::Known(arn) => Some(arn.clone()),
            RevisionRef::Registered => {
                let known = self.history.of(service)?.forward.revision.as_ref()?;
                Some(known.arn.clone())
            }
        }
    }

    /// The answer of a change that starts a deployment.
    fn sent(
        &mut self,
        sending: &Sending<'_>,
        answer: Result<Seen<ServiceState>, CallError>,
        observed: &Observed,
    ) -> Result<(), CallError> {
        let service = sending.service;
        let seen = match answer {
            Ok(seen) => seen,
            Err(error) if error.kind == CallErrorKind::NoAnswer => {
                self.lost(service, sending.phase, &error, observed);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let before = match sending.phase {
            Phase::Forward => self.history.of(service).and_then(|known| known.basis.clone()),
            Phase::Back => observed.services.get(service).and_then(Before::of),
        };
        let old_primary = before.as_ref().and_then(|before| before.primary.as_ref());
        let primary = seen.value.primary().map(|primary| primary.id.clone());
        let primary = primary.filter(|id| Some(id) != old_primary);
        let was_there =
            |arn: &_| before.as_ref().is_some_and(|before| before.deployments.contains(arn));
        let current = seen.value.current_deployment.filter(|arn| !was_there(arn));
        let revision = sending.revision.clone();
        let sent = Sent { revision, at: seen.at, primary, current, before };
        let attempt = self.attempt(service, sending.phase);
        attempt.sent = Some(sent);
        attempt.lost = None;
        Ok(())
    }

    /// The answer of a change of count or per cents. A lost one is sent again: it does no harm.
    fn set(
        &mut self,
        service: &ServiceName,
        answer: Result<Seen<ServiceState>, CallError>,
        request: &ServiceRequest,
    ) -> Result<(), CallError> {
        answer?;
        let count = request.body().get("desiredCount").and_then(Value::as_u64);
        let count = count.and_then(|count| u32::try_from(count).ok());
        let before = self.observed.as_ref().and_then(|observed| observed.state(service));
        if let Some(count) = count {
            let sent = CountSent { count, ended: None };
            self.history.of_mut(service).count = Some(sent);
        }
        let is_new = count.filter(|count| before.is_none_or(|before| before.desired != *count));
        self.history.of_mut(service).settings = Some(is_new);
        Ok(())
    }

    fn lost(&mut self, service: &ServiceName, phase: Phase, error: &CallError, seen: &Observed) {
        self.warn(&format!("{error}: looking whether it was done"));
        let lost = Lost { operation: error.operation.clone(), at: seen.at };
        self.attempt(service, phase).lost = Some(lost);
    }

    pub(super) fn attempt(&mut self, service: &ServiceName, phase: Phase) -> &mut Attempt {
        let known = self.history.of_mut(service);
        match phase {
            Phase::Forward => &mut known.forward,
            Phase::Back => &mut known.back,
        }
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
        let known = self.history.of_mut(service);
        for (key, value) in tags {
            known.remembered.insert((arn.to_owned(), key.clone()), value.clone());
        }
    }

    pub(super) fn tagging_denied(&mut self, why: &str) {
        if !self.history.tagging_denied {
            self.history.tagging_denied = true;
            self.warn(&format!(
                "no tags are written: no lease is held, rollback goes by ECS's history ({why})"
            ));
        }
    }

    pub(super) fn warn(&self, text: &str) {
        self.reporter.emit(Event::warning(shortened(text, 300)));
    }
}

/// A change that starts a deployment.
struct Sending<'a> {
    service: &'a ServiceName,
    revision: TaskDefArn,
    phase: Phase,
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
