//! GitLab's Cancel button during each kind of work: noticed soon though the log is silent, passed on
//! to the innermost process at once, told, and never 0.

use crate::world::World;
use ecs_sim::cloud::{FateRule, TaskFate};
use ecs_sim::gitlab::runner::{Stage, StageResult};
use ecs_sim::gitlab::trial::{Ended, Intervention, Trial};
use std::path::Path;
use std::time::Duration;

/// From the button to TERM, at a coordinator with an interval of 1 s.
const NOTICED: Duration = Duration::from_secs(12);

/// A job that was cancelled, and the exit code that its script stage recorded.
struct Cancelled {
    ended: Ended,
    code: String,
}

/// Runs the job and cancels it once it is `under_way`.
#[expect(clippy::disallowed_methods, reason = "looks again at what other processes did")]
fn cancel(world: &World, mut trial: Trial, under_way: impl Fn() -> bool + Send) -> Cancelled {
    let moment = world.directory().join("../moment");
    let recorded = world.directory().join("../recorded");
    // As with a real runner: without output it would ask only after 30 s.
    trial.settings.waits.trace_force_send = Duration::from_secs(30);
    let executor = &mut trial.settings.executor;
    executor.cleanup = executor.cleanup.take().map(|stage| noting(stage, &recorded));
    let trial = trial.when_file_exists(&moment, Intervention::Cancel);
    let ended = std::thread::scope(|scope| {
        let run = scope.spawn(|| trial.run_blocking());
        while !run.is_finished() && !under_way() {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::write(&moment, "").unwrap();
        run.join().unwrap().unwrap()
    });
    Cancelled { ended, code: std::fs::read_to_string(recorded).unwrap_or_default() }
}

/// The same stage, which first copies what `BUILD_EXIT_CODE_FILE` holds.
fn noting(stage: Stage, to: &Path) -> Stage {
    let line = format!("cat \"$BUILD_EXIT_CODE_FILE\" > {to:?}; exec \"$0\" \"$@\"");
    let mut args = vec!["-c".to_owned(), line, stage.exec.display().to_string()];
    args.extend(stage.args);
    Stage { exec: "bash".into(), args, ..stage }
}

impl Cancelled {
    /// Noticed in time, told to GitLab as cancelled, recorded as 34; ended `within` of TERM.
    #[track_caller]
    fn in_time(&self, within: Duration) -> String {
        let trace = self.ended.trace();
        let stage = self.ended.stage("build_script").expect("a script stage");
        let after_term = stage.took - stage.terminated_after.expect("TERM");
        let noticed = self.ended.after_intervention.expect("the button") - after_term;
        println!("{trace}\nnoticed after {noticed:.1?}, ended {after_term:.2?} after TERM");
        assert!(noticed < NOTICED, "noticed after {noticed:?}:\n{trace}");
        assert!(after_term < within, "ended {after_term:?} after TERM:\n{trace}");
        assert!(stage.killed_after.is_none(), "it had to be killed:\n{trace}");
        assert_ne!(stage.result, StageResult::Exit(0), "{trace}");
        assert_eq!(self.code, "34", "the exit code in the file:\n{trace}");
        assert_ne!(self.ended.verdict(), "success");
        trace
    }
}

#[test]
fn a_silent_script() {
    let world = World::new();
    let began = world.directory().join("../began");
    // The innermost of three shells; all end as soon as it hears TERM.
    let script =
        "bash -c 'bash -c \"trap exit TERM; : > $BEGAN; while :; do sleep 0.05; done\"; :'";
    let job = world.job(&[script]).variable("BEGAN", began.to_str().unwrap());
    // So long that all it wrote before is with GitLab, and nothing but our beat asks for news.
    let silent = || {
        let since = began.metadata().and_then(|file| file.modified());
        since.is_ok_and(|since| since.elapsed().is_ok_and(|span| span > Duration::from_secs(3)))
    };
    cancel(&world, job, silent).in_time(Duration::from_secs(1));
}

#[test]
fn a_build_at_a_slow_registry() {
    let world = World::new();
    world.registry.behave(|registry| registry.bytes_per_second = 2);
    let job = world.job(&["ecs-canary build"]);
    let cancelled = cancel(&world, job, || !world.registry.log().is_empty());
    let trace = cancelled.in_time(Duration::from_secs(3));
    assert!(trace.contains("CANCELLED"), "{trace}");
    assert_eq!(world.registry.digest("group/app", "1.0.0"), None);
}

#[test]
fn a_deploy_that_waits() {
    let world = World::new();
    world.push("1.0.0");
    let fate = TaskFate { start_seconds: Some(36_000.0), ..TaskFate::default() };
    world.cloud.fate(FateRule { fate, ..FateRule::default() });
    let job = world.job(&["ecs-canary deploy full"]);
    let cancelled = cancel(&world, job, || !world.cloud.services().is_empty());
    let trace = cancelled.in_time(Duration::from_secs(5));
    for words in ["CANCELLED", "release:1", "now "] {
        assert!(trace.contains(words), "nothing says {words:?}:\n{trace}");
    }
}

#[test]
fn a_script_that_is_silent_after_a_prompt_on_both_streams() {
    let world = World::new();
    let began = world.directory().join("../began");
    let script = "printf 'Password'; printf 'Are you sure' >&2; : > $BEGAN; sleep 600";
    let job = world.job(&[script]).variable("BEGAN", began.to_str().unwrap());
    let silent = || {
        let since = began.metadata().and_then(|file| file.modified());
        since.is_ok_and(|since| since.elapsed().is_ok_and(|span| span > Duration::from_secs(3)))
    };
    cancel(&world, job, silent).in_time(Duration::from_secs(1));
}
