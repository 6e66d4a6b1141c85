//! How large the binary is, and how much memory the two processes of a job's deploy hold while it
//! waits for AWS. A measurement to read, not a test: `cargo bench --no-default-features --bench
//! resources` measures the lean production binary; a path behind `--` measures another one.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that prints; a broken set-up may panic"
)]

use ecs_sim::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_SECRET_KEY, FateRule, SimCloud, SimOptions, TaskFate,
};
use ecs_sim::gitlab::trial::{Intervention, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::sleep;

/// Real seconds of waiting before the memory is read: several looks at AWS.
const WAIT: Duration = Duration::from_secs(4);
/// Looks come every few virtual seconds.
const SPEED: f64 = 60.0;
const MIB: f64 = 1024.0 * 1024.0;
const EXAMPLE: [(&str, &str); 3] = [
    ("ecs-canary.yml", include_str!("../sim/src/demo/example/ecs-canary.yml")),
    (
        "deploy/docker-compose.yml",
        include_str!("../sim/src/demo/example/deploy/docker-compose.yml"),
    ),
    ("deploy/ecs-params.yml", include_str!("../sim/src/demo/example/deploy/ecs-params.yml")),
];

fn main() {
    let given = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let binary = PathBuf::from(given.unwrap_or_else(|| env!("CARGO_BIN_EXE_ecs-canary").into()));
    let binary = fs::canonicalize(binary).unwrap();
    println!("size of {}: {:.1} MiB", binary.display(), as_f64(size(&binary)) / MIB);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (who, memory) in runtime.block_on(of_a_waiting_deploy(&binary)) {
        println!("waiting deploy, {who}: {memory}");
    }
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len()
}

#[expect(clippy::cast_precision_loss, reason = "sizes to read")]
fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}

/// Runs a job whose deploy waits for ever, reads the memory, cancels it.
async fn of_a_waiting_deploy(binary: &Path) -> Vec<(String, String)> {
    let cloud = SimCloud::start(SimOptions::at_speed(SPEED)).await.unwrap();
    let never = TaskFate { start_seconds: Some(1e6), ..TaskFate::default() };
    cloud.fate(FateRule { fate: never, ..FateRule::default() });
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("config.toml");
    let (builds, cache) = (place.path().join("builds"), place.path().join("cache"));
    let text = format!(
        "[job]\nbuilds_dir = {builds:?}\ncache_dir = {cache:?}\n[aws]\nallow_endpoint_override = true\n\
         [simulation]\nclock_speed = {SPEED:.1}\n"
    );
    fs::write(&config, text).unwrap();
    let image = format!("registry.example/group/app@sha256:{}", "ab".repeat(32));
    let deploy = format!("ecs-canary deploy full --image {image}");
    let mut trial = Trial::new(binary, &["--config", config.to_str().unwrap()], &[&deploy]);
    for (name, content) in EXAMPLE {
        trial = trial.file(name, content);
    }
    for (name, value) in [
        ("CI_COMMIT_TAG", "1.0.0"),
        ("CI_REGISTRY_IMAGE", "registry.example/group/app"),
        ("AWS_REGION", "ap-northeast-1"),
        ("AWS_ACCESS_KEY_ID", EXAMPLE_ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", EXAMPLE_SECRET_KEY),
        ("AWS_ENDPOINT_URL", &cloud.endpoint),
    ] {
        trial = trial.variable(name, value);
    }
    let done = place.path().join("done");
    let run = trial.when_file_exists(&done, Intervention::Cancel).run();
    let look = async {
        while cloud.services().is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
        sleep(WAIT).await;
        let found = processes_of(binary);
        fs::write(&done, "").unwrap();
        found
    };
    tokio::pin!(run);
    tokio::select! {
        ended = &mut run => panic!("the deploy did not wait:\n{}", ended.unwrap().trace()),
        found = look => {
            let ended = run.await.unwrap();
            assert_ne!(ended.verdict(), "success", "{}", ended.trace());
            found
        }
    }
}

/// Each process of this program that serves this job: what it does, and its memory.
fn processes_of(binary: &Path) -> Vec<(String, String)> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| {
        let place = entry.path();
        let program = fs::read_link(place.join("exe")).ok()?;
        if program != binary {
            return None;
        }
        let line = fs::read_to_string(place.join("cmdline")).ok()?;
        let who = match line.split('\0').find(|word| matches!(*word, "run" | "deploy"))? {
            "run" => "driver of the stage",
            _ => "client in the job",
        };
        Some((who.to_owned(), memory(&fs::read_to_string(place.join("status")).ok()?)))
    })
    .collect()
}

/// `VmRSS 12.3 MiB, VmHWM 13.0 MiB` of a process's status.
fn memory(status: &str) -> String {
    let of = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        let number = line.trim_start_matches(':').trim().trim_end_matches(" kB");
        number.parse::<f64>().unwrap_or_default() / 1024.0
    };
    let (all, own, program) = (of("VmRSS"), of("RssAnon"), of("RssFile"));
    format!(
        "VmRSS {all:.1} MiB ({own:.1} own, {program:.1} of the program's file), VmHWM {:.1} MiB",
        of("VmHWM")
    )
}
