//! The jobs of one pipeline: those whose conditions hold, in the order of their stages.

use super::definition::{AllowFailure, Definition, JobDefinition, When};
use super::predefined::{Project, Source};
use super::rules::Said;
use super::value::PipelineError;
use super::{payload, predefined};
use crate::gitlab::payload::Job;
use crate::gitlab::runner::variables::value;

/// One pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its number.
    pub id: u64,
    /// Its project.
    pub project: Project,
    /// What it is for.
    pub source: Source,
    /// Its jobs.
    pub jobs: Vec<PlannedJob>,
    pub(super) variables: Vec<(String, String)>,
    pub(super) stages: Vec<String>,
}

/// A job of a pipeline.
#[derive(Clone, Debug)]
pub struct PlannedJob {
    /// As the file says, with what a rule changed.
    pub definition: JobDefinition,
}

impl Pipeline {
    /// The pipeline of a tag or branch. What the file says now is frozen in it.
    #[must_use]
    pub fn new(definition: &Definition, project: &Project, source: Source, id: u64) -> Self {
        let mut pipeline = Self {
            id,
            project: project.clone(),
            source,
            jobs: Vec::new(),
            variables: definition.variables.clone(),
            stages: definition.stages.clone(),
        };
        for job in &definition.jobs {
            let run = super::JobRun::default();
            let mut known = predefined::of_job(project, &pipeline.source, job, &run, pipeline.id);
            known.extend(payload::plain(&definition.variables));
            known.extend(payload::of_settings(project, &pipeline.source));
            let lookup = |name: &str| {
                let found = known.iter().any(|variable| variable.key == name);
                found.then(|| value(&known, name).to_owned())
            };
            if let Said::In { when, allow_failure } = job.conditions.say(&pipeline.source, &lookup)
            {
                pipeline.jobs.push(planned(job, when, allow_failure));
            }
        }
        let stages = &definition.stages;
        let order = |job: &PlannedJob| stages.iter().position(|s| *s == job.definition.stage);
        pipeline.jobs.sort_by_key(order);
        pipeline
    }

    /// The job of this name.
    ///
    /// # Errors
    /// When the pipeline has none.
    pub fn job(&self, name: &str) -> Result<&JobDefinition, PipelineError> {
        let found = self.jobs.iter().find(|job| job.definition.name == name);
        found.map(|job| &job.definition).ok_or_else(|| PipelineError::NoJob {
            name: name.into(),
            there: self.jobs.iter().map(|job| &*job.definition.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// What a runner gets for a run of this job. `finished` are the pipeline's jobs that ended before.
    ///
    /// # Errors
    /// When the pipeline has no such job.
    pub fn payload(
        &self,
        name: &str,
        run: &super::JobRun,
        finished: &[super::Finished],
    ) -> Result<Job, PipelineError> {
        Ok(payload::of_job(self, self.job(name)?, run, finished))
    }
}

fn planned(
    job: &JobDefinition,
    when: Option<When>,
    allow_failure: Option<AllowFailure>,
) -> PlannedJob {
    let mut definition = job.clone();
    definition.when = when.unwrap_or(definition.when);
    definition.allow_failure = allow_failure.unwrap_or(definition.allow_failure);
    PlannedJob { definition }
}
