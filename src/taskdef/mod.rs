//! Task definitions as JSON: one normal form for what we want and what AWS describes, the
//! difference in words, fields that would be lost, and what ECS would refuse. Never registers
//! anything and never prints a value that may be a secret.

mod changes;
mod fields;
mod normal;
mod preflight;

pub use changes::changes;
pub use fields::{registrable, unknown_fields};
pub use normal::normal_form;
pub use preflight::{Weight, exposes, preflight, preflight_at, runs_on};
