//! The release file, `ecs-canary.yml`.

use super::gate::gate;
use super::judge::{Judge, judge};
use super::release_native::{NativeSettings, native};
use super::release_parts::{
    Mode, ReleaseContainer, after_full, breaker, container, launch, mode, on_cancel, steps,
};
use super::yaml::{self, Fields, Node, Value, duration};
use crate::model::{
    AfterFull, BreakerRule, CancelPolicy, ClusterName, Finding, Gate, HealthyPercents,
    LaunchSetting, Located, Location, ServiceName, TargetGroupArn, has_errors, sort_by_place,
};
use std::time::Duration;

const KEYS: &[&str] = &[
    "cluster",
    "compose",
    "params",
    "container",
    "services",
    "region",
    "role",
    "launch",
    "health_grace",
    "after_full",
    "mode",
    "listener_rule",
    "native",
    "breaker",
    "steps",
    "hold",
    "deadline",
    "on_cancel",
    "gate",
    "judge",
];

/// What a repository declares. Values that were left out are `None`: flags, variables and
/// defaults are the caller's.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseFile {
    /// The file's name and start, for findings about what it does not say.
    pub at: Location,
    /// The cluster; see `cluster_or`.
    pub cluster: Option<Located<ClusterName>>,
    /// Paths of compose files, merged in order; at least one.
    pub compose: Vec<Located<String>>,
    /// Path of the ecs-params file.
    pub params: Option<Located<String>>,
    /// The container that carries the release; none for workers that name none.
    pub container: Option<ReleaseContainer>,
    /// The full service.
    pub full: Option<ReleaseService>,
    /// The canary service.
    pub canary: Option<ReleaseService>,
    /// AWS region.
    pub region: Option<Located<String>>,
    /// A role to assume with the job's own rights.
    pub role: Option<Located<String>>,
    /// Where tasks start.
    pub launch: Option<Located<LaunchSetting>>,
    /// Time in which a new task's health checks do not count.
    pub health_grace: Option<Located<Duration>>,
    /// What becomes of the canary service after a full release.
    pub after_full: Option<Located<AfterFull>>,
    /// How traffic moves.
    pub mode: Option<Located<Mode>>,
    /// The listener rule of weighted and native mode.
    pub listener_rule: Option<Located<String>>,
    /// ECS's own strategies, for mode native.
    pub native: Option<Located<NativeSettings>>,
    /// The circuit breaker.
    pub breaker: Option<Located<BreakerRule>>,
    /// Rising per cents of traffic; empty = not written.
    pub steps: Vec<Located<f64>>,
    /// How long each step is held.
    pub hold: Option<Located<Duration>>,
    /// For the whole release.
    pub deadline: Option<Located<Duration>>,
    /// When the job is cancelled.
    pub on_cancel: Option<Located<CancelPolicy>>,
    /// The wait for a person.
    pub gate: Option<Located<Gate>>,
    /// How the canary is judged.
    pub judge: Option<Located<Judge>>,
}

/// One service of the release file.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseService {
    /// Where its entry starts.
    pub at: Location,
    /// Its name.
    pub name: Located<ServiceName>,
    /// How many tasks.
    pub desired: Option<Located<u32>>,
    /// Minimum and maximum healthy per cent.
    pub percents: Option<Located<HealthyPercents>>,
    /// Its target group; none without a load balancer.
    pub target_group: Option<Located<TargetGroupArn>>,
}

/// Reads a release file. `file` is its name for findings; `lookup` gives the variables of
/// `${...}`.
///
/// # Errors
/// Every fault of the file, with line and column; an unset variable is one.
pub fn release(
    file: &str,
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<ReleaseFile, Vec<Finding>> {
    let mut root = yaml::read(file, text)?;
    let mut findings = Vec::new();
    expand_values(&mut root, lookup, &mut findings);
    if has_errors(&findings) {
        return Err(findings);
    }
    let file = read(&root, &mut findings);
    sort_by_place(&mut findings);
    match file {
        Some(release) if !has_errors(&findings) => Ok(release),
        _ => Err(findings),
    }
}

impl ReleaseFile {
    /// The cluster: `given` (a flag or variable), else the file's.
    ///
    /// # Errors
    /// Neither names one.
    pub fn cluster_or(&self, given: Option<ClusterName>) -> Result<ClusterName, Finding> {
        given.or_else(|| self.cluster.as_ref().map(|cluster| cluster.value.clone())).ok_or_else(
            || {
                Finding::error("\"cluster\" is missing")
                    .located(&self.at)
                    .hint("Add `cluster: NAME`, or give --cluster.")
            },
        )
    }

    /// The full service.
    ///
    /// # Errors
    /// The file has none.
    pub fn full(&self) -> Result<&ReleaseService, Finding> {
        self.full.as_ref().ok_or_else(|| self.without_service("full"))
    }

    /// The canary service.
    ///
    /// # Errors
    /// The file has none.
    pub fn canary(&self) -> Result<&ReleaseService, Finding> {
        self.canary.as_ref().ok_or_else(|| self.without_service("canary"))
    }

    fn without_service(&self, key: &str) -> Finding {
        Finding::error(format!("services has no \"{key}\""))
            .located(&self.at)
            .hint(format!("Add `services: {{{key}: {{name: ...}}}}`."))
    }
}

/// Puts variables into every value; one that is not set and has no default is an error.
fn expand_values(
    node: &mut Node,
    lookup: &dyn Fn(&str) -> Option<String>,
    findings: &mut Vec<Finding>,
) {
    let at = node.at.clone();
    match &mut node.value {
        Value::List(items) => {
            items.iter_mut().for_each(|item| expand_values(item, lookup, findings));
        }
        Value::Map(map) => {
            let entries = map.entries.iter_mut();
            entries.for_each(|entry| expand_values(&mut entry.value, lookup, findings));
        }
        Value::Scalar { text, .. } => match yaml::expand(text, lookup) {
            Ok(expanded) => {
                *text = expanded.text;
                findings.extend(expanded.unset.iter().map(|name| {
                    at.error(format!("variable {name} is not set"))
                        .hint(format!("Set it, or write ${{{name}:-default}}."))
                }));
            }
            Err(error) => findings.push(at.error(error.to_string())),
        },
    }
}

fn read(root: &Node, findings: &mut Vec<Finding>) -> Option<ReleaseFile> {
    let mut fields = Fields::open(root, "", KEYS, findings)?;
    let fields = &mut fields;
    let time = "a duration such as \"10m\"";
    let (full, canary) = services(fields);
    let compose = fields.texts("compose");
    fields.required("compose", compose.first());
    let release = ReleaseFile {
        at: fields.place().location(),
        cluster: fields.text("cluster").map(|cluster| cluster.map(ClusterName::new)),
        compose,
        params: fields.text("params"),
        container: container(fields),
        full,
        canary,
        region: fields.parsed("region", "a region such as eu-central-1", region),
        role: fields.parsed("role", "the ARN of a role", arn),
        launch: launch(fields),
        health_grace: fields.parsed("health_grace", "a duration such as \"60s\"", duration),
        after_full: after_full(fields),
        mode: mode(fields),
        listener_rule: fields.parsed("listener_rule", "the ARN of a listener rule", arn),
        native: native(fields),
        breaker: breaker(fields),
        steps: steps(fields),
        hold: fields.parsed("hold", time, duration),
        deadline: fields.parsed("deadline", time, duration),
        on_cancel: on_cancel(fields),
        gate: gate(fields),
        judge: judge(fields),
    };
    fits_together(&release, fields.findings());
    Some(release)
}

fn services(fields: &mut Fields<'_, '_>) -> (Option<ReleaseService>, Option<ReleaseService>) {
    let Some(node) = fields.node("services") else {
        fields.required::<()>("services", None);
        return (None, None);
    };
    let known = ["full", "canary"];
    let Some(mut inner) = Fields::open(node, "services", &known, fields.findings()) else {
        return (None, None);
    };
    let full = inner.node("full").and_then(|node| service(node, "full", inner.findings()));
    let canary = inner.node("canary").and_then(|node| service(node, "canary", inner.findings()));
    if inner.node("full").is_none() && inner.node("canary").is_none() {
        let message = "services has neither \"full\" nor \"canary\"";
        inner.report(inner.place().error(message));
    }
    (full, canary)
}

fn service(node: &Node, key: &str, findings: &mut Vec<Finding>) -> Option<ReleaseService> {
    let known = ["name", "desired", "percents", "target_group"];
    let mut fields = Fields::open(node, &format!("services.{key}"), &known, findings)?;
    let name = fields.parsed("name", "at most 255 letters, digits, - and _", service_name);
    let name = fields.required("name", name);
    let desired = fields.parsed("desired", "a whole number of tasks", |text| text.parse().ok());
    let percents = percents(&mut fields);
    let target_group = fields.parsed("target_group", "the ARN of a target group", |text| {
        arn(text).filter(|arn| arn.contains(":targetgroup/")).map(TargetGroupArn::new)
    });
    Some(ReleaseService { at: node.at.location(), name: name?, desired, percents, target_group })
}

fn percents(fields: &mut Fields<'_, '_>) -> Option<Located<HealthyPercents>> {
    let wanted = "minimum/maximum healthy per cent such as 100/200";
    let percents =
        fields.parsed("percents", wanted, |text| text.parse::<HealthyPercents>().ok())?;
    let HealthyPercents { minimum, maximum } = percents.value;
    let problem = if minimum > 100 {
        "the minimum is at most 100"
    } else if !(100..=200).contains(&maximum) {
        "the maximum lies between 100 and 200"
    } else if minimum == 100 && maximum == 100 {
        "with 100/100 no task may stop and none may start: nothing can be deployed"
    } else {
        return Some(percents);
    };
    fields.report(percents.error(format!("percents {}: {problem}", percents.value)));
    None
}

/// What one key says must not contradict another.
fn fits_together(release: &ReleaseFile, findings: &mut Vec<Finding>) {
    let both: Vec<&ReleaseService> = release.full.iter().chain(&release.canary).collect();
    if let [full, canary] = both.as_slice()
        && full.name.value == canary.name.value
    {
        let message = format!("full and canary are both named \"{}\"", canary.name.value);
        findings.push(canary.name.error(message));
    }
    let port = release.container.as_ref().and_then(|container| container.port.as_ref());
    let balanced = both.iter().find_map(|service| service.target_group.as_ref());
    if let (Some(target_group), None) = (balanced, port) {
        let message = "a target group needs a container and its port";
        findings.push(target_group.error(message).hint("Add `container: {name: ..., port: ...}`."));
    }
    if let (Some(grace), None) = (&release.health_grace, balanced) {
        let message = "health_grace counts only with a load balancer, and no service has one";
        findings.push(grace.error(message));
    }
    let is_native = release.mode.as_ref().is_some_and(|mode| mode.value == Mode::Native);
    if let (Some(native), false) = (&release.native, is_native) {
        findings.push(native.error("native counts only in mode native"));
    }
}

fn service_name(text: &str) -> Option<ServiceName> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let good = (1..=255).contains(&text.len()) && text.bytes().all(word);
    good.then(|| ServiceName::new(text))
}

fn region(text: &str) -> Option<String> {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (text.contains('-') && text.bytes().all(word)).then(|| text.to_owned())
}

fn arn(text: &str) -> Option<String> {
    (text.starts_with("arn:") && text.matches(':').count() >= 5).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GateAction, OnCancel, OnFail, OnUndecided};

    #[test]
    fn every_key_has_its_row_in_the_page_of_keys() {
        let page = include_str!("../../docs/release-file.md");
        for key in KEYS {
            assert!(page.contains(&format!("| `{key}` |")), "docs/release-file.md lacks {key}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, KEYS.len(), "docs/release-file.md has a row for a key that is not there");
    }

    const WHOLE: &str = "\
cluster: ${CLUSTER}
compose: deploy/docker-compose.yml
params: deploy/ecs-params.yml
container: {name: web, port: 80}
services:
  full:   {name: release, desired: 3, percents: 100/200, target_group: 'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/1'}
  canary: {name: canary-release, desired: '${CANARY:-1}', percents: 0/100}
region: ap-northeast-1
role: arn:aws:iam::111122223333:role/deploy
launch: [FARGATE, {provider: FARGATE_SPOT, weight: 3, base: 1}]
health_grace: 60s
after_full: keep
mode: twin
listener_rule: arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/a/1/2/3
breaker: keep
steps: [5, 10, 25, 50]
hold: 10m
deadline: 55m
on_cancel: stop
gate: {timeout: 2h, then: rollback}
judge: {ratio: 1.5, floor: 0.2%, hard: 10%, slow: 500ms, undecided: hold, fail: rollback}
";

    fn lookup(name: &str) -> Option<String> {
        (name == "CLUSTER").then(|| "prod".to_owned())
    }

    fn faults(text: &str) -> String {
        let findings = release("ecs-canary.yml", text, &lookup).expect_err("a fault");
        let lines = findings.iter().map(|finding| match &finding.hint {
            Some(hint) => format!("{finding} / {hint}"),
            None => finding.to_string(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_key_is_read() {
        let file = release("ecs-canary.yml", WHOLE, &lookup).expect("a good file");
        assert_eq!(file.cluster_or(None), Ok(ClusterName::new("prod")));
        assert_eq!(file.cluster_or(Some(ClusterName::new("x"))), Ok(ClusterName::new("x")));
        let canary = file.canary().expect("a canary");
        assert_eq!(canary.desired.as_ref().map(|count| count.value), Some(1));
        assert_eq!(canary.name.at.to_string(), "ecs-canary.yml:7:18");
        let providers = [("FARGATE".to_owned(), 1, 0), ("FARGATE_SPOT".to_owned(), 3, 1)];
        let launch = LaunchSetting::Providers(providers.to_vec());
        assert_eq!(file.launch.map(|launch| launch.value), Some(launch));
        let shares: Vec<f64> = file.steps.iter().map(|step| step.value).collect();
        assert_eq!(shares, [5.0, 10.0, 25.0, 50.0]);
        let Some(Judge::On(settings)) = file.judge.map(|judge| judge.value) else {
            panic!("a judge");
        };
        assert_eq!(settings.slow.map(|slow| slow.value), Some(Duration::from_millis(500)));
        assert_eq!((settings.fail, settings.undecided), (OnFail::Rollback, OnUndecided::Hold));
        assert_eq!(settings.policy.floor.to_string(), "0.2 %");
        let gate = file.gate.map(|gate| (gate.value.timeout.as_secs(), gate.value.then));
        assert_eq!(gate, Some((7200, GateAction::Rollback)));
    }

    #[test]
    fn on_cancel_is_one_word_or_one_for_each_phase() {
        let head = "cluster: c\ncompose: c.yml\nservices: {full: {name: w}}\n";
        let read = |line: &str| {
            let file = release("ecs-canary.yml", &format!("{head}{line}\n"), &lookup);
            file.expect("a good file").on_cancel.expect("a policy").value
        };
        assert_eq!(read("on_cancel: leave"), OnCancel::Leave.into());
        let by_phase = CancelPolicy { canary: OnCancel::Stop, full: OnCancel::Leave };
        assert_eq!(read("on_cancel: {full: leave}"), by_phase);
        insta::assert_snapshot!(
            faults(&format!("{head}on_cancel: {{canary: go, fulls: stop}}\n")),
            @r#"
        ecs-canary.yml:4:21: "canary" is "go"; stop or leave is wanted
        ecs-canary.yml:4:25: unknown key "fulls" in on_cancel / Did you mean "full"?
        "#
        );
    }

    #[test]
    fn three_blocks_are_enough() {
        let text = "cluster: c\ncompose: c.yml\nservices: {full: {name: worker}}\n";
        assert!(release("ecs-canary.yml", text, &lookup).is_ok());
    }

    #[test]
    fn unknown_keys_name_the_nearest_known_one() {
        insta::assert_snapshot!(
            faults("clutser: c\ncompose: c.yml\nservices:\n  full: {nmae: release, size: 1}\n"),
            @r#"
        ecs-canary.yml:1:1: unknown key "clutser" / Did you mean "cluster"?
        ecs-canary.yml:4:9: services.full has no "name"
        ecs-canary.yml:4:10: unknown key "nmae" in services.full / Did you mean "name"?
        ecs-canary.yml:4:25: unknown key "size" in services.full / Known keys: name, desired, percents, target_group.
        "#
        );
    }

    #[test]
    fn an_unset_variable_is_an_error_with_its_line() {
        insta::assert_snapshot!(
            faults("cluster: ${CLSTER}\ncompose: ${DIR:?say where}/c.yml\n"),
            @r"
        ecs-canary.yml:1:10: variable CLSTER is not set / Set it, or write ${CLSTER:-default}.
        ecs-canary.yml:2:10: variable DIR must be set: say where
        "
        );
    }

    #[test]
    fn wrong_values_say_what_is_wanted() {
        insta::assert_snapshot!(
            faults(
                "compose: c.yml\nhealth_grace: 60\nmode: fast\nsteps: [10, 5, 100]\nservices:\n  full: {name: a b, desired: many, percents: 100/100}\n  canary: {name: c, percents: 50}\n"
            ),
            @r#"
        ecs-canary.yml:2:15: "health_grace" is the number 60; a duration such as "60s" is wanted
        ecs-canary.yml:3:7: "mode" is "fast"; twin, weighted or native is wanted
        ecs-canary.yml:4:13: step 5 is not above the one before it
        ecs-canary.yml:4:16: "steps" is the number 100; a per cent above 0 and below 100 is wanted
        ecs-canary.yml:6:16: "name" is "a b"; at most 255 letters, digits, - and _ is wanted
        ecs-canary.yml:6:30: "desired" is "many"; a whole number of tasks is wanted
        ecs-canary.yml:6:46: percents 100/100: with 100/100 no task may stop and none may start: nothing can be deployed
        ecs-canary.yml:7:31: "percents" is the number 50; minimum/maximum healthy per cent such as 100/200 is wanted
        "#
        );
    }

    #[test]
    fn a_missing_cluster_or_service_is_named_with_the_file() {
        let text = "compose: c.yml\nservices: {full: {name: worker}}\n";
        let file = release("ecs-canary.yml", text, &lookup).expect("a good file");
        let missing = file.cluster_or(None).expect_err("no cluster");
        assert_eq!(missing.to_string(), "ecs-canary.yml:1:1: \"cluster\" is missing");
        let missing = file.canary().expect_err("no canary");
        assert_eq!(missing.to_string(), "ecs-canary.yml:1:1: services has no \"canary\"");
    }

    #[test]
    fn a_target_group_needs_a_port_and_a_grace_period_a_target_group() {
        let text =
            "compose: c.yml\nhealth_grace: 60s\nservices: {full: {name: w}, canary: {name: w}}\n";
        insta::assert_snapshot!(faults(text), @r#"
        ecs-canary.yml:2:15: health_grace counts only with a load balancer, and no service has one
        ecs-canary.yml:3:44: full and canary are both named "w"
        "#);
    }
}
