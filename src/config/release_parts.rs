//! The smaller keys of the release file: mode, launch, breaker, gate, judge and the like.

use super::yaml::{Fields, Node, Value, duration, per_cent};
use crate::model::{
    AfterFull, BreakerRule, BreakerSetting, ContainerName, Finding, LaunchSetting, Located,
    OnCancel,
};
use std::time::Duration;

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

/// The wait for a person before the full share.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// How long it waits.
    pub timeout: Duration,
    /// What happens then.
    pub then: GateAction,
}

/// What happens when nobody answers a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateAction {
    /// The canary is taken back.
    Rollback,
    /// It stays as it is.
    Hold,
    /// It is promoted.
    Promote,
}

/// How the canary is judged.
#[derive(Debug, Clone, PartialEq)]
pub enum Judge {
    /// Steps by time and service health only.
    Off,
    /// By its requests.
    On(Box<JudgeSettings>),
}

/// Limits of the judge; what is `None` takes the judge's default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JudgeSettings {
    /// The canary's error rate may be this many times the other side's.
    pub ratio: Option<Located<f64>>,
    /// Error rates below it (per cent) are never bad.
    pub floor: Option<Located<f64>>,
    /// Error rates above it (per cent) are always bad.
    pub hard: Option<Located<f64>>,
    /// Answers slower than this count as errors.
    pub slow: Option<Located<Duration>>,
    /// When the data do not decide.
    pub undecided: Option<Located<OnUndecided>>,
    /// When the canary is bad.
    pub fail: Option<Located<OnFail>>,
}

/// When the data do not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUndecided {
    /// It stays as it is, exit code 21.
    Hold,
    /// It is taken back, exit code 23.
    Rollback,
    /// It is promoted.
    Promote,
}

/// When the canary is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFail {
    /// It is taken back, exit code 20.
    Rollback,
    /// It is left for a person to look at, exit code 22.
    Freeze,
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
    fields.parsed("mode", "twin or weighted", |text| match text {
        "twin" => Some(Mode::Twin),
        "weighted" => Some(Mode::Weighted),
        // Known, and refused later with its line.
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

pub(super) fn on_cancel(fields: &mut Fields<'_, '_>) -> Option<Located<OnCancel>> {
    fields.parsed("on_cancel", "stop or leave", |text| match text {
        "stop" => Some(OnCancel::Stop),
        "leave" => Some(OnCancel::Leave),
        _ => None,
    })
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

pub(super) fn gate(fields: &mut Fields<'_, '_>) -> Option<Located<Gate>> {
    let node = fields.node("gate")?;
    let mut inner = Fields::open(node, "gate", &["timeout", "then"], fields.findings())?;
    let timeout = inner.parsed("timeout", "a duration such as \"2h\"", duration);
    let timeout = inner.required("timeout", timeout);
    let then = inner.parsed("then", "rollback, hold or promote", |text| match text {
        "rollback" => Some(GateAction::Rollback),
        "hold" => Some(GateAction::Hold),
        "promote" => Some(GateAction::Promote),
        _ => None,
    });
    let then = then.map_or(GateAction::Rollback, |then| then.value);
    Some(node.at.locate(Gate { timeout: timeout?.value, then }))
}

pub(super) fn judge(fields: &mut Fields<'_, '_>) -> Option<Located<Judge>> {
    let node = fields.node("judge")?;
    if node.as_map().is_none() {
        let wanted = "off or a mapping such as {ratio: 1.5, floor: 0.2%}";
        return fields.parsed("judge", wanted, |text| match text {
            "off" | "false" => Some(Judge::Off),
            _ => None,
        });
    }
    let known = ["ratio", "floor", "hard", "slow", "undecided", "fail"];
    let mut inner = Fields::open(node, "judge", &known, fields.findings())?;
    let rate = "a per cent such as 0.2%";
    let settings = JudgeSettings {
        ratio: inner.parsed("ratio", "a number above 1", |text| {
            text.parse::<f64>().ok().filter(|ratio| *ratio > 1.0 && ratio.is_finite())
        }),
        floor: inner.parsed("floor", rate, per_cent),
        hard: inner.parsed("hard", rate, per_cent),
        slow: inner.parsed("slow", "a duration such as \"500ms\"", duration),
        undecided: inner.parsed("undecided", "hold, rollback or promote", |text| match text {
            "hold" => Some(OnUndecided::Hold),
            "rollback" => Some(OnUndecided::Rollback),
            "promote" => Some(OnUndecided::Promote),
            _ => None,
        }),
        fail: inner.parsed("fail", "rollback or freeze", |text| match text {
            "rollback" => Some(OnFail::Rollback),
            "freeze" => Some(OnFail::Freeze),
            _ => None,
        }),
    };
    Some(node.at.locate(Judge::On(Box::new(settings))))
}
