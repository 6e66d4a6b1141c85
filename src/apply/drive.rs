//! One wait on its way: reads what the watch asks for, tells what it says, until it calls an end.

use super::blame;
use super::release::Release;
use crate::journal::{Holder, Progress};
use crate::model::{CallError, CallErrorKind, Event, ServiceName, Timestamp};
use crate::plan::Renewal;
use crate::ports::{Clock, Cloud, DeploymentFilter, Reporter, Seen};
use crate::watch::{Ask, AskDeployments, End, EndKind, Glimpse, Look, Next, Waiter, duration};
use std::time::Duration;

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
                Renewal::Held | Renewal::Due(_) => {}
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

    pub(super) async fn glimpse(&self, service: &ServiceName, ask: &Ask) -> Glimpse {
        let cluster = &self.wanted.cluster;
        let state = self.cloud.services(cluster, std::slice::from_ref(service)).await;
        let at = state.as_ref().map_or_else(|_| self.clock.now(), |seen| seen.at);
        let service_look = match state {
            Ok(Seen { value, .. }) => Look::Seen(value.into_iter().next().flatten()),
            // The cluster is gone, and the service with it.
            Err(error) if error.kind == CallErrorKind::NotFound => Look::Seen(None),
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
}

pub(super) fn unseen<T>(error: &CallError) -> Look<T> {
    if blame::passes(error) {
        Look::Missed(error.to_string())
    } else {
        Look::Denied(error.to_string())
    }
}

/// Between 0 and 1, other for each look: the last digits of the time, spread by the golden
/// ratio (Knuth, multiplicative hashing).
fn jitter(now: Timestamp) -> f64 {
    let mixed = now.as_millis().wrapping_mul(2_654_435_761).rem_euclid(1000);
    f64::from(i32::try_from(mixed).unwrap_or(0)) / 1000.0
}
