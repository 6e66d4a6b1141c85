//! Lifecycle hooks: PAUSE waits for somebody, a function answers by itself. Owns what a stage
//! makes of its hooks.

use crate::cloud::brain::body;
use crate::cloud::brain::state::{HookRun, HookStatus, Service, ServiceDeploymentStatus, World};
use crate::cloud::brain::time::SimTime;
use serde_json::Value;
use std::time::Duration;

/// A function takes so long.
const FUNCTION: Duration = Duration::from_secs(2);
/// `timeoutInMinutes` when the hook does not say.
const TIMEOUT_MINUTES: u64 = 1440;

/// What the hooks of a stage say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Wait,
    Passed,
    Failed,
    TimedOut,
}

/// Starts the hooks of the present stage, once, and looks at them.
pub(super) fn run(world: &mut World, service: &mut Service, now: SimTime) -> Verdict {
    let first = super::native::is_first(service);
    let wanted: Vec<Value> =
        service.configuration("lifecycleHooks").as_array().cloned().unwrap_or_default();
    let Some(current) = service.active_deployment_mut() else { return Verdict::Wait };
    if current.status != ServiceDeploymentStatus::InProgress {
        return Verdict::Wait;
    }
    let Some(lifecycle) = &mut current.lifecycle else { return Verdict::Passed };
    if !lifecycle.hooks_begun {
        lifecycle.hooks_begun = true;
        let stage = lifecycle.stage;
        let of_stage = |hook: &&Value| {
            !first && body::texts(hook, "lifecycleStages").iter().any(|one| one == stage.as_str())
        };
        for hook in wanted.iter().filter(of_stage) {
            let id = world.ids.uuid();
            lifecycle.hooks.push(begun(hook, id, now));
        }
    }
    let from = lifecycle.hooks.len() - lifecycle.hooks_now().count();
    for run in &mut lifecycle.hooks[from..] {
        settle(run, &world.failing_hooks, now);
    }
    let has = |wanted: HookStatus| lifecycle.hooks[from..].iter().any(|run| run.status == wanted);
    let goes_back = |run: &HookRun| run.status == HookStatus::TimedOut && !run.continues;
    if has(HookStatus::Failed) {
        Verdict::Failed
    } else if lifecycle.hooks[from..].iter().any(goes_back) {
        Verdict::TimedOut
    } else if has(HookStatus::AwaitingAction) || has(HookStatus::InProgress) {
        Verdict::Wait
    } else {
        Verdict::Passed
    }
}

fn begun(hook: &Value, id: String, now: SimTime) -> HookRun {
    let pauses = body::text(hook, "targetType") == Some("PAUSE");
    let timeout = &hook["timeoutConfiguration"];
    let minutes = body::number(timeout, "timeoutInMinutes").unwrap_or(TIMEOUT_MINUTES);
    HookRun {
        id,
        begun_at: now,
        function: body::text(hook, "hookTargetArn").map(str::to_owned).filter(|_| !pauses),
        status: if pauses { HookStatus::AwaitingAction } else { HookStatus::InProgress },
        expires_at: now + Duration::from_secs(60 * minutes),
        continues: body::text(timeout, "action") == Some("CONTINUE"),
        answers_at: now + FUNCTION,
    }
}

fn settle(run: &mut HookRun, failing: &[String], now: SimTime) {
    match run.status {
        HookStatus::InProgress if run.answers_at <= now => {
            let fails = run.function.as_ref().is_some_and(|name| failing.contains(name));
            run.status = if fails { HookStatus::Failed } else { HookStatus::Succeeded };
        }
        HookStatus::AwaitingAction if run.expires_at <= now => run.status = HookStatus::TimedOut,
        _ => {}
    }
}

/// When something happens to a hook by itself.
pub(super) fn due(run: &HookRun) -> Option<SimTime> {
    match run.status {
        HookStatus::AwaitingAction => Some(run.expires_at),
        HookStatus::InProgress => Some(run.answers_at),
        HookStatus::Succeeded | HookStatus::Failed | HookStatus::TimedOut => None,
    }
}

/// The deployment goes back: nobody waits any more.
pub(super) fn give_up(run: &mut HookRun) {
    if matches!(run.status, HookStatus::AwaitingAction | HookStatus::InProgress) {
        run.status = HookStatus::Failed;
    }
}
