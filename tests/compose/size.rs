//! Large and hostile files. Times are printed, not tested: `cargo test --release --test compose
//! -- --nocapture large`.

use ecs_canary::compose::{ComposeInput, SourceText, translate};
use ecs_canary::config::yaml;
use ecs_canary::model::Finding;
use std::fmt::Write as _;

fn lookup(_: &str) -> Option<String> {
    None
}

fn errors(text: String) -> Vec<Finding> {
    let input = ComposeInput::new("web", vec![SourceText::new("c.yml", text)], &lookup);
    translate(&input).expect_err("errors")
}

#[test]
fn a_large_file_with_200_services_is_read_to_its_end() {
    let mut text = String::from("x-common: &common {SHARED: one}\nservices:\n");
    for service in 0..200 {
        let _ = write!(text, "  s{service}:\n    image: r.example/app:${{TAG:-1}}\n");
        text.push_str("    deploy: {resources: {limits: {memory: 64M}}}\n");
        text.push_str("    environment:\n      <<: *common\n");
        for variable in 0..90 {
            let _ =
                writeln!(text, "      VARIABLE_{variable}: \"a value of ${{V:-default}} kind\"");
        }
    }
    assert!(text.len() > 900_000, "{} bytes", text.len());
    #[expect(clippy::disallowed_methods, reason = "printed for people, decides nothing")]
    let start = std::time::Instant::now();
    let findings = errors(text);
    println!("1 MB with 200 services: {:?}", start.elapsed());
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages[0], "200 containers: a task definition has at most 10");
    assert!(messages[1].ends_with("ECS takes 64 KiB (65536)"), "{messages:?}");
}

#[test]
fn hostile_files_are_refused_early() {
    let mut laughs = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
    for level in 1..20 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        let _ = writeln!(laughs, "a{level}: &a{level} [{before}]");
    }
    let texts = [
        laughs,
        format!("a: [{}]", "x,".repeat(1_500_000)),
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        format!(
            "services:\n{}",
            (0..2000).fold(String::new(), |mut all, n| {
                let _ = writeln!(all, "  s{n}: {{image: a}}");
                all
            })
        ),
    ];
    for text in texts {
        assert!(!errors(text).is_empty());
    }
}

#[test]
fn variables_cannot_make_a_file_explode() {
    let long = |_: &str| Some("x".repeat(100_000));
    let mut text = String::from("services:\n  web:\n    image: a\n    labels:\n      ");
    for number in 0..1000 {
        let _ = writeln!(text, "l{number}: \"$A$A$A$A$A$A$A$A\"");
        text.push_str("      ");
    }
    let input = ComposeInput::new("web", vec![SourceText::new("c.yml", text)], &long);
    let findings = translate(&input).expect_err("too large");
    assert!(findings.iter().any(|finding| finding.message.contains("too large")));
}

#[test]
fn a_deep_tree_does_not_overflow_the_stack() {
    let text = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    assert!(yaml::read("f.yml", &text).is_ok());
}
