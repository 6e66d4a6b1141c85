//! The words of the domain: names, images, times, what was observed, what happened.
//! No logic beyond parsing and printing a word; no clock, file, network or environment.

mod call_error;
mod check_line;
mod event;
mod evidence;
mod failure_report;
mod finding;
mod goal;
mod image;
mod judge_policy;
mod judging;
mod metric;
mod names;
mod native;
mod number;
mod observed;
mod outcome;
mod percent;
mod release;
mod release_status;
mod role_trust;
#[cfg(test)]
pub(crate) mod samples;
mod scaling;
mod secret;
mod service;
mod service_deployment;
mod share;
mod stage_status;
mod target_group;
mod task;
mod task_definition;
mod time;

pub use call_error::{CallError, CallErrorKind};
pub use check_line::{Answer, CheckLine};
pub use event::{Event, LogLevel, ServiceStatus};
pub use evidence::{Evidence, MetricCounts, UsersCost, Verdict};
pub use failure_report::{ContainerLog, FailureReport, LogPlace};
pub use finding::{Finding, Located, Location, Severity, has_errors, sort_by_place};
pub use goal::{
    AfterFull, AgainRule, BreakerRule, CancelPolicy, CountRule, Course, Goal, ImageRule, OlderRule,
    OnCancel, QueueRule, RollbackTo, ServiceRequest, ServiceWanted, StepRecord, Traffic, Wanted,
    WeightedTraffic,
};
pub use image::{Digest, ImageParseError, ImageReference, PinnedImage, TaskImage, short_image};
pub use judge_policy::{
    Comparison, Phi, PhiParseError, Policy, Rate, RateParseError, Ratio, RatioParseError,
};
pub use judging::{
    BadCount, Gate, GateAction, JudgedMetric, Judging, OnFail, OnUndecided, SideSeries,
};
pub use metric::{Alarm, AlarmState, MetricQuery, MetricSeries, SeriesAnswer};
pub use names::{
    ClusterName, ContainerName, DeploymentArn, DeploymentId, ListenerRuleArn, ServiceName,
    TargetGroupArn, TaskDefArn,
};
pub use native::{
    HookId, HookStatus, Lifecycle, LifecycleHook, NativeStrategy, NativeTraffic, Pause, PauseStage,
};
pub use number::short;
pub use observed::{Knowledge, Observed, ObservedService};
pub use outcome::{Outcome, OutcomeKind, Refusal, ReleaseOnService};
pub use percent::{HealthyPercents, PercentParseError};
pub use release::{CommitSha, ReleaseIdentity, tag_keys, tag_value};
pub use release_status::{
    DeploymentStatus, GateStatus, LeaseStatus, NextCommand, ReleaseStatus, ScalingStatus,
    WeightsStatus,
};
pub use role_trust::{RoleTrust, SecretState};
pub use scaling::{ScalableTarget, ScaleIn};
pub use secret::Secret;
pub use service::{
    BreakerSetting, LaunchSetting, LoadBalancerBinding, OneTask, RollingDeployment, RolloutState,
    ServiceEvent, ServiceState, StoppedContainer, StoppedTask, TargetHealth, TaskStart,
};
pub use service_deployment::{ServiceDeployment, ServiceDeploymentStatus};
pub use share::{ListenerRule, RuleWeights, TrafficShare};
pub use stage_status::{PauseStatus, StageStatus};
pub use target_group::{HealthCheck, TargetGroup};
pub use task::{TaskContainer, TaskState};
pub use task_definition::{LiveTaskDefinition, TaskDefinitionSpec};
pub use time::{TimeParseError, Timestamp};
