//! What a release writes into the tags of a service, and what a later run makes of it: who
//! holds the service and until when, how far the release is, and what comes next. Tags take
//! letters, digits and a few marks, so the text is words, with a format version first.

mod found;
mod judged;
mod lease;
mod phase;
mod record;
mod scaling;
#[cfg(test)]
mod tests;

pub use found::{Found, WeightsFound, found, weights_found};
pub use judged::Judged;
pub use lease::{Holder, Lease, ReleaseKey};
pub use phase::{AbortCause, GateEnd, Phase, Progress};
pub use record::{Reading, Record, read};
pub use scaling::{ScalingNote, ScalingNoted};
