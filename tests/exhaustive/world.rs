//! What is explored: where a release begins, what it wants, and what may go wrong.

use crate::cloud::{Change, Cloud, Side};
use crate::look::{self, time};
use crate::scaling;
use ecs_canary::model::{
    AfterFull, ClusterName, CommitSha, CountRule, Course, Goal, ImageRule, ListenerRuleArn,
    OlderRule, OnCancel, ReleaseIdentity, RollbackTo, ServiceWanted, TargetGroupArn,
    TaskDefinitionSpec, Traffic, TrafficShare, Wanted, WeightedTraffic,
};
use serde_json::json;
use std::time::Duration;

/// The version that a colleague deploys without this program.
pub(crate) const THEIRS: u8 = 9;
/// The time at which a run begins.
pub(crate) const START: i64 = 10_000;

/// One thing to explore.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub name: &'static str,
    pub wanted: Wanted,
    pub cloud: Cloud,
    /// At most so many faults.
    pub faults: u8,
    /// A colleague may deploy once, at any point.
    pub colleague: bool,
    /// Autoscaling may change a count once, at any point.
    pub scales: bool,
}

/// What a world starts from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub name: &'static str,
    pub goes_back: bool,
    pub weighted: bool,
    /// The full service's tasks are replaced in place.
    pub in_place: bool,
    /// Autoscaling sets the counts. Without a rule somebody has the canary's scale-in suspended.
    /// No colleague deploys.
    pub autoscaled: bool,
    /// Patience in seconds.
    pub patience: u64,
}

impl Setting {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            goes_back: true,
            weighted: false,
            in_place: false,
            autoscaled: false,
            patience: 3300,
        }
    }
}

/// Version 1 runs on both services and version 2 is wanted; for a rollback, 3 runs, 1 is
/// deregistered and 2 was good.
pub(crate) fn world(setting: Setting, goal: Goal) -> World {
    let is_rollback = matches!(goal, Goal::Rollback(_));
    let versions: &[u8] = if is_rollback { &[1, 2, 3] } else { &[1] };
    let mut cloud = Cloud {
        services: [None, None],
        revisions: Vec::new(),
        weights: setting.weighted.then_some((100, 0)),
        next: 0,
        bad: None,
        denied: None,
        goes_back: setting.goes_back,
    };
    for version in versions {
        for (side, count) in [(Side::Full, 2), (Side::Canary, 1)] {
            let at = i64::from(*version) * 1000;
            released(&mut cloud, side, (*version, count), at);
        }
    }
    for revision in cloud.revisions.iter_mut().filter(|one| is_rollback && one.version == 1) {
        revision.active = false;
    }
    cloud.services[Side::Full as usize]
        .iter_mut()
        .for_each(|full| full.in_place = setting.in_place);
    if setting.autoscaled {
        scaling::registered(&mut cloud, setting);
    }
    World {
        name: setting.name,
        wanted: wanted(setting, goal),
        cloud,
        faults: 2,
        colleague: !setting.autoscaled,
        scales: setting.autoscaled,
    }
}

fn released(cloud: &mut Cloud, side: Side, (version, count): (u8, u8), at: i64) {
    let number = cloud.register(side, version, Some(version));
    let done = match cloud.of(side) {
        None => cloud.create(side, (number, count), at),
        Some(_) => cloud.update(side, &Change { revision: Some(number), ..Change::default() }, at),
    };
    assert_eq!(done, Ok(()));
    for _ in 0..4 {
        cloud.tick();
    }
    if let Some(revision) = cloud.revisions.last_mut() {
        revision.succeeded = Some(at + 60);
    }
}

fn wanted(setting: Setting, goal: Goal) -> Wanted {
    let needs_task = !matches!(goal, Goal::Rollback(_) | Goal::Abort | Goal::Reap);
    let service = |side: Side, count: CountRule| ServiceWanted {
        task: needs_task.then(|| spec(look::name(side).as_str(), 2)),
        container: needs_task.then(|| "web".to_owned()),
        image_rule: ImageRule::HeldFirst,
        ..ServiceWanted::of_count(look::name(side), count)
    };
    let traffic = if setting.weighted { Traffic::Weighted(traffic()) } else { Traffic::Twin };
    let (first, most) = (TrafficShare::from_tenths(100), TrafficShare::from_tenths(600));
    let identity = identity(if needs_task { 2 } else { 3 });
    Wanted {
        goal,
        cluster: ClusterName::new("c"),
        full: Some(service(Side::Full, CountRule::AtCreate(2))),
        canary: Some(service(Side::Canary, CountRule::Always(1))),
        identity,
        after_full: AfterFull::Keep,
        course: Course {
            traffic,
            steps: if setting.autoscaled { vec![most] } else { vec![first, most] },
            hold: Duration::from_secs(10),
            ..Course::default()
        },
        on_cancel: OnCancel::Stop.into(),
        older: OlderRule::Refuse,
        deadline: time(START).after(Duration::from_secs(setting.patience)),
    }
}

fn traffic() -> WeightedTraffic {
    WeightedTraffic {
        rule: ListenerRuleArn::new("rule"),
        full: TargetGroupArn::new("full"),
        canary: TargetGroupArn::new("canary"),
    }
}

pub(crate) fn last_good() -> Goal {
    Goal::Rollback(RollbackTo::LastGood)
}

pub(crate) fn spec(family: &str, version: u8) -> TaskDefinitionSpec {
    let body = json!({
        "family": family,
        "containerDefinitions": [{
            "name": "web", "image": format!("registry.example/app@sha256:{version:0>64}"), "memory": 128,
        }],
    });
    TaskDefinitionSpec::new(body.as_object().cloned().unwrap_or_default())
}

/// The version in the image of the release's container.
pub(crate) fn version_of(spec: &TaskDefinitionSpec) -> u8 {
    spec.image("web").map_or(0, last_digit)
}

/// Versions have one digit, at the end of commits and digests.
pub(crate) fn last_digit(text: &str) -> u8 {
    text.bytes().last().map_or(0, |digit| digit.wrapping_sub(b'0'))
}

pub(crate) fn identity(version: u8) -> ReleaseIdentity {
    ReleaseIdentity {
        commit: Some(CommitSha::new(format!("{version:0>40}"))),
        pipeline: Some(100 + u64::from(version)),
        job: Some(1000 + u64::from(version)),
        ..ReleaseIdentity::default()
    }
}
