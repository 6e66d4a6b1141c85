//! How an end is told: what runs now, who has the requests, and what users met.

use super::eyes;
use super::release::Release;
use crate::model::{Observed, Outcome, ServiceState, Timestamp, Traffic, TrafficShare};
use crate::plan::{Attempt, ServiceHistory, release_image};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::{Glimpse, Look, duration, standing};
use std::time::Duration;

/// What was seen longer ago than this is looked at once more before it is told, and told with
/// its age where AWS does not answer.
const OLD: Duration = Duration::from_secs(60);
/// The longest time for that look: nobody waits for it.
const LIMIT: Duration = Duration::from_secs(10);

/// Shares of the requests that the new version had, each with its beginning.
pub(super) type Shares = Vec<(TrafficShare, Timestamp)>;

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Looks once more when the last look was before a long wait: what is told of the end is how
    /// things stand then. Plans are not made from it.
    pub(super) async fn look_again(&mut self) {
        let is_old = self.observed.is_some() && self.age() > OLD;
        if self.at_end.is_some() || !(is_old || self.unknown_change().is_some()) {
            return;
        }
        let (cloud, clock, wanted) = (self.cloud, self.clock, self.wanted);
        tokio::select! {
            biased;
            () = self.cancel.reached(2) => {}
            seen = self.eyes.look(cloud, clock, wanted) => {
                self.at_end = seen.ok().filter(|seen| seen.cluster_found);
            }
            () = clock.sleep(LIMIT) => {}
        }
        if self.at_end.is_some() {
            self.was_looked();
        }
    }

    /// Time since the last look, by our own clock: AWS's may be another.
    fn age(&self) -> Duration {
        self.looked_at.map_or(Duration::ZERO, |at| self.clock.now().since(at))
    }

    fn seen_last(&self) -> Option<&Observed> {
        self.at_end.as_ref().or(self.observed.as_ref())
    }

    /// The outcome with what a person needs to know of how things stand.
    pub(super) fn with_standing(&self, outcome: Outcome) -> Outcome {
        let now = match outcome.now {
            Some(now) => Some(now),
            None => self.standing_as_seen(true).map(|seen| self.before_the_last_change(seen)),
        };
        if outcome.outcome.is_good() {
            // Of a way back: what the release before it meant to its users.
            return Outcome { now, users: self.shares_in_words(), ..outcome };
        }
        let has_no_share = self.shares.is_empty();
        let seen = || self.history.services.values().rev().find_map(seen_in_waits);
        let seen = || seen().filter(|_| has_no_share);
        let users = Some(self.users(outcome.users.or_else(seen)));
        let nothing_seen = match self.observed {
            Some(_) => "none of the services exists yet",
            None => "not known: the services could not be looked at",
        };
        let now = now.or_else(|| Some(nothing_seen.to_owned()));
        Outcome { now, users, ..outcome }
    }

    /// What was seen, and that it is older than the last change.
    fn before_the_last_change(&self, seen: String) -> String {
        match &self.unseen {
            Some(change) => format!("{seen}\n(so before this was sent: {change})"),
            None => seen,
        }
    }

    /// What was seen last of the services, and of the rule if `with_rule`.
    fn standing_as_seen(&self, with_rule: bool) -> Option<String> {
        let observed = self.seen_last()?;
        let mut lines = Vec::new();
        for service in eyes::told(self.wanted) {
            let state = observed.services.get(&service.name).and_then(|seen| seen.state.as_ref());
            let Some(state) = state else { continue };
            let live = self.eyes.known(&state.task_definition);
            let image = live.and_then(|live| release_image(service, live));
            lines.push(standing(state, image.as_deref()));
        }
        lines.extend(self.canarys_share().filter(|_| with_rule));
        let age = self.age();
        if age > OLD && !lines.is_empty() {
            lines.insert(0, format!("not seen for {}; then it was:", duration(age)));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// `left` in place of what was seen of the rule before.
    pub(super) fn standing_with(&self, left: &str) -> Option<String> {
        let seen = self.standing_as_seen(false);
        Some(seen.map_or_else(|| left.to_owned(), |seen| format!("{seen}\n{left}")))
    }

    /// The same with one service as it is now.
    pub(super) fn standing_of(&self, state: &ServiceState, left: &str) -> String {
        let wanted = self.wanted.full.iter().chain(&self.wanted.canary);
        let live = self.eyes.known(&state.task_definition);
        let image = wanted
            .filter(|service| service.name == state.name)
            .find_map(|service| release_image(service, live?));
        format!("{left}\n{}", standing(state, image.as_deref()))
    }

    fn canarys_share(&self) -> Option<String> {
        let Traffic::Weighted(traffic) = &self.wanted.course.traffic else { return None };
        let rule = self.seen_last()?.rule.as_ref()?.known()?.as_ref()?;
        let weights = rule.weights(&traffic.full, &traffic.canary);
        let share = weights.share().filter(|share| *share != TrafficShare::NONE);
        Some(match share {
            Some(share) => format!("the canary gets {share} % of the requests"),
            // Its share is not known when the full service is not in the rule any more.
            None if weights.canary.is_some_and(|weight| weight > 0) => {
                format!("the canary gets requests by the rule (weights {weights})")
            }
            None => "the canary gets no requests".to_owned(),
        })
    }

    /// Notes the share of the requests that the new version has from now on.
    pub(super) fn exposed(&mut self, share: TrafficShare) {
        let now = self.clock.now();
        if self.shares.last().is_none_or(|(last, _)| *last != share) {
            self.shares.push((share, now));
        }
    }

    /// With ECS's own strategies the deployment tells it.
    pub(super) fn exposed_by_ecs(&mut self, glimpse: &Glimpse) {
        let (Traffic::Native(_), Look::Seen(all)) =
            (&self.wanted.course.traffic, &glimpse.deployments)
        else {
            return;
        };
        let newest = all.iter().max_by_key(|one| one.created_at);
        let share = newest.and_then(|one| one.lifecycle.as_ref()?.share);
        if let Some(share) = share {
            self.exposed(share);
        }
    }

    fn users(&self, by_tasks: Option<String>) -> String {
        let shares = self.shares_in_words();
        match (by_tasks, shares) {
            (Some(tasks), Some(shares)) => format!("{shares}; {tasks}"),
            (None, Some(known)) | (Some(known), None) => known,
            (None, None) if !self.history.changed_something() => match self.unknown_change() {
                Some(change) => format!("not known: what came of this was not seen: {change}"),
                None => "not affected: no task was started or stopped by this job".to_owned(),
            },
            (None, None) => "not known: no rule says which requests the new version had".to_owned(),
        }
    }

    /// `10 % of the requests went to the new version for 3 min, then 50 % for 20 s`.
    fn shares_in_words(&self) -> Option<String> {
        let ends = self.shares.iter().skip(1).map(|(_, at)| *at);
        let ends = ends.chain(std::iter::once(self.clock.now()));
        let spans = self.shares.iter().zip(ends);
        let spans: Vec<String> = spans
            .filter(|((share, _), _)| *share != TrafficShare::NONE)
            .map(|((share, from), until)| format!("{share} % for {}", duration(until.since(*from))))
            .collect();
        if spans.is_empty() {
            return (!self.shares.is_empty()).then(|| "the canary had no requests".to_owned());
        }
        Some(format!("the new version had requests: {}", spans.join(", then ")))
    }
}

/// What the waits for a service told of its tasks.
fn seen_in_waits(service: &ServiceHistory) -> Option<String> {
    let ended = |attempt: &Attempt| attempt.ended.as_ref()?.users.clone();
    ended(&service.back).or_else(|| ended(&service.forward))
}
