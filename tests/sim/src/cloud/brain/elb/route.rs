//! Where a request goes: rule, target group by weight, target by chance. Owns the choice;
//! chance comes as numbers, so that the same numbers give the same choice.

use super::authenticate;
use crate::cloud::brain::body;
use crate::cloud::brain::fate::TaskFate;
use crate::cloud::brain::principals::glob;
use crate::cloud::brain::state::{Rule, TargetGroup, TargetState, World};
use serde_json::Value;

/// The cookie of target group stickiness.
const STICKY_COOKIE: &str = "AWSALBTG";

/// A request as the load balancer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visit<'v> {
    /// `Host`.
    pub host: &'v str,
    /// Path without a query.
    pub path: &'v str,
    /// `Cookie`.
    pub cookies: &'v str,
}

/// What the load balancer does with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Routed {
    /// Sends it to a task.
    To(Box<Picked>),
    /// Answers itself: no target (503), a fixed response, a redirect.
    Answered {
        /// HTTP status.
        status: u16,
        /// `text/plain` and the like; empty when there is no body.
        content_type: String,
        /// The body.
        body: String,
    },
}

/// Who answers requests of a kind.
pub(crate) enum Answers {
    /// The load balancer.
    Itself,
    /// Target groups by weight.
    Groups(Vec<(String, u32)>),
}

/// The task that a request goes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    /// Task id.
    pub task: String,
    /// ARN of the target group.
    pub target_group: String,
    /// How the task answers.
    pub fate: TaskFate,
    /// This request meets the fate's share of errors.
    pub fails: bool,
    /// Image references of its containers.
    pub images: Vec<String>,
    /// `Set-Cookie`, when the rule keeps clients with a target group.
    pub set_cookie: Option<String>,
}

/// Routes one request of a listener. `dice` gives numbers in 0..1.
pub(crate) fn route(
    world: &World,
    listener: &str,
    visit: Visit<'_>,
    mut dice: impl FnMut() -> f64,
) -> Routed {
    let Some(rule) = fitting(world, listener, visit) else { return unavailable() };
    if let Some(fixed) = fixed_response(rule) {
        return fixed;
    }
    if let Some(status) = authenticate::refuses(&rule.actions, visit.cookies) {
        return Routed::Answered { status, content_type: String::new(), body: String::new() };
    }
    let chance = dice();
    let group =
        kept_group(world, rule, visit.cookies).or_else(|| by_weight(&rule.groups(), chance));
    let Some(group) = group else { return unavailable() };
    let Some(group) = world.target_groups.get(&group) else { return unavailable() };
    let targets = open_targets(group);
    let Some(task) = one_of(&targets, dice()) else { return unavailable() };
    let Some(task) = world.tasks.get(*task) else { return unavailable() };
    Routed::To(Box::new(Picked {
        task: task.id.clone(),
        target_group: group.arn.clone(),
        fails: dice() < task.fate.error_share,
        images: task.containers.iter().map(|container| container.image.clone()).collect(),
        fate: task.fate.clone(),
        set_cookie: rule.sticky_seconds().map(|seconds| {
            format!("{STICKY_COOKIE}={}; Max-Age={seconds}; Path=/", name_of(&group.arn))
        }),
    }))
}

/// Who answers requests like this one.
pub(crate) fn rule_of(world: &World, listener: &str, visit: Visit<'_>) -> Answers {
    match fitting(world, listener, visit) {
        Some(rule) if fixed_response(rule).is_none() => Answers::Groups(rule.groups()),
        _ => Answers::Itself,
    }
}

/// The first rule whose conditions hold.
fn fitting<'w>(world: &'w World, listener: &str, visit: Visit<'_>) -> Option<&'w Rule> {
    let mut rules: Vec<&Rule> =
        world.rules.values().filter(|rule| rule.listener == listener).collect();
    rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
    rules.into_iter().find(|rule| fits(rule, visit.host, visit.path))
}

/// The target group that the client's cookie names, while the rule has it.
fn kept_group(world: &World, rule: &Rule, cookies: &str) -> Option<String> {
    rule.sticky_seconds()?;
    let kept = cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(STICKY_COOKIE)?.strip_prefix('='))?;
    let outlives = world.switches.stickiness_outlives_weight_zero;
    rule.groups()
        .into_iter()
        .find(|(arn, weight)| name_of(arn) == kept && (outlives || *weight > 0))
        .map(|(arn, _)| arn)
}

/// The last part of a target group's ARN: in the cookie it stands for the group.
fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Targets that get requests: healthy ones, or, when there is none, all that are not
/// draining (fail-open).
pub(crate) fn open_targets(group: &TargetGroup) -> Vec<&String> {
    let in_state = |wanted: fn(TargetState) -> bool| {
        group
            .targets
            .values()
            .filter(|target| wanted(target.state))
            .map(|target| &target.task)
            .collect::<Vec<_>>()
    };
    let healthy = in_state(|state| state == TargetState::Healthy);
    if !healthy.is_empty() {
        return healthy;
    }
    in_state(|state| matches!(state, TargetState::Initial | TargetState::Unhealthy))
}

/// A target group by its share of the weights; none when all weights are 0.
fn by_weight(groups: &[(String, u32)], dice: f64) -> Option<String> {
    let total: u32 = groups.iter().map(|(_, weight)| weight).sum();
    let mut point = dice * f64::from(total);
    for (group, weight) in groups.iter().filter(|(_, weight)| *weight > 0) {
        point -= f64::from(*weight);
        if point < 0.0 {
            return Some(group.clone());
        }
    }
    None
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index below the length, from a number in 0..1"
)]
fn one_of<T>(items: &[T], dice: f64) -> Option<&T> {
    items.get((dice * items.len() as f64) as usize)
}

/// All conditions of a rule hold; the default rule has none.
fn fits(rule: &Rule, host: &str, path: &str) -> bool {
    rule.conditions.as_array().into_iter().flatten().all(|condition| {
        let patterns = |config: &str| {
            let inner = body::texts(&condition[config], "Values");
            if inner.is_empty() { body::texts(condition, "Values") } else { inner }
        };
        match body::text(condition, "Field") {
            Some("path-pattern") => {
                patterns("PathPatternConfig").iter().any(|pattern| glob(pattern, path))
            }
            Some("host-header") => {
                let host = host.split(':').next().unwrap_or(host);
                patterns("HostHeaderConfig").iter().any(|pattern| glob(pattern, host))
            }
            _ => false,
        }
    })
}

fn fixed_response(rule: &Rule) -> Option<Routed> {
    let action =
        rule.actions.as_array()?.iter().find(|action| action["Type"] == "fixed-response")?;
    let config = &action["FixedResponseConfig"];
    let text = |member: &str| config.get(member).and_then(Value::as_str).unwrap_or("").to_owned();
    Some(Routed::Answered {
        status: text("StatusCode").parse().unwrap_or(503),
        content_type: text("ContentType"),
        body: text("MessageBody"),
    })
}

fn unavailable() -> Routed {
    Routed::Answered {
        status: 503,
        content_type: "text/html".to_owned(),
        body: "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::by_weight;

    #[test]
    fn weights_share_the_requests_and_zero_gets_none() {
        let groups = [("a".to_owned(), 0), ("b".to_owned(), 1), ("c".to_owned(), 3)];
        assert_eq!(by_weight(&groups, 0.0).as_deref(), Some("b"));
        assert_eq!(by_weight(&groups, 0.24).as_deref(), Some("b"));
        assert_eq!(by_weight(&groups, 0.26).as_deref(), Some("c"));
        assert_eq!(by_weight(&groups, 0.999).as_deref(), Some("c"));
        assert_eq!(by_weight(&[("a".to_owned(), 0)], 0.5), None);
    }
}
