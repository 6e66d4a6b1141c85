//! A small, honest reader of `.gitlab-ci.yml`: turns a file and a tag or branch into the jobs of a pipeline, and a job
//! into the payload that a runner gets. Knows the keywords of release pipelines; anything else is an error, never
//! ignored. Talks to nobody.

mod definition;
mod expression;
mod job;
mod payload;
mod plan;
mod predefined;
mod read;
mod rules;
mod value;

pub use definition::{
    AllowFailure, ArtifactsDefinition, Definition, EnvironmentDefinition, JobDefinition, Need, When,
};
pub use payload::{Finished, JobRun};
pub use plan::{Pipeline, PlannedJob};
pub use predefined::{Project, ProjectVariable, Source};
pub use value::PipelineError;
