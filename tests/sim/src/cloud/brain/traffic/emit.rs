//! The load balancer's points: what a target group or a load balancer did becomes metrics.
//! Owns their names and dimensions. A counter that is zero is not published.

use super::outcome::Outcome;
use crate::cloud::brain::cloudwatch::{Metrics, Sample, SeriesKey};
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;

const NAMESPACE: &str = "AWS/ApplicationELB";

/// Where and when points are published.
pub(super) struct Publisher<'m> {
    pub(super) metrics: &'m mut Metrics,
    /// The second at which the point's minute begins.
    pub(super) minute: i64,
    pub(super) visible_at: SimTime,
}

/// `app/name/id` or `targetgroup/name/id` of an ARN.
pub(super) fn dimension(arn: &str) -> &str {
    let end = arn.rsplit(':').next().unwrap_or(arn);
    end.strip_prefix("loadbalancer/").unwrap_or(end)
}

impl Publisher<'_> {
    /// What targets of a group did.
    pub(super) fn group(&mut self, balancer: &str, group: &str, outcome: &Outcome) {
        let (balancer, group) = (dimension(balancer), dimension(group));
        let both = [("LoadBalancer", balancer), ("TargetGroup", group)];
        let one = [("LoadBalancer", balancer)];
        for dimensions in [&both[..], &one[..]] {
            self.count("RequestCount", dimensions, outcome.requests);
            self.count("TargetConnectionErrorCount", dimensions, outcome.unanswered);
            for (class, &number) in &outcome.classes {
                self.count(&format!("HTTPCode_Target_{class}XX_Count"), dimensions, number);
            }
            if !outcome.seconds.is_empty() {
                let sample = Sample::Values(sorted(&outcome.seconds));
                self.add("TargetResponseTime", dimensions, sample);
            }
        }
        self.count("RequestCountPerTarget", &both[1..], outcome.requests);
        self.own_answers(balancer, "502", outcome.unanswered);
    }

    /// Answers that the load balancer made itself.
    pub(super) fn own_answers(&mut self, balancer: &str, status: &str, number: u32) {
        let one = [("LoadBalancer", dimension(balancer))];
        self.count("HTTPCode_ELB_5XX_Count", &one, number);
        self.count(&format!("HTTPCode_ELB_{status}_Count"), &one, number);
    }

    /// Healthy and unhealthy targets of a group.
    pub(super) fn hosts(&mut self, balancer: &str, group: &str, healthy: u32, unhealthy: u32) {
        let both = [("LoadBalancer", dimension(balancer)), ("TargetGroup", dimension(group))];
        for (name, number) in [("HealthyHostCount", healthy), ("UnHealthyHostCount", unhealthy)] {
            self.add(name, &both, Sample::Values(vec![(f64::from(number), 1.0)]));
        }
    }

    fn count(&mut self, name: &str, dimensions: &[(&str, &str)], number: u32) {
        if number > 0 {
            self.add(name, dimensions, Sample::Values(vec![(1.0, f64::from(number))]));
        }
    }

    fn add(&mut self, name: &str, dimensions: &[(&str, &str)], sample: Sample) {
        let key = SeriesKey::new(NAMESPACE, name, dimensions);
        self.metrics.add(&key, self.minute, sample, self.visible_at);
    }
}

fn sorted(values: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut values = values.to_vec();
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    values.dedup_by(|later, kept| {
        let same = later.0.total_cmp(&kept.0).is_eq();
        if same {
            kept.1 += later.1;
        }
        same
    });
    values
}

/// The load balancer of a listener.
pub(super) fn balancer_of(world: &World, listener: &str) -> String {
    world.listeners.get(listener).map(|found| found.load_balancer.clone()).unwrap_or_default()
}
