//! Waiting for a verdict: the numbers that the judge asks for, and what is known before the
//! first change of whether they can be had.

use super::blame;
use super::drive::{Driven, unseen};
use super::release::Release;
use super::sides::judging_here;
use crate::journal::{Holder, Judged, Progress, ReleaseKey};
use crate::judge::Case;
use crate::model::{
    Alarm, AlarmState, CallError, Event, Finding, Goal, Observed, Outcome, OutcomeKind, Refusal,
    SeriesAnswer, Timestamp,
};
use crate::plan::{self, Step, Waiting, WaitingOn};
use crate::ports::{Clock, Cloud, Reporter};
use crate::watch::{AskJudge, Asked, End, EndKind, JudgeWatch, Look, Waiter as _};
use std::time::Duration;

/// Between two looks for the target group of the new version, and how long it is looked for.
const SIDE_PAUSE: Duration = Duration::from_secs(15);
const SIDE_LIMIT: Duration = Duration::from_secs(600);

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Looks at the canary and its requests until there is a verdict, or none in time.
    pub(super) async fn verdict(
        &mut self,
        waiting: &Waiting,
        observed: &Observed,
    ) -> Option<Outcome> {
        let WaitingOn::Verdict { share, since, share_since, until, asked, .. } = &waiting.on else {
            return None;
        };
        let service = &waiting.service;
        let started = self.clock.now();
        let judging = match judging_here(self.wanted, observed)? {
            Ok(judging) => judging,
            Err(why) => return self.no_side(waiting, *share_since, (observed, why)).await,
        };
        let case = Case {
            judging,
            since: *since,
            share_since: *share_since,
            share: *share,
            later_shares: self.wanted.course.later_shares(),
        };
        let hold = self.hold_watch(service, *share, *until, observed)?;
        let mut watch = JudgeWatch::new(hold, case, *asked);
        if self.history.holds.is_empty() {
            watch.introduction().iter().for_each(|line| self.fact("judge", line));
        }
        match self.in_section(service, &waiting.to_string(), &mut watch).await {
            Driven::Cancelled | Driven::TakenUp(..) => Some(self.cancelled_between()),
            Driven::Ended(end) => {
                let end = self.hold_ended(waiting, end, (watch.events(), started), observed).await;
                if end.kind == EndKind::Resumed {
                    self.resumed(service, watch.events());
                } else {
                    self.history.wait_ended(waiting, end);
                }
                None
            }
        }
    }

    /// Nobody can say which requests are the canary's: looks again, and gives up in the end.
    async fn no_side(
        &mut self,
        waiting: &Waiting,
        since: Timestamp,
        (observed, why): (&Observed, String),
    ) -> Option<Outcome> {
        if observed.at.since(since) < SIDE_LIMIT {
            // A lease that another release took is seen at the next look.
            let _lost = self.renew_lease(observed.at).await;
            return self.sleep_or_cancel(SIDE_PAUSE).await.then(|| self.cancelled_between());
        }
        let end = End::new(EndKind::Undecided, format!("{}: {why}", waiting.service));
        self.record(&Step::Wait(waiting.clone()), end.reason.clone(), observed.at);
        self.history.wait_ended(waiting, end);
        None
    }

    /// Looks at the canary, and at its requests where they are judged, until a person goes on in
    /// another job or nobody came in time.
    pub(super) async fn gate(&mut self, waiting: &Waiting, observed: &Observed) -> Option<Outcome> {
        let WaitingOn::Gate { share, since, gate_since, until, .. } = &waiting.on else {
            return None;
        };
        let service = &waiting.service;
        let started = self.clock.now();
        let mut hold = self.hold_watch(service, *share, *until, observed)?;
        let title = waiting.to_string();
        let (driven, events) = match self.wanted.course.judging.as_deref() {
            None => {
                let driven = self.in_section(service, &title, &mut hold).await;
                (driven, hold.events().to_vec())
            }
            Some(judging) => {
                let case = Case {
                    judging: judging.clone(),
                    since: *since,
                    share_since: *gate_since,
                    share: *share,
                    later_shares: self.wanted.course.later_shares(),
                };
                let mut watch = JudgeWatch::new(hold, case, Asked::MeanWhile);
                let driven = self.in_section(service, &title, &mut watch).await;
                (driven, watch.events().to_vec())
            }
        };
        match driven {
            Driven::Cancelled => Some(self.cancelled_between()),
            Driven::TakenUp(progress, holder) => Some(self.stepped_aside(&progress, holder)),
            Driven::Ended(end) => {
                // That job may have changed the canary before its note was looked at.
                if let Some((progress, holder)) = self.taken_up_now().await {
                    return Some(self.stepped_aside(&progress, holder));
                }
                let end = self.hold_ended(waiting, end, (&events, started), observed).await;
                self.history.wait_ended(waiting, end);
                None
            }
        }
    }

    /// Records the end of a wait with the judge's evidence, and notes a verdict in a tag of the
    /// revision that it is about.
    pub(super) async fn decided(&mut self, waiting: &Waiting, end: &End, started: Timestamp) {
        self.record(&Step::Wait(waiting.clone()), end.reason.clone(), started);
        if let Some(step) = self.steps.last_mut() {
            step.verdict.clone_from(&end.evidence);
        }
        self.history.judged_bad |= end.kind == EndKind::JudgedBad;
        let service = &waiting.service;
        let release = ReleaseKey::of(&self.wanted.identity);
        let joined = self.history.of(service).and_then(|known| known.joined.as_ref());
        let state = || self.observed.as_ref().and_then(|observed| observed.state(service));
        // With ECS's own strategies the service may still show the old one.
        let tried = joined.map(|joined| &joined.revision);
        let tried = tried.or_else(|| state().map(|state| &state.task_definition));
        let Some((evidence, tried)) = end.evidence.as_ref().zip(tried) else { return };
        let Some(judged) = Judged::of(evidence, release, self.clock.now()) else { return };
        let revision = tried.to_string();
        if !self.history.tagging_denied {
            self.note(service, &revision, &judged.tags()).await;
        }
    }

    /// A person answered in another job: the rest is that job's.
    fn stepped_aside(&mut self, progress: &Progress, holder: Option<Holder>) -> Outcome {
        // Nothing is noted over what that job notes.
        self.history.noted = None;
        self.leaves_weights = true;
        let who = holder.map_or("another job".to_owned(), |holder| holder.to_string());
        if progress.phase.is_past_the_canary() {
            let outcome = Outcome::new(OutcomeKind::Paused);
            return outcome.because(format!("{who} promotes this release"));
        }
        let outcome = Outcome::new(OutcomeKind::Superseded);
        let outcome = outcome.because(format!("{who} takes this release back"));
        outcome.hinting("nothing is to be repaired here: look at that job")
    }

    /// What the judge asked for in a look.
    pub(super) async fn numbers(
        &self,
        ask: Option<&AskJudge>,
    ) -> (Look<Vec<SeriesAnswer>>, Look<Vec<Alarm>>) {
        let Some(ask) = ask else { return (Look::NotAsked, Look::NotAsked) };
        let metrics = match &ask.query {
            None => Look::NotAsked,
            Some(query) => {
                let answers = self.cloud.series(query).await;
                answers.map_or_else(|error| unseen(&error), Look::Seen)
            }
        };
        let alarms = if ask.alarms.is_empty() {
            Look::NotAsked
        } else {
            let alarms = self.cloud.alarms(&ask.alarms).await;
            alarms.map_or_else(|error| unseen(&error), Look::Seen)
        };
        (metrics, alarms)
    }

    /// Before the first change: can the judge read its numbers, and are its alarms there? `Some`
    /// = a canary would be started that nobody can judge.
    pub(super) async fn can_judge(&self, observed: &Observed) -> Option<Outcome> {
        let judging = self.wanted.course.judging.as_deref()?;
        if plan::is_begun(self.wanted, observed) {
            return None;
        }
        let query = crate::judge::hour_before(&judging.metrics, observed.at);
        if let Err(error) = self.cloud.series(&query).await
            && let Some(outcome) = self.unreadable(&error)
        {
            return Some(outcome);
        }
        if self.wanted.goal == Goal::Canary {
            self.fact("judge", "counts from the canary's first share on; `promote` looks at it");
        }
        if judging.alarms.is_empty() {
            return None;
        }
        match self.cloud.alarms(&judging.alarms).await {
            Ok(alarms) => self.check_alarms(&judging.alarms, &alarms),
            Err(error) => self.unreadable(&error),
        }
    }

    fn unreadable(&self, error: &CallError) -> Option<Outcome> {
        if blame::passes(error) {
            let text = format!("the judge could not read its numbers yet: {error}");
            self.reporter.emit(Event::Finding { finding: Finding::warning(text) });
            return None;
        }
        Some(blame::outcome(error, &self.left()))
    }

    fn check_alarms(&self, names: &[String], alarms: &[Alarm]) -> Option<Outcome> {
        for name in names {
            let Some(alarm) = alarms.iter().find(|alarm| alarm.name == *name) else {
                let reason = format!("there is no alarm {name}; {}", self.left());
                let outcome = Outcome::refused(Refusal::Preflight).because(reason);
                return Some(outcome.hinting("check `judge.alarms` of the release file"));
            };
            if alarm.state == AlarmState::Alarm {
                let text = format!("alarm {name} is in ALARM already: {}", alarm.reason);
                let finding = Finding::warning(text).hint("It stops nothing until it ends.");
                self.reporter.emit(Event::Finding { finding });
            }
        }
        None
    }
}
