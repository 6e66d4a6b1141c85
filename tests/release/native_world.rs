//! The example world with one service that ECS deploys by its own strategies, and transcripts of
//! what a person reads.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::weighted_world::CANARY_GROUP;
use crate::world::{Told, World};
use ecs_canary::model::{
    Course, Goal, Located, Location, NativeStrategy, NativeTraffic, OutcomeKind, PauseStage,
    TargetGroupArn, Timestamp, Traffic, TrafficShare, Wanted,
};
use ecs_sim::cloud::{EXAMPLE_CLUSTER, EXAMPLE_TARGET_GROUP, Switches};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A canary of ten per cent with a pause before each step.
pub(crate) fn canary() -> NativeStrategy {
    NativeStrategy::Canary(TrafficShare::from_tenths(100))
}

fn place<T>(value: T) -> Located<T> {
    let at = Location { file: "ecs-canary.yml".to_owned(), line: 9, column: 3 };
    Located { value, at }
}

impl World {
    /// A quick world with two target groups and a rule that names both; version 1 runs.
    pub(crate) async fn native() -> Self {
        Self::native_with(Switches::default()).await
    }

    /// The same, where AWS behaves in the other one of two possible ways.
    pub(crate) async fn native_with(switches: Switches) -> Self {
        let world = Self::quick_with(switches).with_two_groups();
        world.set_weights(1, 0);
        world.native_released(1).await;
        world
    }

    /// Brings `version` to all requests.
    pub(crate) async fn native_released(&self, version: u32) {
        let told = self.release(&self.native_wish(Goal::Full, version)).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    }

    pub(crate) fn native_traffic(&self) -> NativeTraffic {
        NativeTraffic {
            strategy: canary(),
            step_bake: Duration::ZERO,
            bake: MINUTE,
            pauses: place(vec![PauseStage::PreProductionTrafficShift]),
            timeout: 30 * MINUTE,
            rule: place(self.traffic().rule),
            test_rule: None,
            group: TargetGroupArn::new(EXAMPLE_TARGET_GROUP),
            alternate: place(TargetGroupArn::new(CANARY_GROUP)),
            role: place("arn:aws:iam::111122223333:role/ecs".to_owned()),
        }
    }

    /// The wish for `version`: a canary of ten per cent that is held for two minutes.
    pub(crate) fn native_wish(&self, goal: Goal, version: u32) -> Wanted {
        self.native_by(goal, version, |_| {})
    }

    /// The same with other settings.
    pub(crate) fn native_by(
        &self,
        goal: Goal,
        version: u32,
        change: impl FnOnce(&mut NativeTraffic),
    ) -> Wanted {
        let mut traffic = self.native_traffic();
        change(&mut traffic);
        let course = Course {
            traffic: Traffic::Native(Box::new(traffic)),
            hold: 2 * MINUTE,
            ..Course::default()
        };
        Wanted { canary: None, course, ..self.wanted(goal, version) }
    }

    /// The world's clock in seconds.
    pub(crate) fn clock_seconds(&self) -> i64 {
        ecs_canary::ports::Clock::now(&self.clock).as_millis() / 1000
    }

    /// The newest service deployment, as ECS describes it.
    pub(crate) fn newest(&self) -> Value {
        let body = json!({ "cluster": EXAMPLE_CLUSTER, "service": "release" });
        let listed = self.port.now("ListServiceDeployments", body);
        let arn = listed["serviceDeployments"][0]["serviceDeploymentArn"].clone();
        let body = json!({ "serviceDeploymentArns": [arn] });
        self.port.now("DescribeServiceDeployments", body)["serviceDeployments"][0].clone()
    }

    /// The pause that waits now, as a body for ContinueServiceDeployment.
    pub(crate) fn pause(&self) -> Option<Value> {
        let newest = self.newest();
        let hooks = crate::convert::list(&newest["lifecycleHookDetails"]);
        let hook = hooks.iter().find(|hook| hook["status"] == "AWAITING_ACTION")?;
        Some(json!({
            "serviceDeploymentArn": newest["serviceDeploymentArn"], "hookId": hook["hookId"],
        }))
    }

    /// Lets time pass until a pause waits.
    pub(crate) async fn until_paused(&self) -> Value {
        for _ in 0..600 {
            if let Some(pause) = self.pause() {
                return pause;
            }
            self.pass(Duration::from_secs(1)).await;
        }
        panic!("no pause: {}", self.newest());
    }

    /// Lets time pass until the newest deployment ended.
    pub(crate) async fn until_ended(&self) -> String {
        for _ in 0..4000 {
            let status = self.newest()["status"].as_str().unwrap().to_owned();
            if !["PENDING", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"]
                .contains(&status.as_str())
            {
                return status;
            }
            self.pass(Duration::from_secs(5)).await;
        }
        panic!("no end: {}", self.newest());
    }

    /// Who has the requests, and what ECS calls the last deployment.
    pub(crate) fn native_state(&self) -> String {
        let status = self.newest()["status"].as_str().unwrap().to_owned();
        format!("{}; weights {}; {status}", self.state(), self.weights())
    }
}

/// What people read, of one or more jobs one after the other.
pub(crate) struct Transcript(String);

impl Transcript {
    /// `what` says in a sentence what happens.
    pub(crate) fn new(what: &str) -> Self {
        Self(format!("# {what}\n"))
    }

    /// Something that happens beside the jobs.
    pub(crate) fn meanwhile(&mut self, what: &str) {
        self.0.push_str(&format!("* {what}\n"));
    }

    pub(crate) fn job(&mut self, command: &str, told: &Told) {
        self.0.push_str(&format!("$ ecs-canary {command}\n"));
        for line in told.log.lines() {
            // A finding names what a person has to look for, whatever its length.
            let is_short = line.starts_with("! ") || line.chars().count() <= 102;
            assert!(is_short, "a long line: {line}");
            self.0.push_str(&format!("  {}\n", timeless(line)));
        }
        let outcome = &told.ended.outcome;
        let kind = serde_json::to_value(outcome.outcome).unwrap();
        self.0.push_str(&format!("= {}: {}\n", kind.as_str().unwrap(), timeless(told.reason())));
        if let Some(hint) = &outcome.hint {
            self.0.push_str(&format!("  {hint}\n"));
        }
    }

    pub(crate) fn now(&mut self, world: &World) {
        self.0.push_str(&format!("> {}\n", world.native_state()));
    }

    /// Compares with `tests/scenarios/native/NAME.txt`; `UPDATE_SCENARIOS=1` writes it.
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    pub(crate) fn is(&self, name: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let golden = root.join(format!("tests/scenarios/native/{name}.txt"));
        if std::env::var_os("UPDATE_SCENARIOS").is_some() {
            std::fs::write(&golden, &self.0).unwrap();
        }
        let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
        if wanted != self.0 {
            let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("native-{name}.txt"));
            std::fs::write(&new, &self.0).unwrap();
            let both = format!("{} and {}", golden.display(), new.display());
            panic!("another transcript, compare {both}\n{}", self.0);
        }
    }
}

/// Points in time, durations and ids, which differ with every change of the loop or of the
/// simulated cloud, as `TIME`, `T` and `ID`.
fn timeless(line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(point).collect();
    let mut shown: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while let [first, tail @ ..] = rest {
        let number = first.trim_start_matches('(');
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let unit = tail.first().map(|unit| unit.trim_end_matches([')', ',', ':', ';']));
        let is_time = is_number && matches!(unit, Some("s" | "min" | "h"));
        match tail {
            [unit, after @ ..] if is_time => {
                let open = if first.starts_with('(') { "(" } else { "" };
                let close: String = unit.chars().skip_while(|c| c.is_alphabetic()).collect();
                let before = shown.last().is_some_and(|last| last.ends_with('T'));
                match shown.last_mut().filter(|_| before) {
                    Some(last) => last.push_str(&close),
                    None => shown.push(format!("{open}T{close}")),
                }
                rest = after;
            }
            _ => {
                shown.push(first.clone());
                rest = tail;
            }
        }
    }
    shown.join(" ")
}

fn point(word: &str) -> String {
    let time = word.trim_end_matches([':', ',', ';']);
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_time_of_day = time.split(':').count() == 3 && time.split(':').all(|two| digits(two, 2));
    let id = time.trim_end_matches(['.', '…', ')']).trim_start_matches('(');
    let is_id = digits(id, 8) && !id.bytes().all(|byte| byte == b'0');
    if time.parse::<Timestamp>().is_ok() || is_time_of_day {
        word.replace(time, "TIME")
    } else if is_id || (id.starts_with("ecs-svc/") && id.len() > 8) {
        word.replace(id, "ID")
    } else {
        word.to_owned()
    }
}
