//! Log groups and streams. Owns their data.

use crate::cloud::brain::time::SimTime;
use std::collections::BTreeMap;

/// All groups, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Logs {
    pub(super) groups: BTreeMap<String, LogGroup>,
    /// Counts all events ever: their ids.
    pub(super) said: u64,
}

/// A group and its streams.
#[derive(Debug, Clone)]
pub(super) struct LogGroup {
    pub(super) created_at: SimTime,
    pub(super) retention_days: Option<u64>,
    pub(super) streams: BTreeMap<String, LogStream>,
}

/// A stream, oldest event first.
#[derive(Debug, Clone)]
pub(super) struct LogStream {
    pub(super) created_at: SimTime,
    pub(super) events: Vec<LogEvent>,
}

/// One line.
#[derive(Debug, Clone)]
pub(super) struct LogEvent {
    pub(super) number: u64,
    pub(super) at: SimTime,
    pub(super) message: String,
}

impl Logs {
    /// The group is there.
    pub(super) fn has(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// Makes a group; one that is there stays as it is.
    pub(super) fn make(&mut self, group: &str, now: SimTime) {
        self.groups.entry(group.to_owned()).or_insert_with(|| LogGroup {
            created_at: now,
            retention_days: None,
            streams: BTreeMap::new(),
        });
    }

    /// Adds a line to a stream of a group that is there.
    pub(super) fn add(&mut self, (group, stream): (&str, &str), now: SimTime, message: &str) {
        let Some(group) = self.groups.get_mut(group) else { return };
        let stream = group
            .streams
            .entry(stream.to_owned())
            .or_insert_with(|| LogStream { created_at: now, events: Vec::new() });
        self.said += 1;
        stream.events.push(LogEvent { number: self.said, at: now, message: message.to_owned() });
    }
}
