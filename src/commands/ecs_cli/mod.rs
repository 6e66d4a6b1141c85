//! By the name `ecs-cli`: the same files and options, released by our loop.

mod args;

pub use args::{
    BalancerOptions, ComposeAction, ComposeArgs, ComposeOptions, DiscoveryOptions, EcsCliCall,
    PsOptions, RemoveOptions, ScaleOptions, ServiceAction, ServiceArgs, TaskOptions, UpOptions,
    WaitOptions,
};
