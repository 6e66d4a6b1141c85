//! Compose files as they are found in the wild, each with what becomes of it. A case is one
//! text: its files, each below `--- NAME`, and below `>>> result` the request and the findings.
//! `UPDATE_WILD=1` writes the results anew; read them before you keep them.

use ecs_canary::compose::{ComposeInput, Dialect, SourceText, needed_files, translate};
use ecs_canary::model::Finding;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

struct Case {
    path: PathBuf,
    /// Names and texts, in order.
    files: Vec<(String, String)>,
    result: String,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose/wild");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root).expect("the folder").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Case {
    let text = fs::read_to_string(&path).expect("a case");
    let (input, result) = text.split_once(">>> result\n").unwrap_or((&text, ""));
    let mut files: Vec<(String, String)> = Vec::new();
    for line in input.lines() {
        match (line.strip_prefix("--- "), files.last_mut()) {
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    Case { files, result: result.to_owned(), path }
}

impl Case {
    /// `variables` holds `NAME=VALUE` lines, `options` the words `ecs-cli` and `fargate`.
    fn translated(&self) -> String {
        let file = |name: &str| {
            let found = self.files.iter().find(|(known, _)| known == name);
            found.map(|(name, text)| SourceText::new(name.clone(), text.clone()))
        };
        let text_of = |name| file(name).map_or_else(String::new, |file| file.text);
        let options = text_of("options");
        let variables: BTreeMap<String, String> = text_of("variables")
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let lookup = |name: &str| variables.get(name).cloned();
        let names = ["compose.yml", "compose.override.yml"];
        let mut input = ComposeInput::new(
            "family",
            names.iter().filter_map(|name| file(name)).collect(),
            &lookup,
        );
        input.params = file("ecs-params.yml");
        input.dot_env = file(".env");
        input.project_dir = "/builds/app".to_owned();
        if options.contains("ecs-cli") {
            input.dialect = Dialect::EcsCli;
        }
        if options.contains("fargate") {
            input.launch_type = Some("FARGATE".to_owned());
        }
        let others = loop {
            match needed_files(&input) {
                Err(findings) => break Err(findings),
                Ok(needed) if needed.is_empty() => break Ok(()),
                Ok(needed) => {
                    for needed in needed {
                        let path = needed.path.value;
                        let text = file(&path).map(|file| file.text);
                        input.others.insert(path, text);
                    }
                }
            }
        };
        match others.and_then(|()| translate(&input)) {
            Err(findings) => shown(&findings),
            Ok(done) => {
                let mut text = pretty(&serde_json::Value::Object(done.task.body().clone()));
                for (name, extra) in [("create", done.create_extra), ("update", done.update_extra)]
                {
                    if !extra.is_empty() {
                        text.push_str(&format!("{name}: {}\n", serde_json::Value::Object(extra)));
                    }
                }
                text + &shown(&done.findings)
            }
        }
    }
}

/// One line for each field of the task and of each container.
fn pretty(body: &serde_json::Value) -> String {
    let mut text = String::new();
    for (field, value) in body.as_object().into_iter().flatten() {
        if field != "containerDefinitions" {
            text.push_str(&format!("{field}: {value}\n"));
            continue;
        }
        for container in value.as_array().into_iter().flatten() {
            text.push_str("container:\n");
            for (field, value) in container.as_object().into_iter().flatten() {
                text.push_str(&format!("  {field}: {value}\n"));
            }
        }
    }
    text
}

fn shown(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let hint = finding.hint.as_ref().map_or_else(String::new, |hint| format!(" / {hint}"));
        format!("{:?}: {finding}{hint}\n", finding.severity)
    };
    findings.iter().map(line).collect()
}

#[test]
fn every_file_of_the_wild_becomes_what_was_reviewed() {
    #[expect(clippy::disallowed_methods, reason = "a switch for the person who reviews")]
    let update = std::env::var_os("UPDATE_WILD").is_some();
    let mut different = Vec::new();
    for case in cases() {
        let result = case.translated();
        if update {
            let text = fs::read_to_string(&case.path).expect("a case");
            let input = text.split(">>> result\n").next().unwrap_or("").trim_end().to_owned();
            fs::write(&case.path, format!("{input}\n>>> result\n{result}")).expect("written");
        } else if result != case.result {
            different.push(format!("{}\n{result}", case.path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn there_are_a_hundred_and_every_finding_has_a_place() {
    let cases = cases();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    for case in cases {
        let finding = |line: &&str| {
            ["Error: ", "Warning: ", "Note: "].iter().any(|word| line.starts_with(word))
        };
        for line in case.result.lines().filter(finding) {
            let place = line.split(": ").nth(1).unwrap_or("");
            assert!(place.matches(':').count() >= 2, "{}: {line}", case.path.display());
        }
    }
}
