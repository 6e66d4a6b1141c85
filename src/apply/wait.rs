//! Waiting: reads what the watch asks for, tells what it says, until it calls an end.

use super::blame;
use super::release::Release;
use crate::model::{
    CallError, DeploymentArn, Event, Observed, ObservedService, Outcome, OutcomeKind, ServiceName,
    TaskDefArn, Timestamp,
};
use crate::plan::{Phase, RevisionRef, ServiceHistory, Step, Waiting, WaitingOn};
use crate::ports::{Clock, DeploymentFilter, Ecs, LoadBalancer, Reporter, Seen};
use crate::rollback;
use crate::watch::{
    Ask, AskDeployments, CountWatch, End, EndKind, Followed, Glimpse, Look, Next, SettleWatch,
    Waiter, Watch, duration,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two looks for a change whose answer was lost.
const LOST_PAUSE: Duration = Duration::from_secs(3);
/// What a way back gets beyond the deadline: the job's own reserve is meant for it.
const BACK_LIMIT: Duration = Duration::from_secs(15 * 60);
/// Service deployments read at once while ours is searched for.
const LISTED: usize = 20;

/// How a wait ended, or that somebody asked to stop.
pub(super) enum Driven {
    Ended(End),
    Cancelled,
}

impl<C, K, R> Release<'_, C, K, R>
where
    C: Ecs + LoadBalancer,
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
                self.fact("waits", &waiting.to_string());
                let deadline = self.wanted.deadline;
                let events = self.known_events(service);
                let name = service.clone();
                let mut watch =
                    SettleWatch::new(name, deployment.clone(), events, deadline, started);
                match self.drive(service, &mut watch).await {
                    Driven::Cancelled => Some(self.cancelled_between()),
                    Driven::Ended(end) => self.made_room(waiting, &end, started).await,
                }
            }
            WaitingOn::Count { desired } => {
                let events = self.known_events(service);
                let deadline = self.wanted.deadline;
                let mut watch =
                    CountWatch::new(service.clone(), *desired, events, deadline, started);
                let title = format!("{service}: waits for {desired} tasks");
                match self.in_section(service, &title, &mut watch).await {
                    Driven::Cancelled => Some(self.cancelled_between()),
                    Driven::Ended(end) => {
                        self.history.of_mut(service).count_end = Some(end.clone());
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
        let mut watch = Watch::new(followed, started);
        let title = format!("{service}: waits for {}", revision.short());
        match self.in_section(service, &title, &mut watch).await {
            Driven::Cancelled => Some(self.cancelled_in(waiting, revision, &watch).await),
            Driven::Ended(end) => {
                let end = self.explained(service, revision, end, watch.events()).await;
                let what = format!("{}: {}", revision.short(), end.reason);
                self.attempt(service, waiting.phase).ended = Some(end);
                self.record(&Step::Wait(waiting.clone()), what, started);
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

    async fn in_section(
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
        Glimpse { at, service: service_look, deployments, listed, stopped }
    }

    fn known_events(&self, service: &ServiceName) -> BTreeSet<String> {
        let state = self.observed.as_ref().and_then(|observed| observed.state(service));
        let events = state.into_iter().flat_map(|state| &state.events);
        events.map(|event| event.id.clone()).collect()
    }
}

fn unseen<T>(error: &CallError) -> Look<T> {
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
        known_events: match (sent, before) {
            (Some(_), Some(before)) => before.events.clone(),
            (Some(_), None) => BTreeSet::new(),
            (None, _) => events_before(deployment, seen),
        },
        previous: previous(revision, known, seen).filter(|_| !created_here),
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
