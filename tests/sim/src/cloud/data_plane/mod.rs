//! The load balancer's data plane: real HTTP on loopback, answered by the tasks' sites.
//! Owns the listener; which task answers is the account's choice.

mod balancer;

pub(crate) use balancer::Balancer;
