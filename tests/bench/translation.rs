//! How long a compose file of 1 MB with 200 services takes to its request, and the memory that the
//! whole process needs for it. A measurement to read, not a test: `cargo bench --bench
//! translation`. The goal: at most 150 ms and 60 MiB.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement that prints"
)]

use ecs_canary::compose::{ComposeInput, SourceText, needed_files, translate};
use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

/// On a busy machine the shortest time is the one that says something.
const ROUNDS: usize = 21;
const SERVICES: usize = 200;
const SIZE: usize = 1_000_000;

fn main() {
    let text = file();
    println!("{} bytes, {SERVICES} services", text.len());
    let (first, memory) = (milliseconds(&text), memory());
    let mut times: Vec<f64> = (1..ROUNDS).map(|_| milliseconds(&text)).collect();
    times.sort_by(f64::total_cmp);
    let (least, median) = (times[0], times[times.len() / 2]);
    println!("translation  first {first:.0} ms  min {least:.0} ms  median {median:.0} ms");
    println!("memory of the process at its highest, after the first: {memory}");
}

/// Anchors, variables, limits and a megabyte of environment.
fn file() -> String {
    let mut text = String::from("x-common: &common {SHARED: one}\nservices:\n");
    for service in 0..SERVICES {
        writeln!(text, "  s{service}:\n    image: r.example/app:${{TAG:-1}}").unwrap();
        text.push_str("    deploy: {resources: {limits: {memory: 64M}}}\n");
        text.push_str("    ports: ['80', '8000-8003']\n    environment:\n      <<: *common\n");
        let end = SIZE * (service + 1) / SERVICES;
        for variable in 0.. {
            if text.len() >= end {
                break;
            }
            writeln!(text, "      VARIABLE_{variable}: \"a value of ${{V:-default}} kind\"")
                .unwrap();
        }
    }
    text
}

fn milliseconds(text: &str) -> f64 {
    let lookup = |_: &str| None;
    let start = Instant::now();
    let input = ComposeInput::new("web", vec![SourceText::new("c.yml", text)], &lookup);
    assert!(needed_files(&input).unwrap().is_empty());
    let findings = translate(&input).unwrap_err();
    let time = start.elapsed().as_secs_f64() * 1000.0;
    // It was read to its end: the only errors are about the size of the whole.
    assert!(findings.iter().any(|finding| finding.message.contains("at most 10")), "{findings:?}");
    time
}

fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    format!("{:.1} MiB", kib / 1024.0)
}
