//! Every named scenario on one rollout of three tasks: what it comes to, by ECS's own words.

use super::fixture::{RELEASE, World};
use crate::cloud::brain::{
    CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP,
    SCENARIOS, ScenarioTarget, Switches, scenario,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn target(world: &mut World) -> ScenarioTarget {
    let rule = json!({
        "ListenerArn": EXAMPLE_LISTENER, "Priority": "9",
        "Conditions": [{"Field": "path-pattern", "Values": ["/weighted"]}],
        "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    });
    let rule = world.elb("CreateRule", rule)["Rules"][0]["RuleArn"].as_str().unwrap().to_owned();
    ScenarioTarget {
        cluster: EXAMPLE_CLUSTER.to_owned(),
        service: "release".to_owned(),
        new_image: "registry.example.com/group/app:2".to_owned(),
        old_image: "registry.example.com/group/app:1".to_owned(),
        target_group: EXAMPLE_TARGET_GROUP.to_owned(),
        rule,
        other_revision: "release:1".to_owned(),
    }
}

/// What the scenario does to a rollout within an hour: the status that its service deployment
/// has then, and the world.
fn play(name: &str, switches: Switches) -> (String, World) {
    let mut world = World::with(CloudOptions { switches, ..CloudOptions::default() });
    let aim = target(&mut world);
    let first = matches!(name, "nothing-to-roll-back-to" | "missing-after-create");
    if !first {
        world.created("release", "1", RELEASE);
        let alarms = json!({"alarmNames": ["errors"], "enable": true, "rollback": true});
        world.update("release", json!({"deploymentConfiguration": {"alarms": alarms}}));
        // Only what is in the name goes wrong: the script begins with the rollout.
        let other = world.register("release", "2");
        world.cloud.run_script(scenario(name, &aim).unwrap());
        world.pass(0);
        while let Err(error) = ask_update(&mut world, &other) {
            assert!(error.status != 400 || error.code == "ThrottlingException", "{name}: {error}");
            world.pass(3);
            if error.status == 0 {
                break;
            }
        }
    } else {
        world.cloud.run_script(scenario(name, &aim).unwrap());
        world.pass(0);
        world.create("release", "2", RELEASE);
    }
    world.pass(3600);
    let status = world.cloud.services()[0].deployment.clone();
    (status, world)
}

fn ask_update(world: &mut World, revision: &str) -> Result<Value, crate::cloud::brain::ApiError> {
    let body = json!({
        "cluster": EXAMPLE_CLUSTER, "service": "release", "taskDefinition": revision,
    });
    world.cloud.call(world.now, EXAMPLE_ACCESS_KEY, "ecs", "UpdateService", body)
}

#[test]
fn every_scenario_comes_to_what_ecs_would_make_of_it() {
    let goes_well = [
        "slow-rollout",
        "tag-moved",
        "alarm-from-the-start",
        "throttled",
        "register-throttled",
        "answer-lost-after-the-change",
        "server-errors",
        "slow-answers",
        "keys-expire",
        "stale-reads",
        "deployment-listed-late",
        "missing-after-create",
        "superseded",
        "forced-by-a-colleague",
        "wants-no-tasks",
        "instances-drain",
        "task-is-protected",
        "scaled-in-mid-rollout",
        "capacity-comes-later",
        "slow-draining",
        "events-out-of-order",
        "events-repeated",
        "events-dropped",
        "metrics-late-and-corrected",
        "monitoring-does-not-answer",
        "rule-changed-by-a-colleague",
        "spot-interruption",
        "all-tasks-killed",
        "unhealthy-after-a-while",
    ];
    for (group, name, _) in SCENARIOS {
        let (status, mut world) = play(name, Switches::default());
        let wanted = match name {
            "percents-deadlock" => "IN_PROGRESS",
            "nothing-to-roll-back-to" | "rollback-fails-too" => "ROLLBACK_FAILED",
            // Tasks that exit after RUNNING do not count, and RUNNING comes again and again.
            "crash-after-running" => "IN_PROGRESS",
            // The task definition of the fixture has no container check: nothing to fail.
            "container-check-fails" => "SUCCESSFUL",
            _ if goes_well.contains(&name) => "SUCCESSFUL",
            _ => "ROLLBACK_SUCCESSFUL",
        };
        assert_eq!(status, wanted, "{group} {name}: {:#?}", world_events(&mut world));
    }
    let groups: BTreeSet<u8> = SCENARIOS.iter().map(|&(group, ..)| group).collect();
    assert_eq!(groups, (1..=16).collect());
}

fn world_events(world: &mut World) -> Value {
    world.cloud.clear_faults();
    world.cloud.dump()["events"].clone()
}

#[test]
fn the_open_points_change_what_a_scenario_comes_to_or_not() {
    let usual = Switches::default();
    let counted = Switches { exit_after_running_counts: true, ..usual.clone() };
    assert_eq!(play("crash-after-running", counted).0, "ROLLBACK_SUCCESSFUL");
    let others = [
        Switches { stopping_counts_towards_maximum: true, ..usual.clone() },
        Switches { rollback_reuses_id: false, ..usual.clone() },
        Switches { scale_in_newest_first: false, ..usual.clone() },
        Switches { superseded_is_stopped: false, ..usual.clone() },
        Switches { superseded_stops_at_once: false, ..usual.clone() },
        Switches { back_off_doubles: false, ..usual.clone() },
        Switches { update_answer_is_fresh: false, ..usual.clone() },
        Switches { pending_count_is_strict: true, ..usual },
    ];
    for switches in others {
        for name in ["crash-before-running", "superseded", "scaled-in-mid-rollout", "slow-rollout"]
        {
            let wanted = play(name, Switches::default()).0;
            assert_eq!(play(name, switches.clone()).0, wanted, "{name} {switches:?}");
        }
    }
}
