//! Reads YAML into a tree in which every key and value knows its line and column, replaces
//! `${...}` in its values, and takes typed fields out of it. Owns the limits against hostile
//! input (size, depth, alias expansion). Never opens a file and never looks at a variable by
//! itself: texts and the lookup are arguments.

mod fields;
mod interpolate;
mod nearest;
mod node;
mod read;
mod units;

pub use fields::Fields;
pub use interpolate::{Expanded, Grammar, InterpolationError, MissingVariable, expand, expand_as};
pub use nearest::nearest;
pub use node::{Entry, Map, Node, Place, Tag, Value};
pub use read::{MAX_BYTES, read, read_documents};
pub use units::{bytes, duration, per_cent};
