//! From ecs-cli's options to one wished service.

use super::balancer::Balancer;
use super::{UpOptions, WaitOptions};
use crate::commands::release::Pinned;
use crate::failure::{Exit, Failure};
use crate::model::{
    BreakerSetting, CountRule, HealthyPercents, LaunchSetting, ServiceName, ServiceWanted,
};
use serde_json::{Value, json};

/// `up` brings one task at first, `create` none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// `service up`
    Up,
    /// `service create`
    Create,
}

/// A service of which nothing but its number of tasks is wished.
pub(super) fn bare(name: &str, count: CountRule) -> ServiceWanted {
    ServiceWanted::of_count(ServiceName::new(name), count)
}

/// The service of `service up` and `service create`.
pub(super) fn service(
    name: &str,
    up: &UpOptions,
    start: Start,
    pinned: &Pinned,
) -> Result<ServiceWanted, Failure> {
    let balancer = Balancer::of(&up.balancer)?;
    let mut wanted = bare(name, count(up, start)?);
    let translated = &pinned.translated;
    wanted.task = Some(translated.task.clone());
    wanted.container.clone_from(&pinned.container);
    wanted.written_image.clone_from(&pinned.written);
    wanted.create_extra.clone_from(&translated.create_extra);
    wanted.update_extra.clone_from(&translated.update_extra);
    wanted.create_extra.extend(balancer.create_extra);
    wanted.load_balancer = balancer.binding;
    wanted.health_grace_seconds = up.balancer.health_check_grace_period;
    wanted.launch =
        up.task.launch_type.as_ref().map(|kind| LaunchSetting::Type(kind.to_uppercase()));
    wanted.force = up.wait.force_deployment;
    if up.wait.force_deployment {
        // ecs-cli says it with a new revision too.
        wanted.update_extra.insert("forceNewDeployment".to_owned(), json!(true));
    }
    percents(&mut wanted, &up.wait);
    if let Some(strategy) = &up.scheduling_strategy {
        let strategy = strategy.to_uppercase();
        wanted.create_extra.insert("schedulingStrategy".to_owned(), json!(strategy));
    }
    if up.disable_ecs_managed_tags {
        wanted.create_extra.insert("enableECSManagedTags".to_owned(), json!(false));
    }
    if let Some(tags) = &up.task.tags {
        let tags = self::tags(tags)?;
        wanted.create_extra.insert("tags".to_owned(), members(&tags));
        wanted.tags = tags.into_iter().collect();
    }
    if wanted.launch.is_some() && wanted.create_extra.contains_key("capacityProviderStrategy") {
        let message = "--launch-type and capacity_provider_strategy exclude each other";
        return Err(Failure::new(Exit::Usage, message)
            .hint("leave --launch-type out, or the strategy of the ecs-params file"));
    }
    Ok(wanted)
}

fn count(up: &UpOptions, start: Start) -> Result<CountRule, Failure> {
    let strategy = up.scheduling_strategy.as_deref().map(str::to_uppercase);
    match (strategy.as_deref(), up.desired_count, start) {
        (Some("DAEMON"), None, _) => Ok(CountRule::Keep),
        (Some("DAEMON"), Some(_), _) => {
            Err(Failure::new(Exit::Usage, "a DAEMON service has no --desired-count"))
        }
        (None | Some("REPLICA"), Some(count), _) => Ok(CountRule::AtCreate(count)),
        (None | Some("REPLICA"), None, Start::Up) => Ok(CountRule::EcsCli),
        (None | Some("REPLICA"), None, Start::Create) => Ok(CountRule::AtCreate(0)),
        (Some(other), ..) => Err(Failure::new(
            Exit::Usage,
            format!("--scheduling-strategy {other}: REPLICA or DAEMON is wanted"),
        )),
    }
}

/// Both per cents are one setting; one alone is sent alone, as ecs-cli does it.
pub(super) fn percents(wanted: &mut ServiceWanted, wait: &WaitOptions) {
    let (minimum, maximum) = (wait.deployment_min_healthy_percent, wait.deployment_max_percent);
    let alone = match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => {
            wanted.percents = Some(HealthyPercents { minimum, maximum });
            return;
        }
        (Some(minimum), None) => json!({ "minimumHealthyPercent": minimum }),
        (None, Some(maximum)) => json!({ "maximumPercent": maximum }),
        (None, None) => return,
    };
    let on = BreakerSetting { enabled: true, rollback: true };
    let mut at_create = alone.clone();
    at_create["deploymentCircuitBreaker"] =
        json!({ "enable": on.enabled, "rollback": on.rollback });
    wanted.create_extra.insert("deploymentConfiguration".to_owned(), at_create);
    wanted.update_extra.insert("deploymentConfiguration".to_owned(), alone);
}

/// `key1=value1,key2=value2`, in this order.
pub(super) fn tags(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let tag = |pair: &str| match pair.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(Failure::new(Exit::Usage, format!("--tags \"{pair}\" is no key=value"))),
    };
    pairs.map(tag).collect()
}

/// Tags in the API's spelling.
pub(super) fn members(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}
