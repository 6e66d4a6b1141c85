//! Counting tasks as the API counts them.

use crate::cloud::brain::state::{Stage, Task, World};

/// Tasks of a service or a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// RUNNING.
    pub(crate) running: u32,
    /// On their way to RUNNING.
    pub(crate) pending: u32,
    /// Wanted: running or on their way.
    pub(crate) live: u32,
}

impl Counts {
    pub(crate) fn of<'t>(world: &World, tasks: impl Iterator<Item = &'t Task>) -> Self {
        let mut counts = Self::default();
        for task in tasks {
            let on_its_way = task.wanted && task.stage < Stage::Running;
            let is_pending = if world.switches.pending_count_is_strict {
                task.stage == Stage::Pending
            } else {
                on_its_way
            };
            counts.running += u32::from(task.stage == Stage::Running);
            counts.pending += u32::from(is_pending);
            counts.live += u32::from(task.is_live());
        }
        counts
    }
}
