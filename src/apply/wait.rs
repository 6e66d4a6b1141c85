//! What a release waits for, and what the end of each wait means for it.

use super::drive::Driven;
use super::release::Release;
use crate::journal::{self, Lease, Reading};
use crate::model::{
    DeploymentArn, Observed, Outcome, OutcomeKind, Refusal, ServiceEvent, ServiceName, TaskDefArn,
    Timestamp, TrafficShare,
};
use crate::plan::{self, History, RevisionRef, Step, Waiting, WaitingOn};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::{
    CountWatch, End, EndKind, Followed, Held, HoldWatch, SettleWatch, Waiter as _, Watch,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two looks for a change whose answer was lost.
const LOST_PAUSE: Duration = Duration::from_secs(3);
/// Between two looks at the lease of another release.
const QUEUE_PAUSE: Duration = Duration::from_secs(10);

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Waits. `Some` = the end of the release.
    pub(super) async fn wait(&mut self, waiting: &Waiting, observed: &Observed) -> Option<Outcome> {
        let service = &waiting.service;
        let started = self.clock.now();
        match &waiting.on {
            WaitingOn::LostAnswer { .. } => {
                if self.sleep_or_cancel(LOST_PAUSE).await {
                    return Some(self.stopped_now().await);
                }
                None
            }
            WaitingOn::Settled { deployment } => {
                let title = waiting.to_string();
                let deadline = self.wanted.deadline;
                let events = self.known_events(service);
                let name = service.clone();
                let mut watch =
                    SettleWatch::new(name, deployment.clone(), events, deadline, started);
                match self.in_section(service, &title, &mut watch).await {
                    Driven::Cancelled | Driven::TakenUp(..) => Some(self.cancelled_between()),
                    Driven::Ended(end) => self.made_room(waiting, &end, started).await,
                }
            }
            WaitingOn::Weights { .. } => {
                let cancelled = self.sleep_or_cancel(LOST_PAUSE).await;
                cancelled.then(|| self.cancelled_between())
            }
            WaitingOn::FullService(lacks) => self.await_full(waiting, *lacks, observed.at).await,
            WaitingOn::Lease { .. } => self.queue(waiting).await,
            WaitingOn::Hold { .. } => self.hold(waiting, observed).await,
            WaitingOn::Verdict { .. } => self.verdict(waiting, observed).await,
            WaitingOn::Gate { .. } => self.gate(waiting, observed).await,
            WaitingOn::Count { desired } => {
                let events = self.known_events(service);
                let deadline = self.wanted.deadline;
                let mut watch =
                    CountWatch::new(service.clone(), *desired, events, deadline, started);
                if plan::may_be_more(self.wanted, observed, service) {
                    watch = watch.or_more();
                }
                let title = format!("{service}: waits for {desired} tasks");
                match self.in_section(service, &title, &mut watch).await {
                    Driven::Cancelled | Driven::TakenUp(..) => Some(self.cancelled_between()),
                    Driven::Ended(end) => {
                        self.history.wait_ended(waiting, end.clone());
                        self.record(&Step::Wait(waiting.clone()), end.reason, started);
                        None
                    }
                }
            }
            WaitingOn::OwnDeployment { revision, deployment } => {
                let RevisionRef::Known(revision) = revision else { return None };
                self.follow(waiting, revision, deployment.as_ref(), observed).await
            }
        }
    }

    /// Looks at the revision that `service` runs now, until its time is over; `None` where it
    /// runs none.
    pub(super) fn hold_watch(
        &self,
        service: &ServiceName,
        share: Option<TrafficShare>,
        until: Timestamp,
        observed: &Observed,
    ) -> Option<HoldWatch> {
        let held = Held {
            service: service.clone(),
            revision: observed.state(service).map(|state| state.task_definition.clone())?,
            share: share.map(|share| share.to_string()),
            deployment: self.held_deployment(service, observed),
            until,
            deadline: self.wanted.deadline,
        };
        Some(HoldWatch::new(held, self.known_events(service), self.clock.now()))
    }

    /// Looks at the canary until the time of its share is over.
    async fn hold(&mut self, waiting: &Waiting, observed: &Observed) -> Option<Outcome> {
        let WaitingOn::Hold { share, until, .. } = &waiting.on else { return None };
        let service = &waiting.service;
        let started = self.clock.now();
        let mut watch = self.hold_watch(service, *share, *until, observed)?;
        match self.in_section(service, &waiting.to_string(), &mut watch).await {
            Driven::Cancelled | Driven::TakenUp(..) => Some(self.cancelled_between()),
            Driven::Ended(end) if end.kind == EndKind::Resumed => {
                self.record(&Step::Wait(waiting.clone()), end.reason, started);
                self.resumed(service, watch.events());
                None
            }
            Driven::Ended(end) => {
                let end = self.hold_ended(waiting, end, (watch.events(), started), observed).await;
                self.history.wait_ended(waiting, end);
                None
            }
        }
    }

    /// Notes and explains how a hold ended, a wait for a verdict or for a person among them.
    pub(super) async fn hold_ended(
        &mut self,
        waiting: &Waiting,
        end: End,
        (events, started): (&[ServiceEvent], Timestamp),
        observed: &Observed,
    ) -> End {
        let service = &waiting.service;
        let held = observed.state(service).map(|state| state.task_definition.clone());
        let (end, failure) = match held.filter(|_| end.is_failure()) {
            Some(revision) => self.explained(service, &revision, end, events).await,
            None => (end, None),
        };
        self.decided(waiting, &end, started).await;
        if let Some(step) = self.steps.last_mut() {
            step.failure = failure;
        }
        end
    }

    /// Looks at the lease of another release until it ends.
    async fn queue(&mut self, waiting: &Waiting) -> Option<Outcome> {
        let WaitingOn::Lease { holder, .. } = &waiting.on else { return None };
        let started = self.clock.now();
        let what = waiting.to_string();
        self.fact("waits", what.strip_prefix("wait ").unwrap_or(&what));
        loop {
            if self.sleep_or_cancel(QUEUE_PAUSE).await {
                return Some(self.cancelled_between());
            }
            if self.clock.now() >= self.wanted.deadline {
                let reason = format!("the deadline passed while {holder} was waited for");
                let outcome = Outcome::refused(Refusal::OtherRelease);
                return Some(outcome.because(format!("{reason}; nothing was changed")));
            }
            let names = std::slice::from_ref(&waiting.service);
            // A look that is not answered is only a missed tick.
            let Ok(seen) = self.cloud.services(&self.wanted.cluster, names).await else { continue };
            let state = seen.value.into_iter().next().flatten();
            let lease = match state.map(|state| journal::read(&state.tags)) {
                Some(Reading::Known(record)) => record.lease,
                Some(Reading::Nothing | Reading::Unreadable { .. }) | None => Lease::Free,
            };
            let is_theirs = lease.holder().is_some_and(|one| one.release == holder.release);
            if !is_theirs || !lease.is_alive(seen.at) {
                break;
            }
        }
        self.record(&Step::Wait(waiting.clone()), format!("waited for {holder}"), started);
        // Nothing was changed so far: everything is planned on what the other one left.
        self.history = History::default();
        None
    }

    pub(super) async fn follow(
        &mut self,
        waiting: &Waiting,
        revision: &TaskDefArn,
        deployment: Option<&DeploymentArn>,
        observed: &Observed,
    ) -> Option<Outcome> {
        let service = &waiting.service;
        let started = self.clock.now();
        self.history.joins(waiting, revision, observed);
        let deadline = plan::until(waiting.phase, self.wanted.deadline, started);
        let known = (&self.history, observed);
        let followed = plan::followed(waiting, (revision, deployment), known, deadline);
        let followed = Followed { answers: self.answers(service), bake: self.bake(), ..followed };
        let mut watch = Watch::new(followed, started);
        let title = format!("{service}: waits for {}", revision.short());
        match self.in_section(service, &title, &mut watch).await {
            Driven::Cancelled | Driven::TakenUp(..) => {
                self.find_ours(service, &mut watch).await;
                Some(self.cancelled_in(waiting, revision, &watch).await)
            }
            Driven::Ended(End { kind: EndKind::Paused(pause), reason, .. }) => {
                self.at_pause(service, revision, *pause, watch.events());
                self.record(&Step::Wait(waiting.clone()), reason, started);
                None
            }
            Driven::Ended(end) => {
                let (end, failure) = self.explained(service, revision, end, watch.events()).await;
                let what = format!("{}: {}", revision.short(), end.reason);
                self.history.wait_ended(waiting, end);
                self.record(&Step::Wait(waiting.clone()), what, started);
                if let Some(step) = self.steps.last_mut() {
                    step.failure = failure;
                }
                None
            }
        }
    }

    /// What stood in the way ended: changes are planned on what is there now.
    async fn made_room(
        &mut self,
        waiting: &Waiting,
        end: &End,
        started: Timestamp,
    ) -> Option<Outcome> {
        self.record(&Step::Wait(waiting.clone()), end.reason.clone(), started);
        match end.kind {
            EndKind::Successful => {}
            EndKind::Denied => {
                let outcome = Outcome::new(OutcomeKind::Denied);
                return Some(outcome.because(format!("{}; {}", end.reason, self.left())));
            }
            _ => {
                let outcome = Outcome {
                    end_unknown: end.kind == EndKind::CouldNotTell,
                    ..Outcome::new(OutcomeKind::TimedOut)
                };
                return Some(outcome.because(format!("{}; {}", end.reason, self.left())));
            }
        }
        let observed = match self.look().await {
            Ok(observed) => observed,
            Err(outcome) => return Some(*outcome),
        };
        if let Some(seen) = observed.services.get(&waiting.service) {
            self.history.rebase(&waiting.service, seen);
        }
        None
    }

    pub(super) fn known_events(&self, service: &ServiceName) -> BTreeSet<String> {
        let state = self.observed.as_ref().and_then(|observed| observed.state(service));
        let events = state.into_iter().flat_map(|state| &state.events);
        events.map(|event| event.id.clone()).collect()
    }
}
