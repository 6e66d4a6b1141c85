//! The means of a play: push a tag, run a job (or run it again), look at the cloud, send requests. Judges nothing.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::Method;
use tokio::time::{Instant, timeout};

use crate::gitlab::coordinator::{Commit, JobRecord, JobStatus, Repository};
use crate::gitlab::http::Http;
use crate::gitlab::pipeline::{Definition, Finished, JobRun, Pipeline, Source};

use super::example::{self, Means, Version};
use super::narrator::JobReport;
use super::options::DemoError;
use super::table::{ServiceRow, Traffic};
use super::traffic;
use super::world::{PROJECT, World};

/// A job that takes longer is stuck.
const JOB_LIMIT: Duration = Duration::from_secs(120);
/// The first commit's time: any fixed one, so that digests are the same in every demo.
const FIRST_COMMIT: u64 = 1_763_942_400;

/// A project with its pipelines.
#[derive(Debug)]
pub(super) struct Play {
    world: World,
    repository: Repository,
    means: Means,
    pipelines: BTreeMap<String, Tagged>,
}

#[derive(Debug)]
struct Tagged {
    pipeline: Pipeline,
    finished: Vec<Finished>,
}

impl Play {
    /// An empty project in a fresh world.
    pub(super) fn new(world: World, means: Means) -> Result<Self, DemoError> {
        let repository = world.gitlab.create_repository(PROJECT)?;
        Ok(Self { world, repository, means, pipelines: BTreeMap::new() })
    }

    /// The world.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// Ends the world.
    pub(super) async fn stop(self) -> Result<(), DemoError> {
        self.world.stop().await
    }

    /// Commits this version, tags it and makes the tag's pipeline.
    pub(super) fn push(&mut self, version: Version) -> Result<Commit, DemoError> {
        let files = example::files(version, self.means);
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let number = self.pipelines.len() as u64;
        let time = FIRST_COMMIT + number * 3600;
        let commit = self.repository.commit(&files, version.message(), time)?;
        self.repository.tag(version.tag())?;
        let definition = Definition::read(self.means.pipeline)?;
        let source = Source {
            ref_name: version.tag().into(),
            is_tag: true,
            protected: true,
            sha: commit.sha.clone(),
            commit_time: commit.time,
            message: commit.message.clone(),
        };
        let pipeline = Pipeline::new(&definition, &self.world.project(), source, 501 + number);
        let tagged = Tagged { pipeline, finished: Vec::new() };
        self.pipelines.insert(version.tag().into(), tagged);
        Ok(commit)
    }

    /// Runs a job of a tag's pipeline; running it once more is GitLab's Retry and its Rollback button.
    pub(super) async fn job(&mut self, tag: &str, name: &str) -> Result<JobReport, DemoError> {
        let Some(tagged) = self.pipelines.get_mut(tag) else {
            return Err(DemoError::Cloud(format!("there is no pipeline for tag {tag}")));
        };
        let id = self.world.gitlab.next_job_id();
        let token = format!("glcbt-64_demo{id:016}");
        let run = JobRun {
            id,
            repo_url: self.world.gitlab.repository_url(PROJECT, &token),
            started: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs()),
            token: token.clone(),
        };
        let payload = tagged.pipeline.payload(name, &run, &tagged.finished)?;
        let tags = tagged.pipeline.job(name)?.tags.clone();
        let tags = if tags.is_empty() { vec![World::runner_tag().into()] } else { tags };
        // A job's token opens the registry as long as the job runs.
        self.world.registry.add_login("gitlab-ci-token", &token);
        let began = Instant::now();
        self.world.gitlab.enqueue(payload, tags);
        let ended = timeout(JOB_LIMIT, self.world.gitlab.finished(id)).await;
        self.world.registry.remove_login("gitlab-ci-token", &token);
        let Ok(record) = ended else {
            let log = self.world.gitlab.job(id).map(|job| job.trace_text()).unwrap_or_default();
            return Err(DemoError::Stuck { job: name.into(), seconds: JOB_LIMIT.as_secs(), log });
        };
        if record.status == JobStatus::Success {
            tagged.finished.retain(|other| other.name != name);
            tagged.finished.push(finished(&record));
        }
        Ok(JobReport { record, seconds: began.elapsed().as_secs_f64() })
    }

    /// The services, by the cloud's control API.
    pub(super) async fn services(&self) -> Result<Vec<ServiceRow>, DemoError> {
        let url = format!("{}/_sim/services", self.world.cloud.endpoint);
        let answer = Http::new().send(Method::GET, &url, &[], "").await;
        let answer = answer.map_err(|cause| DemoError::Cloud(cause.to_string()))?;
        let rows: Result<Vec<ServiceRow>, _> = serde_json::from_slice(&answer.body);
        let mut rows = rows.map_err(|cause| DemoError::Cloud(format!("{url}: {cause}")))?;
        rows.sort_by(|a, b| a.service.cmp(&b.service));
        Ok(rows)
    }

    /// Requests through the load balancer.
    pub(super) async fn traffic(&self, count: u32) -> Traffic {
        traffic::send(&self.world.cloud.load_balancer, count).await
    }

    /// The digest that a tag of the project's registry shows: what the build job pushed.
    pub(super) fn pushed(&self, tag: &str) -> Option<String> {
        self.world.registry.digest(PROJECT, tag)
    }

    /// Names of the jobs of a tag's pipeline, and the tags.
    pub(super) fn jobs(&self) -> Vec<(String, Vec<String>)> {
        let of = |tagged: &Tagged| {
            tagged.pipeline.jobs.iter().map(|job| job.definition.name.clone()).collect()
        };
        self.pipelines.iter().map(|(tag, tagged)| (tag.clone(), of(tagged))).collect()
    }
}

fn finished(record: &JobRecord) -> Finished {
    let archive = record.artifact("archive");
    Finished {
        id: record.payload.id,
        name: record.payload.job_info.name.clone(),
        token: record.payload.token.clone(),
        archive: archive.map(|file| (file.filename.clone(), file.content.len() as u64)),
        // A report that is not right was refused at its upload.
        dotenv: record.artifact("dotenv").and_then(|file| file.dotenv().ok()).unwrap_or_default(),
    }
}
