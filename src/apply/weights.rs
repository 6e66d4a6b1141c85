//! Weights of the listener rule: one change, the wait for it, and the way back when a run ends.

use super::blame;
use super::release::Release;
use crate::model::{
    CallError, CallErrorKind, ListenerRule, Observed, Outcome, OutcomeKind, RuleWeights,
    ServiceState, ServiceWanted, Timestamp, Traffic, TrafficShare, WeightedTraffic,
};
use crate::plan::{self, CanaryIs, Renewal, Shortfall, Waiting, WeightsStep};
use crate::ports::{Clock, Cloud, Reporter};
use std::time::Duration;

/// What a cancelled run gives the load balancer to take the canary's share away.
const SAFE_LIMIT: Duration = Duration::from_secs(20);
/// Of a canary whose share was taken away.
const NO_REQUESTS: &str = "the canary gets no requests any more";
/// Between two looks at a full service that is waited for.
const FULL_PAUSE: Duration = Duration::from_secs(5);

/// What became of the canary's share when a run stopped.
pub(super) enum Taken {
    /// There is no rule, or the canary had no share.
    Nothing,
    /// In words how it stands.
    Told(String),
    /// The full service cannot take it yet.
    NotYet(String),
}

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Sets weights; in words what was done. A lost answer is looked for by the next look.
    pub(super) async fn set_weights(
        &mut self,
        step: &WeightsStep,
        observed: &Observed,
    ) -> Result<String, CallError> {
        let WeightsStep { traffic, expected, to, share, .. } = step;
        match self.cloud.set_weights(traffic, *expected, *to).await {
            // Somebody was quicker: the next look shows what is there.
            Ok(false) => return Ok("the rule's weights changed in the meantime".to_owned()),
            Ok(true) => {}
            Err(error) if error.kind == CallErrorKind::NoAnswer => {
                self.warn(&format!("{error}: looking whether it was done"));
            }
            Err(error) => return Err(error),
        }
        self.history.weights_were_sent(step, observed);
        self.exposed(*share);
        let text = format!("{share} % of the requests to the canary (weights {to})");
        self.fact("weights", &text);
        Ok(text)
    }

    /// Looks again after a while whether the full service can take all requests.
    pub(super) async fn await_full(
        &mut self,
        waiting: &Waiting,
        lacks: Shortfall,
        at: Timestamp,
    ) -> Option<Outcome> {
        let known = self.history.full_awaited;
        if known.is_none_or(|known| known.lacks != lacks) {
            self.fact("waits", &waiting.to_string());
        }
        self.history.full_is_awaited(lacks, at);
        match self.renew_lease(at).await {
            // The next look tells it.
            Renewal::Lost(_) => self.leaves_weights = true,
            Renewal::Held | Renewal::Due(_) | Renewal::TakenUp(..) => {}
        }
        self.sleep_or_cancel(FULL_PAUSE).await.then(|| self.cancelled_between())
    }

    /// The end while the full service cannot take the canary's share. Where AWS still does what
    /// it is asked, the share is given back once it can; else whoever comes later does it.
    pub(super) fn not_yet(&mut self, outcome: Outcome, why: &str) -> Outcome {
        let was_awaited = self.history.full_awaited.is_some();
        self.awaits_full = !was_awaited
            && matches!(
                outcome.outcome,
                OutcomeKind::Cancelled | OutcomeKind::Refused | OutcomeKind::Superseded
            );
        if self.awaits_full {
            return outcome;
        }
        let text = match &outcome.hint {
            Some(_) => format!("the canary keeps its share: {why}"),
            None => format!("the canary keeps its share ({why}): run `ecs-canary abort`"),
        };
        Outcome { now: self.standing_with(&text), ..outcome }
    }

    /// No share for the canary any more, in one change: what a run does that has no time left.
    pub(super) async fn safe_weights(&self) -> Taken {
        let Traffic::Weighted(traffic) = &self.wanted.course.traffic else {
            return Taken::Nothing;
        };
        if self.leaves_weights {
            let text = "the rule's weights are somebody else's and were left alone";
            return Taken::Told(text.to_owned());
        }
        let traffic = traffic.clone();
        tokio::select! {
            taken = self.take_share_surely(&traffic) => taken,
            () = self.clock.sleep(SAFE_LIMIT) => may_still("no answer in time"),
        }
    }

    /// Once more after an answer that did not come, from a new look at the rule.
    async fn take_share_surely(&self, traffic: &WeightedTraffic) -> Taken {
        match self.take_share(traffic).await {
            Ok(done) => return done,
            Err(error) if blame::passes(&error) => {}
            Err(error) => return may_still(&error.to_string()),
        }
        match self.take_share(traffic).await {
            // It was the answer that was lost.
            Ok(Taken::Nothing) => Taken::Told(NO_REQUESTS.to_owned()),
            Ok(done) => done,
            Err(error) => may_still(&error.to_string()),
        }
    }

    async fn take_share(&self, traffic: &WeightedTraffic) -> Result<Taken, CallError> {
        let rule: Option<ListenerRule> = self.cloud.rule(&traffic.rule).await?;
        let Some(rule) = rule else { return Ok(Taken::Nothing) };
        let seen: RuleWeights = rule.weights(&traffic.full, &traffic.canary);
        if matches!(seen.canary, None | Some(0)) {
            return Ok(Taken::Nothing);
        }
        let targets = self.cloud.target_health(&traffic.full).await?;
        let (full, canary) = self.both_now().await;
        let canary = CanaryIs::by_tasks(canary.as_ref());
        let lacks = full.and_then(|full| {
            let lacks = plan::shortfall(&full, Some(&targets), canary)?;
            Some(format!("{} has {lacks}", full.name))
        });
        if let Some(lacks) = lacks {
            return Ok(Taken::NotYet(lacks));
        }
        // Without a healthy target the canary is the side that answers.
        if !targets.iter().any(|target| target.state == "healthy") {
            return Ok(may_still("the full service has no healthy target"));
        }
        let to = TrafficShare::NONE.weights();
        Ok(if self.cloud.set_weights(traffic, seen, to).await? {
            Taken::Told(NO_REQUESTS.to_owned())
        } else {
            may_still("somebody changed the rule")
        })
    }

    /// The full service and the canary as they are now; what cannot be read counts as seen last.
    async fn both_now(&self) -> (Option<ServiceState>, Option<ServiceState>) {
        let both = [&self.wanted.full, &self.wanted.canary];
        let names: Vec<_> = both.into_iter().flatten().map(|one| one.name.clone()).collect();
        let now = self.cloud.services(&self.wanted.cluster, &names).await;
        let now = now.map(|seen| seen.value).unwrap_or_default();
        let state = |service: &Option<ServiceWanted>| {
            let name = &service.as_ref()?.name;
            let seen_last = || self.observed.as_ref()?.state(name);
            now.iter().flatten().find(|state| state.name == *name).or_else(seen_last).cloned()
        };
        (state(&self.wanted.full), state(&self.wanted.canary))
    }
}

fn may_still(why: &str) -> Taken {
    Taken::Told(format!("the canary may still get requests ({why}): run `ecs-canary abort`"))
}
