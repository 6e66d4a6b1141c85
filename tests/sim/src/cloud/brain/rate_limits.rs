//! How many calls there may be: token buckets by kind of action, for the account and region.
//! Owns the published numbers ("Amazon ECS API request throttling", CloudWatch's quotas).

use super::time::SimTime;
use std::collections::BTreeMap;

/// A bucket: its name, how many calls at once, how many a second, and the actions it is for.
type Limit = (&'static str, f64, f64, &'static [&'static str]);

const ECS: [Limit; 13] = [
    ("service modify", 50.0, 5.0, &["CreateService", "UpdateService", "DeleteService"]),
    ("service read", 100.0, 20.0, &["DescribeServices", "ListServices"]),
    (
        "service deployment read",
        50.0,
        20.0,
        &["DescribeServiceDeployments", "ListServiceDeployments"],
    ),
    ("service revision read", 50.0, 20.0, &["DescribeServiceRevisions"]),
    ("task definition modify", 20.0, 1.0, &["RegisterTaskDefinition", "DeregisterTaskDefinition"]),
    (
        "task definition read",
        50.0,
        20.0,
        &["DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies"],
    ),
    ("task definition delete", 5.0, 1.0, &["DeleteTaskDefinitions"]),
    ("cluster resource read", 100.0, 20.0, &["DescribeTasks", "ListTasks"]),
    ("cluster resource modify", 100.0, 40.0, &["RunTask", "StopTask", "StartTask"]),
    ("cluster read", 50.0, 20.0, &["DescribeClusters", "ListClusters"]),
    ("cluster modify", 20.0, 1.0, &["CreateCluster"]),
    ("tag modify", 20.0, 10.0, &["TagResource", "UntagResource"]),
    ("tag read", 50.0, 20.0, &["ListTagsForResource"]),
];

const CLOUDWATCH: [Limit; 2] = [
    ("metric data", 50.0, 50.0, &["GetMetricData"]),
    ("alarm read", 9.0, 9.0, &["DescribeAlarms"]),
];

/// What is left in the buckets.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimits {
    /// Calls left, and when that was so.
    left: BTreeMap<&'static str, (f64, SimTime)>,
}

impl RateLimits {
    /// Takes a call from its bucket; false when there is none left. An action without a
    /// bucket has no limit.
    pub(crate) fn allow(&mut self, service: &str, action: &str, now: SimTime) -> bool {
        let limits: &[Limit] = match service {
            "ecs" => &ECS,
            "cloudwatch" => &CLOUDWATCH,
            _ => &[],
        };
        let limit = limits.iter().find(|(.., actions)| actions.contains(&action));
        let Some(&(name, burst, refill, _)) = limit else { return true };
        let (left, since) = self.left.get(name).copied().unwrap_or((burst, now));
        let left = (left + refill * now.since(since).as_secs_f64()).min(burst);
        let allowed = left >= 1.0;
        self.left.insert(name, (if allowed { left - 1.0 } else { left }, now));
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::{RateLimits, SimTime};

    #[test]
    fn a_burst_passes_and_then_so_many_a_second() {
        let mut limits = RateLimits::default();
        let mut passed = |millis: i64, calls: usize| {
            let now = SimTime::from_millis(millis);
            (0..calls).filter(|_| limits.allow("ecs", "RegisterTaskDefinition", now)).count()
        };
        assert_eq!(passed(0, 30), 20);
        assert_eq!(passed(999, 5), 0);
        assert_eq!(passed(1000, 5), 1);
        assert_eq!(passed(61_000, 30), 20);
    }

    #[test]
    fn actions_of_a_kind_share_a_bucket_and_others_have_none() {
        let mut limits = RateLimits::default();
        let now = SimTime::from_millis(0);
        let mut passed =
            |action: &str| (0..60).filter(|_| limits.allow("ecs", action, now)).count();
        assert_eq!((passed("UpdateService"), passed("CreateService")), (50, 0));
        assert_eq!(passed("StopServiceDeployment"), 60);
    }
}
