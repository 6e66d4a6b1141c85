//! The program itself, started as a person does.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `ecs-canary migrate` in a directory.
#[expect(clippy::disallowed_methods, reason = "starts the binary as a user does")]
pub(crate) fn run(directory: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ecs-canary"))
        .arg("migrate")
        .args(words)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .output()
        .unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) const EXAMPLE: &str = include_str!("pipelines/00-example-2018.yml");

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".gitlab-ci.yml"), EXAMPLE).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_difference_is_shown_and_nothing_is_written() {
    let folder = project();
    let output = run(folder.path(), &[".gitlab-ci.yml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("--- a/.gitlab-ci.yml\n+++ b/.gitlab-ci.yml\n@@ -1,"));
    assert!(stdout(&output).contains("\n-    - chmod 755 /usr/local/bin/ecs-cli\n"));
    assert!(stderr(&output).contains("would change"), "{}", stderr(&output));
    let kept = std::fs::read_to_string(folder.path().join(".gitlab-ci.yml")).unwrap();
    assert_eq!(kept, EXAMPLE);
    assert_eq!(names(folder.path()), [".gitlab-ci.yml"]);
}

#[test]
fn write_changes_the_file_and_a_second_run_finds_nothing() {
    let folder = project();
    let output = run(folder.path(), &["--write", "--tag", "canary host", ".gitlab-ci.yml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = std::fs::read_to_string(folder.path().join(".gitlab-ci.yml")).unwrap();
    assert!(text.contains("\n  tags: [\"canary host\"]\n"), "{text}");
    let again = run(folder.path(), &["--write", "--tag", "canary host", ".gitlab-ci.yml"]);
    assert_eq!((again.status.code(), stdout(&again)), (Some(0), String::new()));
    assert!(stderr(&again).contains("nothing to change"), "{}", stderr(&again));
    assert_eq!(names(folder.path()), [".gitlab-ci.yml"]);
}

#[test]
fn native_writes_the_release_file_and_spares_one_that_is_there() {
    let folder = project();
    let output = run(folder.path(), &["--native", ".gitlab-ci.yml"]);
    assert!(stdout(&output).contains("--- /dev/null\n+++ b/ecs-canary.yml\n"));
    assert_eq!(names(folder.path()), [".gitlab-ci.yml"]);

    std::fs::write(folder.path().join("ecs-canary.yml"), "cluster: other\n").unwrap();
    let refused = run(folder.path(), &["--native", "--write", ".gitlab-ci.yml"]);
    assert_eq!(refused.status.code(), Some(10), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("ecs-canary.yml is there already"));
    let kept = std::fs::read_to_string(folder.path().join(".gitlab-ci.yml")).unwrap();
    assert_eq!(kept, EXAMPLE);

    std::fs::remove_file(folder.path().join("ecs-canary.yml")).unwrap();
    let output = run(folder.path(), &["--native", "--write", ".gitlab-ci.yml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(folder.path()), [".gitlab-ci.yml", "ecs-canary.yml"]);
}

#[test]
fn json_has_the_difference_the_findings_and_the_outcome() {
    let folder = project();
    let output = run(folder.path(), &["--json", "--native", ".gitlab-ci.yml"]);
    let text = stdout(&output);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown = lines.iter().find(|line| line["event"] == "output").unwrap();
    assert!(shown["text"].as_str().unwrap().contains("+    - ecs-canary deploy canary\n"));
    let finding = lines.iter().find(|line| line["event"] == "finding").unwrap();
    assert_eq!(finding["finding"]["location"]["line"], 41);
    assert_eq!(lines.last().unwrap()["outcome"], "succeeded");
}
