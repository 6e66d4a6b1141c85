//! Pipelines as teams have them, and what becomes of each: reviewed, one file beside the other.

use crate::good;
use ecs_canary::model::Severity;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrate/pipelines"))
}

fn all() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

/// Carriage returns are made visible.
fn page(text: &str) -> String {
    let mut page = String::new();
    for native in [false, true] {
        let migration = good(text, native);
        let option = if native { " --native" } else { "" };
        writeln!(page, "$ ecs-canary migrate .gitlab-ci.yml{option}").unwrap();
        page.push_str(&migration.diff.replace('\r', "<CR>"));
        for finding in &migration.findings {
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
                Severity::CouldNotTell => "could not tell",
            };
            writeln!(page, "[{severity}] {finding}").unwrap();
            if let Some(hint) = &finding.hint {
                writeln!(page, "  {hint}").unwrap();
            }
        }
        writeln!(page, "jobs: {}", migration.jobs.join(", ")).unwrap();
        if let Some(file) = &migration.release_file {
            writeln!(page, "ecs-canary.yml:\n{file}").unwrap();
        }
    }
    page
}

#[test]
fn every_difference_is_as_reviewed() {
    let mut wrong = Vec::new();
    for (name, text) in all() {
        let page = page(&text);
        let reviewed = folder().join(format!("{name}.txt"));
        if fs::read_to_string(&reviewed).unwrap_or_default() != page {
            let fresh = format!("{}/{name}.txt", env!("CARGO_TARGET_TMPDIR"));
            fs::write(&fresh, page).unwrap();
            wrong.push(format!("{fresh}\n  to {}", reviewed.display()));
        }
    }
    assert!(wrong.is_empty(), "review, and copy\n{}", wrong.join("\n"));
}

#[test]
fn a_second_migration_changes_nothing() {
    for (name, text) in all() {
        for native in [false, true] {
            let once = good(&text, native);
            let twice = good(&once.text, native);
            assert_eq!(twice.diff, "", "{name}, native {native}");
        }
    }
}

#[test]
fn the_pipeline_of_2018_loses_its_installation_lines() {
    let text = fs::read_to_string(folder().join("00-example-2018.yml")).unwrap();
    let after = good(&text, false).text;
    for word in ["apk ", "pip ", "curl ", "chmod ", "ecs-cli -v", "dind", "image:", "[docker]"] {
        assert!(!after.contains(word), "{word} is still there:\n{after}");
    }
    let lines = |text: &str| text.lines().count();
    assert!(lines(&text) - lines(&after) >= 8, "{} lines of {}", lines(&after), lines(&text));
}

#[test]
fn the_release_file_that_is_proposed_can_be_read() {
    let mut count = 0;
    for (name, text) in all() {
        let Some(file) = good(&text, true).release_file else { continue };
        count += 1;
        if let Err(findings) = ecs_canary::config::release("ecs-canary.yml", &file, &|_| None) {
            let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
            panic!("{name}: {}\n{file}", said.join("\n"));
        }
    }
    assert!(count >= 3, "only {count} pipelines have one");
}
