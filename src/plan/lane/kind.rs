//! What is to do for a service, and where it goes.

use crate::model::{LiveTaskDefinition, Outcome, TaskDefinitionSpec};
use crate::plan::{ReuseReason, Step};

/// What is to do for one service.
pub(in crate::plan) enum Lane {
    /// Nothing any more.
    Done,
    /// These, the last one a wait unless nothing is to wait for.
    Steps(Vec<Step>),
    /// It cannot come to a good end.
    Failed(Box<Outcome>),
    /// It waits where the user asked it to wait.
    Paused(Box<Outcome>),
}

/// Where a service shall go.
pub(in crate::plan) enum Aim {
    /// To a revision with this content.
    Content(TaskDefinitionSpec),
    /// To a revision with this content, which is the release of the other service's revision.
    Copy(TaskDefinitionSpec, Box<LiveTaskDefinition>),
    /// To this revision.
    Revision(Box<LiveTaskDefinition>, ReuseReason),
    /// To what it has: the same once more.
    Running,
}
