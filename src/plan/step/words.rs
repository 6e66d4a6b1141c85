//! What a step does, in words.

use super::kind::Step;
use super::parts::{
    JournalEntry, Phase, ReuseReason, RevisionRef, ScaleInStep, UpdateReason, WeightsStep,
};
use crate::journal::Lease;
use crate::model::ScaleIn;
use std::fmt;

impl fmt::Display for RevisionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(arn) => f.write_str(arn.short()),
            Self::Registered => f.write_str("the new revision"),
        }
    }
}

impl fmt::Display for Step {
    /// What it does, for `plan` and for the record of a release.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReuseRevision { revision, why, .. } => {
                let why = match why {
                    ReuseReason::SameRelease => "registered by this release before",
                    ReuseReason::SameCommit => "AWS holds it for this commit",
                    ReuseReason::RollbackTarget => "the release to go back to",
                };
                write!(f, "use {}: {why}", revision.arn.short())
            }
            Self::Register { spec, from, changes, .. } => match from {
                Some(from) => write!(f, "{} -> new revision: {}", from.short(), changes.join(", ")),
                None => write!(f, "first revision of {}", spec.family()),
            },
            Self::CreateService { service, request, revision } => {
                write!(f, "create service {service} with {revision}")?;
                match request.body().get("desiredCount") {
                    Some(count) => write!(f, ", {count} wanted"),
                    None => Ok(()),
                }
            }
            Self::UpdateService { service, request, revision, phase, why, .. } => {
                let verb = match (phase, why) {
                    (Phase::Back, _) => "take back",
                    (Phase::Forward, UpdateReason::Force) => "deploy anew",
                    (Phase::Forward, _) => "update",
                };
                write!(f, "{verb} service {service}")?;
                if let Some(revision) = revision {
                    write!(f, " to {revision}")?;
                }
                match request.body().get("desiredCount") {
                    Some(count) => write!(f, ", {count} wanted"),
                    None => Ok(()),
                }
            }
            Self::DeleteService { service } => write!(f, "delete service {service}"),
            Self::StopDeployment { service, target, .. } => match target {
                Some(target) => write!(f, "stop the deployment of {} on {service}", target.short()),
                None => write!(f, "stop the deployment in progress on {service}"),
            },
            Self::Continue { service, pause, .. } => {
                write!(f, "let {service} go on from {pause}")
            }
            Self::Remember { service, .. } => write!(f, "note it in the tags of {service}"),
            Self::Journal(entry) => entry.fmt(f),
            Self::SetWeights(step) => {
                let WeightsStep { share, expected, to, .. } = &**step;
                write!(f, "give the canary {share} % of the requests (weights {expected} to {to})")
            }
            Self::ScaleIn(step) => step.fmt(f),
            Self::Wait(waiting) => waiting.fmt(f),
            Self::Finish(outcome) => {
                write!(f, "end: {}", outcome.reason.as_deref().unwrap_or("done"))
            }
        }
    }
}

impl fmt::Display for JournalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.service;
        let phase = self.record.progress.as_ref().map(|progress| progress.phase);
        let phase = phase.map_or_else(String::new, |phase| format!(": {phase}"));
        match self.record.lease {
            Lease::Free => write!(f, "give the lease of {service} back{phase}"),
            Lease::Held { .. } => write!(f, "hold the lease of {service}{phase}"),
        }
    }
}

impl fmt::Display for ScaleInStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.service;
        let target = self.target.map_or_else(String::new, |target| format!(" ({target})"));
        match self.to {
            ScaleIn::Suspended => write!(f, "suspend scale-in of {service}{target} until the end"),
            ScaleIn::On => write!(f, "resume scale-in of {service}{target}"),
        }
    }
}
