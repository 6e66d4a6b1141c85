//! Application Auto Scaling beside a release. A count that autoscaling sets is never written
//! over; while the release holds its services, no policy takes tasks away from them.

use super::journaling::{free_for, holds_a_lease};
use super::next::services;
use super::revision::Wish;
use super::{History, ScaleInSent, ScaleInStep, Step};
use crate::journal::{ReleaseKey, ScalingNote, ScalingNoted};
use crate::model::{
    CountRule, Goal, Observed, ScaleIn, ServiceName, ServiceWanted, Traffic, Wanted,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// True when autoscaling sets the count of `service`. It leaves a service alone that wants no
/// tasks: such a one is brought up to the declared count.
pub fn sets_count(observed: &Observed, service: &ServiceName) -> bool {
    let wants_some = observed.state(service).is_some_and(|state| state.desired > 0);
    wants_some && observed.scalable_target(service).is_some()
}

/// True when more tasks than this run waits for are as good: autoscaling may add some. `scale` does
/// what a person asks for.
pub fn may_be_more(wanted: &Wanted, observed: &Observed, service: &ServiceName) -> bool {
    wanted.goal != Goal::Scale && sets_count(observed, service)
}

/// `service` without a count that autoscaling sets.
pub fn without_autoscaled_count<'a>(
    observed: &Observed,
    service: &'a ServiceWanted,
) -> Cow<'a, ServiceWanted> {
    match service.count {
        CountRule::Always(_) if sets_count(observed, &service.name) => {
            Cow::Owned(ServiceWanted { count: CountRule::Keep, ..service.clone() })
        }
        // By ecs-cli's rule the present count is sent again.
        CountRule::Always(_) | CountRule::AtCreate(_) | CountRule::EcsCli | CountRule::Keep => {
            Cow::Borrowed(service)
        }
    }
}

/// Services whose scale-in this goal suspends: those that it moves. A way back is not kept
/// waiting for it, and ECS itself takes no tasks away during a deployment.
fn held<'a>(wish: &Wish<'a>) -> Vec<&'a ServiceWanted> {
    // ECS's own strategies are one deployment from the first stage to the last.
    if matches!(wish.wanted.course.traffic, Traffic::Native(_)) {
        return Vec::new();
    }
    match wish.wanted.goal {
        Goal::Canary => wish.wanted.canary.iter().collect(),
        Goal::Full | Goal::Promote | Goal::Release => services(wish).collect(),
        Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale | Goal::Service => Vec::new(),
    }
}

/// What is suspended before the first change. Where no tag can be written nothing is: nobody
/// would find it after a kill.
pub(super) fn suspends(wish: &Wish<'_>) -> Vec<Step> {
    if wish.history.tagging_denied {
        return Vec::new();
    }
    let due = held(wish).into_iter().filter_map(|service| {
        let target = wish.observed.scalable_target(&service.name)?;
        let state = wish.observed.state(&service.name).filter(|state| state.is_active())?;
        // A release that died suspended it, or somebody did on purpose.
        let is_suspended = target.scale_in == ScaleIn::Suspended;
        if is_suspended || wish.history.scale_in.contains_key(&service.name) {
            return None;
        }
        let release = ReleaseKey::of(&wish.wanted.identity);
        Some(Step::ScaleIn(Box::new(ScaleInStep {
            service: service.name.clone(),
            arn: state.arn.clone(),
            to: ScaleIn::Suspended,
            target: Some(target),
            note: ScalingNote { release, since: wish.observed.at }.tags(),
        })))
    });
    due.collect()
}

/// What a run resumes at its end: what it suspended, and what a note says that a dead run did.
/// Nothing while somebody else releases.
pub fn resumes(wanted: &Wanted, observed: &Observed, history: &History) -> Vec<ScaleInStep> {
    if !holds_a_lease(&wanted.goal) || !free_for(wanted, observed, history.noted.as_ref()) {
        return Vec::new();
    }
    let sides = wanted.full.iter().chain(&wanted.canary);
    let due = sides.filter_map(|service| {
        let name = &service.name;
        let state = observed.state(name)?;
        let noted = || match ScalingNote::read(&state.tags) {
            ScalingNoted::Open(_) => true,
            ScalingNoted::Nothing | ScalingNoted::Unreadable(_) => false,
        };
        let is_due = match history.scale_in.get(name) {
            Some(ScaleInSent::Suspended | ScaleInSent::Refused) => true,
            Some(ScaleInSent::Resumed | ScaleInSent::Left) => false,
            None => noted(),
        };
        is_due.then(|| ScaleInStep {
            service: name.clone(),
            arn: state.arn.clone(),
            to: ScaleIn::On,
            target: observed.scalable_target(name),
            note: ScalingNote::closed(),
        })
    });
    due.collect()
}

/// Services whose scale-in this run resumed although another one had suspended it.
pub(super) fn resumed(sent: &BTreeMap<ServiceName, ScaleInSent>) -> Vec<&str> {
    let all = sent.iter().filter(|(_, sent)| **sent == ScaleInSent::Resumed);
    all.map(|(name, _)| name.as_str()).collect()
}
