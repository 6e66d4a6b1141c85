//! How a service stands, in one line for a person.

use crate::model::{ServiceState, short_image};

/// `release runs web:42 (app/web@sha256:3f9a12c43f9a), 3 of 3 tasks`; what else still runs.
pub fn standing(state: &ServiceState, image: Option<&str>) -> String {
    let name = &state.name;
    let image = image.map(|image| format!(" ({})", short_image(image))).unwrap_or_default();
    let wants = match state.task_definition.short() {
        // With a controller other than ECS's own, task sets have the revisions.
        "" => "what another tool deployed",
        revision => revision,
    };
    if state.desired == 0 {
        return format!("{name} wants no tasks of {wants}{image}{}", still(state.running));
    }
    let primary = state.primary().filter(|one| one.task_definition == state.task_definition);
    let Some(primary) = primary else {
        return format!(
            "{name} wants {wants}{image}, {} tasks run",
            of(state.running, state.desired)
        );
    };
    // A way back is a deployment of its own beside the one that it goes back to.
    let (same, others): (Vec<_>, Vec<_>) = state
        .deployments
        .iter()
        .filter(|one| one.running > 0)
        .partition(|one| one.task_definition == primary.task_definition);
    let running: u32 = same.iter().map(|one| one.running).sum();
    let others: Vec<String> = others
        .iter()
        .map(|one| format!("; {} still runs {}", one.task_definition.short(), tasks(one.running)))
        .collect();
    let verb = if running >= state.desired { "runs" } else { "wants" };
    let has = of(running, state.desired);
    let run = if verb == "wants" { " run" } else { "" };
    format!("{name} {verb} {wants}{image}, {has} tasks{run}{}", others.concat())
}

fn of(running: u32, desired: u32) -> String {
    format!("{running} of {desired}")
}

fn still(running: u32) -> String {
    if running == 0 { String::new() } else { format!("; {} still to stop", tasks(running)) }
}

/// `1 task`, `3 tasks`.
pub(super) fn tasks(count: u32) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}
