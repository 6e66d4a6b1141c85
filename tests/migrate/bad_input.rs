//! Input that cannot be migrated: refused with the place, a hint and 10; nothing is written.

use crate::command::{run, stderr, stdout};
use std::fs;
use std::path::Path;

/// Migrates with `--write` what `prepare` made of `ci.yml`.
#[track_caller]
fn refused(prepare: impl Fn(&Path), words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ci.yml");
    prepare(&file);
    let before =
        fs::metadata(&file).ok().filter(fs::Metadata::is_file).map(|_| fs::read(&file).unwrap());
    for option in ["--write", "--native"] {
        let output = run(
            folder.path(),
            &["--write", option, "ci.yml"].as_slice()[usize::from(option == "--write")..],
        );
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(10), "{said}");
        assert_eq!(stdout(&output), "", "{said}");
        for word in words {
            assert!(said.contains(word), "nothing says {word:?}:\n{said}");
        }
        assert!(said.contains("\nnext "), "no hint:\n{said}");
    }
    if let Some(before) = before {
        assert!(fs::read(&file).unwrap() == before, "the file was changed");
    }
    assert!(fs::read_dir(folder.path()).unwrap().count() <= 1, "something was written");
}

fn text(text: &str) -> impl Fn(&Path) {
    move |path| fs::write(path, text).unwrap()
}

#[test]
fn a_file_that_is_not_there() {
    refused(|_| {}, &["ci.yml: no such file"]);
}

#[test]
fn a_directory_and_a_pipe() {
    refused(|path| fs::create_dir(path).unwrap(), &["ci.yml: a directory"]);
    let pipe = |path: &Path| {
        let kind = rustix::fs::FileType::Fifo;
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).unwrap();
    };
    refused(pipe, &["ci.yml: a pipe or a device"]);
}

#[test]
fn a_file_of_ten_megabytes() {
    let long = format!("# {}\n", "x".repeat(10 << 20));
    refused(text(&long), &["ci.yml: 10485763 bytes", "4194304"]);
}

#[test]
fn nothing_in_it() {
    refused(text(""), &["ci.yml:1:1: the file is empty"]);
    refused(text("# only a comment\n"), &["ci.yml:1:1: the file is empty"]);
}

#[test]
fn no_yaml_and_no_mapping() {
    refused(text("build:\n  script: [a\nx: }\n"), &["ci.yml:", "not YAML"]);
    refused(text("build:\n\tscript: a\n"), &["ci.yml:2:", "not YAML"]);
    refused(text("- a\n- b\n"), &["ci.yml:1:1: a pipeline is a mapping"]);
    refused(|path| fs::write(path, b"a: 1\nb: \xff\n").unwrap(), &["ci.yml:2:1: not UTF-8"]);
}

#[test]
fn keys_that_stand_twice() {
    refused(
        text("a: {script: x}\nb: {script: y}\na: {script: z}\n"),
        &["ci.yml:3:1: \"a\" stands here a second time"],
    );
}

#[test]
fn a_billion_laughs() {
    let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    refused(text(&bomb), &["ci.yml:", "aliases expand to more than"]);
}

#[test]
fn a_tag_that_cannot_be_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ci.yml"), "a: {script: docker info}\n").unwrap();
    assert_eq!(run(folder.path(), &["--tag", " ", "ci.yml"]).status.code(), Some(2));
}
