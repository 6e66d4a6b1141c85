//! The three perturbations of Sieve (Sun et al., OSDI 2022): an intermediate state, a stale
//! one, and one that nobody saw. Each at every place of a release; the end is compared with
//! that of the undisturbed run.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::kills::killed_after;
use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, Timestamp, Wanted};
use ecs_canary::ports::Clock as _;
use ecs_sim::cloud::{EXAMPLE_CLUSTER, Fault, FaultKind};
use serde_json::json;
use std::time::Duration;

/// A release, and its undisturbed end.
struct Undisturbed {
    prepared: World,
    at: Timestamp,
    wanted: Wanted,
    end: String,
    seconds: u64,
    changes: usize,
    reads: u32,
}

fn end(world: &World) -> String {
    format!("{}; weights {}", world.state(), world.weights())
}

fn calls(world: &World, mutating: bool) -> usize {
    let cloud = world.port.cloud.borrow();
    cloud.calls().iter().filter(|call| call.mutating == mutating).count()
}

async fn undisturbed() -> Undisturbed {
    let prepared = World::weighted();
    prepared.released(1).await;
    let (at, wanted) = (prepared.clock.now(), prepared.stepped(Goal::Release, 2));
    let world = prepared.copy(at);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    let seconds = world.clock.now().since(at).as_secs();
    let changes = calls(&world, true) - calls(&prepared, true);
    let reads = u32::try_from(calls(&world, false) - calls(&prepared, false)).unwrap();
    Undisturbed { end: end(&world), prepared, at, wanted, seconds, changes, reads }
}

impl Undisturbed {
    async fn ends_the_same(&self, world: &World, how: &str) {
        let told = world.release(&self.wanted).await;
        world.heal_for_colleague();
        assert!(told.kind().is_good(), "{how}: {}\n{}", told.reason(), told.log);
        assert_eq!(end(world), self.end, "{how}\n{}", told.log);
    }
}

#[expect(clippy::print_stdout, reason = "the number of places is a result")]
fn tell(text: &str) {
    println!("{text}");
}

#[tokio::test(start_paused = true)]
async fn an_intermediate_state_between_two_changes_leads_to_the_same_end() {
    let one = undisturbed().await;
    let before = calls(&one.prepared, true);
    let mut last = 0;
    for change in 1..=one.changes {
        // The first wake-up at which so many changes were made.
        let (mut least, mut most) = (last, 4096);
        while least < most {
            let middle = usize::midpoint(least, most);
            let world = one.prepared.copy(one.at);
            Box::pin(killed_after(&world, &one.wanted, middle)).await;
            if calls(&world, true) - before >= change { most = middle } else { least = middle + 1 }
        }
        last = least;
        let world = one.prepared.copy(one.at);
        Box::pin(killed_after(&world, &one.wanted, least)).await;
        one.ends_the_same(&world, &format!("killed after change {change}")).await;
    }
    tell(&format!("{} intermediate states", one.changes));
}

#[tokio::test(start_paused = true)]
async fn a_stale_view_at_any_place_leads_to_the_same_end() {
    let one = undisturbed().await;
    let mut places = 0;
    for skip in (0..one.reads).step_by(2) {
        let world = one.prepared.copy(one.at);
        for action in ["Describe*", "List*"] {
            let stale = FaultKind::StaleReads { seconds: 12.0 };
            world.fault(Fault::times(action, 4, stale).after(skip));
        }
        one.ends_the_same(&world, &format!("stale after {skip} reads")).await;
        places += 1;
    }
    tell(&format!("{places} stale views"));
}

#[tokio::test(start_paused = true)]
async fn what_came_and_went_between_two_looks_leads_to_the_same_end() {
    let one = undisturbed().await;
    let mut places = 0;
    for second in (1..one.seconds).step_by(3) {
        for (what, act) in UNSEEN {
            let world = one.prepared.copy(one.at);
            let somebody = async {
                world.pass(Duration::from_secs(second)).await;
                act(&world);
            };
            let (told, ()) = tokio::join!(world.release(&one.wanted), somebody);
            let how = format!("{what} at {second} s");
            assert!(told.kind().is_good(), "{how}: {}\n{}", told.reason(), told.log);
            assert_eq!(end(&world), one.end, "{how}\n{}", told.log);
            places += 1;
        }
    }
    tell(&format!("{places} states that nobody saw"));
}

type Act = fn(&World);

const UNSEEN: [(&str, Act); 3] = [
    ("another count for a moment", |world| {
        for count in [5, 3] {
            let body =
                json!({ "cluster": EXAMPLE_CLUSTER, "service": "release", "desiredCount": count });
            world.port.now("UpdateService", body);
        }
    }),
    ("other weights for a moment", |world| {
        let weights = world.weights();
        let (full, canary) = weights.split_once('/').unwrap();
        world.set_weights(70, 30);
        // Before the first share the rule names one group alone.
        world.set_weights(full.parse().unwrap_or(100), canary.parse().unwrap_or(0));
    }),
    ("a note of somebody for a moment", |world| {
        let before = world.service_tag("release", "ecs-canary:rollback");
        world.set_service_tag("release", "ecs-canary:rollback", "open release:1 to release:1 by 7");
        world.set_service_tag("release", "ecs-canary:rollback", &before);
    }),
];
