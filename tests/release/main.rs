//! The release loop against the simulated cloud, in one process and in paused time: a rollout
//! of minutes takes milliseconds, and every fault can be put at every point.

mod cloud_port;
mod convert;
mod world;

mod cancels;
mod faults;
mod first_and_later;
mod kills;
mod rollbacks;
mod scripts;
mod settings;
