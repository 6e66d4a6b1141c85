//! Killed at two points that chance chose, one after the other, and run again: the same end as
//! the undisturbed run. And the same while something else goes wrong.

use crate::kills::killed_after;
use crate::random::Random;
use crate::world::{World, digest};
use ecs_canary::model::{Goal, OutcomeKind, Timestamp, Wanted};
use ecs_canary::ports::Clock as _;
use ecs_sim::cloud::{EXAMPLE_CLUSTER, EXAMPLE_TARGET_GROUP, SCENARIOS, ScenarioTarget, scenario};
use std::collections::BTreeSet;

/// A world in which a release begins, and what it comes to when nothing disturbs it.
struct Prepared {
    world: World,
    at: Timestamp,
    wanted: Wanted,
    end: String,
    points: usize,
}

impl Prepared {
    async fn new(world: World, wanted: Wanted) -> Self {
        let at = world.clock.now();
        let copy = world.copy(at);
        let told = copy.release(&wanted).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        let end = end(&copy);
        // Wake-ups of a release: as many as it can be killed at.
        let (mut least, mut most) = (1, 4096);
        while least < most {
            let middle = usize::midpoint(least, most);
            let ended = Box::pin(killed_after(&world.copy(at), &wanted, middle)).await.is_some();
            if ended { most = middle } else { least = middle + 1 }
        }
        Self { world, at, wanted, end, points: least }
    }
}

pub(crate) fn end(world: &World) -> String {
    format!("{}; weights {}; {:?}", world.state(), world.weights(), world.all_tags())
}

async fn three() -> Vec<Prepared> {
    let full = World::quick();
    full.released(1).await;
    let by_steps = World::weighted();
    by_steps.released(1).await;
    let back = World::quick();
    for version in 1..=3 {
        back.released(version).await;
    }
    let wanted = [full.wanted(Goal::Full, 2), by_steps.stepped(Goal::Release, 2), back.rollback()];
    let mut prepared = Vec::new();
    for (world, wanted) in [full, by_steps, back].into_iter().zip(wanted) {
        prepared.push(Box::pin(Prepared::new(world, wanted)).await);
    }
    prepared
}

/// So many by default; the long form asks for 10,000 with `KILLED_TWICE`.
#[expect(clippy::disallowed_methods, reason = "the long form is asked for by a variable")]
fn runs() -> usize {
    std::env::var("KILLED_TWICE").ok().and_then(|runs| runs.parse().ok()).unwrap_or(150)
}

#[expect(clippy::print_stdout, reason = "the seed and the number of runs are results")]
fn tell(text: &str) {
    println!("{text}");
}

const SEED: u64 = 20;

#[tokio::test(start_paused = true)]
async fn two_kills_in_a_row_lead_to_the_same_end() {
    let prepared = Box::pin(three()).await;
    let mut random = Random::new(SEED);
    for run in 0..runs() {
        let Prepared { world, at, wanted, end: undisturbed, points } =
            &prepared[run % prepared.len()];
        let world = world.copy(*at);
        let points = [random.below(*points), random.below(*points)];
        for point in points {
            Box::pin(killed_after(&world, wanted, point)).await;
        }
        let told = world.release(wanted).await;
        let how = format!("seed {SEED}, run {run}, killed at {points:?}");
        assert!(told.kind().is_good(), "{how}: {}\n{}", told.reason(), told.log);
        assert_eq!(end(&world), *undisturbed, "{how}\n{}", told.log);
    }
    let points: Vec<usize> = prepared.iter().map(|one| one.points).collect();
    tell(&format!("{} runs killed twice, seed {SEED}, of {points:?} points", runs()));
}

/// Whatever else goes wrong: the last run ends, and says what is so.
#[tokio::test(start_paused = true)]
async fn two_kills_in_a_row_in_every_fault_group_end_in_the_truth() {
    let mut random = Random::new(SEED);
    let mut groups = BTreeSet::new();
    for (group, name, _) in SCENARIOS {
        for weighted in [false, true] {
            let world = if weighted { World::weighted() } else { World::quick() };
            world.released(1).await;
            let wanted = if weighted {
                world.stepped(Goal::Release, 2)
            } else {
                world.wanted(Goal::Full, 2)
            };
            let script = scenario(name, &aim(&world, weighted)).unwrap();
            world.port.cloud.borrow_mut().run_script(script);
            let points = [random.below(150), random.below(150)];
            for point in points {
                Box::pin(killed_after(&world, &wanted, point)).await;
            }
            let told = world.release(&wanted).await;
            let how = format!("group {group} {name}, weighted {weighted}, killed at {points:?}");
            world.heal_for_colleague();
            is_true(&world, &told, &how);
            groups.insert(group);
        }
    }
    assert_eq!(groups, (1..=16).collect());
    tell(&format!("{} scenarios killed twice in each of two modes, seed {SEED}", SCENARIOS.len()));
}

pub(crate) fn aim(world: &World, weighted: bool) -> ScenarioTarget {
    ScenarioTarget {
        cluster: EXAMPLE_CLUSTER.to_owned(),
        service: "release".to_owned(),
        new_image: digest(2),
        old_image: digest(1),
        target_group: EXAMPLE_TARGET_GROUP.to_owned(),
        rule: if weighted { world.traffic().rule.to_string() } else { String::new() },
        other_revision: "release:1".to_owned(),
    }
}

pub(crate) fn is_true(world: &World, told: &crate::world::Told, how: &str) {
    let kind = told.kind();
    assert_ne!(kind, OutcomeKind::Internal, "{how}: {}\n{}", told.reason(), told.log);
    let image = world.row("release").images.values().next().cloned().unwrap_or_default();
    if matches!(kind, OutcomeKind::Succeeded | OutcomeKind::NoChange) {
        assert!(image.ends_with(&digest(2)), "{how}: {kind:?}, {image} runs\n{}", told.log);
    }
    let is_over = matches!(
        kind,
        OutcomeKind::Succeeded | OutcomeKind::NoChange | OutcomeKind::FailedRolledBack
    );
    let weights = world.weights();
    let is_back = ["", "100/0", "1/none"].contains(&weights.as_str());
    assert!(is_back || !is_over, "{how}: {kind:?} with weights {weights}\n{}", told.log);
    if kind == OutcomeKind::FailedRolledBack {
        assert!(!image.ends_with(&digest(2)), "{how}: {kind:?}, {image} runs\n{}", told.log);
    }
}
