//! How long each stage takes from its start to its end, with an empty script, beside starting a
//! program at all. A measurement to read, not a test: `cargo bench --bench stages`.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement of processes that prints"
)]

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The built binary.
const BINARY: &str = env!("CARGO_BIN_EXE_ecs-canary");
/// Jobs; each calls every stage once.
const JOBS: usize = 100;
/// On a busy machine the shortest time is the one that says something.
const HEAD: &str = "                       min   median      p95";

fn main() {
    let names = ["/bin/true", "bash, empty script", "config", "prepare", "run", "cleanup"];
    let mut times: Vec<Vec<Duration>> = names.iter().map(|_| Vec::new()).collect();
    for number in 0..JOBS {
        for (times, time) in times.iter_mut().zip(one_job(number)) {
            times.push(time);
        }
    }
    println!("{HEAD}");
    for (name, mut times) in names.into_iter().zip(times) {
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        println!("{name:<18} {:>5.2} ms {:>5.2} ms {:>5.2} ms", at(0), at(50), at(95));
    }
}

fn one_job(number: usize) -> [Duration; 6] {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str| place.path().join(name);
    let (config, response, script) = (file("config.toml"), file("response.json"), file("script"));
    let (builds, cache) = (file("builds"), file("cache"));
    fs::write(&config, format!("[job]\nbuilds_dir = {builds:?}\ncache_dir = {cache:?}\n")).unwrap();
    fs::write(&response, a_response(number).to_string()).unwrap();
    fs::write(&script, "").unwrap();
    let stage = |words: &[&str]| {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&config).args(words);
        time(&mut command, place.path(), &response)
    };
    let script = script.to_str().unwrap();
    [
        time(&mut Command::new("/bin/true"), place.path(), &response),
        time(Command::new("bash").arg(script), place.path(), &response),
        stage(&["config"]),
        stage(&["prepare"]),
        stage(&["run", script, "build_script"]),
        stage(&["cleanup"]),
    ]
}

/// As large as a small real one: some 100 variables.
fn a_response(number: usize) -> Value {
    let variable = |index: usize| json!({"key": format!("CI_VARIABLE_{index}"), "value": "x".repeat(60), "public": true});
    json!({
        "id": number, "token": "token", "job_info": {"project_id": 1, "project_full_path": "g/p"},
        "variables": (0..100).map(variable).collect::<Vec<_>>(),
    })
}

fn time(command: &mut Command, place: &Path, response: &Path) -> Duration {
    command.env("JOB_RESPONSE_FILE", response).env("TMPDIR", place).current_dir(place);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = Instant::now();
    let ended = command.output().unwrap();
    let took = start.elapsed();
    assert!(ended.status.success(), "{ended:?}");
    took
}
