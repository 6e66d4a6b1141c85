//! What a job cannot do: say that it is another one, or read what is not its own.

use ecs_sim::gitlab::payload::Variable;

use crate::host::{Host, run};

#[test]
fn forged_variables_move_no_directory() {
    let host = Host::new();
    let forged = [
        ("CI_JOB_ID", "1"),
        ("CI_PROJECT_ID", "1"),
        ("CI_PROJECT_DIR", "/"),
        ("CI_CONCURRENT_ID", "0"),
        ("CI_BUILDS_DIR", "/"),
        ("RUNNER_TEMP_PROJECT_DIR", "/"),
    ];
    let mut trial = host.job(&["pwd > $SEEN/pwd"]);
    for (key, value) in forged {
        trial = trial.variable(key, value);
    }
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    let builds = host.path("builds").display().to_string();
    assert!(host.seen("pwd").starts_with(&builds), "{}", host.seen("pwd"));
    assert!(host.seen("pwd").contains(&ended.job.payload.id.to_string()), "{}", host.seen("pwd"));
    assert_eq!(host.left_behind(), Vec::<String>::new());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the runner's own environment is what must not leak")]
fn the_script_does_not_inherit_the_runners_environment() {
    let host = Host::new();
    let mut trial = host.job(&["env > $SEEN/env", "echo done"]);
    let own =
        std::env::vars_os().chain([("SERVICE_UNIT_SECRET".into(), "canary-in-the-mine".into())]);
    trial.settings.process_environment = Some(own.collect());
    let trial = trial.with_variable(Variable::masked("TOKEN", "t0psecretvalue"));
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    let env = host.seen("env");
    assert!(!env.contains("canary-in-the-mine"), "{env}");
    assert!(!env.contains("CUSTOM_ENV_"), "{env}");
    assert!(!env.contains("JOB_RESPONSE_FILE"), "{env}");
    assert!(env.contains("TOKEN=t0psecretvalue"), "its own variables are there");
}
