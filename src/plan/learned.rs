//! What the answer of a call, or the end of a wait, means for the rest of a run. Whoever carries
//! steps out notes it here and nowhere else.

use super::Shortfall;
use super::history::{
    Attempt, Before, CountSent, FullAwaited, History, Lost, Noted, Sent, ServiceHistory,
    WeightsSent,
};
use super::step::{JournalEntry, Phase, RevisionRef, Step, Waiting, WaitingOn, WeightsStep};
use crate::model::{
    LiveTaskDefinition, Observed, ServiceName, ServiceRequest, ServiceState, TaskDefArn, Timestamp,
};
use crate::watch::End;
use serde_json::Value;
use std::collections::BTreeMap;

/// A change that starts a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Of this service.
    pub service: ServiceName,
    /// To this revision.
    pub revision: TaskDefArn,
    /// On the way there, or back.
    pub phase: Phase,
}

impl History {
    /// The try that `phase` makes with `service`.
    pub fn attempt_mut(&mut self, service: &ServiceName, phase: Phase) -> &mut Attempt {
        let known = self.of_mut(service);
        match phase {
            Phase::Forward => &mut known.forward,
            Phase::Back => &mut known.back,
        }
    }

    /// The revision that a step names; one of this run's own is known once it is registered.
    pub fn arn_of(&self, service: &ServiceName, revision: &RevisionRef) -> Option<TaskDefArn> {
        match revision {
            RevisionRef::Known(arn) => Some(arn.clone()),
            RevisionRef::Registered => {
                let known = self.of(service)?.forward.revision.as_ref()?;
                Some(known.arn.clone())
            }
        }
    }

    /// `revision` is chosen, or was registered.
    pub fn has_revision(&mut self, service: &ServiceName, revision: LiveTaskDefinition) {
        let attempt = &mut self.of_mut(service).forward;
        attempt.lost = None;
        attempt.revision = Some(revision);
    }

    /// A change started a deployment: `answer` shows the service after it, at the time of AWS's
    /// clock; `observed` is the look before it.
    pub fn was_sent(
        &mut self,
        sending: &Sending,
        (answer, at): (&ServiceState, Timestamp),
        observed: &Observed,
    ) {
        let service = &sending.service;
        let before = match sending.phase {
            Phase::Forward => self.of(service).and_then(|known| known.basis.clone()),
            Phase::Back => observed.services.get(service).and_then(Before::of),
        };
        let old_primary = before.as_ref().and_then(|before| before.primary.as_ref());
        let primary = answer.primary().map(|primary| primary.id.clone());
        let primary = primary.filter(|id| Some(id) != old_primary);
        let was_there =
            |arn: &_| before.as_ref().is_some_and(|before| before.deployments.contains(arn));
        let current = answer.current_deployment.clone().filter(|arn| !was_there(arn));
        let revision = sending.revision.clone();
        let attempt = self.attempt_mut(service, sending.phase);
        attempt.sent = Some(Sent { revision, at, primary, current, before });
        attempt.lost = None;
    }

    /// A change of count or per cents alone was taken.
    pub fn was_set(
        &mut self,
        service: &ServiceName,
        request: &ServiceRequest,
        observed: Option<&Observed>,
    ) {
        let count = request.body().get("desiredCount").and_then(Value::as_u64);
        let count = count.and_then(|count| u32::try_from(count).ok());
        let before = observed.and_then(|observed| observed.state(service));
        let known = self.of_mut(service);
        if let Some(count) = count {
            known.count = Some(CountSent { count, ended: None });
        }
        known.settings =
            Some(count.filter(|count| before.is_none_or(|before| before.desired != *count)));
    }

    /// The answer of a change was lost; `at` is the time of the look before it.
    pub fn was_lost(
        &mut self,
        service: &ServiceName,
        phase: Phase,
        (operation, at): (&str, Timestamp),
    ) {
        let lost = Lost { operation: operation.to_owned(), at };
        self.attempt_mut(service, phase).lost = Some(lost);
    }

    /// Weights were sent, whether or not an answer came.
    pub fn weights_were_sent(&mut self, step: &WeightsStep, observed: &Observed) {
        let WeightsStep { expected, to, .. } = step;
        self.weights = Some(WeightsSent { to: *to, before: *expected, at: observed.at });
        self.full_awaited = None;
    }

    /// The full service cannot take the canary's share yet, seen `at` AWS's time.
    pub fn full_is_awaited(&mut self, lacks: Shortfall, at: Timestamp) {
        let since = self.full_awaited.map_or(at, |known| known.since);
        self.full_awaited = Some(FullAwaited { since, lacks });
    }

    /// An entry was written, or would have been with the right to tag: what this run noted
    /// counts for itself in any case.
    pub fn was_noted(&mut self, entry: &JournalEntry) {
        let before = self.noted.take().filter(|noted| noted.arn == entry.arn);
        let before = before.map_or_else(|| entry.before.clone(), |noted| noted.before);
        let (arn, record) = (entry.arn.clone(), entry.record.clone());
        self.noted = Some(Noted { arn, record, before });
    }

    /// Tags were written to `arn`, or could not be: they are not written again.
    pub fn was_remembered(
        &mut self,
        service: &ServiceName,
        arn: &str,
        tags: &BTreeMap<String, String>,
    ) {
        let known = self.of_mut(service);
        for (key, value) in tags {
            known.remembered.insert((arn.to_owned(), key.clone()), value.clone());
        }
    }

    /// The effect of `step` is seen already, without an answer of ours.
    pub fn seen_as_done(&mut self, step: &Step, observed: &Observed) {
        let (service, arn, phase) = match step {
            Step::StopDeployment { service, deployment, .. } => {
                self.of_mut(service).stopped.insert(deployment.clone());
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
        let primary = primary.map(|primary| primary.id.clone());
        let before = self.of(service).and_then(|known| known.basis.clone());
        let revision = arn.clone();
        let sent = Sent { revision, at: observed.at, primary, current: None, before };
        self.attempt_mut(service, phase).sent = Some(sent);
    }

    /// A wait begins for `revision`, which this run did not choose itself: what runs is it.
    pub fn joins(&mut self, waiting: &Waiting, revision: &TaskDefArn, observed: &Observed) {
        let seen = observed.services.get(&waiting.service);
        let known = self.of_mut(&waiting.service);
        if waiting.phase == Phase::Forward && known.forward.revision.is_none() {
            let running = seen.and_then(|seen| seen.task_definition.as_ref());
            known.forward.revision = running.filter(|running| running.arn == *revision).cloned();
        }
    }

    /// A wait ended.
    pub fn wait_ended(&mut self, waiting: &Waiting, end: End) {
        let service = &waiting.service;
        match &waiting.on {
            WaitingOn::OwnDeployment { .. } => {
                self.attempt_mut(service, waiting.phase).ended = Some(end);
            }
            WaitingOn::Count { desired } => {
                let known: &mut ServiceHistory = self.of_mut(service);
                known.count_end = Some(end.clone());
                known.count = Some(CountSent { count: *desired, ended: Some(end) });
            }
            WaitingOn::Hold { step, .. } | WaitingOn::Verdict { step, .. } => {
                self.holds.insert(*step, end);
            }
            WaitingOn::Gate { .. } => self.gate = Some(end),
            // What they ended with is seen at the next look.
            WaitingOn::LostAnswer { .. }
            | WaitingOn::Settled { .. }
            | WaitingOn::Weights { .. }
            | WaitingOn::FullService(_)
            | WaitingOn::Lease { .. } => {}
        }
    }
}
