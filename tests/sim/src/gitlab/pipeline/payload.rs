//! A job of a pipeline as the payload for a runner: variables in GitLab's precedence, scripts, artifacts of other jobs.

use crate::gitlab::payload::{
    ArtifactsFile, Credentials, Dependency, Features, GitInfo, Job, JobInfo, RunnerInfo, Step,
    Variable,
};
use crate::gitlab::runner::variables::value;

use super::definition::JobDefinition;
use super::plan::Pipeline;
use super::predefined::{self, Project, Source};

/// The project's timeout, in seconds.
const TIMEOUT: u64 = 3600;

/// One run of a job; running it again is another one.
#[derive(Clone, Debug, Default)]
pub struct JobRun {
    /// The job's number.
    pub id: u64,
    /// The job's token.
    pub token: String,
    /// The repository's URL with the token.
    pub repo_url: String,
    /// When it starts, seconds since 1970.
    pub started: u64,
}

/// A job of the same pipeline that ended well.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// A token that may read its artifacts.
    pub token: String,
    /// Name and size of its archive, if it has one.
    pub archive: Option<(String, u64)>,
    /// Variables of its dotenv report.
    pub dotenv: Vec<(String, String)>,
}

/// The payload.
pub(super) fn of_job(
    pipeline: &Pipeline,
    job: &JobDefinition,
    run: &JobRun,
    finished: &[Finished],
) -> Job {
    let project = &pipeline.project;
    let source = &pipeline.source;
    let sources: Vec<&Finished> =
        finished.iter().filter(|other| gets_artifacts(pipeline, job, &other.name)).collect();
    let variables = variables(pipeline, job, run, &sources);
    Job {
        id: run.id,
        token: run.token.clone(),
        allow_git_fetch: true,
        job_info: job_info(pipeline, job),
        git_info: git_info(source, run),
        runner_info: RunnerInfo { timeout: job.timeout.unwrap_or(TIMEOUT), uuid: String::new() },
        variables,
        steps: steps(job),
        image: job.image.clone(),
        services: job.services.clone(),
        artifacts: job.artifacts.entries.clone(),
        credentials: vec![Credentials {
            kind: "registry".into(),
            url: project.registry.clone(),
            username: "gitlab-ci-token".into(),
            password: run.token.clone(),
        }],
        dependencies: sources.iter().filter_map(|other| dependency(other)).collect(),
        features: features(),
        ..Job::default()
    }
}

/// By `needs`, else by stage; `dependencies` may narrow it.
fn gets_artifacts(pipeline: &Pipeline, job: &JobDefinition, other: &str) -> bool {
    if let Some(named) = &job.dependencies {
        return named.iter().any(|name| name == other);
    }
    if let Some(needs) = &job.needs {
        return needs.iter().any(|need| need.job == other && need.artifacts);
    }
    let place = |name: &str| {
        let stage = &pipeline.job(name).ok()?.stage;
        pipeline.stages.iter().position(|s| s == stage)
    };
    place(other) < place(&job.name)
}

fn dependency(other: &Finished) -> Option<Dependency> {
    let (filename, size) = other.archive.clone()?;
    Some(Dependency {
        id: other.id,
        token: other.token.clone(),
        name: other.name.clone(),
        artifacts_file: ArtifactsFile { filename, size },
    })
}

fn job_info(pipeline: &Pipeline, job: &JobDefinition) -> JobInfo {
    let path = &pipeline.project.path;
    JobInfo {
        name: job.name.clone(),
        stage: job.stage.clone(),
        pipeline_id: pipeline.id,
        project_id: pipeline.project.id,
        project_name: path.rsplit('/').next().unwrap_or(path).into(),
        project_full_path: path.clone(),
        namespace_id: 3,
        root_namespace_id: 3,
        organization_id: 1,
        user_id: 4,
        time_in_queue_seconds: 0.5,
        project_jobs_running_on_instance_runners_count: "0".into(),
        ..JobInfo::default()
    }
}

fn git_info(source: &Source, run: &JobRun) -> GitInfo {
    let name = &source.ref_name;
    let refspec = match source.is_tag {
        true => format!("+refs/tags/{name}:refs/tags/{name}"),
        false => format!("+refs/heads/{name}:refs/remotes/origin/{name}"),
    };
    GitInfo {
        repo_url: run.repo_url.clone(),
        repo_object_format: "sha1".into(),
        ref_name: name.clone(),
        sha: source.sha.clone(),
        before_sha: "0".repeat(40),
        ref_type: if source.is_tag { "tag" } else { "branch" }.into(),
        refspecs: vec![refspec],
        depth: 20,
        protected: Some(source.protected),
    }
}

fn steps(job: &JobDefinition) -> Vec<Step> {
    let mut steps = vec![Step {
        name: "script".into(),
        script: job.script.clone(),
        timeout: job.timeout.unwrap_or(TIMEOUT),
        when: "on_success".into(),
        allow_failure: false,
    }];
    if !job.after_script.is_empty() {
        steps.push(Step {
            name: "after_script".into(),
            script: job.after_script.clone(),
            timeout: job.timeout.unwrap_or(TIMEOUT),
            when: "always".into(),
            allow_failure: true,
        });
    }
    steps
}

fn features() -> Features {
    let reasons = [
        "unknown_failure",
        "script_failure",
        "api_failure",
        "stuck_or_timeout_failure",
        "runner_system_failure",
        "runner_unsupported",
        "job_execution_timeout",
        "image_pull_failure",
        "job_canceled",
        "runner_interrupted",
    ];
    Features {
        trace_sections: true,
        token_mask_prefixes: vec!["glpat-".into()],
        failure_reasons: reasons.map(String::from).to_vec(),
        tracing: None,
    }
}

/// All variables, lowest precedence first, expanded among each other as GitLab does before it sends them.
fn variables(
    pipeline: &Pipeline,
    job: &JobDefinition,
    run: &JobRun,
    sources: &[&Finished],
) -> Vec<Variable> {
    let project = &pipeline.project;
    let mut all = predefined::of_job(project, &pipeline.source, job, run, pipeline.id);
    all.extend(plain(&pipeline.variables));
    all.extend(plain(&job.variables));
    for other in sources {
        all.extend(plain(&other.dotenv));
    }
    all.extend(of_settings(project, &pipeline.source));
    let environment = job.environment.as_ref();
    let filled = |text: &str| expand(text, &expand_all(&all), "");
    let name = environment.map(|given| filled(&given.name)).unwrap_or_default();
    let url = environment.map(|given| filled(&given.url)).unwrap_or_default();
    all.extend(predefined::of_environment(environment, &name, &url));
    expand_all(&all)
}

/// Variables of the YAML file: public.
pub(super) fn plain(pairs: &[(String, String)]) -> Vec<Variable> {
    pairs.iter().map(|(key, value)| Variable::public(key, value)).collect()
}

/// Variables of the project's settings; protected ones only for protected refs.
pub(super) fn of_settings(project: &Project, source: &Source) -> Vec<Variable> {
    let open = project.variables.iter().filter(|own| !own.protected || source.protected);
    open.map(|own| own.variable.clone()).collect()
}

/// Each variable with the others' values in it, nested ones too; what is unknown stays as it is written.
fn expand_all(all: &[Variable]) -> Vec<Variable> {
    let mut now = all.to_vec();
    // A chain of references is at most as long as the list; a cycle stops there.
    for _ in 0..all.len() {
        let next: Vec<Variable> = now
            .iter()
            .map(|variable| match variable.raw {
                true => variable.clone(),
                false => {
                    let value = expand(&variable.value, &now, &variable.key);
                    Variable { value, ..variable.clone() }
                }
            })
            .collect();
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// `$NAME` and `${NAME}` replaced where the name is known, no file and not `own`; `$$` is left to the runner.
fn expand(text: &str, all: &[Variable], own: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, length) = match after.strip_prefix('{') {
            Some(inner) => match inner.split_once('}') {
                Some((name, _)) => (name, name.len() + 2),
                None => ("", 0),
            },
            None => {
                let end = after.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                let name = &after[..end.unwrap_or(after.len())];
                (name, name.len())
            }
        };
        let known = all.iter().rev().find(|v| v.key == name && name != own);
        match known.filter(|v| !v.file && !v.raw) {
            Some(_) => out.push_str(value(all, name)),
            None if after.starts_with('$') => {
                out.push_str("$$");
                rest = &after[1..];
                continue;
            }
            None => out.push_str(&rest[at..=at + length]),
        }
        rest = &after[length..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_references_are_expanded_and_unknown_ones_left_to_the_runner() {
        let all = [
            Variable::public("URL", "$HOST/${PATH_}/$UNKNOWN-$$X"),
            Variable::public("HOST", "http://$NAME"),
            Variable::public("NAME", "h"),
            Variable::public("PATH_", "p"),
            Variable::public("LOOP", "a:$LOOP"),
            Variable::file("KEY", "k"),
            Variable::public("KEY_PATH", "$KEY"),
        ];
        let done = expand_all(&all);
        assert_eq!(value(&done, "URL"), "http://h/p/$UNKNOWN-$$X");
        assert_eq!(value(&done, "LOOP"), "a:$LOOP");
        assert_eq!(value(&done, "KEY_PATH"), "$KEY");
    }
}
