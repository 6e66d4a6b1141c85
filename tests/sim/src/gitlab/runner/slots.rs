//! `CI_CONCURRENT_ID`: which number a job has among those that run now.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Slots in use: the lowest free number is given out.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<Vec<bool>>, AtomicUsize);

impl Slots {
    /// The lowest free slot.
    pub(crate) fn take(&self) -> usize {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut slots = locked(&self.0);
        let free = slots.iter().position(|used| !used);
        let slot = free.unwrap_or_else(|| {
            slots.push(false);
            slots.len() - 1
        });
        slots[slot] = true;
        slot
    }

    /// Gives a slot back.
    pub(crate) fn give_back(&self, slot: usize) {
        self.1.fetch_sub(1, Ordering::Relaxed);
        if let Some(used) = locked(&self.0).get_mut(slot) {
            *used = false;
        }
    }

    /// How many are in use.
    pub(crate) fn used(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_slot_is_given_out() {
        let slots = Slots::default();
        assert_eq!((slots.take(), slots.take(), slots.take()), (0, 1, 2));
        slots.give_back(1);
        assert_eq!((slots.take(), slots.used()), (1, 3));
    }
}
