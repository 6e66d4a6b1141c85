//! The wish, from what was declared.

use super::course::course;
use super::judging::judging;
use super::pin::Pinned;
use super::{Chosen, Declared};
use crate::commands::Caller;
use crate::config::ReleaseService;
use crate::failure::{Exit, Failure};
use crate::model::{
    BreakerRule, ContainerName, CountRule, Course, Finding, Goal, LaunchSetting,
    LoadBalancerBinding, Located, OlderRule, ServiceWanted, Timestamp, Wanted,
};
use serde_json::{Map, Value};
use std::time::Duration;

/// Tasks of a service for which nobody says a number.
const DEFAULT_COUNT: u32 = 1;

/// The two services.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Sides {
    pub(in crate::commands) full: Option<ServiceWanted>,
    pub(in crate::commands) canary: Option<ServiceWanted>,
}

impl Sides {
    /// The services of the release file with the wished content.
    ///
    /// # Errors
    /// The release file lacks what they need.
    pub(in crate::commands) fn with_content(
        declared: &Declared,
        pinned: &Pinned,
        chosen: &Chosen,
    ) -> Result<Self, Failure> {
        one_launch(declared.file.launch.as_ref(), &pinned.translated.create_extra)?;
        let one = |service: &ReleaseService, count| {
            let mut wanted = bare(service, count);
            wanted.load_balancer = load_balancer(declared, service)?;
            let extra = &pinned.translated;
            wanted.task = Some(extra.task.with_family(service.name.value.as_str()));
            wanted.container.clone_from(&pinned.container);
            wanted.written_image.clone_from(&pinned.written);
            wanted.image_rule = chosen.rule;
            wanted.percents = service.percents.as_ref().map(|percents| percents.value);
            let grace = declared.file.health_grace.as_ref().map(|grace| grace.value.as_secs());
            wanted.health_grace_seconds = grace
                .filter(|_| wanted.load_balancer.is_some())
                .map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
            wanted.launch = declared.file.launch.as_ref().map(|launch| launch.value.clone());
            wanted.breaker =
                declared.file.breaker.as_ref().map_or(BreakerRule::Keep, |breaker| breaker.value);
            wanted.create_extra.clone_from(&extra.create_extra);
            wanted.update_extra.clone_from(&extra.update_extra);
            Ok::<_, Failure>(wanted)
        };
        let count = |service: &ReleaseService| {
            service.desired.as_ref().map_or(DEFAULT_COUNT, |desired| desired.value)
        };
        let full = declared.file.full.as_ref();
        let full = full.map(|full| one(full, CountRule::AtCreate(count(full)))).transpose()?;
        let canary = declared.file.canary.as_ref();
        let canary =
            canary.map(|canary| one(canary, CountRule::Always(count(canary)))).transpose()?;
        Ok(Self { full, canary })
    }

    /// The services of the release file by name only: for commands that bring no content.
    pub(in crate::commands) fn by_name(declared: &Declared) -> Self {
        let count = |service: &ReleaseService| {
            service.desired.as_ref().map_or(DEFAULT_COUNT, |desired| desired.value)
        };
        let container = declared.file.container.as_ref();
        let container = container.map(|container| container.name.value.to_string());
        let named =
            |wanted: ServiceWanted| ServiceWanted { container: container.clone(), ..wanted };
        let full = declared.file.full.as_ref().map(|full| named(bare(full, CountRule::Keep)));
        let canary = declared.file.canary.as_ref();
        let canary = canary.map(|canary| named(bare(canary, CountRule::Always(count(canary)))));
        Self { full, canary }
    }
}

/// ECS refuses a service with two launch settings, and only after a revision was registered.
fn one_launch(
    launch: Option<&Located<LaunchSetting>>,
    create_extra: &Map<String, Value>,
) -> Result<(), Failure> {
    let Some(launch) = launch.filter(|_| create_extra.contains_key("capacityProviderStrategy"))
    else {
        return Ok(());
    };
    let message = "`launch` and capacity_provider_strategy of ecs-params exclude each other";
    let finding = Finding::error(message).hint("Keep one of them.").located(&launch.at);
    Err(Failure::findings(Exit::File, vec![finding]))
}

/// A service of which nothing is wished but its number of tasks.
pub(in crate::commands) fn bare(service: &ReleaseService, count: CountRule) -> ServiceWanted {
    ServiceWanted::of_count(service.name.value.clone(), count)
}

fn load_balancer(
    declared: &Declared,
    service: &ReleaseService,
) -> Result<Option<LoadBalancerBinding>, Failure> {
    let Some(group) = &service.target_group else { return Ok(None) };
    let container = declared.file.container.as_ref();
    let port = container.and_then(|container| Some((container, container.port.as_ref()?)));
    match port {
        Some((container, port)) => Ok(Some(LoadBalancerBinding {
            target_group: Some(group.value.clone()),
            container: ContainerName::new(container.name.value.as_str()),
            port: port.value,
        })),
        None => Err(declared.fault(
            Finding::error(format!("{} has a target group, but no container", service.name.value))
                .hint("Add `container: {name: ..., port: ...}`."),
        )),
    }
}

/// The whole wish.
///
/// # Errors
/// The release file declares a way that cannot be gone.
pub(in crate::commands) fn wanted(
    goal: Goal,
    sides: Sides,
    declared: &Declared,
    deadline: Timestamp,
    caller: &Caller,
) -> Result<Wanted, Failure> {
    let file = &declared.file;
    let course = match goal {
        // A count has nothing to do with requests.
        Goal::Scale => Course::default(),
        Goal::Canary | Goal::Promote | Goal::Release => judged(course(declared)?, declared)?,
        // These go where a person sends them.
        Goal::Full | Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Service => {
            course(declared)?
        }
    };
    Ok(Wanted {
        goal,
        cluster: declared.cluster.value.clone(),
        full: sides.full,
        canary: sides.canary,
        identity: caller.identity.clone(),
        after_full: file.after_full.as_ref().map(|after| after.value).unwrap_or_default(),
        course,
        on_cancel: file.on_cancel.as_ref().map(|on_cancel| on_cancel.value).unwrap_or_default(),
        older: OlderRule::Refuse,
        deadline,
    })
}

/// With a judge the verdict says how long a share is held, unless `hold` asks for more.
fn judged(course: Course, declared: &Declared) -> Result<Course, Failure> {
    let judging = judging(declared)?;
    let file = &declared.file;
    let hold = match (&judging, &file.hold) {
        (Some(_), None) => Duration::ZERO,
        _ => course.hold,
    };
    Ok(Course { judging, hold, ..course })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Location;

    #[test]
    fn a_launch_setting_beside_a_strategy_is_refused_with_its_place() {
        let at = Location { file: "r.yml".to_owned(), line: 3, column: 9 };
        let mut extra = Map::new();
        for value in [LaunchSetting::Type("EC2".to_owned()), LaunchSetting::Providers(Vec::new())] {
            let launch = Located { value, at: at.clone() };
            extra.remove("capacityProviderStrategy");
            assert!(one_launch(Some(&launch), &extra).is_ok());
            extra.insert("capacityProviderStrategy".to_owned(), Value::from("x"));
            assert!(one_launch(None, &extra).is_ok());
            let failure = one_launch(Some(&launch), &extra).unwrap_err();
            assert!(failure.to_string().starts_with("r.yml:3:9: `launch` and"), "{failure}");
        }
    }
}
