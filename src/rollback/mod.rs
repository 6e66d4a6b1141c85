//! Which release to go back to: the last one that was good, never "revision minus one", never
//! a deregistered one. Only chooses; the steps are made by `plan`.

mod good;
mod intent;
mod target;
mod twin;

#[cfg(test)]
mod tests;

pub use good::{good_releases, is_way_back, was_released};
pub use intent::Intent;
pub use target::{NoTarget, Target, target};
pub use twin::{counterpart, respec, same_images};
