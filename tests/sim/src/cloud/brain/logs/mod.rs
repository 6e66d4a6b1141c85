//! CloudWatch Logs: what the containers said. Owns groups, streams and their events; what a
//! container says is its task's fate.

mod dispatch;
mod events;
mod groups;
mod pattern;
mod speaking;
mod store;

pub(crate) use dispatch::{change, read};
pub(crate) use speaking::{missing_group, say};
pub(crate) use store::Logs;
