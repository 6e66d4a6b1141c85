//! Rolling deployments that go well, or nowhere.

use super::fixture::{CANARY, Plan, RELEASE, World};
use crate::cloud::brain::{CloudOptions, EXAMPLE_CLUSTER, Switches};
use serde_json::json;

#[test]
fn three_tasks_are_replaced_in_about_a_minute_with_no_gap() {
    let mut world = World::new();
    world.created("release", "1.0.0", RELEASE);
    world.pass(60);
    world.deploy("release", "2.0.0");
    let mut most = 0;
    let before = world.seconds();
    while world.deployment("release")["status"] != "SUCCESSFUL" {
        let healthy = world.health().iter().filter(|state| *state == "healthy").count();
        assert!(healthy >= 3, "{:?}", world.health());
        most = most.max(world.live("release"));
        world.pass(1);
    }
    let seconds = world.seconds() - before;
    assert!((55..=90).contains(&seconds), "{seconds}");
    assert_eq!((most, world.live("release")), (6, 3));
    assert_eq!(world.health(), ["healthy"; 3]);
}

#[test]
fn the_canary_of_the_example_is_stopped_before_its_successor_starts() {
    let mut world = World::new();
    world.created("canary-release", "1.0.0", CANARY);
    world.deploy("canary-release", "2.0.0");
    let mut gap = 0;
    while world.deployment("canary-release")["status"] != "SUCCESSFUL" {
        assert!(world.live("canary-release") <= 1);
        gap += u64::from(!world.health().contains(&"healthy".to_owned()));
        world.pass(1);
    }
    assert!(gap > 10, "{gap}");
}

#[test]
fn no_rollout_leaves_its_bounds() {
    for desired in 0..7_u32 {
        for percents in [(100, 200), (0, 100), (50, 100), (50, 150), (75, 125), (90, 110), (0, 200)]
        {
            let mut world = World::new();
            let plan = Plan { desired, percents, ..RELEASE };
            let least = (desired * percents.0).div_ceil(100);
            let most = (desired * percents.1 / 100).max(desired);
            world.created("s", "1", plan);
            world.deploy("s", "2");
            let stuck = least == desired && desired * percents.1 / 100 == desired && desired > 0;
            let end = world.seconds() + 400;
            while world.seconds() < end {
                let healthy = world.health().iter().filter(|state| *state == "healthy").count();
                let healthy = u32::try_from(healthy).unwrap();
                assert!(healthy >= least, "{desired} {percents:?}: {healthy} healthy");
                assert!(world.live("s") <= most, "{desired} {percents:?}: {}", world.live("s"));
                world.step(60);
            }
            let status = world.deployment("s")["status"].clone();
            let wanted = if stuck { "IN_PROGRESS" } else { "SUCCESSFUL" };
            assert_eq!(status, wanted, "{desired} {percents:?}");
        }
    }
}

#[test]
fn a_rollout_that_may_not_move_says_so_once() {
    let mut world = World::new();
    world.created("s", "1", Plan { desired: 1, percents: (50, 100), ..RELEASE });
    world.deploy("s", "2");
    world.pass(3600);
    assert_eq!(world.deployment("s")["status"], "IN_PROGRESS");
    let events = world.events("s");
    let told = events.iter().filter(|text| text.contains("was unable to stop or start tasks"));
    assert_eq!(told.count(), 1);
}

#[test]
fn the_entries_of_a_rollout_are_those_of_ecs() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let updated = world.deploy("release", "2");
    let entries: Vec<_> = updated["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["status"].as_str().unwrap(), one["rolloutState"].as_str().unwrap()))
        .collect();
    assert_eq!(entries, [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "COMPLETED")]);
    assert!(updated["taskDefinition"].as_str().unwrap().ends_with("release:2"));
    world.settle("release");
    let service = world.service("release");
    assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(service["deployments"][0]["rolloutState"], "COMPLETED");
    let events = world.events("release");
    assert!(events[events.len() - 2].ends_with("deployment completed."));
    assert_eq!(events[events.len() - 1], "(service release) has reached a steady state.");
}

#[test]
fn a_new_count_starts_no_deployment() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let before = world.service("release")["currentServiceDeployment"].clone();
    world.update("release", json!({"desiredCount": 5}));
    world.pass(60);
    let service = world.service("release");
    assert_eq!(service["runningCount"], 5);
    assert_eq!(service["currentServiceDeployment"], before);
    world.update("release", json!({"desiredCount": 1}));
    world.pass(60);
    assert_eq!(world.service("release")["runningCount"], 1);
    let texts = world.events("release");
    let steady = texts.iter().filter(|text| text.ends_with("has reached a steady state."));
    assert_eq!(steady.count(), 3);
}

#[test]
fn a_count_that_changes_in_mid_rollout_is_the_one_that_is_reached() {
    for count in [1, 5] {
        let mut world = World::new();
        world.created("release", "1", RELEASE);
        world.deploy("release", "2");
        world.pass(12);
        world.update("release", json!({"desiredCount": count}));
        world.settle("release");
        let service = world.service("release");
        assert_eq!(world.deployment("release")["status"], "SUCCESSFUL");
        assert_eq!(
            (&service["runningCount"], &service["pendingCount"]),
            (&json!(count), &json!(0))
        );
    }
}

#[test]
fn a_count_of_zero_is_stable_without_tasks() {
    let mut world = World::new();
    world.created("s", "1", Plan { desired: 0, ..RELEASE });
    world.deploy("s", "2");
    world.settle("s");
    assert_eq!(world.deployment("s")["status"], "SUCCESSFUL");
    assert_eq!(world.service("s")["runningCount"], 0);
}

#[test]
fn a_newer_deployment_supersedes_the_one_that_is_going_on() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.deploy("release", "2");
    let second = world.deployment("release")["serviceDeploymentArn"].clone();
    world.pass(20);
    world.deploy("release", "3");
    assert_eq!(world.service("release")["deployments"].as_array().unwrap().len(), 3);
    world.settle("release");
    let service = world.service("release");
    assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
    assert!(service["taskDefinition"].as_str().unwrap().ends_with(":3"));
    let found =
        world.call("DescribeServiceDeployments", json!({"serviceDeploymentArns": [second]}));
    assert_eq!(found["serviceDeployments"][0]["status"], "STOPPED");
    let listed = world
        .call("ListServiceDeployments", json!({"cluster": EXAMPLE_CLUSTER, "service": "release"}));
    let statuses: Vec<_> = listed["serviceDeployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]);
}

#[test]
fn a_forced_deployment_rolls_the_same_revision() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let before = world.service("release")["currentServiceDeployment"].clone();
    let same = world.update("release", json!({"taskDefinition": "release:1"}));
    assert_eq!(same["currentServiceDeployment"], before);
    let forced = world.update("release", json!({"forceNewDeployment": true}));
    assert_ne!(forced["currentServiceDeployment"], before);
    assert_eq!(forced["deployments"].as_array().unwrap().len(), 2);
    world.settle("release");
    assert_eq!(world.deployment("release")["status"], "SUCCESSFUL");
}

#[test]
fn the_answer_of_an_update_may_name_the_old_deployment_still() {
    let switches = Switches { update_answer_is_fresh: false, ..Switches::default() };
    let mut world = World::with(CloudOptions { switches, ..CloudOptions::default() });
    world.created("release", "1", RELEASE);
    let before = world.service("release")["currentServiceDeployment"].clone();
    assert_eq!(world.deploy("release", "2")["currentServiceDeployment"], before);
    assert_ne!(world.service("release")["currentServiceDeployment"], before);
}

#[test]
fn both_services_of_the_example_share_one_target_group() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.created("canary-release", "2", CANARY);
    assert_eq!(world.health(), ["healthy"; 4]);
    let mut canary = 0;
    for _ in 0..400 {
        canary += u32::from(world.request() == "registry.example.com/group/app:2");
    }
    assert!((70..=130).contains(&canary), "{canary}");
}

#[test]
fn equal_seeds_give_equal_worlds() {
    let run = || {
        let mut world = World::new();
        world.created("release", "1", RELEASE);
        world.deploy("release", "2");
        world.settle("release");
        (world.service("release"), (0..50).map(|_| world.request()).collect::<Vec<_>>())
    };
    assert_eq!(run(), run());
}

#[test]
fn tasks_carry_the_tags_that_the_service_asks_for() {
    let mut world = World::new();
    let definition = world.register("s", "1");
    world.call(
        "TagResource",
        json!({
            "resourceArn": definition,
            "tags": [{"key": "commit", "value": "abc"}],
        }),
    );
    world.call(
        "CreateService",
        json!({
            "cluster": EXAMPLE_CLUSTER,
            "serviceName": "s",
            "taskDefinition": "s",
            "desiredCount": 1,
            "propagateTags": "TASK_DEFINITION",
            "enableECSManagedTags": true,
        }),
    );
    world.pass(30);
    let tags = world.tasks("s")[0]["tags"].to_string();
    assert!(tags.contains("\"commit\"") && tags.contains("aws:ecs:serviceName"), "{tags}");
}

#[test]
fn a_service_at_rest_costs_nothing() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let begin = std::time::Instant::now();
    world.pass(1000 * 3600);
    assert_eq!(world.service("release")["runningCount"], 3);
    // A thousand simulated hours; the bound is wide because machines are busy.
    assert!(begin.elapsed().as_millis() < 1000);
}
