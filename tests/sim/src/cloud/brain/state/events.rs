//! Service events. Owns the newest hundred and the rule that equal ones are not repeated.

use crate::cloud::brain::ids::Ids;
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// ECS keeps about this many.
const KEPT: usize = 100;

/// Events of a service, newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Events {
    list: VecDeque<(String, SimTime, String)>,
    told: BTreeMap<String, SimTime>,
}

impl Events {
    /// Adds an event.
    pub(crate) fn say(&mut self, ids: &mut Ids, now: SimTime, text: String) {
        self.list.push_front((ids.uuid(), now, text));
        self.list.truncate(KEPT);
    }

    /// Adds an event unless the same one was added within `repeat` and is not resolved.
    pub(crate) fn say_once(
        &mut self,
        ids: &mut Ids,
        now: SimTime,
        text: String,
        repeat: Duration,
    ) -> bool {
        if self.told.get(&text).is_some_and(|&told| now.since(told) < repeat) {
            return false;
        }
        self.told.insert(text.clone(), now);
        self.say(ids, now, text);
        true
    }

    /// What was told in such words is resolved: it may be told again.
    pub(crate) fn resolved(&mut self, words: &str) {
        self.told.retain(|text, _| !text.contains(words));
    }

    /// As DescribeServices lists them.
    pub(crate) fn to_json(&self) -> Value {
        self.list
            .iter()
            .map(|(id, at, text)| {
                json!({"id": id, "createdAt": at.epoch_seconds(), "message": text})
            })
            .collect()
    }
}
