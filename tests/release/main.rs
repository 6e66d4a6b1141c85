//! The release loop against the simulated cloud, in one process and in paused time: a rollout
//! of minutes takes milliseconds, and every fault can be put at every point.

mod cloud_port;
mod convert;
mod native_world;
mod reading;
mod timeless;
mod transcript;
mod weighted_world;
mod world;

mod autoscaled;
mod cancels;
mod colleagues;
mod failures;
mod faults;
mod first_and_later;
mod gate_over;
mod gates;
mod gives_way;
mod goals;
mod groups;
mod judged;
mod judged_jobs;
mod judged_kills;
mod kills;
mod leases;
mod native;
mod native_judged;
mod native_kills;
mod open_points;
mod promoting;
mod random;
mod rollbacks;
mod scenarios;
mod scripts;
mod settings;
mod sieve;
mod tasks;
mod twice_killed;
mod unseen;
mod verdicts;
mod weighted;
