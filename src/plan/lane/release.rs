//! A service on its way to a revision.

use super::count::count_end;
use super::ended::{after_end, noted};
use super::kind::{Aim, Lane};
use super::others::others;
use super::wait::{counted, expected, known, lost_answer, own, settle};
use crate::model::{DeploymentArn, ObservedService, ServiceState, ServiceWanted};
use crate::plan::native_request::dressed;
use crate::plan::request::Start;
use crate::plan::revision::{Choice, Wish, choose};
use crate::plan::scaling::without_autoscaled_count;
use crate::plan::standing::{Standing, standing};
use crate::plan::{
    Attempt, Joined, Phase, RevisionRef, ServiceHistory, Step, UpdateReason, native, request,
};

/// One service on its way to one revision.
pub(super) struct Way<'a> {
    pub(super) service: &'a ServiceWanted,
    pub(super) history: &'a ServiceHistory,
    pub(super) seen: &'a ObservedService,
    pub(super) state: &'a ServiceState,
    pub(super) revision: RevisionRef,
}

/// Brings `service` to `aim`.
pub(in crate::plan) fn release(wish: &Wish<'_>, service: &ServiceWanted, aim: Aim) -> Lane {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let dressed = dressed(wish, service);
    let service = &*without_autoscaled_count(wish.observed, &dressed);
    if let Some(end) = &history.forward.ended {
        return after_end(wish, service, history, end);
    }
    if let Some(sent) = &history.forward.sent {
        return native::wait(wish, service, &sent.revision, None);
    }
    if let Some(Joined { deployment, revision }) = &history.joined {
        return native::wait(wish, service, revision, Some(deployment.clone()));
    }
    let (steps, revision) = match &history.forward.revision {
        Some(chosen) => (Vec::new(), known(&chosen.arn)),
        None => towards(wish, service, aim),
    };
    let registers = matches!(steps.first(), Some(Step::Register { .. }));
    if let Some(wait) = lost_answer(wish, service, &history.forward).filter(|_| registers) {
        return Lane::Steps(vec![wait]);
    }
    let seen = wish.observed.services.get(&service.name);
    match seen.and_then(|seen| Some((seen, seen.state.as_ref()?))) {
        None => create(wish, service, &history.forward, steps, revision),
        Some((seen, state)) => {
            let way = Way { service, history, seen, state, revision };
            existing(wish, &way, steps)
        }
    }
}

fn towards(wish: &Wish<'_>, service: &ServiceWanted, aim: Aim) -> (Vec<Step>, RevisionRef) {
    let name = service.name.clone();
    let (spec, copied) = match aim {
        Aim::Revision(revision, why) => {
            let arn = known(&revision.arn);
            return (vec![Step::ReuseRevision { service: name, revision, why }], arn);
        }
        Aim::Running => {
            let running = wish.observed.state(&name).map(|state| known(&state.task_definition));
            return (Vec::new(), running.unwrap_or(RevisionRef::Registered));
        }
        Aim::Content(spec) => (spec, None),
        Aim::Copy(spec, of) => (spec, Some(of)),
    };
    match choose(wish, service, &spec, copied.as_deref()) {
        Choice::Running(arn) => (Vec::new(), known(&arn)),
        Choice::Reuse(revision, why) => {
            let arn = known(&revision.arn);
            (vec![Step::ReuseRevision { service: name, revision, why }], arn)
        }
        Choice::Register { spec, tags, from, changes } => {
            let register = Step::Register { service: name, spec, tags, from, changes };
            (vec![register], RevisionRef::Registered)
        }
    }
}

fn create(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    attempt: &Attempt,
    mut steps: Vec<Step>,
    revision: RevisionRef,
) -> Lane {
    if let Some(wait) = lost_answer(wish, service, attempt) {
        return Lane::Steps(vec![wait]);
    }
    steps.push(Step::CreateService {
        service: service.name.clone(),
        request: request::create(&wish.wanted.cluster, service),
        revision: revision.clone(),
    });
    steps.push(own(service, Phase::Forward, revision, None));
    Lane::Steps(steps)
}

fn existing(wish: &Wish<'_>, way: &Way<'_>, steps: Vec<Step>) -> Lane {
    let arn = match &way.revision {
        RevisionRef::Known(arn) => Some(arn),
        RevisionRef::Registered => None,
    };
    match standing(way.seen, way.state, arn) {
        Standing::GoingBack(deployment) => settle(way.service, deployment),
        Standing::Rolling(deployment) if steps.is_empty() && arn.is_some() => {
            rolling(wish, way, deployment)
        }
        Standing::Rolling(deployment) => {
            let wait = own(way.service, Phase::Forward, way.revision.clone(), deployment);
            Lane::Steps(steps.into_iter().chain([wait]).collect())
        }
        Standing::Settled if way.service.force => start(wish, way, steps, Start::Force),
        Standing::Settled => settled(wish, way, steps),
        Standing::Failed => start(wish, way, steps, Start::Force),
        Standing::Elsewhere => start(wish, way, steps, Start::NewRevision),
        Standing::Other { deployment, revision } => {
            others(wish, way, steps, (deployment, revision))
        }
    }
}

/// Our own deployment, of this run or of an earlier one.
fn rolling(wish: &Wish<'_>, way: &Way<'_>, deployment: Option<DeploymentArn>) -> Lane {
    match &way.revision {
        RevisionRef::Known(arn) => native::wait(wish, way.service, arn, deployment),
        RevisionRef::Registered => {
            let wait = own(way.service, Phase::Forward, RevisionRef::Registered, deployment);
            Lane::Steps(vec![wait])
        }
    }
}

pub(super) fn start(wish: &Wish<'_>, way: &Way<'_>, mut steps: Vec<Step>, start: Start) -> Lane {
    if let Some(wait) = lost_answer(wish, way.service, &way.history.forward) {
        return Lane::Steps(vec![wait]);
    }
    let Some(update) = request::update(&wish.wanted.cluster, way.service, way.state, start) else {
        return Lane::Done;
    };
    steps.push(Step::UpdateService {
        service: way.service.name.clone(),
        request: update.request,
        revision: Some(way.revision.clone()),
        expected: expected(way.history, way.state),
        phase: Phase::Forward,
        why: update.why,
    });
    steps.push(own(way.service, Phase::Forward, way.revision.clone(), None));
    Lane::Steps(steps)
}

/// The revision runs: count, per cents and load balancer may still differ.
fn settled(wish: &Wish<'_>, way: &Way<'_>, chosen: Vec<Step>) -> Lane {
    if !chosen.is_empty() {
        // A choice is noted before anything else, so that it is made once.
        return Lane::Steps(chosen);
    }
    if let Some(end) = &way.history.count_end {
        return match count_end(wish, way.service, end) {
            Lane::Done => noted(wish, way.service, way.history),
            other => other,
        };
    }
    if let Some(sent) = way.history.settings {
        return match sent {
            Some(count) => Lane::Steps(vec![counted(way.service, count)]),
            None => noted(wish, way.service, way.history),
        };
    }
    let update = request::update(&wish.wanted.cluster, way.service, way.state, Start::Nothing);
    let Some(update) = update else { return noted(wish, way.service, way.history) };
    let deploys = update.why != UpdateReason::Settings;
    let mut steps = vec![Step::UpdateService {
        service: way.service.name.clone(),
        request: update.request,
        revision: deploys.then(|| way.revision.clone()),
        expected: expected(way.history, way.state),
        phase: Phase::Forward,
        why: update.why,
    }];
    match update.count {
        _ if deploys => steps.push(own(way.service, Phase::Forward, way.revision.clone(), None)),
        Some(count) => steps.push(counted(way.service, count)),
        None => {}
    }
    Lane::Steps(steps)
}
