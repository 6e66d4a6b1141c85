//! ECS's own strategies: answering a pause, and what a run that ends leaves to ECS.

use super::release::Release;
use crate::model::{
    CallError, CallErrorKind, DeploymentArn, Goal, Observed, OnCancel, Outcome, OutcomeKind, Pause,
    ServiceDeployment, ServiceEvent, ServiceName, TaskDefArn, Traffic,
};
use crate::plan::{Answer, Joined, Unfinished};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::Answers;
use std::time::Duration;

/// How long an answered pause may still be shown as open. ECS shows a change within a second or
/// two; stale answers of some ten seconds were seen.
const SHOWN_FOR: Duration = Duration::from_secs(30);
/// What a cancelled run gives ECS to take its request to stop.
const STOP_LIMIT: Duration = Duration::from_secs(20);

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// ContinueServiceDeployment; in words what was done. ECS has no error of its own for a pause
    /// that is over or was answered: whatever it refuses, the next look decides.
    pub(super) async fn answer(
        &mut self,
        service: &ServiceName,
        revision: &TaskDefArn,
        pause: &Pause,
    ) -> Result<String, CallError> {
        let refused = match self.cloud.continue_deployment(&pause.deployment, &pause.hook).await {
            Ok(()) => None,
            Err(error) if error.kind == CallErrorKind::NoAnswer => {
                self.warn(&format!("{error}: looking whether it was done"));
                return Ok(format!("an answer to {pause}, and its own answer was lost"));
            }
            Err(error) => match error.kind {
                CallErrorKind::Refused | CallErrorKind::NotFound => Some(error.to_string()),
                _ => return Err(error),
            },
        };
        let text = match &refused {
            None => format!("{service} goes on from {pause}"),
            Some(why) => {
                self.warn(&format!("the pause may be over already, looking: {why}"));
                format!("{service} takes no answer to {pause}: {why}")
            }
        };
        if refused.is_none() {
            self.fact("pause", &text);
        }
        self.answered(service, revision, pause, refused);
        Ok(text)
    }

    /// Notes that a pause needs no answer for a while.
    pub(super) fn answered(
        &mut self,
        service: &ServiceName,
        revision: &TaskDefArn,
        pause: &Pause,
        refused: Option<String>,
    ) {
        let at = self.observed.as_ref().map_or_else(|| self.clock.now(), |observed| observed.at);
        let known = self.history.of_mut(service);
        let before = known.answers.get(&pause.hook).map_or(0, |answer| answer.tries);
        let answer = Answer { until: at.after(SHOWN_FOR), tries: before + 1, refused };
        known.answers.insert(pause.hook.clone(), answer);
        let (deployment, revision) = (pause.deployment.clone(), revision.clone());
        known.joined = Some(Joined { deployment, revision });
    }

    /// The wait saw that our deployment pauses.
    pub(super) fn at_pause(
        &mut self,
        service: &ServiceName,
        revision: &TaskDefArn,
        pause: Pause,
        told: &[ServiceEvent],
    ) {
        let known = self.history.of_mut(service);
        known.told.extend(told.iter().map(|event| event.id.clone()));
        let (deployment, revision) = (pause.deployment.clone(), revision.clone());
        known.joined = Some(Joined { deployment, revision });
        known.pause = Some(pause);
    }

    /// A hold saw that our deployment does not pause any more.
    pub(super) fn resumed(&mut self, service: &ServiceName, told: &[ServiceEvent]) {
        let known = self.history.of_mut(service);
        known.told.extend(told.iter().map(|event| event.id.clone()));
        known.pause = None;
    }

    /// Who answers pauses of `service`, and which ones need no answer any more.
    pub(super) fn answers(&self, service: &ServiceName) -> Answers {
        let Traffic::Native(_) = self.wanted.course.traffic else { return Answers::Nobody };
        let answers = self.history.of(service).into_iter().flat_map(|known| &known.answers);
        Answers::Ours(answers.map(|(hook, answer)| (hook.clone(), answer.until)).collect())
    }

    /// How long ECS keeps the old tasks at the end, in its own strategies.
    pub(super) fn bake(&self) -> Option<Duration> {
        match &self.wanted.course.traffic {
            Traffic::Native(native) => Some(native.bake),
            Traffic::Twin | Traffic::Weighted(_) => None,
        }
    }

    /// The deployment whose pause is held; `None` in the other modes.
    pub(super) fn held_deployment(
        &self,
        service: &ServiceName,
        observed: &Observed,
    ) -> Option<DeploymentArn> {
        let Traffic::Native(_) = self.wanted.course.traffic else { return None };
        let joined = self.history.of(service).and_then(|known| known.joined.as_ref());
        joined
            .map(|joined| joined.deployment.clone())
            .or_else(|| moving(service, observed).map(|moving| moving.arn.clone()))
    }

    /// What a run that ends leaves of a deployment under way: stopped after a cancel, else in
    /// words what ECS does without us. `None` in the other modes.
    pub(super) async fn left_to_ecs(
        &mut self,
        outcome: &Outcome,
    ) -> Option<(Option<String>, Unfinished)> {
        let Traffic::Native(_) = self.wanted.course.traffic else { return None };
        let nothing = Some((None, Unfinished::GoesOn));
        let is_open = match outcome.outcome {
            OutcomeKind::Cancelled
            | OutcomeKind::TimedOut
            | OutcomeKind::Denied
            | OutcomeKind::Unreachable
            | OutcomeKind::Internal => true,
            OutcomeKind::Succeeded
            | OutcomeKind::NoChange
            | OutcomeKind::Paused
            | OutcomeKind::FailedRolledBack
            | OutcomeKind::FailedNotRolledBack
            | OutcomeKind::Superseded
            | OutcomeKind::CanaryFailed
            | OutcomeKind::CanaryUndecided
            | OutcomeKind::Frozen
            | OutcomeKind::Refused
            | OutcomeKind::Invalid => false,
        };
        // Stopping a way back would bring the bad release again.
        let is_way_back = matches!(self.wanted.goal, Goal::Abort | Goal::Reap | Goal::Rollback(_));
        let Some(service) = self.wanted.full.as_ref().map(|full| full.name.clone()) else {
            return nothing;
        };
        let moving = self.observed.as_ref().and_then(|observed| moving(&service, observed));
        let Some(moving) = moving.filter(|_| is_open && !is_way_back).cloned() else {
            return nothing;
        };
        let known = self.history.of(&service);
        let is_ours = known.is_some_and(|known| {
            let sent = known.forward.sent.as_ref().map(|sent| &sent.revision);
            let ended = known.forward.ended.is_some() || known.stopped.contains(&moving.arn);
            let joined = known.joined.as_ref().is_some_and(|one| one.deployment == moving.arn);
            !ended && (joined || sent.is_some_and(|sent| brings(&moving, sent)))
        });
        if !is_ours {
            return nothing;
        }
        let cancelled = outcome.outcome == OutcomeKind::Cancelled;
        if cancelled && self.on_cancel() == OnCancel::Stop {
            return Some(self.stop_at_pause(&service, &moving.arn).await);
        }
        let pause = known.and_then(|known| known.pause.as_ref());
        let waits = pause.filter(|pause| {
            pause.deployment == moving.arn
                && known.is_none_or(|known| !known.answers.contains_key(&pause.hook))
        });
        let text = waits.map(|pause| format!("it pauses, and {}", pause.at_its_end()));
        Some((text, Unfinished::GoesOn))
    }

    async fn stop_at_pause(
        &mut self,
        service: &ServiceName,
        deployment: &DeploymentArn,
    ) -> (Option<String>, Unfinished) {
        let stopped = tokio::select! {
            stopped = self.cloud.stop_deployment(deployment) => stopped.map_err(|one| one.to_string()),
            () = self.clock.sleep(STOP_LIMIT) => Err("no answer in time".to_owned()),
        };
        match stopped {
            Ok(()) => {
                self.history.of_mut(service).stopped.insert(deployment.clone());
                let text = format!("the deployment of {service} was stopped: ECS goes back");
                (Some(text), Unfinished::TakenBack)
            }
            Err(why) => {
                let text = format!(
                    "the deployment of {service} could not be stopped ({why}); it goes back by \
                     itself at the end of its pause"
                );
                (Some(text), Unfinished::GoesOn)
            }
        }
    }
}

/// The deployment under way on `service`.
fn moving<'a>(service: &ServiceName, observed: &'a Observed) -> Option<&'a ServiceDeployment> {
    let all = observed.services.get(service)?.deployments.known()?;
    let newest = all.iter().max_by_key(|deployment| deployment.created_at);
    newest.filter(|newest| !newest.is_over())
}

fn brings(deployment: &ServiceDeployment, revision: &TaskDefArn) -> bool {
    deployment.target_task_definition.as_ref() == Some(revision)
}
