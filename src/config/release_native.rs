//! The key `native` of the release file: ECS's own strategies, their times and pauses.

use super::yaml::{Fields, Node, duration, per_cent};
use crate::model::{Located, PauseStage, TargetGroupArn};
use std::time::Duration;

/// Longest bake time of the API, in minutes.
const LONGEST_BAKE: u64 = 1440;
/// Longest timeout of a pause in the API, in minutes.
const LONGEST_PAUSE: u64 = 20_160;
const KEYS: &[&str] = &[
    "strategy",
    "percent",
    "step_bake",
    "bake",
    "pauses",
    "timeout",
    "alternate_target_group",
    "role",
    "test_rule",
];

/// What is written about ECS's own strategies. What was left out is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct NativeSettings {
    /// By which steps.
    pub strategy: Option<Located<NativeKind>>,
    /// The first share (canary) or the size of each step (linear).
    pub percent: Option<Located<f64>>,
    /// ECS's own wait after a step.
    pub step_bake: Option<Located<Duration>>,
    /// ECS's own wait after the last step.
    pub bake: Option<Located<Duration>>,
    /// Where the deployment waits for an answer; an empty list = nowhere.
    pub pauses: Option<Vec<Located<PauseStage>>>,
    /// How long it waits there.
    pub timeout: Option<Located<Duration>>,
    /// The second target group.
    pub alternate_target_group: Option<Located<TargetGroupArn>>,
    /// The role with which ECS changes the rule.
    pub role: Option<Located<String>>,
    /// The rule of test traffic.
    pub test_rule: Option<Located<String>>,
}

/// One of ECS's own strategies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NativeKind {
    /// A share first, then all.
    Canary,
    /// Equal shares, one after the other.
    Linear,
    /// All in one step.
    BlueGreen,
}

pub(super) fn native(fields: &mut Fields<'_, '_>) -> Option<Located<NativeSettings>> {
    let node = fields.node("native")?;
    let mut inner = Fields::open(node, "native", KEYS, fields.findings())?;
    let inner = &mut inner;
    let settings = NativeSettings {
        strategy: inner.parsed("strategy", "canary, linear or blue_green", kind),
        percent: inner.parsed("percent", "a per cent above 0 and below 100", |text| {
            per_cent(text).filter(|share| *share > 0.0 && *share < 100.0)
        }),
        step_bake: minutes(inner, "step_bake", 0..=LONGEST_BAKE),
        bake: minutes(inner, "bake", 0..=LONGEST_BAKE),
        pauses: pauses(inner),
        timeout: minutes(inner, "timeout", 1..=LONGEST_PAUSE),
        alternate_target_group: inner.parsed(
            "alternate_target_group",
            "the ARN of a target group",
            |text| arn(text, ":targetgroup/").map(TargetGroupArn::new),
        ),
        role: inner.parsed("role", "the ARN of a role", |text| arn(text, ":role/")),
        test_rule: inner
            .parsed("test_rule", "the ARN of a listener rule", |text| arn(text, ":listener")),
    };
    Some(node.at.locate(settings))
}

fn kind(text: &str) -> Option<NativeKind> {
    match text.to_ascii_lowercase().as_str() {
        "canary" => Some(NativeKind::Canary),
        "linear" => Some(NativeKind::Linear),
        "blue_green" => Some(NativeKind::BlueGreen),
        _ => None,
    }
}

/// ECS counts in whole minutes.
fn minutes(
    fields: &mut Fields<'_, '_>,
    key: &str,
    bounds: std::ops::RangeInclusive<u64>,
) -> Option<Located<Duration>> {
    let wanted = format!(
        "whole minutes such as \"10m\", from {} to {} minutes,",
        bounds.start(),
        bounds.end()
    );
    fields.parsed(key, &wanted, |text| {
        let time = duration(text)?;
        let is_whole = time.subsec_nanos() == 0 && time.as_secs().is_multiple_of(60);
        (is_whole && bounds.contains(&(time.as_secs() / 60))).then_some(time)
    })
}

fn pauses(fields: &mut Fields<'_, '_>) -> Option<Vec<Located<PauseStage>>> {
    let node: &Node = fields.node("pauses")?;
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    let mut stages: Vec<Located<PauseStage>> = Vec::new();
    for item in items {
        match item.as_text().and_then(PauseStage::from_api) {
            Some(stage) if stages.iter().any(|one| one.value == stage) => {}
            Some(stage) => stages.push(item.at.locate(stage)),
            None => {
                let known: Vec<&str> = PauseStage::ALL.iter().map(|stage| stage.api()).collect();
                fields.wrong("pauses", item, &format!("one of {}", known.join(", ")));
            }
        }
    }
    Some(stages)
}

fn arn(text: &str, part: &str) -> Option<String> {
    let good = text.starts_with("arn:") && text.matches(':').count() >= 5 && text.contains(part);
    good.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::release;
    use super::*;

    fn read(native: &str) -> Result<NativeSettings, String> {
        let text =
            format!("compose: c.yml\nservices: {{full: {{name: w}}}}\nmode: native\n{native}");
        match release("r.yml", &text, &|_| None) {
            Ok(file) => Ok(file.native.expect("the block").value),
            Err(findings) => {
                Err(findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    #[test]
    fn every_key_of_the_block_is_read() {
        let settings = read(
            "native: {strategy: linear, percent: 20%, step_bake: 1m, bake: 1h, timeout: 2h,\n  \
             pauses: [PRE_PRODUCTION_TRAFFIC_SHIFT, post_production_traffic_shift],\n  \
             alternate_target_group: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/b/2',\n  \
             role: 'arn:aws:iam::1:role/ecs', test_rule: 'arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/a/1/2/4'}\n",
        )
        .expect("a good block");
        assert_eq!(settings.strategy.map(|one| one.value), Some(NativeKind::Linear));
        assert_eq!(settings.percent.map(|one| one.value), Some(20.0));
        assert_eq!(settings.bake.map(|one| one.value), Some(Duration::from_secs(3600)));
        let stages: Vec<PauseStage> =
            settings.pauses.into_iter().flatten().map(|one| one.value).collect();
        assert_eq!(
            stages,
            [PauseStage::PreProductionTrafficShift, PauseStage::PostProductionTrafficShift]
        );
    }

    #[test]
    fn an_empty_list_of_pauses_is_not_the_same_as_none() {
        assert_eq!(read("native: {pauses: []}\n").map(|one| one.pauses), Ok(Some(Vec::new())));
        assert_eq!(read("native: {}\n").map(|one| one.pauses), Ok(None));
    }

    #[test]
    fn what_ecs_would_refuse_is_an_error_with_its_place() {
        insta::assert_snapshot!(
            read("native: {strategy: rolling, percent: 100, bake: 90s, timeout: 0m, pauses: PRODUCTION_TRAFFIC_SHIFT, role: admin}\n").expect_err("faults"),
            @r#"
        r.yml:4:20: "strategy" is "rolling"; canary, linear or blue_green is wanted
        r.yml:4:38: "percent" is the number 100; a per cent above 0 and below 100 is wanted
        r.yml:4:49: "bake" is "90s"; whole minutes such as "10m", from 0 to 1440 minutes, is wanted
        r.yml:4:63: "timeout" is "0m"; whole minutes such as "10m", from 1 to 20160 minutes, is wanted
        r.yml:4:75: "pauses" is "PRODUCTION_TRAFFIC_SHIFT"; one of RECONCILE_SERVICE, PRE_SCALE_UP, POST_SCALE_UP, POST_TEST_TRAFFIC_SHIFT, PRE_PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT is wanted
        r.yml:4:107: "role" is "admin"; the ARN of a role is wanted
        "#
        );
    }

    #[test]
    fn the_block_counts_only_in_its_mode() {
        let text = "compose: c.yml\nservices: {full: {name: w}}\nnative: {strategy: canary}\n";
        let findings = release("r.yml", text, &|_| None).expect_err("a fault");
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["r.yml:3:9: native counts only in mode native"]);
    }
}
