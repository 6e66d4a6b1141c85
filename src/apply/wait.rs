//! Waiting: reads what the watch asks for, tells what it says, until it calls an end.

use super::blame;
use super::journal::Renewal;
use super::release::Release;
use crate::journal::{self, Holder, Lease, Progress, Reading};
use crate::model::{
    CallError, DeploymentArn, Event, Goal, Observed, ObservedService, Outcome, OutcomeKind,
    Refusal, ServiceEvent, ServiceName, TaskDefArn, Timestamp, TrafficShare,
};
use crate::plan::{
    self, CountSent, History, Phase, RevisionRef, ServiceHistory, Step, Waiting, WaitingOn,
};
use crate::ports::{Clock, Cloud, DeploymentFilter, Reporter, Seen};
use crate::rollback;
use crate::watch::{
    Answers, Ask, AskDeployments, CountWatch, End, EndKind, Followed, Glimpse, Held, HoldWatch,
    Look, Next, SettleWatch, Waiter, Watch, duration,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two looks for a change whose answer was lost.
const LOST_PAUSE: Duration = Duration::from_secs(3);
/// What a way back gets beyond the deadline: the job's own reserve is meant for it.
const BACK_LIMIT: Duration = Duration::from_secs(15 * 60);
/// Between two looks at the lease of another release.
const QUEUE_PAUSE: Duration = Duration::from_secs(10);
/// Service deployments read at once while ours is searched for.
const LISTED: usize = 20;

/// How a wait ended, or that somebody asked to stop.
pub(super) enum Driven {
    Ended(End),
    Cancelled,
    /// Another job of this release goes on with it, or takes it back.
    TakenUp(Progress, Option<Holder>),
}

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
                let cancelled = self.sleep_or_cancel(LOST_PAUSE).await;
                cancelled.then(|| self.cancelled_between())
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
            WaitingOn::Lease { .. } => self.queue(waiting).await,
            WaitingOn::Hold { .. } => self.hold(waiting, observed).await,
            WaitingOn::Verdict { .. } => self.verdict(waiting, observed).await,
            WaitingOn::Gate { .. } => self.gate(waiting, observed).await,
            WaitingOn::Count { desired } => {
                let events = self.known_events(service);
                let deadline = self.wanted.deadline;
                let mut watch =
                    CountWatch::new(service.clone(), *desired, events, deadline, started);
                if self.wanted.goal != Goal::Scale && plan::sets_count(observed, service) {
                    watch = watch.or_more();
                }
                let title = format!("{service}: waits for {desired} tasks");
                match self.in_section(service, &title, &mut watch).await {
                    Driven::Cancelled | Driven::TakenUp(..) => Some(self.cancelled_between()),
                    Driven::Ended(end) => {
                        let known = self.history.of_mut(service);
                        known.count_end = Some(end.clone());
                        let ended = Some(end.clone());
                        known.count = Some(CountSent { count: *desired, ended });
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
        let WaitingOn::Hold { step, share, until } = &waiting.on else { return None };
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
                self.history.holds.insert(*step, end);
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

    async fn follow(
        &mut self,
        waiting: &Waiting,
        revision: &TaskDefArn,
        deployment: Option<&DeploymentArn>,
        observed: &Observed,
    ) -> Option<Outcome> {
        let service = &waiting.service;
        let started = self.clock.now();
        let seen = observed.services.get(service);
        let known = self.history.of_mut(service);
        if waiting.phase == Phase::Forward && known.forward.revision.is_none() {
            let running = seen.and_then(|seen| seen.task_definition.as_ref());
            known.forward.revision = running.filter(|running| running.arn == *revision).cloned();
        }
        let deadline = match waiting.phase {
            Phase::Forward => self.wanted.deadline,
            Phase::Back => self.wanted.deadline.max(started.after(BACK_LIMIT)),
        };
        let nothing = ServiceHistory::default();
        let known = self.history.of(service).unwrap_or(&nothing);
        let followed = followed(waiting, revision, deployment, known, seen, deadline);
        let told = known.told.iter().cloned();
        let known_events = followed.known_events.iter().cloned().chain(told).collect();
        let answers = self.answers(service);
        let followed = Followed { answers, known_events, ..followed };
        let mut watch = Watch::new(followed, started);
        let title = format!("{service}: waits for {}", revision.short());
        match self.in_section(service, &title, &mut watch).await {
            Driven::Cancelled | Driven::TakenUp(..) => {
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
                self.attempt(service, waiting.phase).ended = Some(end);
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
                let outcome = Outcome::new(OutcomeKind::TimedOut);
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

    pub(super) async fn in_section(
        &mut self,
        service: &ServiceName,
        title: &str,
        watch: &mut impl Waiter,
    ) -> Driven {
        let started = self.clock.now();
        let name = format!("wait-{service}");
        self.reporter.emit(Event::SectionStart { name: name.clone(), title: title.to_owned() });
        let driven = self.drive(service, watch).await;
        let took = duration(self.clock.now().since(started));
        let summary = match &driven {
            Driven::Ended(End { kind: EndKind::Successful, .. }) => {
                format!("{service}: {} ({took})", watch.reached())
            }
            Driven::Ended(end) => format!("{service}: {} ({took})", end.word()),
            Driven::Cancelled => format!("{service}: cancelled ({took})"),
            Driven::TakenUp(..) => format!("{service}: another job goes on ({took})"),
        };
        self.reporter.emit(Event::SectionEnd { name, summary });
        driven
    }

    /// Looks and tells until the watch calls an end or somebody asks to stop.
    async fn drive(&mut self, service: &ServiceName, watch: &mut impl Waiter) -> Driven {
        let mut ask = watch.first();
        let mut after = Duration::ZERO;
        loop {
            if self.sleep_or_cancel(after).await {
                return Driven::Cancelled;
            }
            let glimpse = tokio::select! {
                biased;
                () = self.cancel.reached(1) => return Driven::Cancelled,
                glimpse = self.glimpse(service, &ask) => glimpse,
            };
            match self.renew_lease(glimpse.at).await {
                Renewal::Held => {}
                Renewal::Lost(holder) => {
                    self.leaves_weights = true;
                    let reason = format!("{holder} took {service} over");
                    let kind = EndKind::Superseded { by: None, revision: None };
                    return Driven::Ended(End::new(kind, reason));
                }
                Renewal::TakenUp(progress, holder) => return Driven::TakenUp(progress, holder),
            }
            self.exposed_by_ecs(&glimpse);
            let now = self.clock.now();
            let answer = watch.observe(&glimpse, now, jitter(now));
            for event in answer.say {
                self.reporter.emit(event);
            }
            match answer.next {
                Next::Ended(end) => return Driven::Ended(end),
                Next::Look { after: pause, ask: next } => {
                    after = pause;
                    ask = next;
                }
            }
        }
    }

    async fn glimpse(&self, service: &ServiceName, ask: &Ask) -> Glimpse {
        let cluster = &self.wanted.cluster;
        let state = self.cloud.services(cluster, std::slice::from_ref(service)).await;
        let at = state.as_ref().map_or_else(|_| self.clock.now(), |seen| seen.at);
        let service_look = match state {
            Ok(Seen { value, .. }) => Look::Seen(value.into_iter().next().flatten()),
            Err(error) => unseen(&error),
        };
        let answered = matches!(service_look, Look::Seen(_));
        let deployments = match &ask.deployments {
            _ if !answered => Look::NotAsked,
            AskDeployments::Nothing => Look::NotAsked,
            AskDeployments::List(after) => {
                let filter = DeploymentFilter { created_after: *after, limit: LISTED };
                let listed = self.cloud.service_deployments(cluster, service, filter).await;
                listed.map_or_else(|error| unseen(&error), |seen| Look::Seen(seen.value))
            }
            AskDeployments::One(arn) => {
                let one = self.cloud.service_deployment(arn).await;
                one.map_or_else(|error| unseen(&error), |one| Look::Seen(one.into_iter().collect()))
            }
        };
        let stopped = if ask.stopped && answered {
            let tasks = self.cloud.stopped_tasks(cluster, service).await;
            tasks.map_or_else(|error| unseen(&error), Look::Seen)
        } else {
            Look::NotAsked
        };
        let listed = matches!(ask.deployments, AskDeployments::List(_));
        let (metrics, alarms) = self.numbers(ask.judge.as_deref()).await;
        Glimpse { at, service: service_look, deployments, listed, stopped, metrics, alarms }
    }

    pub(super) fn known_events(&self, service: &ServiceName) -> BTreeSet<String> {
        let state = self.observed.as_ref().and_then(|observed| observed.state(service));
        let events = state.into_iter().flat_map(|state| &state.events);
        events.map(|event| event.id.clone()).collect()
    }
}

pub(super) fn unseen<T>(error: &CallError) -> Look<T> {
    if blame::passes(error) {
        Look::Missed(error.to_string())
    } else {
        Look::Denied(error.to_string())
    }
}

/// What to follow: by the answer of our own change, or, for a change of an earlier run, by what
/// is seen of it.
fn followed(
    waiting: &Waiting,
    revision: &TaskDefArn,
    deployment: Option<&DeploymentArn>,
    known: &ServiceHistory,
    seen: Option<&ObservedService>,
    deadline: Timestamp,
) -> Followed {
    let attempt = match waiting.phase {
        Phase::Forward => &known.forward,
        Phase::Back => &known.back,
    };
    let sent = attempt.sent.as_ref();
    let before = sent.and_then(|sent| sent.before.as_ref());
    let created_here = sent.is_some_and(|sent| sent.before.is_none());
    Followed {
        service: waiting.service.clone(),
        revision: revision.clone(),
        deployment: deployment.cloned(),
        answered: sent.and_then(|sent| sent.current.clone()),
        primary: sent.and_then(|sent| sent.primary.clone()),
        sent_at: sent.map(|sent| sent.at),
        known_deployments: before.map(|before| before.deployments.clone()).unwrap_or_default(),
        primary_before: before.and_then(|before| before.primary.clone()),
        entries_before: before.map(|before| before.entries.clone()).unwrap_or_default(),
        known_events: match (sent, before) {
            (Some(_), Some(before)) => before.events.clone(),
            (Some(_), None) => BTreeSet::new(),
            (None, _) => events_before(deployment, seen),
        },
        previous: previous(revision, known, seen).filter(|_| !created_here),
        answers: Answers::Nobody,
        deadline,
    }
}

/// Events that were there before `deployment` of an earlier run.
fn events_before(
    deployment: Option<&DeploymentArn>,
    seen: Option<&ObservedService>,
) -> BTreeSet<String> {
    let mut listed = seen.and_then(|seen| seen.deployments.known()).into_iter().flatten();
    let created = listed.find(|one| Some(&one.arn) == deployment).map(|one| one.created_at);
    let state = seen.and_then(|seen| seen.state.as_ref());
    let events = state.into_iter().flat_map(|state| &state.events);
    let older = events.filter(|event| created.is_none_or(|created| event.at < created));
    older.map(|event| event.id.clone()).collect()
}

/// What ran before `revision`, as far as it is known.
pub(super) fn previous(
    revision: &TaskDefArn,
    known: &ServiceHistory,
    seen: Option<&ObservedService>,
) -> Option<TaskDefArn> {
    let basis = known.basis.as_ref().map(|basis| basis.task_definition.clone());
    let good = || {
        let good = rollback::good_releases(seen?);
        good.into_iter().rev().find(|good| good != revision)
    };
    basis.filter(|basis| basis != revision).or_else(good)
}

/// Between 0 and 1, other for each look: the last digits of the time, spread by the golden
/// ratio (Knuth, multiplicative hashing).
fn jitter(now: Timestamp) -> f64 {
    let mixed = now.as_millis().wrapping_mul(2_654_435_761).rem_euclid(1000);
    f64::from(i32::try_from(mixed).unwrap_or(0)) / 1000.0
}
