//! A release whose wait is timed from outside: when it began and ended, what ECS says of the end,
//! and what was read meanwhile.

use crate::cloud_port::{SimClock, SimPort};
use ecs_canary::apply::{Ended, run};
use ecs_canary::model::{Event, Timestamp, Wanted};
use ecs_canary::ports::{CancelHandle, Clock as _, Reporter};
use ecs_sim::cloud::RecordedCall;
use serde_json::json;
use std::cell::RefCell;
use std::time::Duration;

/// Notes when the wait for a service begins and ends.
struct Stopwatch<'a> {
    clock: &'a SimClock,
    section: String,
    noted: RefCell<(Option<Timestamp>, Option<Timestamp>)>,
}

impl Reporter for Stopwatch<'_> {
    fn emit(&self, event: Event) {
        let mut noted = self.noted.borrow_mut();
        match event {
            Event::SectionStart { name, .. } if name == self.section => {
                noted.0.get_or_insert(self.clock.now());
            }
            Event::SectionEnd { name, .. } if name == self.section => {
                noted.1 = Some(self.clock.now());
            }
            _ => {}
        }
    }
}

/// A wait as it went.
pub(crate) struct Watched {
    pub(crate) ended: Ended,
    /// When it began and ended, in milliseconds; `None` when nothing was waited for.
    pub(crate) wait: Option<(i64, i64)>,
}

impl Watched {
    /// Seconds of the rollout from the wait's beginning, and from the rollout's end, as ECS dates
    /// it, to that of the wait.
    pub(crate) fn lag(&self, port: &SimPort, service: &str) -> (f64, f64) {
        let (began, noticed) = self.wait.unwrap();
        let over = finished(port, service);
        let seconds = |from: i64, to: i64| {
            Duration::from_millis(u64::try_from(to - from).unwrap_or(0)).as_secs_f64()
        };
        (seconds(began, over), seconds(over, noticed))
    }

    /// Calls in the wait that read.
    pub(crate) fn reads(&self, port: &SimPort) -> usize {
        let (began, noticed) = self.wait.unwrap();
        let cloud = port.cloud.borrow();
        let of_wait =
            |call: &&RecordedCall| !call.mutating && (began..=noticed).contains(&call.at.millis());
        cloud.calls().iter().filter(of_wait).count()
    }
}

/// Releases as `wanted`, and times the wait for `service`.
pub(crate) async fn watch(port: &SimPort, wanted: &Wanted, service: &str) -> Watched {
    port.revisions.borrow_mut().get_or_insert_default();
    let clock = port.clock;
    let section = format!("wait-{service}");
    let stopwatch = Stopwatch { clock: &clock, section, noted: RefCell::default() };
    let (_handle, cancel) = CancelHandle::new();
    let ended = run(port, &clock, &stopwatch, &cancel, wanted).await;
    let (began, noticed) = stopwatch.noted.into_inner();
    let wait = began.zip(noticed).map(|(from, to)| (from.as_millis(), to.as_millis()));
    Watched { ended, wait }
}

/// When ECS finished the newest deployment of `service`, in milliseconds.
fn finished(port: &SimPort, service: &str) -> i64 {
    let cluster = ecs_sim::cloud::EXAMPLE_CLUSTER;
    let named = json!({ "cluster": cluster, "service": service });
    let listed = port.now("ListServiceDeployments", named);
    let arn = &listed["serviceDeployments"][0]["serviceDeploymentArn"];
    let body = json!({ "serviceDeploymentArns": [arn] });
    let found = port.now("DescribeServiceDeployments", body);
    let at = found["serviceDeployments"][0]["finishedAt"].as_f64().unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "a time of this century")]
    let millis = (at * 1000.0).round() as i64;
    millis
}
