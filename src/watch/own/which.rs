//! Which deployment is ours, and what it tells.

use super::super::degraded;
use super::super::pace::Tempo;
use super::super::verdict::{self, Doubt, Verdict};
use super::super::{EndKind, Glimpse, Look};
use super::Watch;
use super::wait::Way;
use crate::model::{
    DeploymentArn, DeploymentId, Event, RolloutState, ServiceDeployment, ServiceState, Timestamp,
};
use std::time::Duration;

/// How long our deployment is searched for in ECS's list. It is there after a second or two.
const FIND_WITHIN: Duration = Duration::from_secs(60);
/// Answered looks that a search needs at least, so that missed ones do not use up its time.
const FIND_LOOKS: u32 = 5;
/// A list without any deployment, neither ours nor an earlier one, tells nothing: ECS has one for
/// each rollout. After so long the service's own entry is followed instead.
const NOTHING_LISTED_FOR: Duration = Duration::from_secs(20);
/// So long without any answered list is no passing trouble, while the service itself is answered:
/// the endpoint fails at this one action.
const NEVER_LISTED_FOR: Duration = Duration::from_secs(180);
/// The list is asked for deployments made this long before the answer of our change.
const LIST_MARGIN: Duration = Duration::from_secs(60);

impl Watch {
    pub(super) fn judge(
        &mut self,
        glimpse: &Glimpse,
        state: &ServiceState,
        now: Timestamp,
        say: &mut Vec<Event>,
    ) -> Verdict {
        // Noted from the start: when the list turns out to tell nothing, it may be gone already.
        let primary = self.followed.primary.as_ref();
        self.seen_entry |= primary.is_some_and(|id| degraded::entry(id, state).is_some());
        if let Look::Denied(why) = &glimpse.deployments
            && !matches!(self.way, Way::Primary(_))
        {
            return self.follow_primary(why, state, now, say);
        }
        match self.way.clone() {
            Way::Searching(lists) => self.search(glimpse, state, (lists, now), say),
            Way::Arn(arn) => self.by_arn(&arn, glimpse, state),
            Way::Primary(id) => self.by_primary(id, state),
        }
    }

    /// Service deployments cannot be read, and `why`: the service's own entry tells less.
    pub(super) fn follow_primary(
        &mut self,
        why: &str,
        state: &ServiceState,
        now: Timestamp,
        say: &mut Vec<Event>,
    ) -> Verdict {
        let text = format!(
            "the service's own entry is followed, which tells less: no service deployments: {why}"
        );
        say.extend(self.talk.once("degraded", &text, now));
        self.by_primary(self.followed.primary.clone(), state)
    }

    pub(super) fn lists_nothing(
        &self,
        listed: &[ServiceDeployment],
        lists: u32,
        now: Timestamp,
    ) -> bool {
        listed.is_empty()
            && self.followed.known_deployments.is_empty()
            && lists >= FIND_LOOKS
            && now.since(self.started) >= NOTHING_LISTED_FOR
    }

    pub(super) fn by_primary(&mut self, id: Option<DeploymentId>, state: &ServiceState) -> Verdict {
        let id = id.or_else(|| degraded::find(&self.followed, state));
        self.seen_entry |= id.as_ref().is_some_and(|id| degraded::entry(id, state).is_some());
        let verdict = degraded::judge(&self.followed, id.as_ref(), self.seen_entry, state);
        self.way = Way::Primary(id);
        verdict
    }

    pub(super) fn search(
        &mut self,
        glimpse: &Glimpse,
        state: &ServiceState,
        (lists, now): (u32, Timestamp),
        say: &mut Vec<Event>,
    ) -> Verdict {
        let Look::Seen(deployments) = &glimpse.deployments else {
            let never = lists == 0 && now.since(self.started) >= NEVER_LISTED_FOR;
            return match &glimpse.deployments {
                Look::Missed(why) if never => self.follow_primary(why, state, now, say),
                _ => Verdict::GoOn(Tempo::Searching),
            };
        };
        if let Some(ours) = self.find(deployments, state) {
            let arn = ours.arn.clone();
            self.way = Way::Arn(arn.clone());
            return self.by_arn(&arn, glimpse, state);
        }
        let lists = lists.saturating_add(1);
        self.way = Way::Searching(lists);
        if self.lists_nothing(deployments, lists, now) {
            return self.follow_primary("ECS lists none", state, now, say);
        }
        if lists >= FIND_LOOKS && now.since(self.started) >= FIND_WITHIN {
            let revision = self.followed.revision.short();
            return Verdict::Ended(
                EndKind::CouldNotTell,
                format!(
                    "could not tell how it ended: ECS lists no deployment of {revision} that is ours"
                ),
            );
        }
        Verdict::GoOn(Tempo::Searching)
    }

    /// Ours brings our revision, was made by our change and was not there before. Of several the
    /// first one: whoever deploys the same revision again comes later. Where revisions cannot be
    /// read, the PRIMARY entry has to bring ours.
    pub(super) fn find<'a>(
        &self,
        deployments: &'a [ServiceDeployment],
        state: &ServiceState,
    ) -> Option<&'a ServiceDeployment> {
        let after = self.list_after();
        let is_new = |one: &&ServiceDeployment| {
            !self.followed.known_deployments.contains(&one.arn)
                && after.is_none_or(|after| one.created_at >= after)
        };
        let ours = Some(&self.followed.revision);
        let is_primary = state.primary().map(|primary| &primary.task_definition) == ours;
        let may_be = |one: &&ServiceDeployment| match &one.target_task_definition {
            Some(revision) => Some(revision) == ours,
            None => is_primary,
        };
        let candidates = deployments.iter().filter(is_new).filter(may_be);
        let answered = self.followed.answered.as_ref();
        let named = candidates.clone().find(|one| Some(&one.arn) == answered);
        named.or(match self.followed.sent_at {
            Some(_) => candidates.min_by_key(|one| one.created_at),
            None => candidates.max_by_key(|one| one.created_at),
        })
    }

    pub(super) fn list_after(&self) -> Option<Timestamp> {
        self.followed.sent_at.map(|at| at.before(LIST_MARGIN))
    }

    pub(super) fn by_arn(
        &mut self,
        arn: &DeploymentArn,
        glimpse: &Glimpse,
        state: &ServiceState,
    ) -> Verdict {
        let rolls = state.primary().is_some_and(|primary| {
            primary.task_definition == self.followed.revision
                && primary.rollout == RolloutState::InProgress
        });
        self.signal = !rolls;
        let deployments = match &glimpse.deployments {
            Look::Seen(deployments) => deployments,
            Look::NotAsked if !rolls => return Verdict::Unread(Tempo::AtOnce),
            Look::NotAsked | Look::Missed(_) | Look::Denied(_) => {
                return Verdict::Unread(Tempo::Usual);
            }
        };
        self.looks_since_read = 0;
        let Some(ours) = deployments.iter().find(|one| one.arn == *arn) else {
            let reason =
                "could not tell how it ended: ECS does not know our deployment any more".to_owned();
            let then = (EndKind::CouldNotTell, reason);
            return Verdict::Doubtful { doubt: Doubt::Unlisted, limit: FIND_WITHIN, then };
        };
        verdict::of(&verdict::Case {
            ours,
            newer: verdict::newer(ours, deployments),
            listed: glimpse.listed,
            state,
            revision: &self.followed.revision,
            previous: self.followed.previous.as_ref(),
        })
    }
}
