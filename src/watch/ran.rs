//! How many tasks ran while it was looked, and what users met by it.

use super::standing::tasks;
use crate::model::ServiceName;

/// Tasks that ran while it was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ran {
    pub(super) wanted: u32,
    pub(super) least: Option<u32>,
    pub(super) new: u32,
    pub(super) old: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) wanted: u32,
    pub(super) running: u32,
    pub(super) pending: u32,
    pub(super) old: u32,
}

impl Counts {
    pub(super) fn words(&self) -> String {
        let new = if self.old > 0 { "new " } else { "" };
        let mut text = format!("{} of {} {new}tasks running", self.running, self.wanted);
        if self.pending > 0 {
            text.push_str(&format!(", {} starting", self.pending));
        }
        if self.old > 0 {
            text.push_str(&format!("; {} old still running", self.old));
        }
        text
    }

    pub(super) fn why(&self) -> String {
        if self.running < self.wanted {
            return match self.pending {
                0 => format!(
                    "waits: ECS has not started {} of {} tasks yet",
                    self.wanted - self.running,
                    self.wanted
                ),
                pending => {
                    format!("waits for {pending} tasks to start: image pull, container start")
                }
            };
        }
        match self.old {
            0 => "all tasks run; waits for their health checks".to_owned(),
            old => format!("all tasks run; waits for their health and for {old} old ones to stop"),
        }
    }
}

impl Ran {
    /// What users met, as far as the tasks that ran tell it.
    pub(super) fn users(&self, service: &ServiceName) -> Option<String> {
        let Ran { wanted, least, new, old } = *self;
        let (name, least) = (service, least?);
        if old == 0 {
            return Some(format!("no other version of {name} ran meanwhile"));
        }
        let gap = if wanted == 0 {
            // Our deployment wanted none any more when it was first seen.
            format!("{name} had at least {least} tasks")
        } else if least >= wanted {
            format!("{name} had its {} all the time", tasks(wanted))
        } else {
            format!("{name} was down to {least} of {wanted} tasks")
        };
        Some(match new {
            0 => format!("{gap}; no new task came up"),
            new => format!("{gap}; up to {} ran beside the old", new_tasks(new)),
        })
    }

    /// Takes a look into account.
    pub(super) fn look(&mut self, counts: &Counts) {
        let all = counts.running + counts.old;
        self.wanted = self.wanted.max(counts.wanted);
        self.least = Some(self.least.map_or(all, |least| least.min(all)));
        self.new = self.new.max(counts.running);
        self.old = self.old.max(counts.old);
    }
}

fn new_tasks(count: u32) -> String {
    if count == 1 { "1 new task".to_owned() } else { format!("{count} new tasks") }
}
