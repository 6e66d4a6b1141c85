//! Builds images without a daemon: reads a Dockerfile, lays new layers over a base that stays
//! in its registry, pushes, and says which bytes came of it.
//!
//! Never runs anything of the image, never opens a path that the caller of the driver chose
//! (the context arrives as a tar), never lets a tag stand for bytes.

mod archive;
mod base;
mod base_reader;
mod base_tree;
mod context;
mod dockerfile;
mod error;
mod image_config;
mod known;
mod layer;
mod layout;
mod platform;
mod ports;
mod push;
mod recipe;
mod record;
mod request;
mod run;
mod store;
mod transfer;
mod view;

pub use context::{Context, ContextLimits, Packed, dockerignore_names, pack_context};
pub use error::{Error, ErrorClass};
pub use record::{BaseRecord, ImageRecord, PlatformRecord};
pub use request::{BuildRequest, Checked, check};
pub use run::run;
pub use store::{Store, StoredImage};
pub use transfer::{pull, push};
