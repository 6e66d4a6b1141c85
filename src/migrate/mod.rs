//! From a pipeline that installs Docker and ecs-cli in its jobs to one for this executor: the
//! text of a `.gitlab-ci.yml` in, the changed text and what was left out. Everything that is
//! not changed stays byte for byte; the values outside the change are compared afterwards, and
//! a difference refuses the whole. Never opens a file.

mod anchors;
mod cut;
mod diff;
mod edit;
mod fate;
mod keys;
mod lines;
mod native;
mod native_docker;
mod order;
mod own_lines;
mod packages;
mod pass;
mod pipeline;
mod release_file;
mod run;
mod shape;
mod shell;
mod tidy;
mod tools;
mod tree;
mod waits;

pub use diff::added as added_file;
pub use run::{Migration, Wish, migrate};
