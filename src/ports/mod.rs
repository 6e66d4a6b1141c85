//! What the loop needs from the world, in our words. Adapters of layer 3 implement these;
//! nothing here names an SDK type.

mod cancel;
mod clock;
mod cloud;
mod ecs;
mod load_balancer;
mod logs;
mod metrics;
mod registry;
mod reporter;
mod scaling;

pub use cancel::{Cancel, CancelHandle};
pub use clock::Clock;
pub use cloud::Cloud;
pub use ecs::{DeploymentFilter, Ecs, Seen};
pub use load_balancer::LoadBalancer;
pub use logs::Logs;
pub use metrics::Metrics;
pub use registry::{Registry, ResolvedImage, ResolvedPlatform};
pub use reporter::Reporter;
pub use scaling::Scaling;
