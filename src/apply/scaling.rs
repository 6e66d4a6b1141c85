//! Application Auto Scaling beside a release: what it sets is read, and while the release holds
//! its services no policy takes tasks away. None of it can fail a release.

use super::blame;
use super::release::Release;
use crate::model::{
    Goal, Knowledge, Observed, Outcome, OutcomeKind, ScalableTarget, ScaleIn, ServiceName, Traffic,
    Wanted,
};
use crate::plan::{self, ScaleInSent, ScaleInStep};
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
    /// again.
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
                // What was read before still counts.
                Err(error) => {
                    for name in due {
                        let why = Knowledge::CouldNotTell(error.to_string());
                        self.known.entry(name).or_insert(why);
                    }
                }
            }
        }
        self.known.clone()
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
        match step.to {
            ScaleIn::Suspended => self.suspend(step).await,
            ScaleIn::On => self.resume(step).await,
        }
    }

    /// The note first: whoever comes after a kill resumes by it.
    async fn suspend(&mut self, step: &ScaleInStep) -> String {
        let ScaleInStep { service, arn, note, .. } = step;
        match self.cloud.tag(arn, note).await {
            Ok(()) => {}
            Err(error) if blame::cannot(&error) => {
                self.tagging_denied(&error.to_string());
                return format!("scale-in of {service} stays on: no tag can be written");
            }
            Err(error) => {
                // The note may be there all the same.
                self.history.scale_in.insert(service.clone(), ScaleInSent::Refused);
                let text = format!("scale-in of {service} stays on: {error}");
                self.warn(&text);
                return text;
            }
        }
        let answer = self.cloud.set_scale_in(&self.wanted.cluster, service, step.to).await;
        let (sent, text) = match answer {
            Ok(()) => (ScaleInSent::Suspended, step.to_string()),
            Err(error) if blame::passes(&error) => {
                (ScaleInSent::Suspended, format!("scale-in of {service} may stay on: {error}"))
            }
            Err(error) => {
                (ScaleInSent::Refused, format!("scale-in of {service} stays on: {error}"))
            }
        };
        self.history.scale_in.insert(service.clone(), sent);
        self.fact("scaling", &text);
        text
    }

    /// The note last: it is closed when scale-in is on for certain.
    async fn resume(&mut self, step: &ScaleInStep) -> String {
        let ScaleInStep { service, arn, note, .. } = step;
        let was_suspended = self.history.scale_in.get(service) != Some(&ScaleInSent::Refused);
        let mut done = Ok(());
        for attempt in 1..=TRIES {
            done = match was_suspended {
                true => self.cloud.set_scale_in(&self.wanted.cluster, service, step.to).await,
                false => Ok(()),
            };
            if done.is_ok() {
                done = self.cloud.tag(arn, note).await;
            }
            if !done.as_ref().is_err_and(blame::passes) || attempt == TRIES {
                break;
            }
            self.clock.sleep(PAUSE).await;
        }
        let (sent, text) = match done {
            Ok(()) => (ScaleInSent::Resumed, format!("scale-in of {service} is on again")),
            Err(error) => {
                let text = format!("scale-in of {service} stays suspended: {error}");
                self.warn(&text);
                self.warn("the next release, or `ecs-canary gc --releases`, resumes it");
                (ScaleInSent::Left, text)
            }
        };
        if sent == ScaleInSent::Resumed && was_suspended {
            self.fact("scaling", &text);
        }
        self.history.scale_in.insert(service.clone(), sent);
        text
    }

    /// Resumes what is suspended at an end that no plan made. Who takes the canary back next
    /// does it after that.
    pub(super) async fn scaling_in_order(&mut self, outcome: &Outcome) {
        let goes_back =
            plan::unwinds(self.wanted, outcome) && !self.leaves_weights && self.cancel.count() == 0;
        // Another job of this release goes on with it.
        let stepped_aside = self.leaves_weights && self.history.noted.is_none();
        let seen = self.observed.as_ref().or(self.seen_before.as_ref());
        let Some(observed) = seen.cloned() else { return };
        if goes_back || stepped_aside || self.resumes(&observed).is_empty() {
            return;
        }
        let clock = self.clock;
        // A second request to stop drops this with the whole run.
        let in_time = async {
            let observed = self.as_now(observed).await;
            for step in self.resumes(&observed) {
                self.resume(&step).await;
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
