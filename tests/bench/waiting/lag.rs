//! Rollouts by chance, one after the other: the lag, and the reads beside those of others.

use crate::random::Random;
use crate::spread::Spread;
use crate::watched::watch;
use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, Wanted};
use ecs_sim::cloud::{CloudOptions, EXAMPLE_TARGET_GROUP, TaskFate};
use serde_json::json;

const ROLLOUTS: u32 = 500;
const SEED: u64 = 20;
/// ecs-cli looks every five seconds, the waiter of the AWS CLI every fifteen.
const ECS_CLI: f64 = 5.0;
const AWS_CLI: f64 = 15.0;

/// A rollout as it may be.
struct Shape {
    tasks: u32,
    percents: &'static str,
    pull: f64,
    checks: (usize, usize),
    draining: usize,
    fails: bool,
}

impl Shape {
    fn by_chance(random: &mut Random) -> Self {
        let one_of = |random: &mut Random, values: &[usize]| values[random.below(values.len())];
        let percents = ["100/200", "50/200", "50/100", "100/150"];
        #[expect(clippy::cast_precision_loss, reason = "seconds")]
        let pull = (1 + random.below(60)) as f64;
        Self {
            tasks: u32::try_from(2 + random.below(7)).unwrap(),
            percents: percents[random.below(percents.len())],
            pull,
            checks: (one_of(random, &[5, 10, 30]), one_of(random, &[2, 3, 5])),
            draining: one_of(random, &[0, 5, 30, 60, 120, 300]),
            fails: random.below(5) == 0,
        }
    }

    /// A world in which version 1 runs, and the wish for version 2.
    async fn world(&self, seed: u64) -> (World, Wanted) {
        let world = World::with(CloudOptions { seed, ..CloudOptions::default() });
        let first = world.release(&self.wanted(&world, 1)).await;
        assert_eq!(first.kind(), OutcomeKind::Succeeded, "{}", first.log);
        world.elb(
            "ModifyTargetGroup",
            json!({
                "TargetGroupArn": EXAMPLE_TARGET_GROUP,
                "HealthCheckIntervalSeconds": self.checks.0,
                "HealthCheckTimeoutSeconds": 2,
                "HealthyThresholdCount": self.checks.1,
            }),
        );
        world.elb(
            "ModifyTargetGroupAttributes",
            json!({ "TargetGroupArn": EXAMPLE_TARGET_GROUP, "Attributes": [{
                "Key": "deregistration_delay.timeout_seconds",
                "Value": self.draining.to_string(),
            }] }),
        );
        let fate = if self.fails { TaskFate::crash_at_start(1) } else { TaskFate::default() };
        world.fate(2, TaskFate { pull_seconds: Some(self.pull), ..fate });
        let wanted = self.wanted(&world, 2);
        (world, wanted)
    }

    fn wanted(&self, world: &World, version: u32) -> Wanted {
        let mut wanted = world.wanted(Goal::Full, version);
        wanted.canary = None;
        let full = wanted.full.as_mut().unwrap();
        full.count = ecs_canary::model::CountRule::AtCreate(self.tasks);
        full.percents = Some(self.percents.parse().unwrap());
        wanted
    }
}

/// What a client that looks every `pause` seconds during `rollout` would do: reads, and the
/// seconds from the end to the look that sees it. It begins somewhere in its first pause: ECS's own
/// rhythm is not in step with it.
fn others(rollout: f64, pause: f64, begins: f64) -> (f64, f64) {
    let looks = ((rollout - begins * pause) / pause).ceil();
    (looks + 1.0, (looks + begins) * pause - rollout)
}

/// Prints the table; true when what is promised is kept.
pub(crate) async fn measure() -> bool {
    let mut random = Random::new(SEED);
    let (mut lags, mut failed, mut reads) = (Vec::new(), Vec::new(), 0_usize);
    let mut rollouts = Vec::new();
    for number in 0..ROLLOUTS {
        let shape = Shape::by_chance(&mut random);
        let (world, wanted) = shape.world(u64::from(number)).await;
        let watched = watch(&world.port, &wanted, "release").await;
        let good = watched.ended.outcome.outcome == OutcomeKind::Succeeded;
        assert!(good != shape.fails, "rollout {number}: {:?}", watched.ended.outcome);
        let (rollout, lag) = watched.lag(&world.port, "release");
        reads += watched.reads(&world.port);
        rollouts.push(rollout);
        if good { lags.push(lag) } else { failed.push(lag) }
    }
    let mut theirs = |pause: f64| {
        let all = rollouts.iter().map(|&rollout| others(rollout, pause, random.share()));
        let (reads, lags): (Vec<f64>, Vec<f64>) = all.unzip();
        (reads.iter().sum::<f64>(), Spread::of(lags))
    };
    let (ecs_cli, aws_cli) = (theirs(ECS_CLI), theirs(AWS_CLI));
    let spans = Spread::of(rollouts.iter().copied());
    let (lags, failed) = (Spread::of(lags), Spread::of(failed));
    println!("{ROLLOUTS} rollouts by chance, seed {SEED}, of {:.0} s in the mean", spans.mean());
    println!("\n| Seconds from the end of the rollout | mean | p50 | p95 | p99 | most | reads |");
    println!("|---|---|---|---|---|---|---|");
    println!("| this program, good ends | {} | |", lags.cells());
    println!("| this program, failures | {} | {reads} in all |", failed.cells());
    println!("| a look every 5 s, as ecs-cli | {} | {:.0} |", ecs_cli.1.cells(), ecs_cli.0);
    println!(
        "| a look every 15 s, as `services-stable` | {} | {:.0} |\n",
        aws_cli.1.cells(),
        aws_cli.0
    );
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    let fewer = reads as f64 <= ecs_cli.0;
    lags.mean() <= 3.0 && fewer
}
