//! Service events. Owns the newest hundred and the rule that equal ones are not repeated.

use crate::cloud::brain::fate::seconds;
use crate::cloud::brain::ids::Ids;
use crate::cloud::brain::time::SimTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// ECS keeps about this many.
const KEPT: usize = 100;

/// Id, time, text.
type Event = (String, SimTime, String);

/// How DescribeServices lists the events of services. Not what AWS promises to do: what a reader
/// has to bear.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventTrouble {
    /// Every third event is listed so many seconds late, at its place.
    pub late_seconds: f64,
    /// Each three neighbours stand in the wrong order.
    pub shuffled: bool,
    /// Every second event is listed twice, with one id.
    pub repeated: bool,
    /// Every fourth event is never listed.
    pub dropped: bool,
}

/// Events of a service, newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Events {
    /// With the number that each one has among all.
    list: VecDeque<(usize, Event)>,
    said: usize,
    told: BTreeMap<String, SimTime>,
}

impl Events {
    /// Adds an event.
    pub(crate) fn say(&mut self, ids: &mut Ids, now: SimTime, text: String) {
        self.list.push_front((self.said, (ids.uuid(), now, text)));
        self.said += 1;
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

    /// All of them.
    pub(crate) fn to_json(&self) -> Value {
        self.list.iter().map(|(_, event)| render(event)).collect()
    }

    /// As DescribeServices lists them at `now`.
    pub(crate) fn listed(&self, trouble: &EventTrouble, now: SimTime) -> Value {
        let late = seconds(trouble.late_seconds);
        let mut shown: Vec<&Event> = Vec::new();
        for (number, event) in &self.list {
            let is_late = number % 3 == 0 && now.since(event.1) < late;
            if is_late || (trouble.dropped && number % 4 == 0) {
                continue;
            }
            let times = if trouble.repeated && number % 2 == 0 { 2 } else { 1 };
            shown.extend(std::iter::repeat_n(event, times));
        }
        if trouble.shuffled {
            shown.chunks_mut(3).for_each(<[&Event]>::reverse);
        }
        shown.into_iter().map(render).collect()
    }
}

fn render((id, at, text): &Event) -> Value {
    json!({"id": id, "createdAt": at.epoch_seconds(), "message": text})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::brain::{Deed, ScriptLine};

    fn listed(trouble: &EventTrouble, second: i64) -> String {
        let mut ids = Ids::new(1, "eu-west-1", "111122223333");
        let mut events = Events::default();
        for number in 0..6 {
            events.say(&mut ids, SimTime::from_millis(number * 10_000), number.to_string());
        }
        let all = events.listed(trouble, SimTime::from_millis(second * 1_000));
        let texts = all.as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap());
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn events_are_listed_newest_first_or_as_a_script_says() {
        let trouble = |json: Value| {
            let mut line = json!({"after": 1.0, "do": "events"});
            line.as_object_mut().unwrap().extend(json.as_object().unwrap().clone());
            match serde_json::from_value::<ScriptLine>(line).unwrap().deed {
                Deed::Events(trouble) => trouble,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(listed(&EventTrouble::default(), 50), "5 4 3 2 1 0");
        assert_eq!(listed(&trouble(json!({"late_seconds": 30.0})), 50), "5 4 2 1 0");
        assert_eq!(listed(&trouble(json!({"late_seconds": 30.0})), 60), "5 4 3 2 1 0");
        assert_eq!(listed(&trouble(json!({"shuffled": true})), 50), "3 4 5 0 1 2");
        assert_eq!(listed(&trouble(json!({"repeated": true})), 50), "5 4 4 3 2 2 1 0 0");
        assert_eq!(listed(&trouble(json!({"dropped": true})), 50), "5 3 2 1");
    }
}
