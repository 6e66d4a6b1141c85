//! A state as one number. Times count as differences to now: what is longer ago, or further
//! away, than every limit of the program is all the same.

use crate::cloud::Cloud;
use crate::look::seconds;
use crate::state::{AnyWatch, Mode, State};
use ecs_canary::journal::{Lease, Record};
use ecs_canary::model::Timestamp;
use ecs_canary::plan::{Attempt, Before, History, ServiceHistory};
use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// Longer than every limit of the program but the deadline (a lease lasts 300 s).
const FAR: i64 = 400;

struct Canon {
    hasher: DefaultHasher,
    now: i64,
    /// How much of `Timestamp(123)` was seen.
    stage: u8,
}

/// The number of `state`.
pub(crate) fn number(state: &State) -> u64 {
    let mut canon = Canon { hasher: DefaultHasher::new(), now: state.now, stage: 0 };
    canon.state(state);
    canon.hasher.finish()
}

impl Canon {
    fn put(&mut self, value: impl Hash) {
        value.hash(&mut self.hasher);
    }

    fn ago(&mut self, at: i64) {
        self.put((self.now - at).clamp(-FAR, FAR));
    }

    fn time(&mut self, at: Timestamp) {
        self.ago(seconds(at));
    }

    fn debug(&mut self, value: &impl fmt::Debug) {
        // Writing into a hasher cannot fail.
        write!(self, "{value:?}").unwrap_or(());
    }

    fn state(&mut self, state: &State) {
        self.cloud(&state.cloud);
        self.put(state.past.is_some());
        if let Some((past, at)) = &state.past {
            self.ago(*at);
            self.cloud(past);
        }
        self.put((state.faults, state.colleague, state.scales, state.again, state.ghost));
        let process = &state.process;
        let kind = process.unwinding.map(|(kind, _)| format!("{kind:?}"));
        self.time(state.deadline());
        self.put((process.checked, process.leaves_weights, process.is_blind, kind));
        self.put(process.conflict_since.is_some());
        process.conflict_since.into_iter().for_each(|at| self.ago(at));
        self.history(&process.history);
        match &process.mode {
            Mode::Look => self.put(0),
            Mode::Dead => self.put(1),
            Mode::Ended(kind) => self.put((2, format!("{kind:?}"))),
            Mode::Scales(step, nth) => self.put((4, step.service.as_str(), step.to as u8, nth)),
            Mode::Watch(watching) => {
                self.put(3);
                self.debug(&watching.waiting);
                self.debug(&watching.ask);
                match &watching.watch {
                    AnyWatch::Own(watch) => self.debug(watch),
                    AnyWatch::Settle(watch) => self.debug(watch),
                    AnyWatch::Count(watch) => self.debug(watch),
                    AnyWatch::Hold(watch) => self.debug(watch),
                }
            }
        }
    }

    fn cloud(&mut self, cloud: &Cloud) {
        for service in &cloud.services {
            self.put(service.is_some());
            let Some(service) = service else { continue };
            self.put((service.revision, service.desired, service.running));
            self.put((service.primary, service.before, service.motion, &service.intent));
            for deployment in &service.deployments {
                self.put((deployment.id, deployment.revision, deployment.status));
                self.ago(deployment.at);
            }
            self.put(service.record.is_some());
            service.record.iter().for_each(|record| self.record(record));
            // Since when it is suspended is for people.
            let note = service.scaling_note.as_ref().map(|note| note.release.to_string());
            self.put((service.scale_in.map(|scale_in| scale_in as u8), note));
        }
        for revision in &cloud.revisions {
            self.put((revision.side, revision.number, revision.version, revision.by));
            self.put((revision.active, revision.succeeded.is_some()));
            revision.succeeded.into_iter().for_each(|at| self.ago(at));
        }
        self.put((cloud.weights, cloud.next, cloud.bad, cloud.denied));
    }

    fn record(&mut self, record: &Record) {
        match &record.lease {
            Lease::Free => self.put(0),
            Lease::Held { holder, until } => {
                self.put(holder.to_string());
                self.time(*until);
            }
        }
        self.put(record.progress.is_some());
        if let Some(progress) = &record.progress {
            self.put((progress.release.to_string(), progress.phase.to_string()));
            self.put(progress.shares.map(|(to, from)| (to.tenths(), from.tenths())));
            self.time(progress.since);
        }
    }

    fn history(&mut self, history: &History) {
        for (name, known) in &history.services {
            self.put(name.as_str());
            self.service(known);
        }
        self.put(history.tagging_denied);
        self.put(history.noted.is_some());
        if let Some(noted) = &history.noted {
            self.put(&noted.arn);
            self.record(&noted.record);
            self.debug(&noted.before);
        }
        self.put(history.weights.is_some());
        if let Some(sent) = &history.weights {
            self.put((sent.to.canary, sent.before.canary));
            self.time(sent.at);
        }
        self.debug(&history.holds);
        self.debug(&history.scale_in);
        self.put(history.only_the_share);
        self.put(history.full_awaited.is_some());
        if let Some(awaited) = &history.full_awaited {
            self.time(awaited.since);
            self.debug(&awaited.lacks);
        }
    }

    fn service(&mut self, known: &ServiceHistory) {
        self.before(known.first.as_ref());
        self.before(known.basis.as_ref());
        self.attempt(&known.forward);
        self.attempt(&known.back);
        self.put((known.settings, known.stop_refused, known.deleted));
        self.debug(&known.count_end);
        self.debug(&known.count);
        self.debug(&known.stopped);
        // Only whether it was written counts, and what a note says.
        for ((arn, key), value) in &known.remembered {
            self.put((arn, key));
            if key.ends_with("rollback") {
                self.put(value);
            }
        }
    }

    fn before(&mut self, before: Option<&Before>) {
        self.put(before.is_some());
        if let Some(before) = before {
            self.put((&before.task_definition, &before.primary, &before.deployments));
        }
    }

    fn attempt(&mut self, attempt: &Attempt) {
        self.put(attempt.revision.as_ref().map(|revision| &revision.arn));
        self.put(attempt.sent.is_some());
        if let Some(sent) = &attempt.sent {
            self.put((&sent.revision, &sent.primary, &sent.current));
            self.time(sent.at);
            self.before(sent.before.as_ref());
        }
        self.debug(&attempt.ended);
        self.put(attempt.lost.is_some());
        attempt.lost.iter().for_each(|lost| self.time(lost.at));
    }
}

impl fmt::Write for Canon {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.stage = match (self.stage, text) {
            (_, "Timestamp") => 1,
            (1, "(") => 2,
            (2, digits) => {
                let millis = digits.parse().unwrap_or(0);
                self.time(Timestamp::from_millis(millis));
                0
            }
            _ => {
                self.hasher.write(text.as_bytes());
                0
            }
        };
        Ok(())
    }
}
