//! How a simulated account is set up. Owns the settings and their defaults.

use super::fate::seconds;
use super::principals::{AccessKey, Role, Secret};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Account number of the example world.
pub const EXAMPLE_ACCOUNT: &str = "111122223333";
/// Region of the example world.
pub const EXAMPLE_REGION: &str = "ap-northeast-1";
/// Access key that may do everything.
pub const EXAMPLE_ACCESS_KEY: &str = "AKIASIMULATED0000001";
/// The secret that belongs to it. Signatures are not checked, so any text works.
pub const EXAMPLE_SECRET_KEY: &str = "simulated/secret/key";

/// Settings of a simulated account.
#[derive(Debug, Clone)]
pub struct CloudOptions {
    /// Seed of every random choice: ids, addresses, probabilities of faults.
    pub seed: u64,
    /// The one region.
    pub region: String,
    /// The one account.
    pub account: String,
    /// How long things take.
    pub pace: Pace,
    /// Points that Amazon's documentation leaves open.
    pub switches: Switches,
    /// Access keys that exist.
    pub keys: Vec<AccessKey>,
    /// Roles that can be assumed.
    pub roles: Vec<Role>,
    /// Secrets that exist.
    pub secrets: Vec<Secret>,
    /// Names of parameters that exist.
    pub parameters: Vec<String>,
    /// Who decides how a pull ends.
    pub pulls: Pulls,
    /// Most tasks that may be placed at one time; `None` = no limit.
    pub capacity: Option<usize>,
    /// How late metrics can be read.
    pub metric_delay: MetricDelay,
    /// What becomes of a task whose log group is not there.
    pub log_groups: LogGroups,
    /// Calls are throttled by AWS's published numbers, all keys together.
    pub rate_limits: bool,
}

impl Default for CloudOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            region: EXAMPLE_REGION.to_owned(),
            account: EXAMPLE_ACCOUNT.to_owned(),
            pace: Pace::default(),
            switches: Switches::default(),
            keys: vec![AccessKey::new(
                EXAMPLE_ACCESS_KEY,
                &format!("arn:aws:iam::{EXAMPLE_ACCOUNT}:user/deployer"),
                &["*"],
            )],
            roles: Vec::new(),
            secrets: Vec::new(),
            parameters: Vec::new(),
            pulls: Pulls::Scripted,
            capacity: None,
            metric_delay: MetricDelay::default(),
            log_groups: LogGroups::MadeWhenNeeded,
            rate_limits: false,
        }
    }
}

/// How late the load balancer's points can be read. The newest minute is incomplete, and a
/// minute that was read may grow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricDelay {
    /// Seconds from the request until it shows.
    pub lag_seconds: f64,
    /// Share of the traffic's slices that come later than that.
    pub late_share: f64,
    /// So many seconds later.
    pub late_by_seconds: f64,
}

impl Default for MetricDelay {
    fn default() -> Self {
        Self { lag_seconds: 45.0, late_share: 0.1, late_by_seconds: 60.0 }
    }
}

impl MetricDelay {
    pub(crate) fn lag(&self) -> Duration {
        seconds(self.lag_seconds)
    }

    pub(crate) fn late_by(&self) -> Duration {
        seconds(self.late_by_seconds)
    }

    /// Points of PutMetricData can be read at once.
    pub(crate) fn of_own_metrics(&self) -> Duration {
        Duration::ZERO
    }
}

/// Who decides how the pull of an image ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulls {
    /// The task's fate alone.
    Scripted,
    /// An agent that really pulls, asked by `Cloud::take_pulls`; the fate's pull time is
    /// the least that it takes.
    ByAgent,
}

/// What becomes of a task whose log group is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogGroups {
    /// The group is made: for tests that are about something else.
    MadeWhenNeeded,
    /// The task does not start, as in AWS, unless `awslogs-create-group` is set.
    MustExist,
}

/// How long things take in virtual time. The defaults are quick but realistic: a rollout of
/// three tasks at 100/200 takes about a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks of the service scheduler; public logs show reactions of 5 to 15 s.
    pub tick: Duration,
    /// From a change by the API to the scheduler's first look.
    pub reaction: Duration,
    /// PROVISIONING: a network interface; bridge tasks have none.
    pub provision: Duration,
    /// PENDING: a place is found.
    pub place: Duration,
    /// Pull of an image, unless the task's fate says otherwise.
    pub pull: Duration,
    /// From the pulled image to RUNNING.
    pub start: Duration,
    /// From SIGTERM to the exit of a container that heeds it.
    pub stop: Duration,
    /// DEPROVISIONING.
    pub deprovision: Duration,
    /// RUNNING without any health check counts as healthy after this.
    pub assumed_healthy: Duration,
    /// A service deployment appears in lists only after this.
    pub deployment_listed: Duration,
    /// Bake time of a rolling deployment that has alarms.
    pub alarm_bake: Duration,
    /// First interval of the back-off; doubled at each failure.
    pub back_off_first: Duration,
    /// Longest interval of the back-off.
    pub back_off_most: Duration,
    /// The steady state event is repeated, and equal events come again, after this.
    pub event_repeat: Duration,
    /// A stopped task is listed this long.
    pub stopped_listed: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(10),
            reaction: Duration::from_secs(5),
            provision: Duration::from_secs(2),
            place: Duration::from_secs(8),
            pull: Duration::from_secs(3),
            start: Duration::from_secs(2),
            stop: Duration::from_secs(5),
            deprovision: Duration::from_secs(6),
            assumed_healthy: Duration::from_secs(40),
            deployment_listed: Duration::ZERO,
            alarm_bake: Duration::from_secs(60),
            back_off_first: Duration::from_secs(10),
            back_off_most: Duration::from_secs(15 * 60),
            event_repeat: Duration::from_secs(6 * 3600),
            stopped_listed: Duration::from_secs(3600),
        }
    }
}

/// What the documentation does not settle; tests run with both settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    /// A task that exits soon after RUNNING counts for the circuit breaker.
    pub exit_after_running_counts: bool,
    /// Stopping tasks count towards `maximumPercent`.
    pub stopping_counts_towards_maximum: bool,
    /// A rollback brings back the old deployment's id; else it gets a new one.
    pub rollback_reuses_id: bool,
    /// Scale-in takes the newest task first; else the oldest.
    pub scale_in_newest_first: bool,
    /// A superseded service deployment ends as STOPPED; else it stays IN_PROGRESS for ever.
    pub superseded_is_stopped: bool,
    /// It ends so when it is superseded; else when the newer one has come to its own end.
    pub superseded_stops_at_once: bool,
    /// The answer of UpdateService names the new service deployment already.
    pub update_answer_is_fresh: bool,
    /// `pendingCount` counts PENDING tasks only; else all that do not run yet.
    pub pending_count_is_strict: bool,
    /// The pause after tasks that did not start doubles up to a quarter of an hour; else it is the
    /// same each time.
    pub back_off_doubles: bool,
    /// A client that a cookie keeps with a target group goes there at weight 0 as well.
    pub stickiness_outlives_weight_zero: bool,
    /// `lifecycleStage` shows PRE_PRODUCTION_TRAFFIC_SHIFT, which its enumeration lacks; else
    /// PRODUCTION_TRAFFIC_SHIFT.
    pub pre_production_stage_is_shown: bool,
    /// Scaling policies change counts by themselves; else only tests do in their name.
    pub autoscaling_acts: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            exit_after_running_counts: false,
            stopping_counts_towards_maximum: false,
            rollback_reuses_id: true,
            scale_in_newest_first: true,
            superseded_is_stopped: true,
            superseded_stops_at_once: true,
            update_answer_is_fresh: true,
            pending_count_is_strict: false,
            back_off_doubles: true,
            stickiness_outlives_weight_zero: false,
            pre_production_stage_is_shown: true,
            autoscaling_acts: false,
        }
    }
}
