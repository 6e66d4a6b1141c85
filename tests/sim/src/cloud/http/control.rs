//! The control API under `/_sim/`: what tests and the demo do to the account from outside.
//! Owns its paths; every answer is JSON.

use super::{Received, Shared};
use crate::cloud::brain::{
    FateRule, Fault, MetricDelay, MetricTrouble, RecordedCall, SCENARIOS, ScenarioTarget,
    ScriptLine, TrafficPlan, scenario,
};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// The control API of one account.
#[derive(Debug)]
pub(super) struct Control {
    shared: Shared,
}

/// What a control call is refused with.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("there is no {0} {1}; GET /_sim/ lists what there is")]
    Unknown(Method, String),
    #[error("the body is not what {0} takes: {1}")]
    Body(String, serde_json::Error),
}

/// What there is, for people with a browser.
const PATHS: [&str; 22] = [
    "GET /_sim/state",
    "GET /_sim/services",
    "GET /_sim/calls",
    "DELETE /_sim/calls",
    "GET /_sim/unknown-actions",
    "GET /_sim/clock",
    "POST /_sim/clock {\"advance_seconds\": 60}",
    "GET /_sim/faults",
    "POST /_sim/faults {\"action\": \"UpdateService\", \"kind\": \"throttle\", \"times\": 2}",
    "DELETE /_sim/faults",
    "POST /_sim/fates {\"image\": \"@sha256:...\", \"fate\": {\"exit\": {\"code\": 1}}}",
    "DELETE /_sim/fates",
    "POST /_sim/alarms {\"name\": \"high-errors\", \"raised\": true}",
    "POST /_sim/capacity {\"tasks\": 3}",
    "GET /_sim/traffic",
    "POST /_sim/traffic {\"per_second\": 20}",
    "DELETE /_sim/traffic",
    "POST /_sim/script [{\"after\": 20, \"do\": \"alarm\", \"name\": \"errors\", \"raised\": true}]",
    "GET /_sim/scenarios",
    "POST /_sim/scenarios {\"name\": \"superseded\", \"target\": {\"service\": \"release\"}}",
    "POST /_sim/metric-delay {\"lag_seconds\": 60}",
    "POST /_sim/metric-troubles [{\"metric\": \"RequestCount\", \"status\": \"PartialData\"}]",
];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Alarm {
    name: String,
    raised: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Capacity {
    /// Null = no limit.
    tasks: Option<usize>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    name: String,
    target: ScenarioTarget,
}

impl Control {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared }
    }

    pub(super) fn answer(&self, received: &Received) -> Response<Full<Bytes>> {
        let (status, body) = match self.act(received) {
            Ok(body) => (200, body),
            Err(refusal @ Refusal::Unknown(..)) => (404, json!({"error": refusal.to_string()})),
            Err(refusal @ Refusal::Body(..)) => (400, json!({"error": refusal.to_string()})),
        };
        Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Full::from(body.to_string()))
            .unwrap_or_default()
    }

    fn act(&self, received: &Received) -> Result<Value, Refusal> {
        let path = received.head.uri.path();
        let shared = &self.shared;
        match (received.head.method.as_str(), path.trim_start_matches("/_sim/")) {
            ("GET", "") => Ok(json!(PATHS)),
            ("GET", "state") => Ok(shared.with(|cloud, _| cloud.dump())),
            ("GET", "services") => Ok(shared.with(|cloud, _| json!(cloud.services()))),
            ("GET", "calls") => {
                Ok(shared
                    .with(|cloud, _| cloud.calls().iter().map(RecordedCall::to_json).collect()))
            }
            ("DELETE", "calls") => Ok(shared.with(|cloud, _| {
                cloud.clear_calls();
                json!({})
            })),
            ("GET", "unknown-actions") => {
                Ok(shared.with(|cloud, _| json!(cloud.unknown_actions())))
            }
            ("GET", "clock") => Ok(self.clock()),
            ("POST", "clock") => {
                let Advance { advance_seconds } = parse(received)?;
                let span = Duration::try_from_secs_f64(advance_seconds).unwrap_or_default();
                shared.clock.jump(span);
                shared.with(|_, _| ());
                Ok(self.clock())
            }
            ("GET", "faults") => Ok(shared.with(|cloud, _| json!(cloud.faults()))),
            ("POST", "faults") => {
                let fault: Fault = parse(received)?;
                Ok(shared.with(|cloud, _| {
                    cloud.add_fault(fault);
                    json!(cloud.faults())
                }))
            }
            ("DELETE", "faults") => Ok(shared.with(|cloud, _| {
                cloud.clear_faults();
                json!({})
            })),
            ("POST", "fates") => {
                let rule: FateRule = parse(received)?;
                shared.with(|cloud, _| cloud.set_fate(rule));
                Ok(json!({}))
            }
            ("DELETE", "fates") => Ok(shared.with(|cloud, _| {
                cloud.clear_fates();
                json!({})
            })),
            ("POST", "alarms") => {
                let Alarm { name, raised } = parse(received)?;
                shared.with(|cloud, _| cloud.set_alarm(&name, raised));
                Ok(json!({}))
            }
            ("POST", "capacity") => {
                let Capacity { tasks } = parse(received)?;
                shared.with(|cloud, _| cloud.set_capacity(tasks));
                Ok(json!({}))
            }
            _ => self.act_on_users(received),
        }
    }

    /// Users, metrics, scripts and scenarios.
    fn act_on_users(&self, received: &Received) -> Result<Value, Refusal> {
        let path = received.head.uri.path();
        let shared = &self.shared;
        match (received.head.method.as_str(), path.trim_start_matches("/_sim/")) {
            ("GET", "traffic") => Ok(self.traffic()),
            ("POST", "traffic") => {
                let plan: TrafficPlan = parse(received)?;
                shared.with(|cloud, _| cloud.start_traffic(plan));
                Ok(self.traffic())
            }
            ("DELETE", "traffic") => {
                shared.with(|cloud, _| cloud.stop_traffic());
                Ok(self.traffic())
            }
            ("POST", "script") => {
                let lines: Vec<ScriptLine> = parse(received)?;
                shared.with(|cloud, _| cloud.run_script(lines));
                Ok(json!({}))
            }
            ("POST", "metric-delay") => {
                let delay: MetricDelay = parse(received)?;
                shared.with(|cloud, _| cloud.set_metric_delay(delay));
                Ok(json!({}))
            }
            ("POST", "metric-troubles") => {
                let troubles: Vec<MetricTrouble> = parse(received)?;
                shared.with(|cloud, _| cloud.set_metric_troubles(troubles));
                Ok(json!({}))
            }
            ("GET", "scenarios") => {
                Ok(SCENARIOS.iter().map(|(group, name, _)| json!([group, name])).collect())
            }
            ("POST", "scenarios") => {
                let Play { name, target } = parse(received)?;
                let lines = scenario(&name, &target)
                    .ok_or_else(|| Refusal::Unknown(received.head.method.clone(), name))?;
                shared.with(|cloud, _| cloud.run_script(lines));
                Ok(json!({}))
            }
            _ => Err(Refusal::Unknown(received.head.method.clone(), path.to_owned())),
        }
    }

    fn traffic(&self) -> Value {
        self.shared.with(|cloud, _| {
            json!({
                "seed": cloud.seed(),
                "plans": cloud.traffic(),
                "by_image": cloud.tallies(),
            })
        })
    }

    fn clock(&self) -> Value {
        let now = self.shared.clock.now();
        json!({
            "now": now.epoch_seconds(),
            "iso8601": now.iso8601(),
            "speed": self.shared.clock.speed(),
        })
    }
}

fn parse<T: DeserializeOwned>(received: &Received) -> Result<T, Refusal> {
    serde_json::from_slice(&received.body)
        .map_err(|cause| Refusal::Body(received.head.uri.path().to_owned(), cause))
}
