//! The smaller keys of the release file: mode, launch, breaker, steps and the like.

use super::yaml::{Fields, Node, Value, per_cent};
use crate::model::{
    AfterFull, BreakerRule, BreakerSetting, CancelPolicy, ContainerName, Finding, LaunchSetting,
    Located, OnCancel,
};

/// How traffic moves from one release to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Two services behind one target group; the share is the ratio of tasks.
    #[default]
    Twin,
    /// Two services and target groups; a listener rule's weights.
    Weighted,
    /// ECS's own canary or linear deployment.
    Native,
}

/// The container that carries the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseContainer {
    /// Its name in the compose file.
    pub name: Located<ContainerName>,
    /// Its port behind the load balancer.
    pub port: Option<Located<u16>>,
}

pub(super) fn container(fields: &mut Fields<'_, '_>) -> Option<ReleaseContainer> {
    let node = fields.node("container")?;
    let mut inner = Fields::open(node, "container", &["name", "port"], fields.findings())?;
    let name = inner.text("name").map(|name| name.map(ContainerName::new));
    let name = inner.required("name", name);
    let port = inner.parsed("port", "a port, 1 to 65535", |text| {
        text.parse::<u16>().ok().filter(|port| *port > 0)
    });
    Some(ReleaseContainer { name: name?, port })
}

pub(super) fn mode(fields: &mut Fields<'_, '_>) -> Option<Located<Mode>> {
    fields.parsed("mode", "twin, weighted or native", |text| match text {
        "twin" => Some(Mode::Twin),
        "weighted" => Some(Mode::Weighted),
        "native" => Some(Mode::Native),
        _ => None,
    })
}

pub(super) fn after_full(fields: &mut Fields<'_, '_>) -> Option<Located<AfterFull>> {
    fields.parsed("after_full", "keep, zero or remove", |text| match text {
        "keep" => Some(AfterFull::Keep),
        "zero" => Some(AfterFull::Zero),
        "remove" => Some(AfterFull::Remove),
        _ => None,
    })
}

/// `stop`, `leave`, or `{canary: stop, full: leave}`.
pub(super) fn on_cancel(fields: &mut Fields<'_, '_>) -> Option<Located<CancelPolicy>> {
    let word = |text: &str| match text {
        "stop" => Some(OnCancel::Stop),
        "leave" => Some(OnCancel::Leave),
        _ => None,
    };
    let node = fields.node("on_cancel")?;
    if node.as_map().is_none() {
        let wanted = "stop, leave or {canary: stop, full: leave}";
        return fields.parsed("on_cancel", wanted, |text| word(text).map(CancelPolicy::from));
    }
    let mut inner = Fields::open(node, "on_cancel", &["canary", "full"], fields.findings())?;
    let mut phase = |key| inner.parsed(key, "stop or leave", word).map(|one| one.value);
    let (canary, full) = (phase("canary"), phase("full"));
    let policy =
        CancelPolicy { canary: canary.unwrap_or_default(), full: full.unwrap_or_default() };
    Some(node.at.locate(policy))
}

/// `keep`, `on`, `off`, or `{enabled: ..., rollback: ...}`.
pub(super) fn breaker(fields: &mut Fields<'_, '_>) -> Option<Located<BreakerRule>> {
    let node = fields.node("breaker")?;
    let both = |on| BreakerRule::Set(BreakerSetting { enabled: on, rollback: on });
    if node.as_map().is_none() {
        let wanted = "keep, on, off or {enabled: true, rollback: true}";
        return fields.parsed("breaker", wanted, |text| match text {
            "keep" => Some(BreakerRule::Keep),
            "on" | "true" => Some(both(true)),
            "off" | "false" => Some(both(false)),
            _ => None,
        });
    }
    let mut inner = Fields::open(node, "breaker", &["enabled", "rollback"], fields.findings())?;
    let mut flag = |key| inner.parsed(key, "true or false", |text| text.parse::<bool>().ok());
    let enabled = flag("enabled").is_none_or(|enabled| enabled.value);
    let rollback = flag("rollback").map_or(enabled, |rollback| rollback.value);
    Some(node.at.locate(BreakerRule::Set(BreakerSetting { enabled, rollback })))
}

/// `EC2`, `FARGATE`, `EXTERNAL`, or a list of capacity providers.
pub(super) fn launch(fields: &mut Fields<'_, '_>) -> Option<Located<LaunchSetting>> {
    let node = fields.node("launch")?;
    let Value::List(items) = &node.value else {
        let wanted = "EC2, FARGATE, EXTERNAL or a list of capacity providers";
        return fields.parsed("launch", wanted, |text| {
            let known = matches!(text, "EC2" | "FARGATE" | "EXTERNAL");
            known.then(|| LaunchSetting::Type(text.to_owned()))
        });
    };
    let mut providers = Vec::with_capacity(items.len());
    for item in items {
        providers.extend(provider(item, fields.findings()));
    }
    Some(node.at.locate(LaunchSetting::Providers(providers)))
}

/// `NAME`, or `{provider: NAME, weight: 1, base: 0}`.
fn provider(node: &Node, findings: &mut Vec<Finding>) -> Option<(String, u32, u32)> {
    if let Some(name) = node.as_text() {
        return Some((name.to_owned(), 1, 0));
    }
    let known = ["provider", "weight", "base"];
    let mut fields = Fields::open(node, "a capacity provider", &known, findings)?;
    let name = fields.text("provider");
    let name = fields.required("provider", name)?;
    // Limits of the API's CapacityProviderStrategyItem.
    let weight = fields.parsed("weight", "a whole number up to 1000", |text| {
        text.parse::<u32>().ok().filter(|weight| *weight <= 1000)
    });
    let base = fields.parsed("base", "a whole number up to 100000", |text| {
        text.parse::<u32>().ok().filter(|base| *base <= 100_000)
    });
    let number = |value: Option<Located<u32>>, default| value.map_or(default, |value| value.value);
    Some((name.value, number(weight, 1), number(base, 0)))
}

/// Rising per cents between 0 and 100, neither included.
pub(super) fn steps(fields: &mut Fields<'_, '_>) -> Vec<Located<f64>> {
    let Some(node) = fields.node("steps") else { return Vec::new() };
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    let mut steps: Vec<Located<f64>> = Vec::with_capacity(items.len());
    for item in items {
        let share =
            item.as_text().and_then(per_cent).filter(|share| *share > 0.0 && *share < 100.0);
        match share {
            Some(share) if steps.last().is_some_and(|last| last.value >= share) => {
                let message = format!("step {share} is not above the one before it");
                fields.report(item.at.error(message));
            }
            Some(share) => steps.push(item.at.locate(share)),
            None => fields.wrong("steps", item, "a per cent above 0 and below 100"),
        }
    }
    steps
}
