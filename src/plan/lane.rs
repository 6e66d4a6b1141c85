//! The steps of one service, up to its next wait.

use super::native_request::dressed;
use super::request::{self, Start};
use super::revision::{Choice, Wish, choose};
use super::scaling::without_autoscaled_count;
use super::standing::{Standing, newest, standing};
use super::{
    Attempt, Expected, Joined, Phase, ReuseReason, RevisionRef, ServiceHistory, Step, UpdateReason,
    Waiting, WaitingOn,
};
use super::{conclude, native};
use crate::model::{
    DeploymentArn, Goal, LiveTaskDefinition, ObservedService, Outcome, OutcomeKind, Refusal,
    ReleaseIdentity, RollbackTo, ServiceDeployment, ServiceDeploymentStatus, ServiceState,
    ServiceWanted, TaskDefArn, TaskDefinitionSpec, Timestamp, Traffic, tag_keys,
};
use crate::rollback;
use crate::watch::{End, EndKind};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a change whose answer was lost is looked for before it is sent again. ECS shows a
/// change within a second or two; stale answers of some ten seconds were seen.
pub(super) const LOST_ANSWER_LOOK: Duration = Duration::from_secs(20);

/// What is to do for one service.
pub(super) enum Lane {
    /// Nothing any more.
    Done,
    /// These, the last one a wait unless nothing is to wait for.
    Steps(Vec<Step>),
    /// It cannot come to a good end.
    Failed(Box<Outcome>),
    /// It waits where the user asked it to wait.
    Paused(Box<Outcome>),
}

/// Where a service shall go.
pub(super) enum Aim {
    /// To a revision with this content.
    Content(TaskDefinitionSpec),
    /// To a revision with this content, which is the release of the other service's revision.
    Copy(TaskDefinitionSpec, Box<LiveTaskDefinition>),
    /// To this revision.
    Revision(Box<LiveTaskDefinition>, ReuseReason),
    /// To what it has: the same once more.
    Running,
}

/// Brings `service` to `aim`.
pub(super) fn release(wish: &Wish<'_>, service: &ServiceWanted, aim: Aim) -> Lane {
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

/// Sets the count of `service` and waits for it.
pub(super) fn scale(wish: &Wish<'_>, service: &ServiceWanted, count: u32) -> Lane {
    to_count(wish, service, count, |state| state.desired == count)
}

/// Brings `service` to at least `count` tasks.
pub(super) fn at_least(wish: &Wish<'_>, service: &ServiceWanted, count: u32) -> Lane {
    to_count(wish, service, count, |state| state.desired >= count)
}

fn to_count(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    count: u32,
    is_enough: impl Fn(&ServiceState) -> bool,
) -> Lane {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    if let Some(sent) = history.count.as_ref().filter(|sent| sent.count == count) {
        return match &sent.ended {
            Some(end) => count_end(wish, service, end),
            None => Lane::Steps(vec![counted(service, count)]),
        };
    }
    let Some(state) = wish.observed.state(&service.name) else {
        let outcome = Outcome::refused(Refusal::Preflight)
            .because(format!("service {} does not exist", service.name));
        return Lane::Failed(Box::new(outcome));
    };
    if is_enough(state) && !service.force {
        // Also after a kill: what is left is to see that the tasks are there.
        let reached = state.running == state.desired && state.pending == 0;
        let wait = || Lane::Steps(vec![counted(service, state.desired)]);
        return if reached { Lane::Done } else { wait() };
    }
    let update = Step::UpdateService {
        service: service.name.clone(),
        request: request::scale(&wish.wanted.cluster, service, count),
        revision: None,
        expected: expected(history, state),
        phase: Phase::Forward,
        why: UpdateReason::Settings,
    };
    Lane::Steps(vec![update, counted(service, count)])
}

/// Stops whatever deployment is under way on `service`, and waits for its end.
pub(super) fn stop(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let Some(moving) = moving(wish, service) else { return Lane::Done };
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let going_back = matches!(
        moving.status,
        ServiceDeploymentStatus::StopRequested
            | ServiceDeploymentStatus::RollbackRequested
            | ServiceDeploymentStatus::RollbackInProgress
    );
    let deployment = moving.arn.clone();
    let mut steps = Vec::new();
    if !going_back && !history.stopped.contains(&deployment) && !history.stop_refused {
        let target = moving.target_task_definition.clone();
        let (service, deployment) = (service.name.clone(), deployment.clone());
        steps.push(Step::StopDeployment { service, deployment, target });
    }
    steps.push(settled_wait(service, Some(deployment)));
    Lane::Steps(steps)
}

/// Stops a deployment of this release on `service`; without the right to, the release that ran
/// before is deployed over it.
pub(super) fn stop_own(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let seen = wish.observed.services.get(&service.name);
    if history.forward.was_tried() || history.stop_refused {
        let target = match (&history.forward.revision, seen) {
            (Some(chosen), _) => Some(chosen.clone()),
            (None, Some(seen)) => {
                let job = wish.wanted.identity.job;
                let target = rollback::target(seen, &RollbackTo::LastGood, job);
                target.ok().map(|target| target.revision)
            }
            (None, None) => None,
        };
        return match target {
            Some(target) => {
                let aim = Aim::Revision(Box::new(target), ReuseReason::RollbackTarget);
                release(wish, service, aim)
            }
            None => stop(wish, service),
        };
    }
    let Some(moving) = moving(wish, service) else { return Lane::Done };
    let revisions = seen.and_then(|seen| seen.revisions.known()).into_iter().flatten();
    let mut known = revisions.chain(seen.and_then(|seen| seen.task_definition.as_ref()));
    let theirs = known.find(|known| Some(&known.arn) == moving.target_task_definition.as_ref());
    let ours = wish.wanted.identity.commit.as_ref();
    let by_tag = theirs.and_then(|known| ReleaseIdentity::from_tags(&known.tags).commit);
    // Without tags the image tells: what the canary ran before it was taken back is what was
    // being released. Where the canary carries tags, a deployment without any is not ours.
    let canary = wish.wanted.canary.as_ref().and_then(|canary| before_this_run(wish, canary));
    let canary = canary.filter(|canary| !canary.tags.contains_key(tag_keys::COMMIT));
    let by_image = theirs.zip(canary).is_some_and(|(one, other)| rollback::same_images(one, other));
    let is_ours = ours.is_none() || by_tag.as_ref() == ours || (by_tag.is_none() && by_image);
    if is_ours { stop(wish, service) } else { Lane::Done }
}

/// The revision that `service` wanted at the first look of this run.
fn before_this_run<'a>(wish: &Wish<'a>, service: &ServiceWanted) -> Option<&'a LiveTaskDefinition> {
    let known = wish.history.of(&service.name);
    let first = known.and_then(|known| known.first.as_ref()?.revision.as_ref());
    let seen = || wish.observed.services.get(&service.name)?.task_definition.as_ref();
    first.or_else(seen)
}

/// The deployment that is under way on `service`, where ECS tells of one.
fn moving<'a>(wish: &Wish<'a>, service: &ServiceWanted) -> Option<&'a ServiceDeployment> {
    let seen = wish.observed.services.get(&service.name)?;
    newest(seen).filter(|newest| !newest.status.is_terminal())
}

/// Deletes `service`.
pub(super) fn remove(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let deleted = wish.history.of(&service.name).is_some_and(|history| history.deleted);
    match wish.observed.state(&service.name) {
        Some(state) if state.is_active() && !deleted => {
            Lane::Steps(vec![Step::DeleteService { service: service.name.clone() }])
        }
        Some(_) | None => Lane::Done,
    }
}

/// One service on its way to one revision.
struct Way<'a> {
    service: &'a ServiceWanted,
    history: &'a ServiceHistory,
    seen: &'a ObservedService,
    state: &'a ServiceState,
    revision: RevisionRef,
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
            let rollback = matches!(wish.wanted.goal, Goal::Rollback(_));
            // What somebody deploys after the rollback began is not what it was asked to stop.
            let first = way.history.first.as_ref();
            let was_there = |one: &_| first.is_none_or(|first| first.deployments.contains(one));
            let stops = rollback && !way.history.stop_refused;
            match deployment.filter(|deployment| stops && was_there(deployment)) {
                Some(deployment) => make_room(way, steps, deployment, revision),
                // `check` refused it already where it is somebody else's.
                None => start(wish, way, steps, Start::NewRevision),
            }
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

/// Stops the deployment that is under way; what it leaves is looked at anew.
fn make_room(
    way: &Way<'_>,
    mut steps: Vec<Step>,
    deployment: DeploymentArn,
    target: Option<TaskDefArn>,
) -> Lane {
    let service = way.service.name.clone();
    if !way.history.stopped.contains(&deployment) {
        steps.push(Step::StopDeployment { service, deployment: deployment.clone(), target });
    }
    steps.push(settled_wait(way.service, Some(deployment)));
    Lane::Steps(steps)
}

fn start(wish: &Wish<'_>, way: &Way<'_>, mut steps: Vec<Step>, start: Start) -> Lane {
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

/// The wait for our own deployment ended.
fn after_end(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    history: &ServiceHistory,
    end: &End,
) -> Lane {
    match end.kind {
        EndKind::Successful => noted(wish, service, history),
        EndKind::FailedNotRolledBack => take_back(wish, service, history, end),
        EndKind::FailedRolledBack
        | EndKind::RollbackFailed
        | EndKind::Stopped { .. }
        | EndKind::Superseded { .. }
        | EndKind::TimedOut
        | EndKind::CouldNotTell
        | EndKind::Denied
        | EndKind::Paused(_)
        | EndKind::Resumed
        | EndKind::Cancelled
        // Only the hold of a share ends so.
        | EndKind::JudgedBad
        | EndKind::Undecided => {
            Lane::Failed(Box::new(conclude::failed(wish, service, history, end)))
        }
    }
}

/// ECS did not go back by itself: we do.
fn take_back(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    history: &ServiceHistory,
    end: &End,
) -> Lane {
    let failed = || Lane::Failed(Box::new(conclude::failed(wish, service, history, end)));
    // A rollback that fails leaves the choice to a person: going further back is a guess.
    let is_rollback = matches!(wish.wanted.goal, Goal::Rollback(_));
    // ECS's own strategies go back by themselves, or a person has to look why they did not.
    let is_native = matches!(wish.wanted.course.traffic, Traffic::Native(_));
    if history.back.ended.is_some() || is_rollback || is_native {
        return failed();
    }
    if let Some(sent) = &history.back.sent {
        return Lane::Steps(vec![own(service, Phase::Back, known(&sent.revision), None)]);
    }
    let seen = wish.observed.services.get(&service.name);
    let Some((seen, state)) = seen.and_then(|seen| Some((seen, seen.state.as_ref()?))) else {
        return failed();
    };
    let Some(previous) = previous(seen, history) else { return failed() };
    if let Some(wait) = lost_answer(wish, service, &history.back) {
        return Lane::Steps(vec![wait]);
    }
    let primary = state.primary().map(|primary| primary.id.clone());
    let update = Step::UpdateService {
        service: service.name.clone(),
        request: request::back(&wish.wanted.cluster, service),
        revision: Some(known(&previous)),
        expected: Expected { primary, task_definition: state.task_definition.clone() },
        phase: Phase::Back,
        why: UpdateReason::Deploy,
    };
    Lane::Steps(vec![update, own(service, Phase::Back, known(&previous), None)])
}

/// The release that ran before the failed one. A release that was good before and fails when
/// it is deployed once more has nothing better to go back to.
fn previous(seen: &ObservedService, history: &ServiceHistory) -> Option<TaskDefArn> {
    let failed = failed_revision(history)?;
    let good = rollback::good_releases(seen);
    if good.contains(failed) {
        return None;
    }
    let revisions = seen.revisions.known().map_or(&[][..], Vec::as_slice);
    let is_gone = |arn: &TaskDefArn| revisions.iter().any(|one| one.arn == *arn && !one.active);
    let first = history.first.as_ref().map(|first| &first.task_definition);
    let ran = first.filter(|first| good.contains(first) || good.is_empty());
    let mut candidates = ran.into_iter().chain(good.iter().rev());
    candidates.find(|previous| *previous != failed && !is_gone(previous)).cloned()
}

pub(super) fn failed_revision(history: &ServiceHistory) -> Option<&TaskDefArn> {
    let sent = history.forward.sent.as_ref().map(|sent| &sent.revision);
    sent.or_else(|| history.forward.revision.as_ref().map(|revision| &revision.arn))
}

/// The service is where it shall be; a later run may have to know that it was good.
fn noted(wish: &Wish<'_>, service: &ServiceWanted, history: &ServiceHistory) -> Lane {
    match success_tag(wish, service, history) {
        Some(step) => Lane::Steps(vec![step]),
        None => Lane::Done,
    }
}

fn success_tag(wish: &Wish<'_>, service: &ServiceWanted, history: &ServiceHistory) -> Option<Step> {
    let seen = wish.observed.services.get(&service.name)?;
    let chosen = history.forward.revision.as_ref();
    let running = seen.task_definition.as_ref();
    let revision = chosen.or(running)?;
    let arn = revision.arn.as_str().to_owned();
    let written = (arn.clone(), tag_keys::SUCCEEDED.to_owned());
    if wish.history.tagging_denied || history.remembered.contains_key(&written) {
        return None;
    }
    let deployed = history.forward.ended.is_some();
    let carries = |key: &str| revision.tags.contains_key(key);
    // Killed between the end of the deployment and this note: it is still ours to write.
    let unnoted = carries(tag_keys::COMMIT) && !carries(tag_keys::SUCCEEDED);
    if !deployed && !unnoted {
        return None;
    }
    let at = wish.observed.at.to_string();
    let tags = BTreeMap::from([(tag_keys::SUCCEEDED.to_owned(), at)]);
    Some(Step::Remember { service: service.name.clone(), arn, tags })
}

fn count_end(wish: &Wish<'_>, service: &ServiceWanted, end: &End) -> Lane {
    if end.kind == EndKind::Successful {
        return Lane::Done;
    }
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let outcome = conclude::failed(wish, service, history, end);
    // Another count is no deployment: nothing failed and nothing was taken back.
    let kind = match outcome.outcome {
        OutcomeKind::FailedRolledBack | OutcomeKind::FailedNotRolledBack => OutcomeKind::TimedOut,
        other => other,
    };
    Lane::Failed(Box::new(Outcome { outcome: kind, ..outcome }))
}

fn lost_answer(wish: &Wish<'_>, service: &ServiceWanted, attempt: &Attempt) -> Option<Step> {
    let lost = attempt.lost.as_ref()?;
    let until: Timestamp = lost.at.after(LOST_ANSWER_LOOK);
    (wish.observed.at < until).then(|| {
        Step::Wait(Waiting {
            service: service.name.clone(),
            phase: Phase::Forward,
            on: WaitingOn::LostAnswer { operation: lost.operation.clone(), until },
        })
    })
}

fn settle(service: &ServiceWanted, deployment: Option<DeploymentArn>) -> Lane {
    Lane::Steps(vec![settled_wait(service, deployment)])
}

fn settled_wait(service: &ServiceWanted, deployment: Option<DeploymentArn>) -> Step {
    let on = WaitingOn::Settled { deployment };
    Step::Wait(Waiting { service: service.name.clone(), phase: Phase::Forward, on })
}

fn counted(service: &ServiceWanted, desired: u32) -> Step {
    let on = WaitingOn::Count { desired };
    Step::Wait(Waiting { service: service.name.clone(), phase: Phase::Forward, on })
}

pub(super) fn own(
    service: &ServiceWanted,
    phase: Phase,
    revision: RevisionRef,
    deployment: Option<DeploymentArn>,
) -> Step {
    let on = WaitingOn::OwnDeployment { revision, deployment };
    Step::Wait(Waiting { service: service.name.clone(), phase, on })
}

fn known(arn: &TaskDefArn) -> RevisionRef {
    RevisionRef::Known(arn.clone())
}

fn expected(history: &ServiceHistory, state: &ServiceState) -> Expected {
    match &history.basis {
        Some(before) => Expected {
            primary: before.primary.clone(),
            task_definition: before.task_definition.clone(),
        },
        None => Expected {
            primary: state.primary().map(|primary| primary.id.clone()),
            task_definition: state.task_definition.clone(),
        },
    }
}
