//! Every state that a release can get into. The real `plan`, `watch`, `check` and `rollback`
//! run against an abstract cloud of two services and three tasks, with a colleague who deploys
//! and at most two faults; the loop around them is modelled after `apply`. In each state the
//! properties hold, and without a new fault each state leads to an end.
#![expect(clippy::unwrap_used, reason = "test code: a poisoned lock may panic")]
#![expect(clippy::disallowed_methods, reason = "measures itself, and is asked for its long form")]

mod act;
mod canon;
mod cloud;
mod finish;
mod follow;
mod look;
mod moves;
mod properties;
mod scaling;
mod search;
mod state;
mod world;

use ecs_canary::model::Goal;
use search::explore;
use std::time::Instant;
use world::{Setting, World, last_good, world};

/// The world whose colleague deploys in the long form only.
const IN_PLACE: &str = "by weights, in place";

/// All that is explored: with a colleague and one fault each; in the long form, with
/// `EXHAUSTIVE_FAULTS=2`, two. `EXHAUSTIVE_WORLD` names the only one, and `EXHAUSTIVE_WAY` a way
/// that was told of it, which is followed and printed instead.
fn worlds() -> Vec<World> {
    let plain = Setting::new("full release");
    let no_way_back = Setting { goes_back: false, ..Setting::new("full, ECS does not go back") };
    let late = Setting { patience: 40, ..Setting::new("full, little time") };
    let weighted = Setting { weighted: true, ..Setting::new("release by weights") };
    let hurried = Setting { name: "by weights, little time", patience: 60, ..weighted };
    let in_place = Setting { in_place: true, ..weighted };
    let in_place = Setting { name: IN_PLACE, ..in_place };
    let autoscaled = Setting { autoscaled: true, ..Setting::new("full release, autoscaled") };
    let by_weights =
        Setting { autoscaled: true, weighted: true, ..Setting::new("by weights, autoscaled") };
    vec![
        world(plain, Goal::Full),
        world(no_way_back, Goal::Full),
        world(late, Goal::Full),
        world(Setting::new("canary"), Goal::Canary),
        world(Setting::new("twin release"), Goal::Release),
        world(Setting::new("rollback"), last_good()),
        world(weighted, Goal::Release),
        world(in_place, Goal::Release),
        world(autoscaled, Goal::Full),
        world(by_weights, Goal::Release),
        world(hurried, Goal::Release),
    ]
}

#[test]
fn every_state_keeps_the_properties_and_leads_to_an_end() {
    let started = Instant::now();
    let mut all = 0;
    let mut followed = false;
    let only = std::env::var("EXHAUSTIVE_WORLD").ok();
    let faults = std::env::var("EXHAUSTIVE_FAULTS").map_or(1, |faults| faults.parse().unwrap());
    for mut world in worlds() {
        if only.as_ref().is_some_and(|only| only != world.name) {
            continue;
        }
        world.faults = faults;
        // What a colleague does while tasks are replaced in place takes a quarter of all states.
        world.colleague &= faults > 1 || world.name != IN_PLACE;
        if let Ok(way) = std::env::var("EXHAUSTIVE_WAY") {
            follow::follow(&world, &way);
            followed = true;
            continue;
        }
        let begun = Instant::now();
        let found = explore(&world).unwrap_or_else(|broken| panic!("{}: {broken}", world.name));
        println!(
            "{}: {} states, {} moves, {:.1} s, ends {:?}",
            world.name,
            found.states,
            found.moves,
            begun.elapsed().as_secs_f64(),
            found.ends
        );
        let way = found.endless_way.unwrap_or_default();
        assert_eq!(found.endless, 0, "{}: states that lead to no end: {way}", world.name);
        all += found.states;
    }
    assert!(all > 0 || followed, "no world is called {only:?}");
    println!("{all} states in {:.1} s", started.elapsed().as_secs_f64());
}
