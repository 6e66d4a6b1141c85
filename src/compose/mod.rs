//! Compose and ecs-params texts to the body of RegisterTaskDefinition and to members of the
//! service requests, with a finding for every key that is not translated. Owns the table of
//! keys (`docs/compose.md` is printed from it). Never opens a file, never asks a registry and
//! never drops a key silently.

mod dotenv;
mod expand;
mod extend;
mod files;
mod format;
mod input;
mod keys;
mod layer;
mod legacy_merge;
mod load;
mod merge;
mod merge_shape;
mod params;
mod paths;
mod scalar;
mod scope;
mod service;
mod table;
mod translate;
mod units;
mod words;

pub use files::{NeededFile, default_files, needed_files};
pub use input::{ComposeInput, ContainerImage, Dialect, SourceText, Translated};
pub use params::service_network;
pub use table::key_table;
pub use translate::translate;
pub use words::split as shell_words;
