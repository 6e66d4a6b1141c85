//! Application Auto Scaling beside a release: what it sets is read, and while the release holds
//! its services no policy takes tasks away. None of it can fail a release.

use super::blame;
use super::release::Release;
use crate::model::{
    CallError, CallErrorKind, Goal, Knowledge, Observed, Outcome, OutcomeKind, ScalableTarget,
    ScaleIn, ServiceName, Traffic, Wanted,
};
use crate::plan::{self, Ending, ScaleInStep, ScalingAnswer, ScalingCall};
use crate::ports::{CancelHandle, Clock, Cloud, Reporter, Scaling};
use std::collections::BTreeMap;
use std::time::Duration;

/// What an ending run gives AWS to put scaling in order.
const LIMIT: Duration = Duration::from_secs(20);
/// Tries of a change that was not answered.
const TRIES: u32 = 3;
/// Pause between them.
const PAUSE: Duration = Duration::from_secs(2);

/// What was read of autoscaling so far.
#[derive(Debug, Default)]
pub(super) struct ScalingEyes {
    known: BTreeMap<ServiceName, Knowledge<Option<ScalableTarget>>>,
}

impl ScalingEyes {
    /// Autoscaling of the services. One that has none, or could not be read, is not asked for
    /// again, unless AWS only wanted it later.
    pub(super) async fn look<C: Scaling>(
        &mut self,
        cloud: &C,
        wanted: &Wanted,
        names: &[ServiceName],
    ) -> BTreeMap<ServiceName, Knowledge<Option<ScalableTarget>>> {
        let is_native = matches!(wanted.course.traffic, Traffic::Native(_));
        if is_native || wanted.goal == Goal::Service {
            return BTreeMap::new();
        }
        let is_due = |name: &&ServiceName| {
            matches!(self.known.get(*name), None | Some(Knowledge::Known(Some(_))))
        };
        let due: Vec<ServiceName> = names.iter().filter(is_due).cloned().collect();
        if !due.is_empty() {
            match cloud.scalable_targets(&wanted.cluster, &due).await {
                Ok(found) => {
                    let found = found.into_iter().map(Knowledge::Known);
                    self.known.extend(due.into_iter().zip(found));
                }
                Err(error) => return self.unread(&due, &error),
            }
        }
        self.known.clone()
    }

    /// What was read before still counts.
    fn unread(
        &mut self,
        due: &[ServiceName],
        error: &CallError,
    ) -> BTreeMap<ServiceName, Knowledge<Option<ScalableTarget>>> {
        let mut shown = self.known.clone();
        for name in due {
            let why = Knowledge::CouldNotTell(error.to_string());
            shown.entry(name.clone()).or_insert(why);
        }
        // An endpoint that does not answer would hold up every look.
        if error.kind != CallErrorKind::Throttled {
            self.known.clone_from(&shown);
        }
        shown
    }
}

/// Resumes scale-in that a killed run of this release left suspended, and changes nothing else.
pub async fn resume_scaling<C: Cloud>(
    cloud: &C,
    clock: &impl Clock,
    reporter: &impl Reporter,
    wanted: &Wanted,
) {
    let (_handle, cancel) = CancelHandle::new();
    let mut release = Release::new(cloud, clock, reporter, &cancel, wanted);
    release.observed = release.look().await.ok();
    let left = Outcome::new(OutcomeKind::Cancelled);
    release.scaling_in_order(&left).await;
}

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Suspends or resumes; in words what was done. What could not be done is said.
    pub(super) async fn scale_in(&mut self, step: &ScaleInStep) -> String {
        let calls = self.history.scaling_calls(step);
        let mut last = (ScalingCall::Note, Ok(()));
        for call in calls {
            let done = self.scaling_call(step, *call).await;
            if let (ScaleIn::Suspended, ScalingCall::Note, Err(error)) = (step.to, call, &done)
                && blame::cannot(error)
            {
                self.tagging_denied(&error.to_string());
            }
            let goes_on = self.history.scaling_answered(step, *call, answered(&done));
            last = (*call, done);
            if !goes_on {
                break;
            }
        }
        let (call, done) = last;
        match step.to {
            ScaleIn::Suspended => self.tell_suspended(step, call, done.err().as_ref()),
            ScaleIn::On => self.tell_resumed(step, (calls, call), done.err().as_ref()),
        }
    }

    /// A call that resumes is tried again: nobody else does it soon.
    async fn scaling_call(&self, step: &ScaleInStep, call: ScalingCall) -> Result<(), CallError> {
        let tries = if step.to == ScaleIn::On { TRIES } else { 1 };
        let mut attempt = 1;
        loop {
            let done = match call {
                ScalingCall::Note => self.cloud.tag(&step.arn, &step.note).await,
                ScalingCall::Set => {
                    self.cloud.set_scale_in(&self.wanted.cluster, &step.service, step.to).await
                }
            };
            if attempt == tries || !done.as_ref().is_err_and(blame::passes) {
                return done;
            }
            attempt += 1;
            self.clock.sleep(PAUSE).await;
        }
    }

    fn tell_suspended(
        &self,
        step: &ScaleInStep,
        last: ScalingCall,
        error: Option<&CallError>,
    ) -> String {
        let service = &step.service;
        match (last, error) {
            (_, None) => self.told(step.to_string()),
            (ScalingCall::Note, Some(error)) if blame::cannot(error) => {
                format!("scale-in of {service} stays on: no tag can be written")
            }
            (ScalingCall::Note, Some(error)) => {
                let text = format!("scale-in of {service} stays on: {error}");
                self.warn(&text);
                text
            }
            (ScalingCall::Set, Some(error)) if blame::passes(error) => {
                self.told(format!("scale-in of {service} may stay on: {error}"))
            }
            (ScalingCall::Set, Some(error)) => {
                self.told(format!("scale-in of {service} stays on: {error}"))
            }
        }
    }

    fn tell_resumed(
        &self,
        step: &ScaleInStep,
        (calls, last): (&[ScalingCall], ScalingCall),
        error: Option<&CallError>,
    ) -> String {
        let service = &step.service;
        let is_on = format!("scale-in of {service} is on again");
        let was_suspended = calls.contains(&ScalingCall::Set);
        let (text, then) = match (last, error) {
            (_, None) if was_suspended => return self.told(is_on),
            (_, None) => return is_on,
            (ScalingCall::Set, Some(error)) => {
                (format!("scale-in of {service} stays suspended: {error}"), "resumes it")
            }
            (ScalingCall::Note, Some(error)) if was_suspended => {
                (format!("{is_on}, but its note could not be closed: {error}"), "closes it")
            }
            (ScalingCall::Note, Some(error)) => {
                let note = "the note of its suspension could not be closed";
                (format!("scale-in of {service} is on, but {note}: {error}"), "closes it")
            }
        };
        self.warn(&text);
        self.warn(&format!("the next release, or `ecs-canary gc --releases`, {then}"));
        text
    }

    fn told(&self, text: String) -> String {
        self.fact("scaling", &text);
        text
    }

    /// Resumes what is suspended at an end that no plan made. Who takes the canary back next
    /// does it after that.
    pub(super) async fn scaling_in_order(&mut self, outcome: &Outcome) {
        let ending = Ending {
            wanted: self.wanted,
            outcome,
            leaves_weights: self.leaves_weights,
            is_cancelled: self.cancel.count() > 0,
        };
        let is_due = ending.resumes_scaling(self.history.noted.as_ref());
        let seen = self.observed.as_ref().or(self.seen_before.as_ref());
        let Some(observed) = seen.cloned() else { return };
        if !is_due || self.resumes(&observed).is_empty() {
            return;
        }
        let clock = self.clock;
        // A second request to stop drops this with the whole run.
        let in_time = async {
            let observed = self.as_now(observed).await;
            for step in self.resumes(&observed) {
                self.scale_in(&step).await;
            }
        };
        let late = tokio::select! {
            () = in_time => false,
            () = clock.sleep(LIMIT) => true,
        };
        if late {
            self.warn("no answer in time: scale-in may stay suspended until the next release");
        }
    }

    fn resumes(&self, observed: &Observed) -> Vec<ScaleInStep> {
        plan::resumes(self.wanted, observed, &self.history)
    }

    /// Who holds the services may have changed since the last look.
    async fn as_now(&self, mut observed: Observed) -> Observed {
        let names: Vec<ServiceName> = observed.services.keys().cloned().collect();
        if let Ok(seen) = self.cloud.services(&self.wanted.cluster, &names).await {
            observed.at = seen.at;
            for (name, state) in names.iter().zip(seen.value) {
                if let Some(one) = observed.services.get_mut(name) {
                    one.state = state.or(one.state.take());
                }
            }
        }
        observed
    }
}

fn answered(done: &Result<(), CallError>) -> ScalingAnswer {
    match done {
        Ok(()) => ScalingAnswer::Done,
        Err(error) if blame::passes(error) => ScalingAnswer::Unanswered,
        Err(error) if blame::cannot(error) => ScalingAnswer::Cannot,
        Err(_) => ScalingAnswer::Refused,
    }
}
