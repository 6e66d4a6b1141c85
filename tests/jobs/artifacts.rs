//! Files that go from job to job: by the runner's own commands, which the executor puts into the job's PATH.

use ecs_sim::gitlab::payload::{Artifact, Cache};

use crate::host::{Host, run};

#[test]
fn artifacts_and_reports_are_uploaded_by_the_runners_own_program() {
    let host = Host::new();
    let mut trial = host.job_with_helpers(&["cat page.html > image.json", "echo A=1 > image.env"]);
    trial = trial.file("page.html", "v1");
    trial.job.artifacts = vec![
        Artifact {
            paths: vec!["image.json".into()],
            artifact_type: "archive".into(),
            artifact_format: "zip".into(),
            ..Artifact::default()
        },
        Artifact {
            paths: vec!["image.env".into()],
            when: "always".into(),
            artifact_type: "dotenv".into(),
            artifact_format: "gzip".into(),
            ..Artifact::default()
        },
    ];
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    let report = ended.job.artifact("dotenv").expect("a report").dotenv().unwrap();
    assert_eq!(report, [("A".to_owned(), "1".to_owned())]);
    assert!(ended.job.artifact("archive").is_some(), "{}", ended.trace());
}

#[test]
fn a_cache_is_kept_between_jobs() {
    let host = Host::new();
    let job = |script: &str| {
        let mut trial = host.job_with_helpers(&[script]);
        trial.job.cache =
            vec![Cache { key: "k".into(), paths: vec!["vendor/".into()], ..Cache::default() }];
        trial
    };
    let first = run(job("mkdir vendor && echo lib > vendor/lib"));
    assert_eq!(first.verdict(), "success", "{}", first.trace());
    std::fs::remove_file(host.path("gitlab-runner")).ok();
    let second = run(job("cat vendor/lib > $SEEN/lib"));
    assert_eq!(second.verdict(), "success", "{}", second.trace());
    assert_eq!(host.seen("lib"), "lib\n");
}
