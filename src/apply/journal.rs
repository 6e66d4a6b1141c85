//! Lease and progress in the tags of a service: written, renewed while something is waited for,
//! and lost when another release takes them.

use super::blame;
use super::release::Release;
use crate::journal::{self, Holder, Progress};
use crate::model::{CallErrorKind, Observed, ServiceName, ServiceState, Timestamp};
use crate::plan::{self, JournalEntry, Noted, Renewal, Unfinished};
use crate::ports::{Clock, Cloud, Reporter, Seen};
use std::time::Duration;

/// How long an ending run tries to give its lease back.
const FREE_LIMIT: Duration = Duration::from_secs(10);

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
                // Fifty tags of others, or a service with an ARN of the old form: it stays so.
                Err(error)
                    if error.kind == CallErrorKind::Refused && self.history.noted.is_none() =>
                {
                    self.tagging_denied(&error.to_string());
                }
                Err(error) => self.warn(&format!("could not note the lease in a tag: {error}")),
            }
        }
        self.history.was_noted(entry);
    }

    /// Renews our lease a minute after it was written, unless somebody else has it now.
    pub(super) async fn renew_lease(&mut self, at: Timestamp) -> Renewal {
        let Some(noted) = self.history.noted.clone() else { return Renewal::Held };
        if self.history.tagging_denied || !noted.record.lease.is_to_be_renewed(at) {
            return Renewal::Held;
        }
        let Some(seen) = self.keeper_now(&noted).await else { return Renewal::Held };
        let renewal = plan::renewal(self.wanted, &noted, &seen.value, seen.at);
        if let Renewal::Due(record) = &renewal {
            // A lease that could not be renewed is tried again at the next look.
            if self.cloud.tag(&noted.arn, &record.tags()).await.is_ok() {
                self.history.noted = Some(Noted { record: record.clone(), ..noted });
            }
        }
        renewal
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
        plan::taken_up(&noted.record, journal::read(&seen.value.tags))
    }

    /// The canary's share is not ours to take: another release holds the lease now, or somebody
    /// changed the rule.
    pub(super) fn is_taken_away(&self) -> bool {
        self.leaves_weights || self.is_lease_lost()
    }

    /// Another release holds the lease now.
    fn is_lease_lost(&self) -> bool {
        let known = self.history.noted.as_ref().zip(self.observed.as_ref());
        known.is_some_and(|(noted, observed)| plan::is_lease_lost(self.wanted, observed, noted))
    }

    /// Gives the lease back at an end that no plan made.
    pub(super) async fn free_lease(&mut self, unfinished: Unfinished) {
        let Some(noted) = self.history.noted.clone() else { return };
        let Some(record) = plan::given_back(&noted, unfinished) else { return };
        if self.history.tagging_denied || self.is_lease_lost() {
            return;
        }
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
