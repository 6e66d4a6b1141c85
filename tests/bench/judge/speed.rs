//! Rows that `replay` reads, judges and prints in a second, as a process of its own.

use ecs_canary::judge::Chance;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

const SEQUENCES: u32 = 10_000;
const MINUTES: u32 = 60;

pub(crate) fn measure() {
    let mut chance = Chance::new(3);
    let mut csv =
        String::from("sequence,minute,canary_requests,canary_bad,baseline_requests,baseline_bad\n");
    for sequence in 0..SEQUENCES {
        for minute in 1..=MINUTES {
            let (canary, baseline) = (chance.poisson(60.0), chance.poisson(540.0));
            let bad = (chance.binomial(canary, 0.01), chance.binomial(baseline, 0.01));
            let row = format!("s{sequence},{minute},{canary},{},{baseline},{}", bad.0, bad.1);
            writeln!(csv, "{row}").unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("counts.csv"), csv).unwrap();
    for phi in ["1", "auto"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-canary"));
        command.args(["replay", "--counts", "counts.csv", "--json", "--phi", phi]);
        command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let ended = command.status().unwrap();
        let seconds = start.elapsed().as_secs_f64();
        assert!(ended.success());
        let rows = f64::from(SEQUENCES * MINUTES);
        println!(
            "replay --phi {phi}: {rows} rows in {seconds:.2} s, {:.0} a second",
            rows / seconds
        );
    }
}
