//! `judge:` of the release file.

use super::judge_metrics::{BuiltIn, OwnMetric, own_metrics, without};
use super::yaml::{Fields, duration};
use crate::model::{Comparison, Located, OnFail, OnUndecided, Phi, Policy, Rate, Ratio};
use std::time::Duration;

/// How long a share waits for a verdict when nobody says.
const LONGEST: Duration = Duration::from_secs(60 * 60);

const KEYS: &[&str] = &[
    "ratio",
    "floor",
    "hard",
    "accept_ratio",
    "accept_rate",
    "alpha",
    "beta",
    "min_minutes",
    "min_requests",
    "phi",
    "slow",
    "max",
    "undecided",
    "fail",
    "alarms",
    "metrics",
    "without",
    "compare",
];

/// How the canary is judged.
#[derive(Debug, Clone, PartialEq)]
pub enum Judge {
    /// Steps by time and service health only.
    Off,
    /// By its requests.
    On(Box<JudgeSettings>),
}

/// What the judge looks at, by which limits, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeSettings {
    /// The limits.
    pub policy: Policy,
    /// Answers of the load balancer's targets that take longer are bad too.
    pub slow: Option<Located<Duration>>,
    /// How long a share waits for a verdict.
    pub longest: Duration,
    /// When the data do not decide.
    pub undecided: OnUndecided,
    /// When the canary is bad.
    pub fail: OnFail,
    /// Alarms of CloudWatch that stop it too.
    pub alarms: Vec<Located<String>>,
    /// The user's own metrics.
    pub metrics: Vec<OwnMetric>,
    /// The load balancer's metrics that are left out.
    pub without: Vec<Located<BuiltIn>>,
    /// How the two sides are compared while they get the same part of the requests.
    pub even: Comparison,
}

impl Default for JudgeSettings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            slow: None,
            longest: LONGEST,
            undecided: OnUndecided::default(),
            fail: OnFail::default(),
            alarms: Vec::new(),
            metrics: Vec::new(),
            without: Vec::new(),
            even: Comparison::Stable,
        }
    }
}

pub(super) fn judge(fields: &mut Fields<'_, '_>) -> Option<Located<Judge>> {
    let node = fields.node("judge")?;
    if node.as_map().is_none() {
        let wanted = "on, off or a mapping such as {ratio: 1.5, floor: 0.2%}";
        return fields.parsed("judge", wanted, |text| match text {
            "off" | "false" => Some(Judge::Off),
            "on" | "true" => Some(Judge::On(Box::default())),
            _ => None,
        });
    }
    let mut inner = Fields::open(node, "judge", KEYS, fields.findings())?;
    let settings = JudgeSettings {
        policy: policy(&mut inner),
        slow: inner.parsed("slow", "a duration such as \"500ms\"", positive),
        longest: inner
            .parsed("max", "a duration such as \"60m\"", positive)
            .map_or(LONGEST, |max| max.value),
        undecided: undecided(&mut inner),
        fail: fail(&mut inner),
        alarms: inner.texts("alarms"),
        metrics: own_metrics(&mut inner),
        without: without(&mut inner),
        even: even(&mut inner),
    };
    Some(node.at.locate(Judge::On(Box::new(settings))))
}

fn policy(fields: &mut Fields<'_, '_>) -> Policy {
    let usual = Policy::default();
    let mut rate = |key: &str, usual: Rate| {
        let wanted = "a rate above 0 and up to 90 %, written 0.2% or 0.002";
        let found = fields.parsed(key, wanted, |text| text.parse::<Rate>().ok());
        found.map_or(usual, |found| found.value)
    };
    let (floor, hard) = (rate("floor", usual.floor), rate("hard", usual.hard));
    let accept_rate = rate("accept_rate", usual.accept_rate);
    let (alpha, beta) = (rate("alpha", usual.alpha), rate("beta", usual.beta));
    let mut ratio = |key: &str, usual: Ratio| {
        let found = fields.parsed(key, "a number from 1, such as 1.5", |text| {
            text.parse::<Ratio>().ok().filter(|ratio| ratio.value() >= 1.0)
        });
        found.map_or(usual, |found| found.value)
    };
    let (ratio, accept_ratio) =
        (ratio("ratio", usual.ratio), ratio("accept_ratio", usual.accept_ratio));
    let whole = "a whole number";
    let min_minutes = fields.parsed("min_minutes", whole, |text| text.parse().ok());
    let min_requests = fields.parsed("min_requests", whole, |text| text.parse().ok());
    let phi = fields.parsed("phi", "auto or a number from 1", |text| text.parse::<Phi>().ok());
    Policy {
        ratio,
        floor,
        hard,
        accept_ratio,
        accept_rate,
        alpha,
        beta,
        min_minutes: min_minutes.map_or(usual.min_minutes, |found| found.value),
        min_requests: min_requests.map_or(usual.min_requests, |found| found.value),
        phi: phi.map_or(usual.phi, |found| found.value),
        comparison: usual.comparison,
    }
}

fn even(fields: &mut Fields<'_, '_>) -> Comparison {
    let found = fields.parsed("compare", "share or pairs", |text| match text {
        "share" => Some(Comparison::Stable),
        "pairs" => Some(Comparison::SameSize),
        _ => None,
    });
    found.map_or(Comparison::Stable, |found| found.value)
}

fn undecided(fields: &mut Fields<'_, '_>) -> OnUndecided {
    let found = fields.parsed("undecided", "hold, rollback or promote", |text| match text {
        "hold" => Some(OnUndecided::Hold),
        "rollback" => Some(OnUndecided::Rollback),
        "promote" => Some(OnUndecided::Promote),
        _ => None,
    });
    found.map(|found| found.value).unwrap_or_default()
}

fn fail(fields: &mut Fields<'_, '_>) -> OnFail {
    let found = fields.parsed("fail", "rollback or freeze", |text| match text {
        "rollback" => Some(OnFail::Rollback),
        "freeze" => Some(OnFail::Freeze),
        _ => None,
    });
    found.map(|found| found.value).unwrap_or_default()
}

fn positive(text: &str) -> Option<Duration> {
    duration(text).filter(|duration| !duration.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::release;

    const HEAD: &str = "cluster: c\ncompose: c.yml\nservices: {full: {name: web}}\n";

    fn settings(judge: &str) -> JudgeSettings {
        let file = release("ecs-canary.yml", &format!("{HEAD}{judge}"), &|_| None).expect("good");
        match file.judge.expect("a judge").value {
            Judge::On(settings) => *settings,
            Judge::Off => panic!("off"),
        }
    }

    fn faults(judge: &str) -> String {
        let text = format!("{HEAD}{judge}");
        let findings = release("ecs-canary.yml", &text, &|_| None).expect_err("a fault");
        let lines = findings.iter().map(|finding| match &finding.hint {
            Some(hint) => format!("{finding} / {hint}"),
            None => finding.to_string(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn on_is_the_default_of_every_limit() {
        assert_eq!(settings("judge: on\n"), JudgeSettings::default());
        assert_eq!(settings("judge: {}\n"), JudgeSettings::default());
    }

    #[test]
    fn limits_are_those_of_replay() {
        let settings = settings(
            "judge: {ratio: 2, accept_rate: 0.5%, min_requests: 80, phi: 1.5, max: 30m, \
             alarms: [a, b], undecided: rollback, fail: freeze}\n",
        );
        let usual = Policy::default();
        assert_eq!((settings.policy.ratio.value(), settings.policy.floor), (2.0, usual.floor));
        assert_eq!(settings.policy.accept_rate.to_string(), "0.5 %");
        assert_eq!((settings.policy.min_requests, settings.policy.phi), (80, Phi::Fixed(1.5)));
        assert_eq!(settings.longest, Duration::from_secs(1800));
        assert_eq!((settings.undecided, settings.fail), (OnUndecided::Rollback, OnFail::Freeze));
        assert_eq!(settings.alarms.len(), 2);
    }

    #[test]
    fn a_metric_of_ones_own_has_a_series_on_each_side() {
        let settings = settings(
            "judge:\n  metrics:\n    - name: orders\n      namespace: Shop\n      \
             total: Orders\n      bad: Failed\n      dimensions: {Env: prod}\n      \
             canary: {Service: web-canary}\n      full: {Service: web}\n",
        );
        let [own] = settings.metrics.as_slice() else { panic!("one") };
        assert_eq!((own.statistic.as_str(), own.canary.len()), ("Sum", 2));
        assert_eq!((own.full["Env"].as_str(), own.full["Service"].as_str()), ("prod", "web"));
    }

    #[test]
    fn metrics_are_left_out_and_pairs_are_asked_for_by_name() {
        let settings = settings("judge: {without: [no answer], compare: pairs}\n");
        let without: Vec<BuiltIn> = settings.without.iter().map(|one| one.value).collect();
        assert_eq!((without, settings.even), (vec![BuiltIn::NoAnswer], Comparison::SameSize));
        insta::assert_snapshot!(
            faults("judge: {without: [slow, errors], compare: both}\n"),
            @r#"
        ecs-canary.yml:4:19: "without" names "slow" / The load balancer's own metrics are `errors` and `no answer`.
        ecs-canary.yml:4:43: "compare" is "both"; share or pairs is wanted
        "#
        );
    }

    #[test]
    fn faults_are_named_with_their_place() {
        insta::assert_snapshot!(
            faults(
                "judge:\n  ratoi: 2\n  floor: 95%\n  slow: 0s\n  undecided: wait\n  metrics:\n    \
                 - {name: o, namespace: S, total: T, canary: {A: b}, full: {A: b}}\n"
            ),
            @r#"
        ecs-canary.yml:5:3: unknown key "ratoi" in judge / Did you mean "ratio"?
        ecs-canary.yml:6:10: "floor" is "95%"; a rate above 0 and up to 90 %, written 0.2% or 0.002 is wanted
        ecs-canary.yml:7:9: "slow" is "0s"; a duration such as "500ms" is wanted
        ecs-canary.yml:8:14: "undecided" is "wait"; hold, rollback or promote is wanted
        ecs-canary.yml:10:7: a metric of judge has no "bad"
        ecs-canary.yml:10:7: the two sides of the metric are the same / Name a dimension that tells them apart.
        "#
        );
    }
}
