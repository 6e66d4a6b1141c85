//! From a release file and arguments to a wish that `apply` carries out, and to its records.
//! Decides which image, which cluster and how long; never what is done in AWS.

mod access;
mod args;
mod carry;
mod course;
mod declared;
mod expected;
mod image;
mod judging;
mod native;
mod native_judge;
mod pin;
mod preview;
mod project;
mod said;
mod sources;
mod wanted;
mod way;

pub use args::{
    BringArgs, ChangeArgs, ImageArgs, PlaceArgs, QueueArgs, Resolve, SameSideArgs, Side,
};

pub(super) use access::connect;
pub(super) use carry::{Report, carry_out, deadline};
pub(super) use declared::{Declared, gather};
pub(super) use expected::{tell as tell_expected, usual_traffic};
pub(super) use image::{Chosen, choose};
pub(super) use judging::judging;
pub(super) use pin::{Pinned, Pinning, pin};
pub(super) use preview::tell as tell_preview;
pub(super) use project::{Named, Project, gather_project};
pub(super) use said::Said;
pub(super) use sources::{tell as tell_source, tell_course, tell_place, tell_services};
pub(super) use wanted::{Sides, bare, wanted};

#[cfg(test)]
mod tests;
