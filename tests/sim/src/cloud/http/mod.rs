//! The HTTP skin of the account: one endpoint for all services, a control API beside it, and
//! the virtual clock that drives the account. Owns the wire forms; decides nothing about AWS.

mod api;
mod body_of;
mod cbor;
mod cbor_wire;
mod clock;
mod connection;
mod control;
mod driver;
mod json_wire;
mod query_wire;
mod scope;
mod shared;
mod xml;

pub(crate) use api::Api;
pub(crate) use clock::VirtualClock;
pub(crate) use connection::{Answered, Answering, Received, serve};
pub(crate) use driver::drive;
pub(crate) use shared::Shared;
