//! Scripts of faults that nobody thought of: whatever happens, the end is true.

use crate::world::{World, digest};
use ecs_canary::model::{Goal, OutcomeKind, Wanted};
use ecs_sim::cloud::{Fault, FaultKind, TaskFate};
use proptest::prelude::*;
use std::time::Duration;

/// What goes wrong in a run.
#[derive(Debug, Clone)]
struct Script {
    faults: Vec<Fault>,
    fate: Option<TaskFate>,
    colleague: Option<u64>,
    goal: Goal,
}

fn any_action() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("DescribeServices"),
        Just("Describe*"),
        Just("List*"),
        Just("*ServiceDeployments"),
        Just("RegisterTaskDefinition"),
        Just("UpdateService"),
        Just("StopServiceDeployment"),
        Just("TagResource"),
        Just("*"),
    ]
}

fn any_kind() -> impl Strategy<Value = FaultKind> {
    prop_oneof![
        Just(FaultKind::Deny),
        Just(FaultKind::Throttle),
        Just(FaultKind::ServerError { status: 503 }),
        Just(FaultKind::MissingAction),
        any::<bool>().prop_map(|applied| FaultKind::Close { applied }),
        any::<bool>().prop_map(|applied| FaultKind::NoAnswer { applied }),
        (1_u8..15).prop_map(|seconds| FaultKind::StaleReads { seconds: f64::from(seconds) }),
        (1_u8..20).prop_map(|seconds| FaultKind::Slow { seconds: f64::from(seconds) }),
    ]
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let times = proptest::option::of(1_u32..6);
    (any_action(), any_kind(), 0_u32..25, times).prop_map(|(action, kind, skip, times)| Fault {
        times,
        ..Fault::always(action, kind).after(skip)
    })
}

fn any_script() -> impl Strategy<Value = Script> {
    let fate = proptest::option::weighted(
        0.3,
        prop_oneof![
            Just(TaskFate::crash_at_start(1)),
            Just(TaskFate::never_healthy()),
            Just(TaskFate::pull_error("not found")),
            Just(TaskFate::crash_after(30.0, 1)),
        ],
    );
    let colleague = proptest::option::weighted(0.2, 1_u64..90);
    let goal = prop_oneof![
        3 => Just(Goal::Full),
        1 => Just(Goal::Canary),
        2 => Just(Goal::Rollback(ecs_canary::model::RollbackTo::LastGood)),
    ];
    (proptest::collection::vec(any_fault(), 0..3), fate, colleague, goal)
        .prop_map(|(faults, fate, colleague, goal)| Script { faults, fate, colleague, goal })
}

/// Grace after the deadline: one look that was begun before it, each call at its slowest.
const GRACE: f64 = 250.0;

async fn play(script: &Script) -> Result<(), TestCaseError> {
    let world = World::quick();
    world.released(1).await;
    world.released(2).await;
    let version = if matches!(script.goal, Goal::Rollback(_)) { 1 } else { 3 };
    let mut wanted: Wanted = world.wanted(script.goal.clone(), version);
    let patience = Duration::from_secs(900);
    wanted.deadline = ecs_canary::ports::Clock::now(&world.clock).after(patience);
    for fault in &script.faults {
        world.fault(fault.clone());
    }
    if let Some(fate) = &script.fate {
        world.fate(version, fate.clone());
    }
    let colleague = async {
        if let Some(seconds) = script.colleague {
            world.pass(Duration::from_secs(seconds)).await;
            world.heal_for_colleague();
            world.colleague(9);
        }
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    let outcome = &told.ended.outcome;
    prop_assert!(outcome.seconds <= 900.0 + GRACE, "{} s\n{}", outcome.seconds, told.log);
    prop_assert!(outcome.outcome != OutcomeKind::Internal, "{}\n{}", told.reason(), told.log);
    let lead = if script.goal == Goal::Canary { "canary-release" } else { "release" };
    if matches!(outcome.outcome, OutcomeKind::Succeeded | OutcomeKind::NoChange) {
        let row = world.row(lead);
        let image = row.images.values().next().cloned().unwrap_or_default();
        let later = script.colleague.is_some() && image.ends_with(&digest(9));
        // Where a rollback goes to depends on what it found: it has to run what it says.
        let said = outcome.image.clone().unwrap_or_default();
        let wanted = match script.goal {
            Goal::Rollback(_) => said == image,
            _ => said == image && image.ends_with(&digest(version)),
        };
        prop_assert!(wanted || later, "{image} runs, {said} was said\n{}", told.log);
    }
    let gone = world.changes().iter().any(|call| call == "DeregisterTaskDefinition");
    prop_assert!(!gone, "nothing is ever deregistered");
    for line in told.log.lines().filter(|line| !line.starts_with('!')) {
        prop_assert!(line.chars().count() <= 102, "a long line: {line}");
        prop_assert!(!line.trim().is_empty(), "a blank line");
    }
    Ok(())
}

/// Few by default: each one plays several releases. `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    let cases = if usual.cases == 256 { 48 } else { usual.cases };
    ProptestConfig { cases, failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_script_of_faults_ends_in_time_and_success_is_true(script in any_script()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(&script))?;
    }
}
