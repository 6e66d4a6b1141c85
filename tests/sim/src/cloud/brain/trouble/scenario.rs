//! The named scenarios, in sixteen groups: what a tool that releases must be able to bear.

use super::deed::ScriptLine;
use super::scripts as by;
use serde::Deserialize;

/// What a scenario is aimed at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioTarget {
    /// Cluster name.
    pub cluster: String,
    /// Service name.
    pub service: String,
    /// Part of the new image's reference.
    pub new_image: String,
    /// Part of the old image's reference.
    pub old_image: String,
    /// ARN of the service's target group.
    pub target_group: String,
    /// ARN of the rule that carries weights; empty = there is none.
    pub rule: String,
    /// ARN or `family:N` of a task definition that a colleague deploys.
    pub other_revision: String,
}

/// Makes the script of a scenario.
type Maker = fn(&ScenarioTarget) -> Vec<ScriptLine>;

/// Group, name and script of every scenario.
pub const SCENARIOS: [(u8, &str, Maker); 44] = [
    (1, "slow-rollout", by::slow_rollout),
    (2, "crash-before-running", by::crash_before_running),
    (2, "crash-after-running", by::crash_after_running),
    (3, "image-missing", by::image_missing),
    (3, "registry-login-fails", by::registry_login_fails),
    (3, "secret-not-readable", by::secret_not_readable),
    (3, "tag-moved", by::tag_moved),
    (4, "never-healthy", by::never_healthy),
    (4, "unhealthy-after-a-while", by::unhealthy_after_a_while),
    (4, "container-check-fails", by::container_check_fails),
    (4, "flapping", by::flapping),
    (5, "rollback-fails-too", by::rollback_fails_too),
    (5, "nothing-to-roll-back-to", by::crash_before_running),
    (6, "alarm-in-the-bake", by::alarm_in_the_bake),
    (6, "alarm-from-the-start", by::alarm_from_the_start),
    (7, "throttled", by::throttled),
    (7, "register-throttled", by::register_throttled),
    (8, "answer-lost-after-the-change", by::answer_lost),
    (8, "server-errors", by::server_errors),
    (8, "slow-answers", by::slow_answers),
    (8, "keys-expire", by::keys_expire),
    (9, "stale-reads", by::stale_reads),
    (9, "deployment-listed-late", by::deployment_listed_late),
    (9, "missing-after-create", by::stale_reads),
    (10, "superseded", by::superseded),
    (10, "forced-by-a-colleague", by::forced),
    (10, "wants-no-tasks", by::wants_no_tasks),
    (10, "scaled-in-mid-rollout", by::scaled_in_mid_rollout),
    (11, "no-capacity", by::no_capacity),
    (11, "capacity-comes-later", by::capacity_comes_later),
    (11, "fargate-limit", by::fargate_limit),
    (11, "percents-deadlock", by::percents_deadlock),
    (12, "slow-draining", by::slow_draining),
    (12, "events-out-of-order", by::events_out_of_order),
    (12, "events-repeated", by::events_repeated),
    (12, "events-dropped", by::events_dropped),
    (13, "metrics-late-and-corrected", by::metrics_late),
    (13, "monitoring-does-not-answer", by::monitoring_fails),
    (14, "rule-changed-by-a-colleague", by::rule_changed),
    (15, "stopped-by-a-colleague", by::stopped_by_a_colleague),
    (16, "spot-interruption", by::spot_interruption),
    (16, "all-tasks-killed", by::all_tasks_killed),
    (16, "instances-drain", by::instances_drain),
    (16, "task-is-protected", by::task_is_protected),
];

/// The script of a scenario; `None` when there is none of that name.
pub fn scenario(name: &str, target: &ScenarioTarget) -> Option<Vec<ScriptLine>> {
    let (_, _, make) = SCENARIOS.iter().find(|(_, known, _)| *known == name)?;
    Some(make(target))
}
