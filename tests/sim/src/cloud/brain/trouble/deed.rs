//! Something that happens at its time, whoever calls meanwhile.

use crate::cloud::brain::autoscaling;
use crate::cloud::brain::cloud::Cloud;
use crate::cloud::brain::cloudwatch::MetricTrouble;
use crate::cloud::brain::fate::{FateRule, seconds};
use crate::cloud::brain::faults::Fault;
use crate::cloud::brain::options::MetricDelay;
use crate::cloud::brain::principals::AccessKey;
use crate::cloud::brain::scheduler;
use crate::cloud::brain::state::{EventTrouble, Stop};
use crate::cloud::brain::time::SimTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A deed and when it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScriptLine {
    /// Seconds from the script's start.
    #[serde(default)]
    pub after: f64,
    /// What is done.
    #[serde(flatten)]
    pub deed: Deed,
}

/// What happens to the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Deed {
    /// Calls go wrong from now on.
    Fault(Fault),
    /// Calls go right again.
    ClearFaults,
    /// New tasks have this fate.
    Fate(Box<FateRule>),
    /// An alarm goes into ALARM, or out of it.
    Alarm {
        /// Its name.
        name: String,
        /// ALARM or OK.
        raised: bool,
    },
    /// So many tasks have room.
    Capacity {
        /// Null = no limit.
        tasks: Option<usize>,
    },
    /// An image reference stands for another digest.
    Digest {
        /// `repository:tag`.
        reference: String,
        /// `sha256:...`.
        digest: String,
    },
    /// A colleague calls. A refusal is nobody's business.
    Call {
        /// `ecs`, `elasticloadbalancing`.
        service: String,
        /// The action.
        action: String,
        /// Its members.
        body: Value,
    },
    /// A colleague stops the newest deployment of a service.
    StopDeployment {
        /// Cluster name.
        cluster: String,
        /// Service name.
        name: String,
    },
    /// Tasks end from outside.
    KillTasks {
        /// Service name.
        name: String,
        /// `SpotInterruption`, `TerminationNotice`, `UserInitiated`.
        code: String,
        /// How many; the oldest first.
        tasks: usize,
    },
    /// Tasks that live now are protected: neither a rollout nor a lower count ends them.
    ProtectTasks {
        /// Service name.
        name: String,
        /// For so many seconds.
        seconds: f64,
    },
    /// Autoscaling wants another count.
    Autoscale {
        /// `service/CLUSTER/NAME`.
        resource: String,
        /// The count.
        desired: u32,
    },
    /// Service deployments are listed only so long after they began.
    ListedAfter {
        /// Seconds.
        seconds: f64,
    },
    /// Events of services are listed so.
    Events(EventTrouble),
    /// Metrics come as late as this.
    MetricDelay(MetricDelay),
    /// Queries of metrics go wrong.
    MetricTroubles {
        /// Which and how.
        troubles: Vec<MetricTrouble>,
    },
}

/// Codes that tasks may end with from outside.
const CODES: [&str; 4] =
    ["SpotInterruption", "TerminationNotice", "UserInitiated", "InfrastructureHealth"];

impl Cloud {
    /// Lets deeds be done from now on, each at its time.
    pub fn run_script(&mut self, lines: Vec<ScriptLine>) {
        let now = self.now;
        self.script.extend(lines.into_iter().map(|line| (now + seconds(line.after), line.deed)));
        self.script.sort_by_key(|&(at, _)| at);
    }

    /// When the next deed is due.
    pub(crate) fn next_deed(&self) -> Option<SimTime> {
        self.script.first().map(|&(at, _)| at)
    }

    /// Does what is due at `now`.
    pub(crate) fn do_deeds(&mut self, now: SimTime) {
        self.now = self.now.max(now);
        while self.next_deed().is_some_and(|at| at <= now) {
            let (_, deed) = self.script.remove(0);
            self.do_deed(deed, now);
        }
    }

    fn do_deed(&mut self, deed: Deed, now: SimTime) {
        match deed {
            Deed::Fault(fault) => self.add_fault(fault),
            Deed::ClearFaults => self.clear_faults(),
            Deed::Fate(rule) => self.set_fate(*rule),
            Deed::Alarm { name, raised } => self.set_alarm(&name, raised),
            Deed::Capacity { tasks } => self.set_capacity(tasks),
            Deed::Digest { reference, digest } => self.set_digest(&reference, &digest),
            Deed::Call { service, action, body } => self.colleague(&service, &action, &body),
            Deed::StopDeployment { cluster, name } => self.stop_deployment(&cluster, &name),
            Deed::KillTasks { name, code, tasks } => self.kill_tasks(&name, &code, tasks),
            Deed::ProtectTasks { name, seconds } => self.protect_tasks(&name, seconds),
            Deed::Autoscale { resource, desired } => {
                autoscaling::scale(&mut self.world, &resource, desired, now);
            }
            Deed::ListedAfter { seconds: span } => {
                self.world.pace.deployment_listed = seconds(span);
            }
            Deed::Events(trouble) => self.world.event_trouble = trouble,
            Deed::MetricDelay(delay) => self.set_metric_delay(delay),
            Deed::MetricTroubles { troubles } => self.set_metric_troubles(troubles),
        }
    }

    /// A call by somebody who may do everything; it is in no record.
    fn colleague(&mut self, service: &str, action: &str, body: &Value) {
        let principal = format!("arn:aws:iam::{}:user/colleague", self.world.ids.account());
        let key = AccessKey::new("AKIACOLLEAGUE0000001", &principal, &["*"]);
        drop(self.carry_out(Some(&key), service, action, body));
    }

    fn stop_deployment(&mut self, cluster: &str, name: &str) {
        let newest = self
            .world
            .services
            .values()
            .find(|one| one.key.cluster == cluster && one.key.name == name)
            .and_then(|service| service.current())
            .map(|current| current.arn.clone());
        if let Some(arn) = newest {
            let body = json!({"serviceDeploymentArn": arn});
            self.colleague("ecs", "StopServiceDeployment", &body);
        }
    }

    fn protect_tasks(&mut self, name: &str, span: f64) {
        let now = self.now;
        let tasks = self.world.tasks.values_mut();
        for task in tasks.filter(|task| task.service.as_deref() == Some(name) && task.is_live()) {
            let since = task.started_at.unwrap_or(now);
            task.fate.protected_seconds = Some(now.since(since).as_secs_f64() + span);
        }
    }

    fn kill_tasks(&mut self, name: &str, code: &str, number: usize) {
        let code = CODES.iter().find(|known| **known == code).unwrap_or(&"UserInitiated");
        let mut tasks: Vec<(u64, String)> = self
            .world
            .tasks
            .values()
            .filter(|task| task.service.as_deref() == Some(name) && task.is_live())
            .map(|task| (task.order, task.id.clone()))
            .collect();
        tasks.sort();
        for (_, id) in tasks.into_iter().take(number) {
            let stop = Stop { code, reason: "ended from outside".to_owned() };
            scheduler::stop(&mut self.world, &id, stop, self.now);
        }
    }
}
