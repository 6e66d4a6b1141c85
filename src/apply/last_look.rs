//! What this run sent and did not look at since: how things stand is told as it is after it, and
//! whoever asks to stop in between stops it too.

use super::release::Release;
use crate::model::{
    CallErrorKind, DeploymentArn, Observed, Outcome, Refusal, ServiceName, ServiceState, TaskDefArn,
};
use crate::plan::{self, Attempt, Precheck, RevisionRef, Step, Waiting, WaitingOn};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::{Waiter as _, Watch};
use std::time::Duration;

/// How long an ending run looks how things stand.
const LAST_LOOK_LIMIT: Duration = Duration::from_secs(20);
/// Changes whose answers were lost and that a look shows, at most.
const LOST_AT_ONCE: usize = 3;
/// How long a service must be gone: a single look may be wrong.
const GONE_FOR: Duration = Duration::from_secs(20);
/// Between two looks at a service that is gone.
const GONE_PAUSE: Duration = Duration::from_secs(5);

/// A deployment of ours that is under way, and the wait for it.
struct Begun {
    waiting: Waiting,
    revision: TaskDefArn,
    deployment: Option<DeploymentArn>,
    observed: Observed,
}

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Everything was looked at just now.
    pub(super) fn was_looked(&mut self) {
        self.looked_at = Some(self.clock.now());
        self.unseen = None;
    }

    /// `step` is sent now.
    pub(super) fn is_sent(&mut self, step: &Step) {
        if step.moves_tasks() {
            self.unseen = Some(step.to_string());
        }
    }

    /// It was refused: nothing came of it.
    pub(super) fn was_refused(&mut self, kind: CallErrorKind) {
        match kind {
            CallErrorKind::NoAnswer => {}
            CallErrorKind::Denied
            | CallErrorKind::Credentials
            | CallErrorKind::NoCredentials
            | CallErrorKind::Throttled
            | CallErrorKind::NotFound
            | CallErrorKind::Refused
            | CallErrorKind::Unsupported => self.unseen = None,
        }
    }

    /// A change that tasks or users may feel, and of which nobody knows yet what came of it.
    pub(super) fn unknown_change(&self) -> Option<String> {
        let lost = |attempt: &Attempt| {
            let lost = attempt.lost.as_ref()?;
            // A revision alone starts nothing.
            (lost.operation != "ecs:RegisterTaskDefinition").then(|| lost.operation.clone())
        };
        let services = self.history.services.values();
        let lost = services.flat_map(|one| [&one.forward, &one.back]).find_map(lost);
        self.unseen.clone().or(lost)
    }

    async fn looked_once(&mut self) -> bool {
        let looked = tokio::select! {
            looked = self.eyes.look(self.cloud, self.clock, self.wanted) => looked.ok(),
            () = self.clock.sleep(LAST_LOOK_LIMIT) => None,
        };
        let Some(observed) = looked.filter(|observed| observed.cluster_found) else {
            return false;
        };
        self.history.look(&observed);
        self.observed = Some(observed);
        self.was_looked();
        true
    }

    /// Asked to stop between two steps. A deployment that was begun by the last of them ends as
    /// one that is waited for.
    pub(super) async fn stopped_now(&mut self) -> Outcome {
        if let Some(begun) = self.begun().await {
            let Begun { waiting, revision, deployment, observed } = begun;
            let ended =
                Box::pin(self.follow(&waiting, &revision, deployment.as_ref(), &observed)).await;
            return ended.unwrap_or_else(|| self.cancelled_between());
        }
        self.cancelled_between()
    }

    async fn begun(&mut self) -> Option<Begun> {
        self.unknown_change()?;
        if !self.looked_once().await {
            return None;
        }
        let observed = self.observed.clone()?;
        for _ in 0..LOST_AT_ONCE {
            let plan = plan::next(self.wanted, &observed, &self.history, self.clock.now());
            match plan.first()?.clone() {
                Step::Wait(waiting) => {
                    let WaitingOn::OwnDeployment { revision, deployment } = waiting.on.clone()
                    else {
                        return None;
                    };
                    let RevisionRef::Known(revision) = revision else { return None };
                    return Some(Begun { waiting, revision, deployment, observed });
                }
                // Its answer was lost, and it is there.
                step if plan::precheck(&step, &observed) == Precheck::Done => {
                    self.seen_as_done(&step, &observed);
                }
                _ => return None,
            }
        }
        None
    }

    /// Searches for our deployment, where nobody looked yet.
    pub(super) async fn find_ours(&self, service: &ServiceName, watch: &mut Watch) {
        if watch.deployment().is_none() {
            let glimpse = self.glimpse(service, &watch.first()).await;
            drop(watch.observe(&glimpse, self.clock.now(), 0.0));
        }
    }

    /// The end, when a service that this run saw, and did not delete, stays away.
    pub(super) async fn gone(&mut self, observed: &Observed) -> Gone {
        let Some(name) = self.missed(observed) else {
            self.gone_since = None;
            return Gone::Nothing;
        };
        let now = self.clock.now();
        let since = *self.gone_since.get_or_insert(now);
        if now.since(since) < GONE_FOR {
            self.sleep_or_cancel(GONE_PAUSE).await;
            return Gone::Maybe;
        }
        let what = if observed.cluster_found {
            format!("service {name}")
        } else {
            format!("cluster {}", self.wanted.cluster)
        };
        let (how, now_is) = match observed.state(&name) {
            Some(_) => ("is being deleted", "is being deleted"),
            None => ("is gone: ECS showed it before", "does not exist any more"),
        };
        let reason = format!("{what} {how}; {}", self.left());
        // Whatever is there still serves: nothing is taken back.
        let outcome = Outcome::refused(Refusal::OtherRelease);
        let hint = "somebody deleted it: find out who; the same job creates it anew";
        Gone::Ended(Box::new(Outcome {
            now: Some(format!("{what} {now_is}")),
            ..outcome.because(reason).hinting(hint)
        }))
    }

    fn missed(&self, observed: &Observed) -> Option<ServiceName> {
        let before = self.observed.as_ref()?.services.iter();
        let mut missed = before.filter(|(name, seen)| {
            let deleted = self.history.of(name).is_some_and(|known| known.deleted);
            let was_there = seen.state.as_ref().is_some_and(ServiceState::is_active);
            let is_there = observed.state(name).is_some_and(ServiceState::is_active);
            was_there && !deleted && !is_there
        });
        missed.next().map(|(name, _)| name.clone())
    }
}

/// Whether a service vanished.
pub(super) enum Gone {
    /// None did.
    Nothing,
    /// One look says so: another one follows.
    Maybe,
    /// It stays away.
    Ended(Box<Outcome>),
}
