//! A simulated AWS account: ECS, load balancing and STS with virtual time.
//! Owns the behaviour of the cloud; must never know anything of the program that is tested.

pub mod brain;
