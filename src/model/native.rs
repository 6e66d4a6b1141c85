//! ECS's own strategies: how traffic goes over to a new revision by stages, and where the
//! deployment pauses until somebody answers.

use super::{DeploymentArn, ListenerRuleArn, Located, TargetGroupArn, Timestamp, TrafficShare};
use std::fmt;
use std::time::Duration;

/// How a service is deployed by ECS's own traffic shift (API reference, DeploymentConfiguration
/// and AdvancedConfiguration).
#[derive(Debug, Clone, PartialEq)]
pub struct NativeTraffic {
    /// By which steps.
    pub strategy: NativeStrategy,
    /// How long ECS itself waits after a step, before the next pause.
    pub step_bake: Duration,
    /// How long both revisions stay after the last step.
    pub bake: Duration,
    /// Stages at which the deployment waits for us.
    pub pauses: Located<Vec<PauseStage>>,
    /// How long a pause waits for an answer; then ECS goes back. This is what happens when the
    /// job or its host is gone.
    pub timeout: Duration,
    /// The rule that carries the service's requests.
    pub rule: Located<ListenerRuleArn>,
    /// A rule for test traffic.
    pub test_rule: Option<Located<ListenerRuleArn>>,
    /// The target group of the service, as it is declared.
    pub group: TargetGroupArn,
    /// The other one; the two swap at each release.
    pub alternate: Located<TargetGroupArn>,
    /// The role with which ECS changes the rule.
    pub role: Located<String>,
}

/// `strategy`, with its own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NativeStrategy {
    /// All requests in one step.
    BlueGreen,
    /// A share first, then all.
    Canary(TrafficShare),
    /// Shares of this size, one after the other.
    Linear(TrafficShare),
}

/// A stage at which a deployment may pause (API reference, DeploymentLifecycleHook: not at the
/// two stages in which traffic moves).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseStage {
    /// Several revisions were active at the start.
    ReconcileService,
    /// Before the new tasks start.
    PreScaleUp,
    /// The new tasks run and get no requests.
    PostScaleUp,
    /// Test traffic goes to the new tasks.
    PostTestTrafficShift,
    /// Before each step of the production traffic, each time with a hook id of its own.
    PreProductionTrafficShift,
    /// All production traffic goes to the new tasks.
    PostProductionTrafficShift,
}

/// How far a deployment of ECS's own strategies is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lifecycle {
    /// `lifecycleStage` as sent: the API's list of them is not complete.
    pub stage: Option<String>,
    /// Its hooks, as far as they began.
    pub hooks: Vec<LifecycleHook>,
    /// The share of production traffic that the new revision is to have, where ECS says it.
    pub share: Option<TrafficShare>,
    /// The same of test traffic.
    pub test_share: Option<TrafficShare>,
    /// The target group of the new revision, where DescribeServiceRevisions tells it. The two of
    /// a service swap at each release.
    pub group: Option<TargetGroupArn>,
}

/// One run of a hook (`lifecycleHookDetails`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleHook {
    /// Its id, another one at each run.
    pub id: HookId,
    /// `targetType` as sent: `PAUSE`, `AWS_LAMBDA`.
    pub target_type: String,
    /// How it stands.
    pub status: HookStatus,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// `timeoutAction` as sent: `ROLLBACK`, `CONTINUE`.
    pub timeout_action: Option<String>,
}

/// The id of one run of a hook.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HookId(String);

/// `status` of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookStatus {
    /// Somebody has to answer.
    AwaitingAction,
    /// A function works.
    InProgress,
    /// It went on.
    Succeeded,
    /// It said no.
    Failed,
    /// Nobody answered in time.
    TimedOut,
    /// A value that this program does not know: no answer is given to it.
    Unknown(String),
}

/// A deployment that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Which deployment.
    pub deployment: DeploymentArn,
    /// Which run of which hook.
    pub hook: HookId,
    /// The stage, as sent.
    pub stage: Option<String>,
    /// The share of production traffic that the new revision has; `None` = ECS does not say it.
    pub share: Option<TrafficShare>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What happens then, as sent.
    pub timeout_action: Option<String>,
}

impl NativeStrategy {
    /// As the API spells it.
    pub fn api(self) -> &'static str {
        match self {
            Self::BlueGreen => "BLUE_GREEN",
            Self::Canary(_) => "CANARY",
            Self::Linear(_) => "LINEAR",
        }
    }

    /// How many steps of traffic were made when the new revision has `share`: 0 = none yet.
    /// Unknown counts as the first, because requests may go there. With BLUE_GREEN the only step
    /// is the second: no step is a trial.
    pub fn step(self, share: Option<TrafficShare>) -> u32 {
        let Some(share) = share.map(TrafficShare::tenths) else { return 1 };
        match self {
            _ if share == 0 => 0,
            Self::BlueGreen => 2,
            Self::Canary(_) if share < 1000 => 1,
            Self::Canary(_) => 2,
            Self::Linear(step) => share.div_ceil(step.tenths().max(1)),
        }
    }
}

impl NativeStrategy {
    /// The shares at which the old revision still runs beside the new one, rising.
    pub fn shares(self) -> Vec<TrafficShare> {
        let is_trial = |tenths: &u32| *tenths < 1000;
        let tenths: Vec<u32> = match self {
            Self::BlueGreen => Vec::new(),
            Self::Canary(share) => vec![share.tenths()],
            Self::Linear(step) => {
                (1..).map(|count| count * step.tenths().max(1)).take_while(is_trial).collect()
            }
        };
        tenths.into_iter().filter(is_trial).map(TrafficShare::from_tenths).collect()
    }
}

impl PauseStage {
    /// All of them, in the order in which they come.
    pub const ALL: [Self; 6] = [
        Self::ReconcileService,
        Self::PreScaleUp,
        Self::PostScaleUp,
        Self::PostTestTrafficShift,
        Self::PreProductionTrafficShift,
        Self::PostProductionTrafficShift,
    ];

    /// As the API spells it.
    pub fn api(self) -> &'static str {
        match self {
            Self::ReconcileService => "RECONCILE_SERVICE",
            Self::PreScaleUp => "PRE_SCALE_UP",
            Self::PostScaleUp => "POST_SCALE_UP",
            Self::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Self::PreProductionTrafficShift => "PRE_PRODUCTION_TRAFFIC_SHIFT",
            Self::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
        }
    }

    /// From the API's spelling, in either case.
    pub fn from_api(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.api().eq_ignore_ascii_case(text))
    }
}

impl HookId {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as AWS spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl HookStatus {
    /// From the API's spelling.
    pub fn from_api(text: &str) -> Self {
        match text {
            "AWAITING_ACTION" => Self::AwaitingAction,
            "IN_PROGRESS" => Self::InProgress,
            "SUCCEEDED" => Self::Succeeded,
            "FAILED" => Self::Failed,
            "TIMED_OUT" => Self::TimedOut,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

impl Lifecycle {
    /// Pauses that somebody has to answer.
    pub fn open_pauses(&self) -> impl Iterator<Item = &LifecycleHook> {
        self.hooks
            .iter()
            .filter(|hook| hook.target_type == "PAUSE" && hook.status == HookStatus::AwaitingAction)
    }

    /// The hook of this id.
    pub fn hook(&self, id: &HookId) -> Option<&LifecycleHook> {
        self.hooks.iter().find(|hook| hook.id == *id)
    }

    /// `hook` of `deployment` as a pause.
    pub fn pause(&self, deployment: &DeploymentArn, hook: &LifecycleHook) -> Pause {
        Pause {
            deployment: deployment.clone(),
            hook: hook.id.clone(),
            stage: self.stage.clone(),
            share: self.share,
            expires_at: hook.expires_at,
            timeout_action: hook.timeout_action.clone(),
        }
    }
}

impl Pause {
    /// What happens when nobody answers: `at 14:30 ECS goes back`.
    pub fn at_its_end(&self) -> String {
        let what = match self.timeout_action.as_deref() {
            None | Some("ROLLBACK") => "ECS goes back by itself",
            Some("CONTINUE") => "ECS goes on by itself",
            Some(_) => "ECS ends it by itself",
        };
        match self.expires_at {
            Some(at) => format!("at {at} {what}"),
            None => format!("at its timeout {what}"),
        }
    }
}

impl fmt::Display for HookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PauseStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.api())
    }
}

impl fmt::Display for NativeStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlueGreen => f.write_str("BLUE_GREEN"),
            Self::Canary(share) => write!(f, "CANARY {share} %"),
            Self::Linear(share) => write!(f, "LINEAR {share} %"),
        }
    }
}

impl fmt::Display for Pause {
    /// Where it waits, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.stage.as_deref().unwrap_or("a stage that ECS does not name"))?;
        match self.share {
            Some(share) => write!(f, ", {share} % of the requests"),
            None => f.write_str(", and ECS does not say how many requests it gets"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(per_cent: u32) -> Option<TrafficShare> {
        Some(TrafficShare::from_tenths(per_cent * 10))
    }

    #[test]
    fn steps_are_counted_by_the_share_that_the_new_revision_has() {
        let canary = NativeStrategy::Canary(TrafficShare::from_tenths(100));
        let linear = NativeStrategy::Linear(TrafficShare::from_tenths(300));
        let steps = |one: NativeStrategy| [0, 10, 30, 60, 90, 100].map(|now| one.step(share(now)));
        assert_eq!(steps(canary), [0, 1, 1, 1, 1, 2]);
        assert_eq!(steps(linear), [0, 1, 1, 2, 3, 4]);
        assert_eq!(steps(NativeStrategy::BlueGreen), [0, 2, 2, 2, 2, 2]);
        assert_eq!(canary.step(None), 1, "what is not known may have requests");
    }

    #[test]
    fn a_share_is_a_trial_while_the_old_revision_has_requests() {
        let shares = |one: NativeStrategy| {
            one.shares().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shares(NativeStrategy::BlueGreen), "");
        assert_eq!(shares(NativeStrategy::Canary(TrafficShare::from_tenths(50))), "5");
        assert_eq!(shares(NativeStrategy::Linear(TrafficShare::from_tenths(300))), "30 60 90");
        assert_eq!(shares(NativeStrategy::Linear(TrafficShare::from_tenths(500))), "50");
    }

    #[test]
    fn only_a_pause_that_awaits_an_action_is_open() {
        let hook = |kind: &str, status: &str| LifecycleHook {
            id: HookId::new(format!("{kind}-{status}")),
            target_type: kind.to_owned(),
            status: HookStatus::from_api(status),
            expires_at: None,
            timeout_action: None,
        };
        let hooks = ["AWAITING_ACTION", "SUCCEEDED", "FAILED", "TIMED_OUT", "DANCING"]
            .iter()
            .flat_map(|status| [hook("PAUSE", status), hook("AWS_LAMBDA", status)]);
        let lifecycle = Lifecycle { hooks: hooks.collect(), ..Lifecycle::default() };
        let open: Vec<&str> = lifecycle.open_pauses().map(|hook| hook.id.as_str()).collect();
        assert_eq!(open, ["PAUSE-AWAITING_ACTION"]);
    }

    #[test]
    fn stages_are_read_in_the_spelling_of_the_api() {
        for stage in PauseStage::ALL {
            assert_eq!(PauseStage::from_api(&stage.api().to_lowercase()), Some(stage));
        }
        assert_eq!(PauseStage::from_api("PRODUCTION_TRAFFIC_SHIFT"), None, "traffic moves there");
    }
}
