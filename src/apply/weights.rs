//! Weights of the listener rule: one change, and the way back when a run ends.

use super::blame;
use super::release::Release;
use crate::model::{
    CallError, CallErrorKind, ListenerRule, Observed, RuleWeights, Traffic, TrafficShare,
    WeightedTraffic,
};
use crate::plan::WeightsStep;
use crate::ports::{Clock, Cloud, Reporter};
use std::time::Duration;

/// What a cancelled run gives the load balancer to take the canary's share away.
const SAFE_LIMIT: Duration = Duration::from_secs(20);

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

    /// No share for the canary any more, in one change: what a run does that has no time left.
    /// In words how it stands; `None` when there is no rule, or nothing to take away.
    pub(super) async fn safe_weights(&self) -> Option<String> {
        let Traffic::Weighted(traffic) = &self.wanted.course.traffic else { return None };
        if self.leaves_weights {
            return Some("the rule's weights are somebody else's and were left alone".to_owned());
        }
        let traffic = traffic.clone();
        let taken = tokio::select! {
            taken = self.take_share(&traffic) => taken,
            () = self.clock.sleep(SAFE_LIMIT) => Err("no answer in time".to_owned()),
        };
        match taken {
            Ok(false) => None,
            Ok(true) => Some("the canary gets no requests any more".to_owned()),
            Err(why) => {
                Some(format!("the canary may still get requests ({why}): run `ecs-canary abort`"))
            }
        }
    }

    async fn take_share(&self, traffic: &WeightedTraffic) -> Result<bool, String> {
        let words = |error: CallError| error.to_string();
        let rule: Option<ListenerRule> = match self.cloud.rule(&traffic.rule).await {
            Ok(rule) => rule,
            Err(error) if blame::passes(&error) => {
                self.cloud.rule(&traffic.rule).await.map_err(words)?
            }
            Err(error) => return Err(words(error)),
        };
        let Some(rule) = rule else { return Ok(false) };
        let seen: RuleWeights = rule.weights(&traffic.full, &traffic.canary);
        if matches!(seen.canary, None | Some(0)) {
            return Ok(false);
        }
        // Without a healthy target the canary is the side that answers.
        let targets = self.cloud.target_health(&traffic.full).await.map_err(words)?;
        if !targets.iter().any(|target| target.state == "healthy") {
            return Err("the full service has no healthy target".to_owned());
        }
        let to = TrafficShare::NONE.weights();
        match self.cloud.set_weights(traffic, seen, to).await {
            Ok(true) => Ok(true),
            Ok(false) => Err("somebody changed the rule".to_owned()),
            Err(error) => Err(words(error)),
        }
    }
}
