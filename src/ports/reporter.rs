//! Telling what happens.

use crate::model::Event;

/// Takes events; never fails, never blocks for long.
pub trait Reporter {
    /// Tells one event.
    fn emit(&self, event: Event);
}

impl<R: Reporter + ?Sized> Reporter for &R {
    fn emit(&self, event: Event) {
        (**self).emit(event);
    }
}
