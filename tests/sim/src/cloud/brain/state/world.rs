//! Everything the account holds at one moment. Owns look-ups that several actions need.

use super::{
    Cluster, EventTrouble, Listener, LoadBalancer, Rule, Service, ServiceKey, TargetGroup, Task,
    TaskDefinition,
};
use crate::cloud::brain::autoscaling::{Policy, ScalableTarget};
use crate::cloud::brain::cloudwatch::{Alarm, MetricTrouble, Metrics};
use crate::cloud::brain::control::PullRequest;
use crate::cloud::brain::fate::FateRule;
use crate::cloud::brain::ids::Ids;
use crate::cloud::brain::logs::Logs;
use crate::cloud::brain::options::{CloudOptions, LogGroups, MetricDelay, Pace, Pulls, Switches};
use crate::cloud::brain::principals::{AccessKey, Role, Secret};
use crate::cloud::brain::time::SimTime;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The account. Cheap enough to clone, for reads of the past.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) ids: Ids,
    pub(crate) pace: Pace,
    pub(crate) switches: Switches,
    pub(crate) pulls: Pulls,
    pub(crate) keys: Vec<AccessKey>,
    pub(crate) roles: Vec<Role>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) parameters: Vec<String>,
    pub(crate) clusters: BTreeMap<String, Cluster>,
    /// Revisions in order, by family.
    pub(crate) families: BTreeMap<String, Vec<TaskDefinition>>,
    pub(crate) services: BTreeMap<ServiceKey, Service>,
    /// By id.
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) tasks_made: u64,
    pub(crate) target_groups: BTreeMap<String, TargetGroup>,
    pub(crate) load_balancers: BTreeMap<String, LoadBalancer>,
    pub(crate) listeners: BTreeMap<String, Listener>,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) fates: Vec<FateRule>,
    /// Digests of image references, where they were told.
    pub(crate) digests: BTreeMap<String, String>,
    /// Shared with copies of the world, because they are many.
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) metric_delay: MetricDelay,
    /// Points of one answer of GetMetricData, unless it asks for another number.
    pub(crate) points_per_page: usize,
    pub(crate) metric_troubles: Vec<MetricTrouble>,
    pub(crate) event_trouble: EventTrouble,
    /// By name.
    pub(crate) alarms: BTreeMap<String, Alarm>,
    pub(crate) alarms_evaluated_at: SimTime,
    /// Shared with copies of the world, because they are long.
    pub(crate) logs: Arc<Logs>,
    pub(crate) log_groups: LogGroups,
    /// By resource id: `service/CLUSTER/NAME`.
    pub(crate) scalable_targets: BTreeMap<String, ScalableTarget>,
    pub(crate) scaling_policies: Vec<Policy>,
    pub(crate) autoscaled_at: SimTime,
    /// ARNs of functions that answer lifecycle hooks with FAILED.
    pub(crate) failing_hooks: Vec<String>,
    pub(crate) capacity: Option<usize>,
    /// Answers of calls with a client token, by action and token.
    pub(crate) client_tokens: BTreeMap<(String, String), (Value, Value)>,
    /// Instances that bridge tasks run on.
    pub(crate) instances: Vec<String>,
    pub(crate) ports_given: u32,
    /// Pulls that the agent has not taken yet.
    pub(crate) pull_jobs: Vec<PullRequest>,
}

impl World {
    pub(crate) fn new(options: CloudOptions) -> Self {
        let mut ids = Ids::new(options.seed, &options.region, &options.account);
        let instances = (0..2).map(|_| format!("i-{}", ids.hex(17))).collect();
        Self {
            ids,
            pace: options.pace,
            switches: options.switches,
            pulls: options.pulls,
            keys: options.keys,
            roles: options.roles,
            secrets: options.secrets,
            parameters: options.parameters,
            clusters: BTreeMap::new(),
            families: BTreeMap::new(),
            services: BTreeMap::new(),
            tasks: BTreeMap::new(),
            tasks_made: 0,
            target_groups: BTreeMap::new(),
            load_balancers: BTreeMap::new(),
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            fates: Vec::new(),
            digests: BTreeMap::new(),
            metrics: Arc::default(),
            metric_delay: options.metric_delay,
            points_per_page: usize::MAX,
            metric_troubles: Vec::new(),
            event_trouble: EventTrouble::default(),
            alarms: BTreeMap::new(),
            alarms_evaluated_at: SimTime::from_millis(0),
            logs: Arc::default(),
            failing_hooks: Vec::new(),
            log_groups: options.log_groups,
            scalable_targets: BTreeMap::new(),
            scaling_policies: Vec::new(),
            autoscaled_at: SimTime::from_millis(0),
            capacity: options.capacity,
            client_tokens: BTreeMap::new(),
            instances,
            ports_given: 0,
            pull_jobs: Vec::new(),
        }
    }

    /// The task definition of an ARN.
    pub(crate) fn task_definition(&self, arn: &str) -> Option<&TaskDefinition> {
        let (family, revision) = arn.rsplit_once('/')?.1.rsplit_once(':')?;
        let revision: u32 = revision.parse().ok()?;
        self.families
            .get(family)?
            .iter()
            .find(|definition| definition.revision == revision && definition.arn == arn)
    }

    /// The alarm of that name is in ALARM.
    pub(crate) fn is_raised(&self, alarm: &str) -> bool {
        self.alarms.get(alarm).is_some_and(Alarm::is_raised)
    }

    /// Tasks of a service, oldest first.
    pub(crate) fn tasks_of(&self, key: &ServiceKey) -> Vec<&Task> {
        let mut tasks: Vec<&Task> = self
            .tasks
            .values()
            .filter(|task| task.cluster == key.cluster && task.service.as_ref() == Some(&key.name))
            .collect();
        tasks.sort_by_key(|task| task.order);
        tasks
    }
}
