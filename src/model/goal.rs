//! What a release wants: the input of `plan`, made by `commands` from files and arguments.

use super::{
    BreakerSetting, ClusterName, DeploymentArn, Evidence, FailureReport, Gate, HealthyPercents,
    Judging, LaunchSetting, ListenerRuleArn, LoadBalancerBinding, NativeTraffic, PinnedImage,
    ReleaseIdentity, ServiceName, TargetGroupArn, TaskDefinitionSpec, Timestamp, TrafficShare,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the user asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// Bring the canary service to the wanted release; the full service is left alone.
    Canary,
    /// Bring the full service to the wanted release, then do with the canary as declared.
    Full,
    /// Bring the full service to the release that the canary service runs.
    Promote,
    /// Take the canary back: it serves what the full service serves, or nothing.
    Abort,
    /// Take back what a release left whose job died; nothing when none did.
    Reap,
    /// Canary, hold, share by share, full: all in one.
    Release,
    /// Bring services back to an earlier release; no file and no artifact is needed.
    Rollback(RollbackTo),
    /// Change desired counts and nothing else.
    Scale,
    /// One service on its own, as `ecs-cli compose service up` does it.
    Service,
}

/// How traffic comes to the canary.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Traffic {
    /// By the number of its tasks: behind the same target group, or without any.
    #[default]
    Twin,
    /// By the weights of a listener rule.
    Weighted(WeightedTraffic),
    /// By ECS's own strategies, in one service.
    Native(Box<NativeTraffic>),
}

/// A listener rule and the two target groups that share its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightedTraffic {
    /// The rule.
    pub rule: ListenerRuleArn,
    /// The full service's target group.
    pub full: TargetGroupArn,
    /// The canary service's target group.
    pub canary: TargetGroupArn,
}

/// What to do while another release holds the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueRule {
    /// End at once.
    #[default]
    Refuse,
    /// Wait until it is done (`--wait`).
    Wait,
}

/// What to do when this very release was judged bad before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgainRule {
    /// End: the same bytes are no better the second time.
    #[default]
    Refuse,
    /// Try once more (`--again`).
    Allow,
}

/// The way from the old release to the new one.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// How traffic comes to the canary.
    pub traffic: Traffic,
    /// Its shares before the full release, rising; without a listener rule only the first
    /// counts, as a name for the hold.
    pub steps: Vec<TrafficShare>,
    /// How long each share is held.
    pub hold: Duration,
    /// While another release is under way.
    pub queue: QueueRule,
    /// After a verdict against this release.
    pub again: AgainRule,
    /// How the canary's requests are judged; `None` = shares go on by time and health.
    pub judging: Option<Box<Judging>>,
    /// The wait for a person before the full release; `None` = nobody is waited for.
    pub gate: Option<Gate>,
}

impl Course {
    /// The shares of the requests that the canary gets, rising; none without a rule, where the
    /// share is that of the tasks.
    pub fn shares(&self) -> Vec<TrafficShare> {
        match &self.traffic {
            Traffic::Weighted(_) => self.steps.clone(),
            Traffic::Native(native) => native.strategy.shares(),
            Traffic::Twin => Vec::new(),
        }
    }

    /// Shares after the first one at which the old version still runs beside the new one.
    pub fn later_shares(&self) -> u32 {
        let shares = match &self.traffic {
            Traffic::Native(native) => native.strategy.shares().len(),
            Traffic::Twin | Traffic::Weighted(_) => self.steps.len(),
        };
        u32::try_from(shares).unwrap_or(u32::MAX).saturating_sub(1)
    }
}

impl Default for Course {
    fn default() -> Self {
        Self {
            traffic: Traffic::Twin,
            steps: vec![TrafficShare::from_tenths(50)],
            hold: Duration::from_secs(600),
            queue: QueueRule::default(),
            again: AgainRule::default(),
            judging: None,
            gate: None,
        }
    }
}

/// Which release to go back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RollbackTo {
    /// The last one that succeeded before the one that runs.
    LastGood,
    /// The newest one of this commit (full hash, or its beginning of at least 7 digits).
    Commit(String),
    /// `family:N`, or `N`.
    Revision(String),
    /// The newest one with this image.
    Image(PinnedImage),
}

/// Which number of tasks a service gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountRule {
    /// Used when the service is created; a later deploy leaves the count alone.
    AtCreate(u32),
    /// Used each time (the canary, `scale`).
    Always(u32),
    /// ecs-cli's: 1 at create; later the present count, where 0 becomes 1.
    EcsCli,
    /// Never sent.
    Keep,
}

/// What to do with the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerRule {
    /// What the service has; a service that we create gets it on, with rollback.
    Keep,
    /// Sent as it is.
    Set(BreakerSetting),
}

/// Where the image of a revision comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageRule {
    /// The image in [`ServiceWanted::task`] (given with `--image`, or just built).
    #[default]
    AsGiven,
    /// The image of the revision that AWS holds for this commit, when there is one; else the
    /// given one. `deploy full` and `promote` do so, which makes an old job a way back.
    HeldFirst,
}

/// What to do when the wanted commit is older than the one that runs and was never released
/// on this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OlderRule {
    /// Refuse before anything is changed.
    #[default]
    Refuse,
    /// Say so and go on (`--allow-older`, and by the name `ecs-cli`).
    Warn,
}

/// What becomes of the canary service after a full release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterFull {
    /// It goes to the same release.
    #[default]
    Keep,
    /// It is scaled to no tasks.
    Zero,
    /// It is deleted.
    Remove,
}

/// What a cancelled job does with a deployment that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnCancel {
    /// StopServiceDeployment: ECS goes back to what ran before.
    #[default]
    Stop,
    /// It goes on without us.
    Leave,
}

/// What a cancelled job does, by how far its release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CancelPolicy {
    /// While the canary comes up and is held.
    pub canary: OnCancel,
    /// Once the full service was begun to be moved.
    pub full: OnCancel,
}

impl From<OnCancel> for CancelPolicy {
    fn from(always: OnCancel) -> Self {
        Self { canary: always, full: always }
    }
}

/// One service as it shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceWanted {
    /// Short name.
    pub name: ServiceName,
    /// The revision's content: family and image are set. `None` for `rollback` and `scale`,
    /// which need no file.
    pub task: Option<TaskDefinitionSpec>,
    /// The container that carries the release (its image is compared), when it is known.
    pub container: Option<String>,
    /// The image with its tag as the user wrote it, kept in a tag of the revision.
    pub written_image: Option<String>,
    /// Whether a revision that AWS holds for this commit goes before the image of `task`.
    pub image_rule: ImageRule,
    /// How many tasks.
    pub count: CountRule,
    /// Per cents; `None` = not sent.
    pub percents: Option<HealthyPercents>,
    /// Bound load balancer; `None` for workers.
    pub load_balancer: Option<LoadBalancerBinding>,
    /// Grace period for health checks, seconds; `None` = not sent.
    pub health_grace_seconds: Option<u32>,
    /// Where tasks start; `None` = the cluster's default.
    pub launch: Option<LaunchSetting>,
    /// The breaker.
    pub breaker: BreakerRule,
    /// Further members of CreateService in the API's spelling (`networkConfiguration`,
    /// `placementConstraints`, `tags`, ...).
    pub create_extra: Map<String, Value>,
    /// Further members of UpdateService.
    pub update_extra: Map<String, Value>,
    /// Send although nothing differs: a new deployment, or (goal `Scale`) the count, the per
    /// cents and the further members.
    pub force: bool,
    /// The user's own tags of a new revision, besides ours.
    pub tags: BTreeMap<String, String>,
}

impl ServiceWanted {
    /// A service of which nothing is wished but its number of tasks.
    #[must_use]
    pub fn of_count(name: ServiceName, count: CountRule) -> Self {
        Self {
            name,
            task: None,
            container: None,
            written_image: None,
            image_rule: ImageRule::AsGiven,
            count,
            percents: None,
            load_balancer: None,
            health_grace_seconds: None,
            launch: None,
            breaker: BreakerRule::Keep,
            create_extra: Map::new(),
            update_extra: Map::new(),
            force: false,
            tags: BTreeMap::new(),
        }
    }
}

/// A whole wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// What.
    pub goal: Goal,
    /// Where.
    pub cluster: ClusterName,
    /// The full service.
    pub full: Option<ServiceWanted>,
    /// The canary service.
    pub canary: Option<ServiceWanted>,
    /// Who.
    pub identity: ReleaseIdentity,
    /// What becomes of the canary.
    pub after_full: AfterFull,
    /// By which way.
    pub course: Course,
    /// When the job is cancelled.
    pub on_cancel: CancelPolicy,
    /// A commit that is older than what runs.
    pub older: OlderRule,
    /// The end of our patience, by the clock that `apply` is given (the job's time limit is
    /// counted on this machine, so this one time is not AWS's).
    pub deadline: Timestamp,
}

/// A CreateService or UpdateService request in the API's spelling, as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceRequest(Map<String, Value>);

impl ServiceRequest {
    /// Wraps a request body.
    pub fn new(body: Map<String, Value>) -> Self {
        Self(body)
    }

    /// The request body.
    pub fn body(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// One step that was made, for `release.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// `register`, `create_service`, `update_service`, `wait`, `stop_deployment`, ...
    pub step: String,
    /// The service, when it was about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<ServiceName>,
    /// What was done, in words.
    pub what: String,
    /// Start, RFC 3339.
    pub started_at: String,
    /// Seconds it took.
    pub seconds: f64,
    /// The service deployment that it made or watched.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment: Option<DeploymentArn>,
    /// What the judge said at the end of a wait.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Box<Evidence>>,
    /// What explains its failure; it stands beside the steps in `release.json`.
    #[serde(skip)]
    pub failure: Option<Box<FailureReport>>,
}
