//! Whole rollouts in virtual time.
