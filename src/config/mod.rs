//! The two files that people write for us: the host's config (TOML) and the release file
//! (YAML), from text to types, with file, line and column in every finding. Owns the shared
//! YAML reader. Never opens a file and never reads a variable by itself.

mod gate;
mod host;
mod judge;
mod judge_metrics;
mod release;
mod release_native;
mod release_parts;
mod toml_tree;
pub mod yaml;

pub use host::{
    AwsConfig, HostConfig, JobConfig, NetworkConfig, RegistryConfig, SandboxProfile,
    SimulationConfig, host,
};
pub use judge::{Judge, JudgeSettings};
pub use judge_metrics::{BuiltIn, OwnMetric};
pub use release::{ReleaseFile, ReleaseService, release};
pub use release_native::{NativeKind, NativeSettings};
pub use release_parts::{Mode, ReleaseContainer};
