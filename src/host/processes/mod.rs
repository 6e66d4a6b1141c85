//! Processes: what `/proc` shows of them, and signals to them. Never starts one.

mod look;
mod marked;
mod own;
mod tree;

pub use look::{Process, descendants, executable};
pub use marked::end_marked;
pub use own::{guard_own_process, parent_executable};
pub use tree::{Children, kill_descendants, reap_all, reap_orphans, signal_descendants};
