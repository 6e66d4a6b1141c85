//! The build context: packed as a tar by the client, indexed by the driver, which trusts no
//! path in it and writes none of it to disk.

mod ignore;
mod pack;
mod pattern;
mod receive;
mod select;
mod tree;
mod walk;

pub use pack::{Packed, dockerignore_names, pack_context};
pub use receive::{Context, ContextLimits};
pub(super) use select::{Missing, select};
pub(super) use tree::{Node, Tree};
