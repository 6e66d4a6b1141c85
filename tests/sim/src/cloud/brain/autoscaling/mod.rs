//! Application Auto Scaling of services. Owns scalable targets, policies, and when a policy
//! changes a service's count.

mod acting;
mod dispatch;
mod policies;
mod targets;

pub(crate) use acting::{act, next_act, scale};
pub(crate) use dispatch::{change, read};
pub(crate) use policies::Policy;
pub(crate) use targets::ScalableTarget;
