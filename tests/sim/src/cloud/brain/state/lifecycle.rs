//! How far a deployment of strategy BLUE_GREEN, LINEAR or CANARY is. Owns its data and the
//! order of the stages.

use crate::cloud::brain::time::SimTime;

/// The stages of a deployment and its hooks.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle {
    pub(crate) stage: LifecycleStage,
    pub(crate) since: SimTime,
    /// All hooks that ran, oldest first.
    pub(crate) hooks: Vec<HookRun>,
    /// The hooks of this stage have been started.
    pub(crate) hooks_begun: bool,
    /// Per cent of production and test traffic that the target revision is to have.
    pub(crate) weight: f64,
    pub(crate) test_weight: f64,
    /// The stage waits until then.
    pub(crate) bakes_until: Option<SimTime>,
    /// It goes back, or it is done: the stages do not move any more.
    pub(crate) is_over: bool,
}

/// One run of a hook.
#[derive(Debug, Clone)]
pub(crate) struct HookRun {
    pub(crate) id: String,
    pub(crate) begun_at: SimTime,
    /// The function, or `None` for PAUSE.
    pub(crate) function: Option<String>,
    pub(crate) status: HookStatus,
    pub(crate) expires_at: SimTime,
    /// At its expiry the deployment goes on instead of back.
    pub(crate) continues: bool,
    /// A function answers then.
    pub(crate) answers_at: SimTime,
}

/// `lifecycleHookDetails[].status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookStatus {
    AwaitingAction,
    InProgress,
    Succeeded,
    Failed,
    TimedOut,
}

/// Stages, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LifecycleStage {
    ReconcileService,
    PreScaleUp,
    ScaleUp,
    PostScaleUp,
    TestTrafficShift,
    PostTestTrafficShift,
    PreProductionTrafficShift,
    ProductionTrafficShift,
    PostProductionTrafficShift,
    BakeTime,
    CleanUp,
}

impl LifecycleStage {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ReconcileService => "RECONCILE_SERVICE",
            Self::PreScaleUp => "PRE_SCALE_UP",
            Self::ScaleUp => "SCALE_UP",
            Self::PostScaleUp => "POST_SCALE_UP",
            Self::TestTrafficShift => "TEST_TRAFFIC_SHIFT",
            Self::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Self::PreProductionTrafficShift => "PRE_PRODUCTION_TRAFFIC_SHIFT",
            Self::ProductionTrafficShift => "PRODUCTION_TRAFFIC_SHIFT",
            Self::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
            Self::BakeTime => "BAKE_TIME",
            Self::CleanUp => "CLEAN_UP",
        }
    }

    /// The stage after this one, while the traffic needs no further step.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::ReconcileService => Self::PreScaleUp,
            Self::PreScaleUp => Self::ScaleUp,
            Self::ScaleUp => Self::PostScaleUp,
            Self::PostScaleUp => Self::TestTrafficShift,
            Self::TestTrafficShift => Self::PostTestTrafficShift,
            Self::PostTestTrafficShift => Self::PreProductionTrafficShift,
            Self::PreProductionTrafficShift => Self::ProductionTrafficShift,
            Self::ProductionTrafficShift => Self::PostProductionTrafficShift,
            Self::PostProductionTrafficShift => Self::BakeTime,
            Self::BakeTime | Self::CleanUp => Self::CleanUp,
        }
    }
}

impl HookStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingAction => "AWAITING_ACTION",
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
        }
    }
}

impl Lifecycle {
    pub(crate) fn new(now: SimTime) -> Self {
        Self {
            stage: LifecycleStage::ReconcileService,
            since: now,
            hooks: Vec::new(),
            hooks_begun: false,
            weight: 0.0,
            test_weight: 0.0,
            bakes_until: None,
            is_over: false,
        }
    }

    /// Runs of the hooks of the present stage; the stage may have been there before.
    pub(crate) fn hooks_now(&self) -> impl Iterator<Item = &HookRun> {
        self.hooks.iter().filter(|run| run.begun_at >= self.since)
    }

    /// Goes to a stage.
    pub(crate) fn enter(&mut self, stage: LifecycleStage, now: SimTime) {
        self.stage = stage;
        self.since = now;
        self.hooks_begun = false;
        self.bakes_until = None;
    }
}
