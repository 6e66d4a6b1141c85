//! The program gets SIGKILL at requests that chance chose, and the same command is run again: the
//! end is that of the undisturbed run.
//!
//! The moment is a request, not a time: from the chosen one on the simulated cloud answers
//! nothing and changes nothing, so that it does not matter how long the signal takes. The chosen
//! request itself is carried out ("change applied, answer not read") or not.

use crate::random::Random;
use crate::weighted;
use crate::world::World;
use ecs_canary::model::Timestamp;
use ecs_sim::cloud::brain::Cloud;
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Fault, FaultKind, RecordedCall};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;
use tokio::time::Instant;

const SEED: u64 = 20;
/// Kills of each scene: fifty-one in all.
const KILLS: usize = 17;

/// A command, the account before it, and what it does when nothing disturbs it.
struct Scene {
    world: World,
    words: &'static [&'static str],
    before: Cloud,
    calls: Vec<RecordedCall>,
    end: String,
}

impl Scene {
    fn new(world: World, words: &'static [&'static str]) -> Self {
        let before = world.cloud.with(|cloud, _| cloud.clone());
        let mut scene = Self { world, words, before, calls: Vec::new(), end: String::new() };
        scene.world.run(words).good();
        scene.calls = scene.since();
        scene.end = scene.end_of_it();
        scene
    }

    /// The calls since the command began.
    fn since(&self) -> Vec<RecordedCall> {
        self.world.cloud.calls().split_off(self.before.calls().len())
    }

    /// What is left: services, their tags and those of what they run, weights.
    fn end_of_it(&self) -> String {
        let mut text = self.world.services();
        for row in self.world.cloud.services() {
            let (images, rollout, last) = (&row.images, &row.rollout, &row.deployment);
            writeln!(text, "{} {images:?} {rollout} {last}", row.service).unwrap();
            let body = json!({
                "cluster": EXAMPLE_CLUSTER, "services": [row.service], "include": ["TAGS"],
            });
            text += &tags(&self.ask("DescribeServices", body)["services"][0]["tags"]);
            let body = json!({ "taskDefinition": row.revision, "include": ["TAGS"] });
            text += &tags(&self.ask("DescribeTaskDefinition", body)["tags"]);
        }
        text + &self.world.weights()
    }

    fn ask(&self, action: &str, body: Value) -> Value {
        self.world
            .cloud
            .with(|cloud, now| cloud.call(now, EXAMPLE_ACCESS_KEY, "ecs", action, body).unwrap())
    }

    /// A request of the undisturbed run, by chance; every other time one that changes something.
    fn point(&self, random: &mut Random, changes: bool) -> Fault {
        let kind = FaultKind::Silence { applied: random.below(2) == 0 };
        let asks: Vec<usize> =
            (0..self.calls.len()).filter(|&at| self.calls[at].mutating || !changes).collect();
        let at = asks[random.below(asks.len())];
        let action = if changes { self.calls[at].action.as_str() } else { "*" };
        let earlier = if changes {
            self.calls[..at].iter().filter(|call| call.action == action).count()
        } else {
            at
        };
        Fault::times(action, 1, kind).after(u32::try_from(earlier).unwrap())
    }

    /// Runs the command until it is killed at `point`; false when it ended before.
    #[expect(clippy::disallowed_methods, reason = "looks again at what another process did")]
    fn is_killed_at(&self, point: &Fault) -> bool {
        self.world.cloud.with(|cloud, _| *cloud = self.before.clone());
        self.world.cloud.fault(point.clone());
        let mut started = self.world.start(self.words, "");
        while !self.world.cloud.with(|cloud, _| cloud.is_silent()) {
            if started.has_ended() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(started.kill(), "it ended by itself while nothing was answered");
        self.world.cloud.with(|cloud, _| cloud.clear_faults());
        true
    }

    /// Kills it so many times, each time runs it again, and compares.
    fn comes_to_the_same_end(&self) {
        let (mut random, began) = (Random::new(SEED), Instant::now());
        let (mut killed, mut tried) = (0, 0);
        while killed < KILLS {
            let point = self.point(&mut random, tried % 2 == 0);
            tried += 1;
            assert!(tried < 4 * KILLS, "it ends before most of the chosen requests");
            if !self.is_killed_at(&point) {
                continue;
            }
            killed += 1;
            let again = self.world.run(self.words);
            let how = format!("seed {SEED}, killed at {point:?}\n{}", again.stderr);
            assert_eq!(again.code, 0, "{how}");
            assert_eq!(self.end_of_it(), self.end, "{how}");
            self.has_one_change_at_a_time(&how);
        }
        let changes = self.calls.iter().filter(|call| call.mutating).count();
        println!(
            "{}: killed at {killed} of {} requests ({changes} changes), run again, the same end \
             after each; seed {SEED}, {:.1} s",
            self.words.join(" "),
            self.calls.len(),
            began.elapsed().as_secs_f64()
        );
    }

    /// No service or rule is changed while ECS still carries out an earlier change.
    fn has_one_change_at_a_time(&self, how: &str) {
        for call in self.since() {
            let moves = ["CreateService", "UpdateService", "ModifyRule"].contains(&&*call.action);
            let in_flight = moves && call.outcome == "ok" && call.rollouts > 0;
            assert!(!in_flight, "{} during a rollout; {how}", call.action);
        }
    }
}

/// Tags without times.
fn tags(tags: &Value) -> String {
    let mut text = String::new();
    for tag in tags.as_array().into_iter().flatten() {
        let (key, value) = (tag["key"].as_str().unwrap(), tag["value"].as_str().unwrap());
        let is_time = |word: &str| word.parse::<Timestamp>().is_ok();
        let words = value.split(' ').map(|word| if is_time(word) { "TIME" } else { word });
        let value: Vec<&str> = words.collect();
        writeln!(text, "  {key} = {}", value.join(" ")).unwrap();
    }
    text
}

/// So many versions are built, and the first `released` of them were released.
fn twin(built: u64, released: u64) -> World {
    let mut world = World::quick();
    world.edit("ecs-canary.yml", "mode: twin", "mode: twin\nhold: 10s");
    for version in 1..=built {
        let tag = format!("{version}.0.0");
        world.at_commit(&version.to_string().repeat(40), &tag, 100 + version);
        world.set("CI_JOB_ID", &(1000 + version).to_string());
        world.remove("image.json");
        world.write("html/index.html", &tag);
        world.build();
        if version <= released {
            world.run(&["deploy", "canary"]).good();
            world.run(&["deploy", "full"]).good();
        }
    }
    world
}

#[test]
fn a_twin_release_comes_to_the_same_end() {
    Scene::new(twin(2, 1), &["release"]).comes_to_the_same_end();
}

#[test]
fn a_release_by_weights_comes_to_the_same_end_and_weights() {
    let world = weighted::second_version("steps: [10, 50]\nhold: 10s");
    Scene::new(world, &["release"]).comes_to_the_same_end();
}

#[test]
fn a_rollback_comes_to_the_same_end_and_not_to_one_further_back() {
    let mut world = twin(3, 3);
    // The job by its id: without one a rollback that was done and is asked for again is another.
    world.set("CI_JOB_ID", "2000");
    Scene::new(world, &["rollback"]).comes_to_the_same_end();
}
