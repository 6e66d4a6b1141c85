//! One service to one container definition. Each file holds the keys of one kind; the table
//! says which key goes to which function.

pub(super) mod container;
pub(super) mod deploy;
pub(super) mod environment;
pub(super) mod health;
pub(super) mod limits;
pub(super) mod linux;
pub(super) mod logging;
pub(super) mod order;
pub(super) mod plain;
pub(super) mod ports;
pub(super) mod sizes;
pub(super) mod task;
pub(super) mod volumes;

pub(super) use container::{Body, Container};
pub(super) use task::Task;
