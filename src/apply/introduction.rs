//! The first lines of a release: what goes where, and what an earlier job left.

use super::release::Release;
use crate::journal::{self, Lease, Reading, Record, ReleaseKey};
use crate::model::{Goal, Observed, TrafficShare};
use crate::plan::{self, Plan};
use crate::ports::{Clock, Cloud, Reporter};

impl<C, K, R> Release<'_, C, K, R>
where
    C: Cloud,
    K: Clock,
    R: Reporter,
{
    /// Tells them once.
    pub(super) fn introduce(&mut self, observed: &Observed) {
        if std::mem::replace(&mut self.introduced, true) {
            return;
        }
        let brings = match self.wanted.goal {
            Goal::Canary | Goal::Full | Goal::Promote | Goal::Release => true,
            Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale | Goal::Service => false,
        };
        if let Some(what) = self.release_in_words().filter(|_| brings) {
            self.fact("release", &format!("{what}, to cluster {}", self.wanted.cluster));
        }
        if let Some(text) = self.earlier(observed) {
            self.fact("before", &text);
        }
        self.exposed_before(observed);
    }

    /// `1.4.0 (commit 7be1d20c, pipeline 102)`.
    fn release_in_words(&self) -> Option<String> {
        let identity = &self.wanted.identity;
        let commit = identity.commit.as_ref().map(|commit| format!("commit {}", commit.short()));
        let pipeline = identity.pipeline.map(|pipeline| format!("pipeline {pipeline}"));
        let which: Vec<String> = commit.into_iter().chain(pipeline).collect();
        match (&identity.reference, which.as_slice()) {
            (None, []) => None,
            (Some(reference), []) => Some(reference.clone()),
            (Some(reference), which) => Some(format!("{reference} ({})", which.join(", "))),
            (None, which) => Some(which.join(", ")),
        }
    }

    /// A share that an earlier job of this release gave the canary.
    fn exposed_before(&mut self, observed: &Observed) {
        let Some(keeper) = plan::keeper(self.wanted, observed) else { return };
        let Reading::Known(Record { progress: Some(progress), .. }) = journal::read(&keeper.tags)
        else {
            return;
        };
        let is_ours = progress.release == ReleaseKey::of(&self.wanted.identity);
        let shares = progress.shares.filter(|(share, _)| is_ours && *share != TrafficShare::NONE);
        if let Some((share, _)) = shares {
            self.shares.push((share, progress.since));
        }
    }

    /// The canary of another release whose place this one takes.
    pub(super) fn tell_giving_way(&self, plan: &Plan, observed: &Observed) {
        if plan.changes_something()
            && let Some(text) = plan::giving_way(self.wanted, observed)
        {
            self.fact("before", &text);
        }
    }

    /// What an earlier job left that this one takes up, or takes back.
    fn earlier(&self, observed: &Observed) -> Option<String> {
        let keeper = plan::keeper(self.wanted, observed)?;
        let Reading::Known(Record { lease, progress }) = journal::read(&keeper.tags) else {
            return None;
        };
        if plan::takes_over(self.wanted, observed) {
            let Lease::Held { holder, until } = lease else { return None };
            return Some(format!(
                "{holder} did not come to its end, and its lease ended at {until}: what it left \
                 is taken back first"
            ));
        }
        let phase = progress.filter(|_| plan::is_begun(self.wanted, observed))?.phase;
        let is_ours = matches!(self.wanted.goal, Goal::Canary | Goal::Full | Goal::Release);
        is_ours.then(|| {
            format!("an earlier job of this release got as far as: {phase}; this one goes on")
        })
    }
}
