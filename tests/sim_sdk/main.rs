//! The simulated cloud, asked by Amazon's own SDK over HTTP: what the SDK can read and what
//! it makes of errors is the measure of the simulation's wire.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod clients;
mod containers_that_serve;
mod control;
mod faults;
mod identity;
mod load_balancing;
mod services;
