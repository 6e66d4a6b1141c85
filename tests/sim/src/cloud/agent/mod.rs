//! The ECS agent: pulls the images of tasks and keeps what they serve. Owns pulled images and
//! which task serves which site; never starts a process.

mod pulling;
mod site;

pub(crate) use pulling::Agent;
pub(crate) use site::Page;
