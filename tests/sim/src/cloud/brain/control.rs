//! What tests and the demo do to the account besides calling it: faults, fates, alarms,
//! capacity, pulls. Owns these entry points.

use super::api_error::ApiError;
use super::autoscaling;
use super::cloud::Cloud;
use super::cloudwatch::{self, MetricTrouble};
use super::elb::{self, Routed, Visit};
use super::fate::FateRule;
use super::faults::Fault;
use super::options::MetricDelay;
use super::principals::{AccessKey, Role, Secret};
use super::rate_limits::RateLimits;
use super::recorded::RecordedCall;
use super::scheduler;
use super::state::Stop;
use super::time::SimTime;
use super::traffic::{self, RealAnswer, Tally, TrafficPlan};
use rand::Rng as _;
use std::collections::BTreeMap;

/// What the agent found when it pulled a task's images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Digest of each container's image.
    pub digests: Vec<(String, String)>,
    /// What the task answers to the load balancer's check of `/`: anything but 200 makes its
    /// targets unhealthy.
    pub front_page_status: u16,
}

/// A pull that a task waits for: the agent answers with `Cloud::pull_ended`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Task id.
    pub task: String,
    /// One for each container.
    pub images: Vec<PullImage>,
}

/// An image of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullImage {
    /// Container name.
    pub container: String,
    /// `HOST/REPOSITORY@DIGEST` or with a tag.
    pub reference: String,
    /// ARN of the secret with the registry's login: `repositoryCredentials`.
    pub secret: Option<String>,
}

impl Cloud {
    /// Sets a fault; earlier ones stay.
    pub fn add_fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
        self.silent = false;
    }

    /// The faults with what is left of them.
    pub fn faults(&self) -> &[Fault] {
        self.faults.list()
    }

    /// Scripts what becomes of tasks that are made from now on; the rule set last wins.
    pub fn set_fate(&mut self, rule: FateRule) {
        self.world.fates.push(rule);
    }

    /// Removes all scripted fates.
    pub fn clear_fates(&mut self) {
        self.world.fates.clear();
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> &[RecordedCall] {
        &self.calls
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&mut self) {
        self.calls.clear();
    }

    /// What was asked for and is not simulated; a test should find none.
    pub fn unknown_actions(&self) -> &[String] {
        &self.unknown
    }

    /// Adds an access key, or replaces the one with its id.
    pub fn add_key(&mut self, key: AccessKey) {
        self.world.keys.retain(|have| have.id != key.id);
        self.world.keys.push(key);
    }

    /// Adds a role.
    pub fn add_role(&mut self, role: Role) {
        self.world.roles.push(role);
    }

    /// Adds a secret, or replaces the one with its ARN.
    pub fn add_secret(&mut self, secret: Secret) {
        self.world.secrets.retain(|have| have.arn != secret.arn);
        self.world.secrets.push(secret);
    }

    /// Adds a parameter.
    pub fn add_parameter(&mut self, name: &str) {
        self.world.parameters.push(name.to_owned());
    }

    /// Puts an alarm into ALARM, or out of it.
    pub fn set_alarm(&mut self, name: &str, raised: bool) {
        cloudwatch::set_by_hand(&mut self.world, name, raised, self.now);
    }

    /// Lets users come to the load balancer from now on, besides those of earlier plans.
    pub fn start_traffic(&mut self, plan: TrafficPlan) {
        self.traffic.start(plan, self.now);
    }

    /// Sends all users away.
    pub fn stop_traffic(&mut self) {
        self.traffic.stop();
    }

    /// The plans that run.
    pub fn traffic(&self) -> Vec<TrafficPlan> {
        self.traffic.plans().cloned().collect()
    }

    /// What users met so far, by the image references of the tasks that answered.
    pub fn tallies(&self) -> &BTreeMap<String, Tally> {
        &self.traffic.tallies
    }

    /// A function answers lifecycle hooks with FAILED from now on.
    pub fn fail_hook(&mut self, function_arn: &str) {
        self.world.failing_hooks.push(function_arn.to_owned());
    }

    /// Autoscaling wants another count of a service: `service/CLUSTER/NAME`. Tells whether it
    /// may: within the bounds, not suspended, no scale-in while a deployment is going on.
    pub fn autoscale(&mut self, now: SimTime, resource: &str, desired: u32) -> bool {
        self.advance(now);
        autoscaling::scale(&mut self.world, resource, desired, now)
    }

    /// Sets how late metrics can be read from now on.
    pub fn set_metric_delay(&mut self, delay: MetricDelay) {
        self.world.metric_delay = delay;
    }

    /// Sets what goes wrong with queries of metrics; an empty list ends it.
    pub fn set_metric_troubles(&mut self, troubles: Vec<MetricTrouble>) {
        self.world.metric_troubles = troubles;
    }

    /// Throttles calls by AWS's published numbers from now on, with full buckets, or no more.
    pub fn set_rate_limits(&mut self, limited: bool) {
        self.rates = limited.then(RateLimits::default);
    }

    /// Cuts answers of GetMetricData that ask for no other number into pages of so many points.
    pub fn set_points_per_page(&mut self, most: usize) {
        self.world.points_per_page = most;
    }

    /// The seed of every random choice.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A request that was really sent has been answered: it shows in the metrics.
    pub fn answered(&mut self, now: SimTime, listener: &str, answer: &RealAnswer) {
        self.advance(now);
        traffic::observe(&mut self.world, now, listener, answer);
    }

    /// Tells the digest that a reference has from now on, for pulls without an agent.
    pub fn set_digest(&mut self, reference: &str, digest: &str) {
        self.world.digests.insert(reference.to_owned(), digest.to_owned());
    }

    /// Changes how many tasks may be placed at one time.
    pub fn set_capacity(&mut self, most: Option<usize>) {
        self.world.capacity = most;
    }

    /// Pulls that tasks wait for since the last time this was asked.
    pub fn take_pulls(&mut self) -> Vec<PullRequest> {
        std::mem::take(&mut self.world.pull_jobs)
    }

    /// The agent's answer to a pull, or the text after `CannotPullContainerError: `.
    ///
    /// # Errors
    /// When there is no such task (any more).
    pub fn pull_ended(
        &mut self,
        now: SimTime,
        task: &str,
        result: Result<Pulled, String>,
    ) -> Result<(), ApiError> {
        self.advance(now);
        scheduler::pull_ended(&mut self.world, task, result, now)
    }

    /// Ends a task from outside: `SpotInterruption`, `TerminationNotice`, an instance that
    /// died.
    pub fn kill_task(&mut self, now: SimTime, task: &str, code: &'static str, reason: &str) {
        self.advance(now);
        let stop = Stop { code, reason: reason.to_owned() };
        scheduler::stop(&mut self.world, task, stop, now);
    }

    /// Where the load balancer sends a request that came to a listener.
    pub fn route(&mut self, now: SimTime, listener: &str, visit: Visit<'_>) -> Routed {
        self.advance(now);
        let dice = &mut self.dice;
        let mut routed = elb::route(&self.world, listener, visit, || dice.random());
        if let Routed::To(picked) = &mut routed
            && let Some(started) = self.world.tasks.get(&picked.task).and_then(|one| one.started_at)
        {
            picked.fails &= now.since(started).as_secs_f64() >= picked.fate.errors_after;
        }
        routed
    }
}
