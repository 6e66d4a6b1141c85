//! Lease and progress in the tags of a service: written, renewed while something is waited for,
//! and lost when another release takes them.

use super::blame;
use super::release::Release;
use crate::journal::{
    self, AbortCause, Holder, Lease, Phase, Progress, Reading, Record, ReleaseKey,
};
use crate::model::{Observed, ServiceName, ServiceState, Timestamp, Traffic, TrafficShare};
use crate::plan::{self, JournalEntry, Noted};
use crate::ports::{Clock, Cloud, Reporter, Seen};
use std::time::Duration;

/// How long an ending run tries to give its lease back.
const FREE_LIMIT: Duration = Duration::from_secs(10);

/// What becomes of a release whose run ended in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// The same command goes on from here.
    GoesOn,
    /// The canary has no share any more: the same command starts anew.
    TakenBack,
}

/// What became of our lease.
pub(super) enum Renewal {
    /// It is ours.
    Held,
    /// Another release took it.
    Lost(Holder),
    /// Another job of this release goes on from the gate where we wait.
    TakenUp(Progress, Option<Holder>),
}

/// A person answered at the gate: the tags show another phase than the one that we noted.
fn taken_up(noted: &Record, seen: Reading) -> Option<(Progress, Option<Holder>)> {
    let ours = noted.progress.as_ref().filter(|one| matches!(one.phase, Phase::Gate(_)))?;
    let Reading::Known(Record { lease, progress: Some(theirs) }) = seen else { return None };
    let is_on = theirs.release == ours.release && theirs.phase != ours.phase;
    // What we read may be older than what we wrote ourselves.
    let went_on = theirs.phase.is_past_the_canary()
        || matches!(theirs.phase, Phase::Aborting(_) | Phase::Aborted(_));
    (is_on && went_on).then(|| (theirs, lease.holder().cloned()))
}

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Writes an entry. Without the right to tag the release goes on without a lease; what this
    /// run noted counts for itself in any case.
    pub(super) async fn write_journal(&mut self, entry: &JournalEntry) {
        if !self.history.tagging_denied {
            match self.cloud.tag(&entry.arn, &entry.record.tags()).await {
                Ok(()) => {}
                Err(error) if blame::cannot(&error) => self.tagging_denied(&error.to_string()),
                Err(error) => self.warn(&format!("could not note the lease in a tag: {error}")),
            }
        }
        let before = self.history.noted.take().filter(|noted| noted.arn == entry.arn);
        let before = before.map_or_else(|| entry.before.clone(), |noted| noted.before);
        let (arn, record) = (entry.arn.clone(), entry.record.clone());
        self.history.noted = Some(Noted { arn, record, before });
    }

    /// Renews our lease a minute after it was written, unless somebody else has it now.
    pub(super) async fn renew_lease(&mut self, at: Timestamp) -> Renewal {
        let Some(noted) = self.history.noted.clone() else { return Renewal::Held };
        if self.history.tagging_denied || !noted.record.lease.is_to_be_renewed(at) {
            return Renewal::Held;
        }
        let Some(seen) = self.keeper_now(&noted).await else { return Renewal::Held };
        let state = seen.value;
        if let Some(holder) = plan::lost_to(self.wanted, &state, &noted.before, seen.at) {
            return Renewal::Lost(holder);
        }
        if let Some((progress, holder)) = taken_up(&noted.record, journal::read(&state.tags)) {
            return Renewal::TakenUp(progress, holder);
        }
        let Some(holder) = noted.record.lease.holder().cloned() else { return Renewal::Held };
        let record = Record { lease: Lease::from(holder, seen.at), ..noted.record };
        // A lease that could not be renewed is tried again at the next look.
        if self.cloud.tag(&noted.arn, &record.tags()).await.is_ok() {
            self.history.noted = Some(Noted { record, ..noted });
        }
        Renewal::Held
    }

    /// The service whose tags keep our record, as it is now; `None` when it could not be seen.
    async fn keeper_now(&self, noted: &Noted) -> Option<Seen<ServiceState>> {
        let keeper = self.observed.as_ref().and_then(|observed| self.keeper_name(observed))?;
        let names = std::slice::from_ref(&keeper);
        // Without an answer nothing is written over: the next look tries again.
        let seen = self.cloud.services(&self.wanted.cluster, names).await.ok()?;
        let state = seen.value.into_iter().next().flatten()?;
        (state.arn == noted.arn).then_some(Seen { at: seen.at, value: state })
    }

    /// Whether another job of this release went on from the gate where we wait.
    pub(super) async fn taken_up_now(&self) -> Option<(Progress, Option<Holder>)> {
        let noted = self.history.noted.clone()?;
        let seen = self.keeper_now(&noted).await?;
        taken_up(&noted.record, journal::read(&seen.value.tags))
    }

    /// The canary's share is not ours to take: another release holds the lease now, or somebody
    /// changed the rule.
    pub(super) fn is_taken_away(&self) -> bool {
        self.leaves_weights || self.is_lease_lost()
    }

    /// Another release holds the lease now.
    fn is_lease_lost(&self) -> bool {
        let lost = || {
            let noted = self.history.noted.as_ref()?;
            let observed = self.observed.as_ref()?;
            let keeper = plan::keeper(self.wanted, observed)?;
            plan::lost_to(self.wanted, keeper, &noted.before, observed.at)
        };
        lost().is_some()
    }

    /// What a run of this very release noted that was killed while its canary had a share: a run
    /// that may not go on from there has to take the share away.
    pub(super) fn left_by_a_dead_run(&self) -> Option<Noted> {
        let Traffic::Weighted(traffic) = &self.wanted.course.traffic else { return None };
        let observed = self.observed.as_ref()?;
        let rule = observed.rule.as_ref()?.known()?.as_ref()?;
        let gets = rule.weights(&traffic.full, &traffic.canary).canary.is_some_and(|one| one > 0);
        let keeper = plan::keeper(self.wanted, observed).filter(|_| gets)?;
        let Reading::Known(record) = journal::read(&keeper.tags) else { return None };
        let is_ours = record.lease.holder()?.release == ReleaseKey::of(&self.wanted.identity);
        let before = record.lease.clone();
        is_ours.then(|| Noted { arn: keeper.arn.clone(), record, before })
    }

    /// Gives the lease back at an end that no plan made.
    pub(super) async fn free_lease(&mut self, taken_back: Unfinished) {
        let Some(noted) = self.history.noted.clone() else { return };
        let is_free = noted.record.lease == Lease::Free;
        if self.history.tagging_denied || is_free || self.is_lease_lost() {
            return;
        }
        let progress = noted.record.progress.clone().map(|progress| match taken_back {
            Unfinished::GoesOn => progress,
            Unfinished::TakenBack => Progress {
                phase: Phase::Aborted(AbortCause::Asked),
                shares: progress.shares.map(|_| (TrafficShare::NONE, TrafficShare::NONE)),
                ..progress
            },
        });
        let record = Record { lease: Lease::Free, progress };
        let tags = record.tags();
        let written = tokio::select! {
            written = self.cloud.tag(&noted.arn, &tags) => written.is_ok(),
            () = self.clock.sleep(FREE_LIMIT) => false,
        };
        if written {
            self.history.noted = Some(Noted { record, ..noted });
        } else {
            self.warn("the lease could not be given back: it ends by itself in five minutes");
        }
    }

    pub(super) fn keeper_name(&self, observed: &Observed) -> Option<ServiceName> {
        plan::keeper(self.wanted, observed).map(|state| state.name.clone())
    }
}
