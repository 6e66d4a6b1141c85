//! What the judge says before a release, and of the past.

use crate::world::World;
use ecs_sim::cloud::{Fault, FaultKind, TrafficPlan};
use std::time::Duration;

/// Version 1 has had ten requests per second for two hours; the release file asks a judge.
fn under_traffic() -> World {
    let world = World::new();
    world.build();
    world.run(&["deploy", "full"]).good();
    world.share_by_a_rule("judge: on");
    world.cloud.traffic(TrafficPlan::steady(10.0));
    for _ in 0..120 {
        world.cloud.jump(Duration::from_secs(60));
    }
    world
}

#[test]
fn a_plan_says_how_long_the_verdicts_will_take() {
    let world = under_traffic();
    let plan = world.run(&["plan"]).good();
    plan.says("requests per second, 0 % errors")
        .says("at 5 %: a healthy version passes in about ")
        .says("5 % errors are found in about ");
}

#[test]
fn verify_says_whether_an_honest_verdict_is_possible() {
    let world = under_traffic();
    let ended = world.run(&["--json", "verify"]).good();
    let events = ended.json();
    let checks = events.iter().find(|event| event["event"] == "checks").unwrap();
    let all = checks["checks"].as_array().unwrap();
    let of = |name: &str| all.iter().filter(|line| line["check"] == name).collect::<Vec<_>>();
    assert!(of("judge")[0]["text"].as_str().unwrap().starts_with("can be read"), "{checks:#}");
    let shares: Vec<_> = of("verdict").iter().map(|line| line["subject"].clone()).collect();
    assert_eq!(shares, ["5 %", "10 %", "25 %", "50 %"], "{checks:#}");
    let few = world.read("ecs-canary.yml").replace("judge: on", "judge: on\nsteps: [1]");
    world.write("ecs-canary.yml", &few);
    world.run(&["verify"]).code(11).says("0.2 are needed: no honest verdict");
    world.cloud.fault(Fault::always("GetMetricData", FaultKind::Deny));
    let ended = world.run(&["verify"]).code(50);
    assert!(ended.stdout.contains("could not tell  judge"), "{}", ended.stdout);
}

#[test]
fn status_tells_the_verdict_so_far_of_a_canary_at_its_gate() {
    let world = under_traffic();
    world.run(&["deploy", "canary"]).good();
    for _ in 0..25 {
        world.cloud.jump(Duration::from_secs(60));
    }
    let lines = world.run(&["--json", "status"]).good().json();
    let status = lines.iter().find(|line| line["event"] == "services").unwrap();
    let verdict = &status["release"]["verdict"];
    assert_eq!(verdict["metrics"][0]["metric"], "errors", "{status:#}");
    assert!(verdict["metrics"][0]["canary_requests"].as_u64().unwrap() > 100, "{status:#}");
    let ended = world.run(&["status"]).good();
    assert!(ended.stdout.contains(" min, counts since "), "{}", ended.stdout);
}

#[test]
fn a_window_of_the_past_is_judged_from_cloudwatch() {
    let world = under_traffic();
    let now = ecs_canary::model::Timestamp::from_millis(world.cloud.now().millis());
    let ago = |minutes: u64| now.before(Duration::from_secs(60 * minutes)).to_string();
    let (from, to) = (ago(40), ago(10));
    let replayed = world.run(&["replay", "--from", &from, "--to", &to, "--json"]).good();
    let lines = replayed.json();
    let minutes = lines.iter().filter(|line| line["minute"].is_i64()).count();
    assert!(minutes >= 80, "the window and the hour before: {minutes}");
    assert!(lines.iter().all(|line| line["verdict"] != "fail"), "{lines:?}");
    let drawn = world.run(&["replay", "--from", &ago(110), "--to", &ago(10), "--aa"]).good();
    drawn.says("releases drawn in each").says("0.0 % stopped");
    world.run(&["replay", "--from", "yesterday"]).code(2).says("neither a time such as");
}
