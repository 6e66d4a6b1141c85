//! The example world with one service that ECS deploys by its own strategies.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::weighted_world::CANARY_GROUP;
use crate::world::World;
use ecs_canary::model::{
    Course, Goal, Located, Location, NativeStrategy, NativeTraffic, OutcomeKind, PauseStage,
    TargetGroupArn, Traffic, TrafficShare, Wanted,
};
use ecs_sim::cloud::{EXAMPLE_CLUSTER, EXAMPLE_TARGET_GROUP, Switches};
use serde_json::{Value, json};
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
