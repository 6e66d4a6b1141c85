//! The real binary against two implementations of AWS's services that nobody here wrote:
//! ministack and moto, from PyPI, in the environment that `tests/run` makes. They check that our
//! requests are those of AWS's interfaces and that our reading of the answers rests on nothing
//! that only our own simulated cloud does. Each test names the ability that gives it a meaning.
//!
//! What they do not do, or do otherwise than AWS, and what is therefore not asserted here:
//!
//! | Not asserted | Because |
//! |---|---|
//! | `rolloutState` of a first deployment | ministack's is COMPLETED from the first answer on, whatever becomes of its tasks |
//! | an end by the service deployment | ministack lists none and moto answers 500 with HTML: our program says that the service's own entry is followed |
//! | texts of events | ministack has three, one of them wrong; moto none |
//! | `stopCode`, the health of targets | ministack's scheduler stops as UserInitiated; both call every target healthy |
//! | how many deployments are left after a rollback | on ministack the FAILED one never leaves |
//! | shares of requests on ministack | weighted forward actions are accepted and dropped |
//! | tasks, new deployments on moto | its running count is a number that the test sets; an update changes the service's field and nothing else |
//! | counts that autoscaling sets on ministack | it has no Application Auto Scaling |
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test code: a broken set-up may panic, and programs of others run in real time"
)]

mod docker;
mod job;
mod ministack;
mod moto;
mod server;
