//! Whole rollouts in virtual time.

mod fixture;
mod rollouts;
