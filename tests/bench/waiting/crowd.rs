//! Two hundred releases at once in an account with AWS's published limits.

use crate::cloud_port::SimPort;
use crate::random::Random;
use crate::spread::Spread;
use crate::watched::{Watched, watch};
use crate::world::{World, spec};
use ecs_canary::model::{CountRule, Goal, OutcomeKind, ServiceName, TaskDefinitionSpec, Wanted};
use ecs_sim::cloud::EXAMPLE_CLUSTER;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const RELEASES: u32 = 200;
const SEED: u64 = 20;
/// A wait that notices the end later than this is starved.
const MOST_LAG: f64 = 30.0;

fn name(number: u32) -> String {
    format!("shop-{number:03}")
}

fn task(number: u32, version: u32) -> TaskDefinitionSpec {
    spec(&name(number), version)
}

/// A service that runs version 1.
async fn create(port: &SimPort, number: u32) {
    let answer = port.now("RegisterTaskDefinition", Value::Object(task(number, 1).body().clone()));
    let body = json!({
        "cluster": EXAMPLE_CLUSTER, "serviceName": name(number), "desiredCount": 2,
        "taskDefinition": answer["taskDefinition"]["taskDefinitionArn"],
    });
    port.now("CreateService", body);
    tokio::time::sleep(Duration::from_secs(1)).await;
}

fn wanted(world: &World, number: u32) -> Wanted {
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.canary = None;
    let full = wanted.full.as_mut().unwrap();
    full.name = ServiceName::new(name(number));
    full.task = Some(task(number, 2));
    full.count = CountRule::Keep;
    full.load_balancer = None;
    wanted
}

/// Prints the table; true when what is promised is kept.
pub(crate) async fn measure() -> bool {
    let world = World::new();
    for number in 0..RELEASES {
        create(&world.port, number).await;
    }
    world.pass(Duration::from_secs(600)).await;
    world.port.cloud.borrow_mut().clear_calls();
    world.port.cloud.borrow_mut().set_rate_limits(true);
    *world.port.jitter.borrow_mut() = Some(Random::new(SEED));
    let releases = (0..RELEASES).map(|number| {
        let (world, wanted) = (&world, wanted(&world, number));
        async move { watch(&world.port, &wanted, &name(number)).await }
    });
    let watched: Vec<Watched> = join_all(releases).await;
    world.port.cloud.borrow_mut().set_rate_limits(false);
    let good = watched.iter().filter(|one| one.ended.outcome.outcome == OutcomeKind::Succeeded);
    let good = good.count();
    for one in &watched {
        if one.ended.outcome.outcome != OutcomeKind::Succeeded {
            println!("{:?}", one.ended.outcome);
        }
    }
    let lags = (0..RELEASES).zip(&watched).filter(|(_, one)| one.wait.is_some());
    let lags = Spread::of(lags.map(|(number, one)| one.lag(&world.port, &name(number)).1));
    let took = Spread::of(watched.iter().map(|one| one.ended.outcome.seconds));
    println!("{RELEASES} releases at once, seed {SEED}: {good} succeeded");
    println!("\n| Seconds | mean | p50 | p95 | p99 | most |\n|---|---|---|---|---|---|");
    println!("| from the end of the rollout to its being noticed | {} |", lags.cells());
    println!("| the whole release | {} |\n", took.cells());
    profile(&world.port);
    good == watched.len() && lags.percentile(99) <= MOST_LAG
}

/// How many calls there were of each action, and how many of them were throttled.
fn profile(port: &SimPort) {
    let mut calls: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for call in port.cloud.borrow().calls() {
        let of = calls.entry(call.action.clone()).or_default();
        of.0 += 1;
        of.1 += u32::from(call.outcome == "ThrottlingException");
    }
    println!("| Action | calls | throttled |\n|---|---|---|");
    for (action, (all, throttled)) in calls {
        println!("| {action} | {all} | {throttled} |");
    }
    println!();
}
