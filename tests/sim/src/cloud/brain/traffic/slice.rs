//! Traffic in slices of a few seconds: how many requests, to which tasks, with what end.
//! Owns the plans that run and their dice.

use super::chance::{binomial, poisson, unrest};
use super::emit::{Publisher, balancer_of};
use super::outcome::{self, Outcome, Surroundings};
use super::plan::TrafficPlan;
use super::tally::Tally;
use crate::cloud::brain::elb::{Answers, Visit, open_targets, rule_of};
use crate::cloud::brain::example::EXAMPLE_LISTENER;
use crate::cloud::brain::state::{TargetState, World};
use crate::cloud::brain::time::SimTime;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Milliseconds of a slice; whole slices make a minute.
const SLICE: i64 = 5000;

/// The plans that run, and what came of them.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    plans: Vec<(SimTime, TrafficPlan)>,
    /// The end of the next slice.
    next: Option<SimTime>,
    dice: StdRng,
    /// By image references.
    pub(crate) tallies: BTreeMap<String, Tally>,
}

impl Traffic {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            plans: Vec::new(),
            next: None,
            dice: StdRng::seed_from_u64(seed ^ 0x7aff_1c00),
            tallies: BTreeMap::new(),
        }
    }

    /// Adds users from now on.
    pub(crate) fn start(&mut self, plan: TrafficPlan, now: SimTime) {
        self.plans.push((now, plan));
        self.next.get_or_insert(SimTime::from_millis((now.millis().div_euclid(SLICE) + 1) * SLICE));
    }

    /// Sends all users away.
    pub(crate) fn stop(&mut self) {
        self.plans.clear();
        self.next = None;
    }

    pub(crate) fn plans(&self) -> impl Iterator<Item = &TrafficPlan> {
        self.plans.iter().map(|(_, plan)| plan)
    }

    /// Lets the slices happen that end at or before `until`.
    pub(crate) fn advance(&mut self, world: &mut World, until: SimTime) {
        while let Some(end) = self.next.filter(|&end| end <= until) {
            self.slice(world, end);
            self.next = Some(SimTime::from_millis(end.millis() + SLICE));
        }
    }

    fn slice(&mut self, world: &mut World, end: SimTime) {
        let delay = world.metric_delay.clone();
        let mut visible_at = end + delay.lag();
        if self.dice.random::<f64>() < delay.late_share {
            visible_at = visible_at + delay.late_by();
        }
        let mut metrics = std::mem::take(&mut world.metrics);
        let mut publisher = Publisher {
            metrics: Arc::make_mut(&mut metrics),
            minute: (end.millis() - SLICE).div_euclid(60_000) * 60,
            visible_at,
        };
        for (started, plan) in self.plans.clone() {
            self.users(world, &plan, (started, end), &mut publisher);
        }
        self.hosts(world, &mut publisher);
        world.metrics = metrics;
    }

    /// The users of one plan.
    fn users(
        &mut self,
        world: &World,
        plan: &TrafficPlan,
        (started, end): (SimTime, SimTime),
        publisher: &mut Publisher<'_>,
    ) {
        let listener = listener_of(plan);
        let elapsed = end.since(started).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "five thousand")]
        let seconds = SLICE as f64 / 1000.0;
        let mean = plan.rate(end, elapsed) * seconds * unrest(&mut self.dice, plan.unrest);
        let requests = poisson(&mut self.dice, mean);
        let visit = Visit { host: &plan.host, path: &plan.path, cookies: "" };
        let balancer = balancer_of(world, listener);
        let groups = match rule_of(world, listener, visit) {
            Answers::Itself => return,
            Answers::Groups(groups) => groups,
        };
        let total: u32 = groups.iter().map(|(_, weight)| weight).sum();
        let (mut left, mut weight_left) = (requests, total);
        for (group, weight) in groups {
            let share = f64::from(weight) / f64::from(weight_left.max(1));
            let number = binomial(&mut self.dice, left, share);
            left -= number;
            weight_left -= weight;
            let (error_share, slower_by) = plan.trouble(&group, end, elapsed);
            let around = Surroundings { age: 0.0, error_share, slower_by };
            let unserved = self.group(world, (&balancer, &group), (number, end, around), publisher);
            publisher.own_answers(&balancer, "503", unserved);
        }
        publisher.own_answers(&balancer, "503", left);
    }

    /// Requests to one target group; gives how many found no target.
    fn group(
        &mut self,
        world: &World,
        (balancer, arn): (&str, &str),
        (requests, now, around): (u32, SimTime, Surroundings),
        publisher: &mut Publisher<'_>,
    ) -> u32 {
        let Some(group) = world.target_groups.get(arn) else { return requests };
        let tasks = open_targets(group);
        let (mut left, mut number) = (requests, tasks.len());
        for id in tasks {
            let share = 1.0 / f64::from(u32::try_from(number).unwrap_or(1));
            let own = binomial(&mut self.dice, left, share);
            left -= own;
            number -= 1;
            let Some(task) = world.tasks.get(id) else { continue };
            let age = task.started_at.map_or(0.0, |at| now.since(at).as_secs_f64());
            let outcome =
                outcome::of(&mut self.dice, &task.fate, Surroundings { age, ..around }, own);
            publisher.group(balancer, arn, &outcome);
            self.count(&task.images(), &outcome);
        }
        left
    }

    fn count(&mut self, images: &str, outcome: &Outcome) {
        self.tallies.entry(images.to_owned()).or_default().take(outcome);
    }

    /// Counts the hosts of the target groups that the plans' rules name.
    fn hosts(&self, world: &World, publisher: &mut Publisher<'_>) {
        let mut told = Vec::new();
        for (_, plan) in &self.plans {
            let listener = listener_of(plan);
            let balancer = balancer_of(world, listener);
            let visit = Visit { host: &plan.host, path: &plan.path, cookies: "" };
            let Answers::Groups(groups) = rule_of(world, listener, visit) else { continue };
            for (arn, _) in groups {
                let Some(group) = world.target_groups.get(&arn) else { continue };
                if told.contains(&arn) {
                    continue;
                }
                let number = |wanted: TargetState| {
                    let found = group.targets.values().filter(|one| one.state == wanted).count();
                    u32::try_from(found).unwrap_or(u32::MAX)
                };
                let (healthy, unhealthy) =
                    (number(TargetState::Healthy), number(TargetState::Unhealthy));
                publisher.hosts(&balancer, &arn, healthy, unhealthy);
                told.push(arn);
            }
        }
    }
}

fn listener_of(plan: &TrafficPlan) -> &str {
    if plan.listener.is_empty() { EXAMPLE_LISTENER } else { &plan.listener }
}
