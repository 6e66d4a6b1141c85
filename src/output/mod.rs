//! Shows events: as the text of a job log or a terminal, or as one JSON object per line.
//!
//! The only module that prints. Talk goes to standard error, data to standard output; known
//! secrets are replaced in both. It decides how something looks, never what happens.

mod checks;
mod color;
mod duration;
mod json;
mod layout;
mod output_to;
mod records;
mod redactor;
mod sections;
mod services;
mod stage;
mod summary;
mod text;

pub use color::{ColorChoice, ColorParseError};
pub use duration::duration;
pub use output_to::{Form, Output, Settings};
pub use records::{release_env, release_json};
pub use redactor::Redactor;

#[cfg(test)]
mod tests;
