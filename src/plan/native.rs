//! ECS's own strategies: one service, a deployment that ECS moves from stage to stage, and
//! pauses that we answer. What is done follows from the deployment as AWS shows it, so whoever
//! comes after a kill goes on from there.

use super::course::{aborting, cause, is_way_back, rollback, runs_release};
use super::lane::{Lane, own, stop_own};
use super::next::to_content;
use super::revision::Wish;
use super::standing::newest;
use super::{RevisionRef, ServiceHistory, Step, Waiting, WaitingOn, conclude, hold};
use crate::journal::Phase;
use crate::model::{
    DeploymentArn, Goal, NativeStrategy, NativeTraffic, Outcome, OutcomeKind, Pause, PauseStage,
    Refusal, ReleaseIdentity, ServiceDeployment, ServiceDeploymentStatus as Status, ServiceWanted,
    TaskDefArn, Traffic, TrafficShare,
};
use crate::watch::Asked;

/// Answers to one pause until it is said that ECS takes none.
const ANSWERS: u32 = 3;
/// A gate is at the first step that carries requests; later ones are held.
const GATE: u32 = 1;

/// Lanes of a goal with their phases, and the phase after the last one.
pub(super) fn lanes(wish: &Wish<'_>, native: &NativeTraffic) -> (Vec<(Phase, Lane)>, Phase) {
    let Some(service) = &wish.wanted.full else { return (Vec::new(), Phase::Done) };
    let (aborting, aborted) = (aborting(wish), Phase::Aborted(cause(wish)));
    let forward = || vec![(phase(wish, native, service), to_content(wish, service))];
    match &wish.wanted.goal {
        Goal::Canary => (forward(), Phase::Gate(GATE)),
        Goal::Full | Goal::Release => (forward(), Phase::Done),
        Goal::Promote => match nothing_to_promote(wish, service) {
            Some(outcome) => {
                (vec![(Phase::Promoting, Lane::Failed(Box::new(outcome)))], Phase::Done)
            }
            None => (forward(), Phase::Done),
        },
        Goal::Abort => {
            let lanes = [stop_own(wish, service), taken_back(wish, service)];
            (lanes.into_iter().map(|lane| (aborting, lane)).collect(), aborted)
        }
        // What a dead release left is stopped before; nothing else has to be put in order.
        Goal::Reap => (Vec::new(), aborted),
        Goal::Rollback(to) => (rollback(wish, to), aborted),
        Goal::Scale | Goal::Service => (Vec::new(), Phase::Done),
    }
}

/// The wait for our own deployment, or what its pause asks for.
pub(super) fn wait(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    revision: &TaskDefArn,
    deployment: Option<DeploymentArn>,
) -> Lane {
    at_pause(wish, service, revision).unwrap_or_else(|| {
        let revision = RevisionRef::Known(revision.clone());
        Lane::Steps(vec![own(service, super::Phase::Forward, revision, deployment)])
    })
}

/// What the open pause of our deployment asks for; `None` without one, and in the other modes.
fn at_pause(wish: &Wish<'_>, service: &ServiceWanted, revision: &TaskDefArn) -> Option<Lane> {
    let Traffic::Native(native) = &wish.wanted.course.traffic else { return None };
    let pause = open_pause(wish, service, revision)?;
    let here = Here { wish, service, native, revision, pause };
    Some(here.answer())
}

/// A pause of our deployment that nobody answered: as AWS shows it, or as the wait saw it when
/// this look is older.
fn open_pause(wish: &Wish<'_>, service: &ServiceWanted, revision: &TaskDefArn) -> Option<Pause> {
    let history = wish.history.of(&service.name);
    let answered = |pause: &Pause| {
        let answer = history.and_then(|history| history.answers.get(&pause.hook));
        answer.is_some_and(|answer| wish.observed.at < answer.until)
    };
    let newest = newest(wish.observed.services.get(&service.name)?);
    let ours = newest.filter(|newest| {
        let brings = newest.target_task_definition.as_ref();
        newest.status == Status::InProgress && brings.is_none_or(|brings| brings == revision)
    });
    let lifecycle = ours.and_then(|ours| Some((ours, ours.lifecycle.as_ref()?)));
    let shown = lifecycle.and_then(|(ours, lifecycle)| {
        let mut pauses = lifecycle.open_pauses().map(|hook| lifecycle.pause(&ours.arn, hook));
        pauses.find(|pause| !answered(pause))
    });
    shown.or_else(|| {
        let seen = history?.pause.clone().filter(|pause| !answered(pause))?;
        let is_older = match newest {
            None => true,
            Some(newest) if newest.arn != seen.deployment => false,
            Some(_) => lifecycle.is_some_and(|(_, shown)| shown.hook(&seen.hook).is_none()),
        };
        is_older.then_some(seen)
    })
}

/// Our deployment at an open pause.
struct Here<'a> {
    wish: &'a Wish<'a>,
    service: &'a ServiceWanted,
    native: &'a NativeTraffic,
    revision: &'a TaskDefArn,
    pause: Pause,
}

impl Here<'_> {
    fn answer(&self) -> Lane {
        let step = self.native.strategy.step(self.pause.share);
        let holds = step > 0 && (self.is_judged() || !self.wish.wanted.course.hold.is_zero());
        if let Some(outcome) = self.unanswerable() {
            return Lane::Failed(Box::new(outcome));
        }
        match self.wish.wanted.goal {
            Goal::Canary if self.is_gate(step) => Lane::Paused(Box::new(self.gate())),
            Goal::Release if holds => self.hold(step, Asked::ToGoOn),
            // A person who promotes has looked at the share that stands.
            Goal::Promote if holds && step > GATE => self.hold(step, Asked::ToGoOn),
            Goal::Promote if step == GATE && self.is_judged() => self.hold(step, Asked::ByAPerson),
            Goal::Canary
            | Goal::Release
            | Goal::Promote
            | Goal::Full
            | Goal::Abort
            | Goal::Reap
            | Goal::Rollback(_)
            | Goal::Scale
            | Goal::Service => self.go_on(),
        }
    }

    /// True where a canary is left to a person: the new revision has its first requests, or,
    /// where all come in one step, the new tasks run and none came yet.
    fn is_gate(&self, step: u32) -> bool {
        let early = [PauseStage::ReconcileService, PauseStage::PreScaleUp, PauseStage::PostScaleUp];
        let is_early = early.iter().any(|stage| self.pause.stage.as_deref() == Some(stage.api()));
        step > 0 || (self.native.strategy == NativeStrategy::BlueGreen && !is_early)
    }

    fn gate(&self) -> Outcome {
        let outcome = self.about(Outcome::new(OutcomeKind::Paused));
        let name = &self.service.name;
        let unknown = if self.pause.share.is_none() { ", could not tell its share" } else { "" };
        outcome
            .because(format!(
                "{name} waits at {}{unknown}; {}",
                self.pause,
                self.pause.at_its_end()
            ))
            .hinting("`ecs-canary promote` goes on, `ecs-canary abort` takes it back")
    }

    /// ECS was asked again and again to go on, and the pause stays.
    fn unanswerable(&self) -> Option<Outcome> {
        let history = self.wish.history.of(&self.service.name)?;
        let answer = history.answers.get(&self.pause.hook).filter(|one| one.tries >= ANSWERS)?;
        let why = answer.refused.as_deref().unwrap_or("it says nothing");
        let reason = format!(
            "could not tell why the pause at {} goes on although it was answered {} times ({why}); \
             {}",
            self.pause,
            answer.tries,
            self.pause.at_its_end()
        );
        let hint = "look at the deployment in ECS's console; `ecs-canary abort` takes it back";
        Some(self.about(Outcome::new(OutcomeKind::TimedOut)).because(reason).hinting(hint))
    }

    fn about(&self, outcome: Outcome) -> Outcome {
        let nothing = ServiceHistory::default();
        let history = self.wish.history.of(&self.service.name).unwrap_or(&nothing);
        let outcome = conclude::about(self.wish, self.service, history, outcome);
        Outcome { deployment: Some(self.pause.deployment.clone()), ..outcome }
    }

    /// A part of the requests comes to the new revision, and somebody judges them.
    fn is_judged(&self) -> bool {
        let all = TrafficShare::from_tenths(1000);
        let is_trial = self.native.strategy.step(self.pause.share) > 0
            && self.pause.share.is_none_or(|share| share < all);
        self.wish.wanted.course.judging.is_some() && is_trial
    }

    /// The share is held for its time, which counts from when it was first noted, whichever run
    /// noted it; the new tasks have to stay well, and the judge has to find it healthy.
    fn hold(&self, step: u32, asked: Asked) -> Lane {
        let Self { wish, service, .. } = self;
        if let Some(end) = wish.history.holds.get(&step) {
            return if hold::goes_on(wish, end) {
                self.go_on()
            } else {
                Lane::Failed(Box::new(self.until_its_end(hold::failed(wish, service, end))))
            };
        }
        let noted = wish.progress().filter(|progress| {
            progress.phase == Phase::Step(step) || progress.phase == Phase::Gate(step)
        });
        let since = noted.map_or(wish.observed.at, |progress| progress.since);
        let until = since.after(wish.wanted.course.hold);
        let share = self.pause.share;
        let on = if self.is_judged() {
            let (share_since, since) = (since, wish.judged_since().unwrap_or(since));
            let until = if asked == Asked::ByAPerson { share_since } else { until };
            WaitingOn::Verdict { step, share, since, share_since, until, asked }
        } else if wish.observed.at >= until && self.is_well() {
            return self.go_on();
        } else {
            WaitingOn::Hold { step, share, until }
        };
        let waiting = Waiting { service: service.name.clone(), phase: super::Phase::Forward, on };
        Lane::Steps(vec![Step::Wait(waiting)])
    }

    /// What is left to a person is left until the pause ends.
    fn until_its_end(&self, outcome: Outcome) -> Outcome {
        let is_left = match outcome.outcome {
            OutcomeKind::Frozen => true,
            OutcomeKind::CanaryUndecided => outcome.exit_code != hold::UNDECIDED_TAKEN_BACK,
            _ => false,
        };
        if !is_left {
            return outcome;
        }
        let reason = outcome.reason.clone().unwrap_or_default();
        outcome.because(format!("{reason}; {}", self.pause.at_its_end()))
    }

    fn is_well(&self) -> bool {
        let seen = self.wish.observed.services.get(&self.service.name).and_then(newest);
        seen.is_some_and(|newest| {
            let (requested, running, _) = newest.target_tasks;
            newest.arn == self.pause.deployment && running >= requested && requested > 0
        })
    }

    fn go_on(&self) -> Lane {
        let go_on = Step::Continue {
            service: self.service.name.clone(),
            revision: self.revision.clone(),
            pause: Box::new(self.pause.clone()),
        };
        let revision = RevisionRef::Known(self.revision.clone());
        let deployment = Some(self.pause.deployment.clone());
        Lane::Steps(vec![go_on, own(self.service, super::Phase::Forward, revision, deployment)])
    }
}

/// How far the deployment under way is, for the tags.
fn phase(wish: &Wish<'_>, native: &NativeTraffic, service: &ServiceWanted) -> Phase {
    let begins = if wish.wanted.goal == Goal::Full { Phase::Promoting } else { Phase::Prepared };
    let Some(ours) = moving(wish, service) else { return begins };
    let Some(lifecycle) = &ours.lifecycle else { return begins };
    match (native.strategy.step(lifecycle.share), lifecycle.share) {
        _ if wish.wanted.goal == Goal::Full => Phase::Promoting,
        (0, _) => begins,
        (_, Some(share)) if is_all(share) && lifecycle.open_pauses().next().is_none() => {
            Phase::Promoting
        }
        // A person has the share looked at that stands since then.
        (step, _) if wish.wanted.goal == Goal::Promote && is_at_gate(wish, step) => {
            Phase::Gate(step)
        }
        (step, _) => Phase::Step(step),
    }
}

fn is_at_gate(wish: &Wish<'_>, step: u32) -> bool {
    wish.progress().is_some_and(|progress| progress.phase == Phase::Gate(step))
}

fn is_all(share: TrafficShare) -> bool {
    share >= TrafficShare::from_tenths(1000)
}

/// The deployment under way on `service`, whoever's.
fn moving<'a>(wish: &Wish<'a>, service: &ServiceWanted) -> Option<&'a ServiceDeployment> {
    let seen = wish.observed.services.get(&service.name)?;
    newest(seen).filter(|newest| !newest.is_over())
}

/// Nothing of this release is under way: a promotion starts nothing of its own.
fn nothing_to_promote(wish: &Wish<'_>, service: &ServiceWanted) -> Option<Outcome> {
    if wish.history.changed_something() || wish.observed.state(&service.name).is_none() {
        return None;
    }
    if is_way_back(wish) {
        return None;
    }
    let newest = wish.observed.services.get(&service.name).and_then(newest);
    let is_ours = newest.is_some_and(|newest| brings_release(wish, service, newest));
    let under_way = newest.filter(|newest| !newest.is_over());
    if (is_ours && under_way.is_some()) || (under_way.is_none() && runs_release(wish, service)) {
        return None;
    }
    let name = &service.name;
    let why = match newest.filter(|_| is_ours) {
        Some(ended) => {
            let words = ended.rollback_reason.as_ref().or(ended.status_reason.as_ref());
            let words = words.map(|words| format!(": {}", words.trim_end_matches('.')));
            format!(
                "the deployment of this release on {name} is over, {}{}",
                ended.status,
                words.unwrap_or_default()
            )
        }
        None => format!("no deployment of this release is under way on {name}"),
    };
    let outcome =
        Outcome::refused(Refusal::Preflight).because(format!("{why}: nothing to promote"));
    let outcome = outcome.hinting("run the canary job first, or `ecs-canary deploy full`");
    Some(Outcome { service: Some(name.clone()), ..outcome })
}

/// True when the revision that `deployment` brings carries this release.
fn brings_release(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    deployment: &ServiceDeployment,
) -> bool {
    let Some(seen) = wish.observed.services.get(&service.name) else { return false };
    let brings = deployment.target_task_definition.as_ref();
    let revisions = seen.read_revisions();
    let mut ours = revisions.filter(|revision| Some(&revision.arn) == brings);
    ours.any(|revision| {
        let theirs = ReleaseIdentity::from_tags(&revision.tags);
        wish.wanted.identity.commit.is_none() || theirs.commit == wish.wanted.identity.commit
    })
}

/// How what was stopped ended. Only what ran before, running again, is a good end.
fn taken_back(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let Some(newest) = wish.observed.services.get(&service.name).and_then(newest) else {
        return Lane::Done;
    };
    let history = wish.history.of(&service.name);
    let stopped = history.is_some_and(|history| history.stopped.contains(&newest.arn));
    let outcome = match newest.status {
        Status::RollbackFailed => {
            let words = newest.status_reason.as_deref().unwrap_or("ECS gives no reason");
            Outcome::new(OutcomeKind::FailedNotRolledBack)
                .because(format!("ECS could not go back: {}", words.trim_end_matches('.')))
                .hinting(format!("a person is needed: look at {}", service.name))
        }
        Status::Successful if stopped => Outcome::refused(Refusal::Preflight)
            .because(format!("{} was done before it could be stopped", service.name))
            .hinting("`ecs-canary rollback` brings the release before it back"),
        Status::Successful
        | Status::Stopped
        | Status::RollbackSuccessful
        | Status::Pending
        | Status::InProgress
        | Status::StopRequested
        | Status::RollbackRequested
        | Status::RollbackInProgress
        | Status::Unknown(_) => return Lane::Done,
    };
    let nothing = ServiceHistory::default();
    let outcome = conclude::about(wish, service, history.unwrap_or(&nothing), outcome);
    let deployment = Some(newest.arn.clone());
    Lane::Failed(Box::new(Outcome { deployment, ..outcome }))
}
