//! Lease and progress in the tags of a service: written, renewed while something is waited for,
//! and lost when another release takes them.

use super::blame;
use super::release::Release;
use crate::journal::{AbortCause, Holder, Lease, Phase, Progress, Record};
use crate::model::{Observed, ServiceName, Timestamp, TrafficShare};
use crate::plan::{self, JournalEntry, Noted};
use crate::ports::{Clock, Cloud, Reporter};
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

    /// Renews our lease a minute after it was written. `Some` = another release took it.
    pub(super) async fn renew_lease(&mut self, at: Timestamp) -> Option<Holder> {
        let noted = self.history.noted.clone()?;
        if self.history.tagging_denied || !noted.record.lease.is_to_be_renewed(at) {
            return None;
        }
        let keeper = self.observed.as_ref().and_then(|observed| self.keeper_name(observed))?;
        let names = std::slice::from_ref(&keeper);
        // Without an answer nothing is written over: the next look tries again.
        let seen = self.cloud.services(&self.wanted.cluster, names).await.ok()?;
        let state = seen.value.into_iter().next().flatten()?;
        if state.arn != noted.arn {
            return None;
        }
        if let Some(holder) = plan::lost_to(self.wanted, &state, &noted.before, seen.at) {
            return Some(holder);
        }
        let holder = noted.record.lease.holder()?.clone();
        let record = Record { lease: Lease::from(holder, seen.at), ..noted.record };
        // A lease that could not be renewed is tried again at the next look.
        if self.cloud.tag(&noted.arn, &record.tags()).await.is_ok() {
            self.history.noted = Some(Noted { record, ..noted });
        }
        None
    }

    /// Another release holds the lease now.
    pub(super) fn is_taken_away(&self) -> bool {
        let lost = || {
            let noted = self.history.noted.as_ref()?;
            let observed = self.observed.as_ref()?;
            let keeper = plan::keeper(self.wanted, observed)?;
            plan::lost_to(self.wanted, keeper, &noted.before, observed.at)
        };
        self.leaves_weights || lost().is_some()
    }

    /// Gives the lease back at an end that no plan made.
    pub(super) async fn free_lease(&mut self, taken_back: Unfinished) {
        let Some(noted) = self.history.noted.clone() else { return };
        if self.history.tagging_denied || noted.record.lease == Lease::Free || self.is_taken_away()
        {
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
