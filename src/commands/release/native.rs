//! Mode `native`, as the release file declares it: what ECS would refuse, or undo after minutes,
//! is said with its line before anybody is asked.

use super::Declared;
use super::native_judge::{judged, patience};
use crate::config::{NativeKind, NativeSettings};
use crate::failure::{Exit, Failure};
use crate::model::{
    Finding, ListenerRuleArn, Located, NativeStrategy, NativeTraffic, PauseStage, TargetGroupArn,
    TrafficShare,
};
use std::time::Duration;

/// ECS's own default of `canaryPercent` and `stepPercent`.
const CANARY_PERCENT: f64 = 5.0;
const LINEAR_PERCENT: f64 = 10.0;
/// The least step of strategy LINEAR (API reference, LinearConfiguration).
const LEAST_STEP: f64 = 3.0;
/// How long a pause waits beyond the hold, when nobody says.
const PATIENCE: Duration = Duration::from_secs(3600);
/// A pause has to last so much longer than the hold in it.
const MARGIN: Duration = Duration::from_secs(120);

/// Reads the block `native` and what else the mode needs.
///
/// # Errors
/// A key is missing, or two contradict each other.
pub(super) fn native(declared: &Declared, hold: Duration) -> Result<NativeTraffic, Failure> {
    let file = &declared.file;
    let mode_at = file.mode.as_ref().map_or(&file.at, |mode| &mode.at);
    let Some(settings) = &file.native else {
        return Err(refused(
            Finding::error("mode native needs a block `native`").located(mode_at).hint(
                "Add `native: {strategy: canary, percent: 10, alternate_target_group: arn:..., \
                 role: arn:...}`.",
            ),
        ));
    };
    let (block, at) = (&settings.value, settings);
    decides_nothing(declared)?;
    if let Some(canary) = &file.canary {
        return Err(refused(
            Finding::error("mode native releases in one service, and services.canary is another")
                .located(&canary.at)
                .hint("Leave it out; docs/native.md says how its tasks are taken away first."),
        ));
    }
    let rule = needed(file.listener_rule.as_ref(), || {
        Finding::error("mode native needs a listener rule")
            .located(mode_at)
            .hint("Add `listener_rule: arn:...`, the rule that carries the service's requests.")
    })?;
    let group = full_group(declared)?;
    let alternate = needed(block.alternate_target_group.as_ref(), || {
        at.error("native has no \"alternate_target_group\"")
            .hint("Add a second target group: ECS moves the requests from one to the other.")
    })?;
    if alternate.value == group {
        let text = "the alternate target group is the service's own one";
        return Err(refused(alternate.error(text).hint("Name a second one.")));
    }
    let role = needed(block.role.as_ref(), || {
        at.error("native has no \"role\"").hint(
            "Add a role that ECS may assume, with \
             AmazonECSInfrastructureRolePolicyForLoadBalancers.",
        )
    })?;
    let strategy = strategy(declared, block)?;
    let pauses = pauses(block, at);
    judged(declared, strategy, &pauses.value)?;
    let time = |time: Option<&Located<Duration>>| time.map_or(Duration::ZERO, |time| time.value);
    Ok(NativeTraffic {
        strategy,
        step_bake: time(block.step_bake.as_ref()),
        bake: time(block.bake.as_ref()),
        timeout: timeout(block, (&patience(declared, hold), &pauses.value))?,
        pauses,
        rule: rule.clone().map(ListenerRuleArn::new),
        test_rule: block.test_rule.clone().map(|rule| rule.map(ListenerRuleArn::new)),
        group,
        alternate: alternate.clone(),
        role: role.clone(),
    })
}

/// Keys of the other modes that a person would count on.
fn decides_nothing(declared: &Declared) -> Result<(), Failure> {
    let file = &declared.file;
    if let Some(gate) = &file.gate {
        let text = "mode native has its own gate: the pause that `deploy canary` ends at";
        let hint = "Leave it out: `native.timeout` says how long the pause waits for `promote`.";
        return Err(refused(gate.error(text).hint(hint)));
    }
    Ok(())
}

/// The stages that pause: those of the block, else before each step.
fn pauses(block: &NativeSettings, at: &Located<NativeSettings>) -> Located<Vec<PauseStage>> {
    let stages = match &block.pauses {
        Some(stages) => stages.iter().map(|stage| stage.value).collect(),
        None => vec![PauseStage::PreProductionTrafficShift],
    };
    let first = block.pauses.as_ref().and_then(|stages| stages.first());
    let written = first.map_or(&at.at, |stage| &stage.at).clone();
    Located { value: stages, at: written }
}

pub(super) fn refused(finding: Finding) -> Failure {
    Failure::findings(Exit::File, vec![finding])
}

fn needed<T>(value: Option<&T>, missing: impl FnOnce() -> Finding) -> Result<&T, Failure> {
    value.ok_or_else(|| refused(missing()))
}

/// The target group of the service: without a load balancer there is no traffic to move.
fn full_group(declared: &Declared) -> Result<TargetGroupArn, Failure> {
    let full = declared.file.full().map_err(refused)?;
    match &full.target_group {
        Some(group) => Ok(group.value.clone()),
        None => Err(refused(
            Finding::error(format!(
                "mode native moves requests, and {} has no target group",
                full.name.value
            ))
            .located(&full.at)
            .hint("Add `target_group: arn:...`, or use mode twin for a worker."),
        )),
    }
}

/// The strategy with its share: by the block, else by `steps`.
fn strategy(declared: &Declared, block: &NativeSettings) -> Result<NativeStrategy, Failure> {
    let steps = &declared.file.steps;
    if let (Some(percent), Some(_)) = (&block.percent, steps.first()) {
        let text = "`percent` and `steps` both say how large the first step is";
        return Err(refused(percent.error(text).hint("Keep one of them.")));
    }
    let written = block.strategy.as_ref().map(|strategy| strategy.value);
    let kind = written.unwrap_or(match steps.len() {
        0 | 1 => NativeKind::Canary,
        _ => NativeKind::Linear,
    });
    let first = block.percent.as_ref().or(steps.first());
    match kind {
        NativeKind::BlueGreen => match first {
            Some(share) => Err(refused(
                share
                    .error("strategy blue_green moves all requests in one step")
                    .hint("Leave the share out, or use canary or linear."),
            )),
            None => Ok(NativeStrategy::BlueGreen),
        },
        NativeKind::Canary => match steps.get(1) {
            Some(second) => Err(refused(
                second
                    .error("strategy canary has one step before all requests")
                    .hint("Use linear for equal steps, or mode weighted for any."),
            )),
            None => Ok(NativeStrategy::Canary(share(first, CANARY_PERCENT))),
        },
        NativeKind::Linear => linear(first, steps),
    }
}

fn share(written: Option<&Located<f64>>, default: f64) -> TrafficShare {
    TrafficShare::from_per_cent(written.map_or(default, |share| share.value))
}

fn linear(first: Option<&Located<f64>>, steps: &[Located<f64>]) -> Result<NativeStrategy, Failure> {
    let size = share(first, LINEAR_PERCENT);
    if let Some(small) = first.filter(|first| first.value < LEAST_STEP) {
        let text = format!("a step of strategy linear is at least {LEAST_STEP} %");
        return Err(refused(small.error(text)));
    }
    for (number, step) in (1_u32..).zip(steps) {
        let expected = TrafficShare::from_tenths(size.tenths() * number);
        if TrafficShare::from_per_cent(step.value) != expected {
            let text =
                format!("ECS goes by equal steps: {expected} is expected, {} found", step.value);
            return Err(refused(step.error(text).hint(
                "Write equal steps such as [10, 20, 30], or use mode weighted for any others.",
            )));
        }
    }
    Ok(NativeStrategy::Linear(size))
}

/// How long a pause waits: said, else the hold and an hour.
fn timeout(
    block: &NativeSettings,
    ((longest, key), pauses): (&(Duration, &'static str), &[PauseStage]),
) -> Result<Duration, Failure> {
    let Some(said) = &block.timeout else {
        let whole = (*longest + PATIENCE).as_secs().div_ceil(60);
        return Ok(Duration::from_secs(60 * whole));
    };
    if !pauses.is_empty() && said.value < *longest + MARGIN {
        let text = format!(
            "a pause ends after {} min, and `{key}` keeps it for {} min: ECS would always go back",
            said.value.as_secs() / 60,
            longest.as_secs().div_ceil(60)
        );
        return Err(refused(
            said.error(text).hint(format!("Raise `timeout`, or shorten `{key}`.")),
        ));
    }
    Ok(said.value)
}

#[cfg(test)]
mod tests {
    use super::super::said::Said;
    use super::*;
    use crate::config;
    use crate::model::ClusterName;

    const MAIN: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/1";
    const OTHER: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/b/2";
    const RULE: &str =
        "listener_rule: arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/a/1/2/3";

    /// The file with `lines` in the block `native`, and `more` beside it.
    fn declared(lines: &str, more: &str) -> Declared {
        let text = format!(
            "compose: c.yml\ncontainer: {{name: web, port: 80}}\n\
             services: {{full: {{name: web, target_group: '{MAIN}'}}}}\nmode: native\n{more}\n\
             native:\n  alternate_target_group: {OTHER}\n  role: arn:aws:iam::1:role/ecs\n{lines}"
        );
        from(&text)
    }

    fn from(text: &str) -> Declared {
        let file = config::release("r.yml", text, &|_| None).unwrap();
        let name = Said::new("r.yml".to_owned(), "default");
        let cluster = Said::new(ClusterName::new("prod"), "--cluster");
        Declared { file, name, cluster, region: None }
    }

    fn read(lines: &str, more: &str) -> Result<NativeTraffic, String> {
        let hold = Duration::from_secs(600);
        native(&declared(lines, &format!("{RULE}\n{more}")), hold).map_err(|one| one.to_string())
    }

    fn strategy_of(lines: &str, more: &str) -> String {
        read(lines, more).map_or_else(|fault| fault, |native| native.strategy.to_string())
    }

    #[test]
    fn the_share_comes_from_the_block_or_from_steps() {
        assert_eq!(strategy_of("", ""), "CANARY 5 %");
        assert_eq!(strategy_of("  percent: 20\n", ""), "CANARY 20 %");
        assert_eq!(strategy_of("", "steps: [10]"), "CANARY 10 %");
        assert_eq!(strategy_of("", "steps: [25, 50, 75]"), "LINEAR 25 %");
        assert_eq!(strategy_of("  strategy: linear\n", ""), "LINEAR 10 %");
        assert_eq!(strategy_of("  strategy: blue_green\n", ""), "BLUE_GREEN");
    }

    #[test]
    fn steps_that_ecs_cannot_go_are_named_with_their_place() {
        let faults = [
            strategy_of("", "steps: [5, 10, 25]"),
            strategy_of("  strategy: canary\n", "steps: [5, 10]"),
            strategy_of("  strategy: blue_green\n", "steps: [5]"),
            strategy_of("  strategy: linear\n  percent: 2\n", ""),
            strategy_of("  percent: 5\n", "steps: [5]"),
        ];
        insta::assert_snapshot!(faults.join("\n"), @r"
        r.yml:6:16: ECS goes by equal steps: 15 is expected, 25 found
        r.yml:6:12: strategy canary has one step before all requests
        r.yml:6:9: strategy blue_green moves all requests in one step
        r.yml:11:12: a step of strategy linear is at least 3 %
        r.yml:10:12: `percent` and `steps` both say how large the first step is
        ");
    }

    #[test]
    fn what_the_mode_needs_is_named_with_its_place() {
        let services = |inside: &str| {
            format!("compose: c.yml\ncontainer: {{name: web, port: 80}}\nservices: {{{inside}}}\n")
        };
        let full = format!("full: {{name: web, target_group: '{MAIN}'}}");
        let files = [
            services(&full) + "mode: native\n",
            services(&full) + "mode: native\nnative: {}\n",
            services(&format!("{full}, canary: {{name: c}}")) + "mode: native\nnative: {}\n",
            services("full: {name: web}") + "mode: native\n" + RULE + "\nnative: {}\n",
            services(&full) + "mode: native\n" + RULE + "\nnative: {}\n",
            services(&full)
                + "mode: native\n"
                + RULE
                + &format!("\nnative: {{alternate_target_group: '{MAIN}'}}\n"),
            services(&full)
                + "mode: native\n"
                + RULE
                + &format!("\nnative: {{alternate_target_group: '{OTHER}'}}\n"),
        ];
        let faults = files.map(|text| {
            let hold = Duration::from_secs(600);
            native(&from(&text), hold).expect_err("a fault").to_string()
        });
        insta::assert_snapshot!(faults.join("\n"), @r#"
        r.yml:4:7: mode native needs a block `native`
        r.yml:4:7: mode native needs a listener rule
        r.yml:3:113: mode native releases in one service, and services.canary is another
        r.yml:3:18: mode native moves requests, and web has no target group
        r.yml:6:9: native has no "alternate_target_group"
        r.yml:6:34: the alternate target group is the service's own one
        r.yml:6:9: native has no "role"
        "#);
    }

    #[test]
    fn the_example_of_the_documentation_is_sound() {
        let declared = from(include_str!("../../../docs/examples/native.yml"));
        let native = native(&declared, Duration::from_secs(600)).unwrap();
        assert_eq!(native.strategy.to_string(), "CANARY 10 %");
        assert_eq!(native.bake, Duration::from_secs(300));
    }

    #[test]
    fn keys_that_decide_nothing_here_are_refused() {
        let gate = read("", "gate: {timeout: 2h}").unwrap_err();
        assert!(gate.contains("has its own gate"), "{gate}");
    }

    #[test]
    fn the_judge_needs_a_share_a_pause_and_two_groups() {
        assert!(read("", "judge: off").is_ok());
        let minutes = |judge: &str| read("", judge).map(|native| native.timeout.as_secs() / 60);
        assert_eq!(minutes("judge: on"), Ok(120), "the judge's hour and another one");
        assert_eq!(minutes("judge: {max: 5m}"), Ok(70), "the hold of ten minutes is longer");
        let own = "judge: {metrics: [{name: o, namespace: S, total: T, bad: B, canary: {A: b}, \
                   full: {A: c}}]}";
        let faults = [
            read("  strategy: blue_green\n", "judge: on").unwrap_err(),
            read("  pauses: [POST_SCALE_UP]\n", "judge: on").unwrap_err(),
            read("", own).unwrap_err(),
            read("  timeout: 30m\n", "judge: on").unwrap_err(),
        ];
        insta::assert_snapshot!(faults.join("\n"), @r"
        r.yml:6:8: there is nothing to judge: BLUE_GREEN gives the new version no share first
        r.yml:6:8: the judge is asked at PRE_PRODUCTION_TRAFFIC_SHIFT, and nothing pauses there
        r.yml:6:8: metric o names its two sides, and in mode native they swap at each release
        r.yml:10:12: a pause ends after 30 min, and `judge.max` keeps it for 60 min: ECS would always go back
        ");
    }

    #[test]
    fn a_pause_lasts_longer_than_the_hold_in_it() {
        let minutes =
            |lines: &str, more: &str| read(lines, more).map(|native| native.timeout.as_secs() / 60);
        assert_eq!(minutes("", ""), Ok(70), "the hold of ten minutes and an hour");
        assert_eq!(minutes("  timeout: 30m\n", ""), Ok(30));
        insta::assert_snapshot!(minutes("  timeout: 10m\n", "").unwrap_err(), @"r.yml:10:12: a pause ends after 10 min, and `hold` keeps it for 10 min: ECS would always go back");
        assert_eq!(minutes("  timeout: 1m\n  pauses: []\n", ""), Ok(1), "nothing pauses");
    }
}
