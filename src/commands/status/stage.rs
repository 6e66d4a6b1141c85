//! Where a deployment of ECS's own strategies is, and what the next command would do about it.

use crate::model::{
    Knowledge, Observed, ReleaseStatus, ServiceDeployment, StageStatus, Traffic, Wanted,
};

/// Adds it to `status`, while one is under way.
pub(super) fn add(status: &mut ReleaseStatus, wanted: &Wanted, observed: &Observed) {
    let (Traffic::Native(_), Some(full)) = (&wanted.course.traffic, &wanted.full) else { return };
    let Some(seen) = observed.services.get(&full.name) else { return };
    if let Knowledge::CouldNotTell(why) = &seen.deployments {
        status.could_not_tell.push(format!("at which stage {} is: {why}", full.name));
        return;
    }
    let Some(moving) = moving(wanted, observed) else { return };
    let bare = StageStatus {
        service: full.name.to_string(),
        deployment: moving.arn.to_string(),
        status: moving.status.to_string(),
        strategy: seen.state.as_ref().and_then(|state| state.strategy.clone()),
        revision: moving.target_task_definition.as_ref().map(|arn| arn.short().to_owned()),
        stage: None,
        share: None,
        pause: None,
    };
    status.native = Some(match &moving.lifecycle {
        None => bare,
        Some(lifecycle) => {
            let hook = lifecycle.open_pauses().next();
            let pause = hook.map(|hook| lifecycle.pause(&moving.arn, hook));
            bare.at(lifecycle, pause.as_ref())
        }
    });
}

/// What `promote` would do: it needs the compose file, so only the pause is told.
pub(super) fn promote(wanted: &Wanted, observed: &Observed) -> Option<String> {
    let moving = moving(wanted, observed)?;
    let revision = moving.target_task_definition.as_ref().map_or("it", |arn| arn.short());
    let lifecycle = moving.lifecycle.as_ref();
    let hook = lifecycle.and_then(|lifecycle| Some((lifecycle, lifecycle.open_pauses().next()?)));
    Some(match hook {
        Some((lifecycle, hook)) => {
            let pause = lifecycle.pause(&moving.arn, hook);
            format!("answer the pause at {pause}, and follow {revision} to all of them")
        }
        None => format!("follow {revision}, answer its pauses"),
    })
}

/// The deployment that is under way.
fn moving<'a>(wanted: &Wanted, observed: &'a Observed) -> Option<&'a ServiceDeployment> {
    let (Traffic::Native(_), Some(full)) = (&wanted.course.traffic, &wanted.full) else {
        return None;
    };
    let all = observed.services.get(&full.name)?.deployments.known()?;
    let newest = all.iter().max_by_key(|one| one.created_at)?;
    (!newest.is_over()).then_some(newest)
}

/// The same for `status --watch`, without what changes at each look.
pub(super) fn lines(native: &StageStatus) -> Vec<(String, String)> {
    let stage = native.stage.as_deref().unwrap_or("a stage that ECS does not name");
    let share = native.share.as_deref().unwrap_or("?");
    let text = format!("{} at {stage}, {share} % of the requests", native.status);
    let pause = native.pause.as_ref().map(|pause| format!("waits for an answer; {}", pause.words));
    let pause = pause.unwrap_or_else(|| "none waits for an answer".to_owned());
    vec![("stage".to_owned(), text), ("pause".to_owned(), pause)]
}
