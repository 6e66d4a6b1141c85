//! What the command line takes, and what it says to the rest.

use crate::world::World;

#[test]
fn a_command_that_is_not_there_is_wrong_usage_with_a_suggestion() {
    let world = World::new();
    world.run(&["deplyo"]).code(2).says("'deploy'");
    world.run(&["undeploy"]).code(2).says("unrecognized subcommand");
}

#[test]
fn without_a_command_the_help_is_shown_as_wrong_usage() {
    let world = World::new();
    world.run(&[]).code(2).says("Usage: ecs-canary");
}

#[test]
fn only_the_first_word_of_all_can_be_a_stage() {
    let world = World::new();
    for before in [&[][..], &["--json"], &["--color", "never"], &["--record=run"]] {
        let words = |words: &[&'static str]| [before, words].concat();
        world.bare(&words(&["task", "run", "--help"])).code(0).says("ecs-canary task run -- ");
        let ended = world.bare(&words(&["task", "run"])).code(2).says("required");
        assert!(!ended.stderr.contains("stage"), "{}", ended.stderr);
    }
    world.run(&["task", "run", "--help"]).code(0).says("ecs-canary task run -- ");
    for words in [&["run"][..], &["--record", "run", "prepare", "x"], &["--json", "cleanup", "x"]] {
        world.bare(words).code(2).says("is a stage that GitLab Runner calls");
    }
}

#[test]
fn help_is_a_command_too() {
    let world = World::new();
    assert_eq!(world.run(&["help"]).good().stdout, world.run(&["--help"]).good().stdout);
    world.run(&["help", "deploy"]).good().says("Usage: ecs-canary deploy");
}

#[test]
fn json_ends_with_the_outcome_and_nothing_else_is_on_standard_output() {
    let world = World::new();
    let lines = world.run(&["--json", "build"]).good().json();
    assert_eq!(lines.last().unwrap()["outcome"], "succeeded");
    assert_eq!(lines.last().unwrap()["exit_code"], 0);
}

#[test]
fn a_build_tells_its_digest_once() {
    let world = World::new();
    for (words, done) in [
        (&["build"][..], "done    built and pushed   "),
        (&["build", "--no-push"], "done    built   "),
    ] {
        let ended = world.run(words).good().says(done);
        let lines = ended.stderr.lines().filter(|line| line.contains("@sha256:"));
        let told: Vec<&str> = lines.filter(|line| !line.starts_with("base ")).collect();
        assert_eq!(told.len(), 1, "{}", ended.stderr);
    }
}

#[test]
fn a_failure_ends_with_its_outcome_too() {
    let world = World::new();
    world.remove("Dockerfile");
    let ended = world.run(&["--json", "build"]).code(10);
    let last = ended.json().pop().unwrap();
    assert_eq!(last["outcome"], "invalid");
    assert_eq!(last["exit_code"], 10);
}

#[test]
fn doctor_looks_at_this_host() {
    let world = World::new();
    world.run(&["doctor"]).says("kernel");
}

#[test]
fn aws_says_who_the_keys_belong_to() {
    let world = World::new();
    let ended = world.run(&["aws", "sts", "get-caller-identity"]).good();
    let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["Account"], "111122223333");
    let words = ["aws", "--output", "text", "sts", "get-caller-identity", "--query", "Account"];
    assert_eq!(world.run(&words).good().stdout, "111122223333\n");
}

#[test]
fn another_aws_command_needs_another_aws() {
    let mut world = World::new();
    world.set("PATH", "/nowhere");
    world.run(&["aws", "s3", "ls"]).code(2).says("offers `aws sts get-caller-identity` only");
}

#[test]
fn another_aws_in_the_path_gets_the_words() {
    let mut world = World::new();
    let names = world.directory().join("names");
    world.write("names/aws", "#!/bin/sh\necho \"real aws: $*\"\n");
    let script = names.join("aws");
    std::fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world.set("PATH", &format!("{}:/usr/bin:/bin", names.display()));
    let ended = world.run(&["aws", "s3", "ls"]).good();
    assert_eq!(ended.stdout, "real aws: s3 ls\n");
}
