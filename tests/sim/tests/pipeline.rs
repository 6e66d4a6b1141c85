//! The pipeline reader with the example's two files.
#![expect(clippy::unwrap_used, reason = "test code: a broken set-up may panic")]

use ecs_sim::gitlab::payload::{Job, Variable};
use ecs_sim::gitlab::pipeline::{
    AllowFailure, Definition, Finished, JobRun, Pipeline, Project, ProjectVariable, Source, When,
};

const NATIVE: &str = include_str!("../src/demo/example/gitlab-ci.yml");
const OF_2018: &str = include_str!("../src/demo/example/gitlab-ci.2018.yml");

fn project() -> Project {
    let variable = |key: &str, value: &str| ProjectVariable {
        variable: Variable::masked(key, value),
        protected: true,
    };
    Project {
        id: 42,
        path: "group/app".into(),
        server_url: "http://127.0.0.1:8080".into(),
        registry: "127.0.0.1:5000".into(),
        variables: vec![
            variable("POC_AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            variable("SHOP", "of the project"),
        ],
    }
}

fn source(tag: Option<&str>) -> Source {
    Source {
        ref_name: tag.unwrap_or("main").into(),
        is_tag: tag.is_some(),
        protected: true,
        sha: "1111111111222222222233333333334444444444".into(),
        commit_time: 1_700_000_000,
        message: "Show v1\n\nmore".into(),
    }
}

fn pipeline(text: &str, tag: Option<&str>) -> Pipeline {
    Pipeline::new(&Definition::read(text).unwrap(), &project(), source(tag), 500)
}

fn names(pipeline: &Pipeline) -> Vec<&str> {
    pipeline.jobs.iter().map(|job| &*job.definition.name).collect()
}

fn value(job: &Job, key: &str) -> String {
    let found = job.variables.iter().rev().find(|v| v.key == key);
    found.map(|v| v.value.clone()).unwrap_or_default()
}

fn run(id: u64) -> JobRun {
    JobRun {
        id,
        token: format!("token-{id}"),
        repo_url: "http://gitlab-ci-token:x@h/group/app.git".into(),
        started: 1_700_000_100,
    }
}

#[test]
fn a_tag_starts_the_pipelines_jobs_and_a_branch_none() {
    for (text, jobs) in [
        (NATIVE, &["build", "canary-deploy", "deploy"][..]),
        (OF_2018, &["tag-build", "canary-deploy", "deploy", "scale"][..]),
    ] {
        assert_eq!(names(&pipeline(text, Some("1.0.0"))), jobs);
        assert!(names(&pipeline(text, None)).is_empty());
    }
}

#[test]
fn the_2018_file_is_read_with_anchors_merge_keys_and_a_leading_zero() {
    let pipeline = pipeline(OF_2018, Some("1.0.0"));
    let deploy = pipeline.payload("deploy", &run(7), &[]).unwrap();
    assert_eq!(value(&deploy, "AWS_ACCESS_KEY_ID"), "AKIAEXAMPLE");
    assert_eq!(value(&deploy, "AWS_TARGET_GROUP_ID"), "0123456789abcdef");
    assert_eq!(value(&deploy, "DEPLOYMENT_MAX_PERCENT"), "200");
    assert_eq!(value(&deploy, "SERVICE_NAME"), "release");
    assert_eq!(value(&deploy, "CI_ENVIRONMENT_NAME"), "poc");
    assert_eq!(value(&deploy, "CI_COMMIT_TIMESTAMP"), "2023-11-14T22:13:20Z");
    assert_eq!(value(&deploy, "CI_REGISTRY_IMAGE"), "127.0.0.1:5000/group/app");
    assert_eq!(deploy.services[0].name, "docker:dind");
    assert_eq!(deploy.image.name, "docker:latest");
    assert_eq!(deploy.steps[0].script[..2], ["aws sts get-caller-identity", "ecs-cli -v"]);
    assert_eq!(deploy.git_info.refspecs, ["+refs/tags/1.0.0:refs/tags/1.0.0"]);
    let definition = pipeline.job("deploy").unwrap();
    assert_eq!((definition.when, &definition.allow_failure), (When::Manual, &AllowFailure::Yes));
    assert_eq!(definition.tags, ["ecs"]);
}

#[test]
fn the_native_file_is_read_with_what_it_inherits() {
    let pipeline = pipeline(NATIVE, Some("1.0.0"));
    let canary = pipeline.job("canary-deploy").unwrap();
    assert_eq!(canary.when, When::Manual);
    assert_eq!(canary.resource_group.as_deref(), Some("production"));
    assert_eq!(canary.allow_failure, AllowFailure::ExitCodes(vec![12, 32]));
    assert_eq!(canary.environment.as_ref().unwrap().name, "production/canary");
    assert_eq!(canary.tags, ["ecs"]);
    let build = pipeline.payload("build", &run(7), &[]).unwrap();
    assert_eq!(build.artifacts.len(), 2);
    assert_eq!(
        (&*build.artifacts[1].artifact_type, &*build.artifacts[1].artifact_format),
        ("dotenv", "gzip")
    );
}

#[test]
fn an_earlier_jobs_artifacts_and_dotenv_variables_reach_a_later_one() {
    let pipeline = pipeline(NATIVE, Some("1.0.0"));
    let built = Finished {
        id: 6,
        name: "build".into(),
        token: "t".into(),
        archive: Some(("artifacts.zip".into(), 100)),
        dotenv: vec![
            ("ECS_CANARY_IMAGE".into(), "r/a@sha256:1".into()),
            ("SHOP".into(), "of dotenv".into()),
        ],
    };
    let deploy = pipeline.payload("deploy", &run(7), std::slice::from_ref(&built)).unwrap();
    assert_eq!(value(&deploy, "ECS_CANARY_IMAGE"), "r/a@sha256:1");
    assert_eq!(value(&deploy, "SHOP"), "of the project", "the project's settings win");
    assert_eq!(deploy.dependencies[0].artifacts_file.filename, "artifacts.zip");
    let build = pipeline.payload("build", &run(8), &[built]).unwrap();
    assert!(build.dependencies.is_empty(), "not to a job of the same stage");
}

#[test]
fn a_forged_predefined_variable_comes_last_and_the_original_first() {
    let text = "j: {script: x, variables: {CI_JOB_ID: '1'}}";
    let job = pipeline(text, Some("1.0.0")).payload("j", &run(7), &[]).unwrap();
    let ids: Vec<&str> =
        job.variables.iter().filter(|v| v.key == "CI_JOB_ID").map(|v| &*v.value).collect();
    assert_eq!(ids, ["7", "1"]);
}

#[test]
fn what_is_not_understood_is_an_error_with_its_place() {
    let problem = |text: &str| Definition::read(text).unwrap_err().to_string();
    let place = ".gitlab-ci.yml:";
    assert_eq!(
        problem("j: {script: x, paralel: 3}"),
        format!("{place} job `j`: keyword `paralel` is not understood here")
    );
    assert_eq!(problem("include: x.yml"), format!("{place} include: not understood here"));
    assert_eq!(
        problem("j: {stage: late, script: x}"),
        format!("{place} job `j`: stage `late` is none of .pre, build, test, deploy, .post")
    );
    assert_eq!(problem("j: {stage: build}"), format!("{place} job `j`: `script` is missing"));
    assert_eq!(
        problem("j: {script: x, needs: [k]}"),
        format!("{place} job `j`: needs `k`, which is no job")
    );
    assert_eq!(
        problem("j: {script: x, rules: [{if: '$A =~ /b/'}]}"),
        format!("{place} job `j`: `rules`: `$A =~ /b/`: `=~ /b/` is not understood here")
    );
    assert_eq!(
        problem("j:\n  script:\n    - echo a: b"),
        format!(
            "{place} job `j`: `script`: a line of a script is wanted, found {{\"echo a\":\"b\"}} (quote a line that holds \": \")"
        )
    );
    assert!(problem("j: [").starts_with(".gitlab-ci.yml is no YAML: "));
}
