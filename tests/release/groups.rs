//! Every named scenario of the sixteen groups of troubles, in a release in full and in one by
//! weights: how it ends, which has to be true.
#![expect(clippy::unwrap_used, reason = "test code")]

use crate::twice_killed::{aim, end as left_behind, is_true};
use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, ServiceWanted, TaskDefinitionSpec, Wanted};
use ecs_canary::ports::Clock as _;
use ecs_sim::cloud::{EXAMPLE_CLUSTER, SCENARIOS, scenario};
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;

/// What a release of version 2 leaves, with this trouble or with none.
async fn left(trouble: Option<&str>, weighted: bool) -> String {
    let world = if weighted { World::weighted() } else { World::quick() };
    world.released(1).await;
    let wanted =
        if weighted { world.stepped(Goal::Release, 2) } else { world.wanted(Goal::Full, 2) };
    if let Some(name) = trouble {
        let script = scenario(name, &aim(&world, weighted)).unwrap();
        world.port.cloud.borrow_mut().run_script(script);
    }
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{trouble:?}\n{}", told.log);
    left_behind(&world)
}

#[tokio::test(start_paused = true)]
async fn disorder_among_events_changes_nothing_of_what_is_left() {
    for weighted in [false, true] {
        let undisturbed = left(None, weighted).await;
        for name in ["events-out-of-order", "events-repeated", "events-dropped"] {
            let left = left(Some(name), weighted).await;
            assert_eq!(left, undisturbed, "{name}, weighted {weighted}");
        }
    }
}

/// The container has a health check of its own.
fn with_a_check(service: &mut ServiceWanted) {
    let Some(task) = &mut service.task else { return };
    let mut body = task.body().clone();
    body["containerDefinitions"][0]["healthCheck"] =
        json!({ "command": ["CMD", "true"], "interval": 5, "retries": 2 });
    *task = TaskDefinitionSpec::new(body);
}

async fn end((group, name): (u8, &str), weighted: bool) -> OutcomeKind {
    let world = if weighted { World::weighted() } else { World::quick() };
    let is_first = matches!(name, "nothing-to-roll-back-to" | "missing-after-create");
    if !is_first {
        world.released(1).await;
    }
    let wanted = match (weighted, is_first) {
        (false, _) => world.wanted(Goal::Full, 2),
        (true, true) => world.stepped(Goal::Full, 2),
        (true, false) => world.stepped(Goal::Release, 2),
    };
    let deadline = world.clock.now().after(Duration::from_secs(1200));
    let mut wanted = Wanted { deadline, ..wanted };
    if name == "container-check-fails" {
        [&mut wanted.full, &mut wanted.canary].into_iter().flatten().for_each(with_a_check);
    }
    if group == 6 {
        let alarms = json!({ "alarmNames": ["errors"], "enable": true, "rollback": true });
        let configuration = json!({ "alarms": alarms });
        world.port.now(
            "UpdateService",
            json!({
                "cluster": EXAMPLE_CLUSTER, "service": "release",
                "deploymentConfiguration": configuration,
            }),
        );
    }
    let script = scenario(name, &aim(&world, weighted)).unwrap();
    world.port.cloud.borrow_mut().run_script(script);
    let told = world.release(&wanted).await;
    world.heal_for_colleague();
    is_true(&world, &told, &format!("{name}, weighted {weighted}"));
    told.kind()
}

#[tokio::test(start_paused = true)]
async fn every_named_trouble_comes_to_its_end() {
    let mut table = String::new();
    for (group, name, _) in SCENARIOS {
        let (full, by_weights) =
            (Box::pin(end((group, name), false)).await, Box::pin(end((group, name), true)).await);
        writeln!(table, "{group:2} {name:30} {full:?} {by_weights:?}").unwrap();
    }
    insta::assert_snapshot!(table, @r"
     1 slow-rollout                   Succeeded Succeeded
     2 crash-before-running           FailedRolledBack FailedRolledBack
     2 crash-after-running            TimedOut TimedOut
     3 image-missing                  FailedRolledBack FailedRolledBack
     3 registry-login-fails           FailedRolledBack FailedRolledBack
     3 secret-not-readable            FailedRolledBack FailedRolledBack
     3 tag-moved                      Succeeded Succeeded
     4 never-healthy                  FailedRolledBack FailedRolledBack
     4 unhealthy-after-a-while        Succeeded Succeeded
     4 container-check-fails          FailedRolledBack FailedRolledBack
     4 flapping                       FailedRolledBack FailedRolledBack
     5 rollback-fails-too             FailedNotRolledBack FailedNotRolledBack
     5 nothing-to-roll-back-to        FailedNotRolledBack FailedNotRolledBack
     6 alarm-in-the-bake              FailedRolledBack Succeeded
     6 alarm-from-the-start           Succeeded Succeeded
     7 throttled                      Succeeded Succeeded
     7 register-throttled             Succeeded Succeeded
     8 answer-lost-after-the-change   Succeeded Succeeded
     8 server-errors                  Unreachable Unreachable
     8 slow-answers                   Succeeded TimedOut
     8 keys-expire                    Denied Denied
     9 stale-reads                    Succeeded Succeeded
     9 deployment-listed-late         Succeeded Succeeded
     9 missing-after-create           Succeeded Succeeded
    10 superseded                     Superseded Succeeded
    10 forced-by-a-colleague          Superseded Refused
    10 wants-no-tasks                 Succeeded Succeeded
    10 scaled-in-mid-rollout          Succeeded Succeeded
    11 no-capacity                    FailedRolledBack FailedNotRolledBack
    11 capacity-comes-later           Succeeded Succeeded
    11 fargate-limit                  FailedRolledBack FailedRolledBack
    11 percents-deadlock              Succeeded Succeeded
    12 slow-draining                  Succeeded Succeeded
    12 events-out-of-order            Succeeded Succeeded
    12 events-repeated                Succeeded Succeeded
    12 events-dropped                 Succeeded Succeeded
    13 metrics-late-and-corrected     Succeeded Succeeded
    13 monitoring-does-not-answer     Succeeded Succeeded
    14 rule-changed-by-a-colleague    Succeeded Refused
    15 stopped-by-a-colleague         FailedRolledBack Succeeded
    16 spot-interruption              Succeeded Succeeded
    16 all-tasks-killed               Succeeded Succeeded
    16 instances-drain                Succeeded Succeeded
    16 task-is-protected              Succeeded Succeeded
    ");
}
