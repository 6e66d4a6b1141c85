//! What a load balancer counts for two target groups.

use crate::model::{
    BadCount, JudgedMetric, ListenerRuleArn, MetricSeries, SideSeries, TargetGroupArn,
};
use std::collections::BTreeMap;
use std::time::Duration;

const NAMESPACE: &str = "AWS/ApplicationELB";
const REQUESTS: &str = "RequestCount";
const TIME: &str = "TargetResponseTime";
const ANSWERS: [&str; 4] = [
    "HTTPCode_Target_2XX_Count",
    "HTTPCode_Target_3XX_Count",
    "HTTPCode_Target_4XX_Count",
    "HTTPCode_Target_5XX_Count",
];
const ERRORS: &str = ANSWERS[3];

/// The load balancer of a listener rule, as its metrics name it: `app/NAME/ID`. `None` when the
/// text is no ARN of a rule.
pub fn load_balancer(rule: &ListenerRuleArn) -> Option<String> {
    let (_, rest) = rule.as_str().split_once(":listener-rule/")?;
    let parts: Vec<&str> = rest.split('/').collect();
    (parts.len() >= 3).then(|| parts[..3].join("/"))
}

/// Errors, requests without an answer, and slow answers: those that take longer than `slow`.
///
/// The load balancer's own 502, 503 and 504 are counted for the whole of it only. A request that
/// came to a target group and that none of its targets answered is one of them (or a client that
/// went away, which happens at both sides alike).
pub fn of_target_groups(
    load_balancer: &str,
    (canary, baseline): (&TargetGroupArn, &TargetGroupArn),
    slow: Option<Duration>,
) -> Vec<JudgedMetric> {
    let of = |group: &TargetGroupArn| Group { load_balancer, group: dimension(group) };
    let (canary, baseline) = (of(canary), of(baseline));
    let metric = |name: &str, [canary, baseline]: [SideSeries; 2]| JudgedMetric {
        name: name.to_owned(),
        canary,
        baseline,
    };
    let mut metrics = vec![
        metric("errors", [canary.errors(), baseline.errors()]),
        metric("no answer", [canary.silence(), baseline.silence()]),
    ];
    metrics.extend(slow.map(|limit| metric("slow", [canary.slow(limit), baseline.slow(limit)])));
    metrics
}

/// `targetgroup/NAME/ID`.
fn dimension(group: &TargetGroupArn) -> String {
    group.as_str().rsplit(':').next().unwrap_or_default().to_owned()
}

struct Group<'a> {
    load_balancer: &'a str,
    group: String,
}

impl Group<'_> {
    fn series(&self, name: &str, statistic: &str) -> MetricSeries {
        let dimension = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        MetricSeries {
            namespace: NAMESPACE.to_owned(),
            name: name.to_owned(),
            dimensions: BTreeMap::from([
                dimension("LoadBalancer", self.load_balancer),
                dimension("TargetGroup", &self.group),
            ]),
            statistic: statistic.to_owned(),
        }
    }

    fn errors(&self) -> SideSeries {
        let bad = BadCount::Counted(self.series(ERRORS, "Sum"));
        SideSeries { requests: self.series(REQUESTS, "Sum"), bad }
    }

    fn silence(&self) -> SideSeries {
        let answers = ANSWERS.iter().map(|name| self.series(name, "Sum"));
        let bad = BadCount::Unanswered(answers.collect());
        SideSeries { requests: self.series(REQUESTS, "Sum"), bad }
    }

    /// Answers that took longer than `limit` are counted by a trimmed count, whose lower bound
    /// does not belong to it; percentiles of minutes could not be added.
    fn slow(&self, limit: Duration) -> SideSeries {
        let statistic = format!("TC({}:)", limit.as_secs_f64());
        let bad = BadCount::Counted(self.series(TIME, &statistic));
        SideSeries { requests: self.series(TIME, "SampleCount"), bad }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_balancer_is_read_from_the_rule() {
        let rule = ListenerRuleArn::new(
            "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/web/50dc6c/f2f7dc/9683b2",
        );
        assert_eq!(load_balancer(&rule).as_deref(), Some("app/web/50dc6c"));
        assert_eq!(load_balancer(&ListenerRuleArn::new("rule")), None);
    }

    #[test]
    fn slow_answers_are_asked_by_a_trimmed_count() {
        let group = |name: &str| {
            TargetGroupArn::new(format!("arn:aws:elasticloadbalancing:r:1:targetgroup/{name}/1"))
        };
        let (canary, full) = (group("canary"), group("full"));
        let slow = Some(Duration::from_millis(500));
        let metrics = of_target_groups("app/web/1", (&canary, &full), slow);
        let names: Vec<&str> = metrics.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["errors", "no answer", "slow"]);
        let BadCount::Counted(bad) = &metrics[2].canary.bad else { panic!("counted") };
        assert_eq!((bad.name.as_str(), bad.statistic.as_str()), ("TargetResponseTime", "TC(0.5:)"));
        assert_eq!(bad.dimensions["TargetGroup"], "targetgroup/canary/1");
        assert_eq!(metrics[2].baseline.requests.statistic, "SampleCount");
        assert_eq!(metrics[2].baseline.requests.dimensions["TargetGroup"], "targetgroup/full/1");
    }
}
