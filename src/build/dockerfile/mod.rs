//! Reads a Dockerfile: the whole grammar, with the line of everything, and a verdict on every
//! instruction before anything runs. Pure; the rules are those of BuildKit's Dockerfile
//! frontend (`frontend/dockerfile/parser`, `instructions` and `shell` of moby/buildkit).

mod expand;
mod glob;
mod health;
mod heredoc;
mod instruction;
mod lines;
mod read;
mod words;

pub(super) use expand::{Expander, Lookup, Word};
pub(super) use health::Health;
pub(super) use instruction::{CommandLine, Copy, Instruction, Kind, Pair};
pub(super) use read::{Dockerfile, read};
