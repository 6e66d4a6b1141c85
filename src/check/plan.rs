//! An independent look at a finished plan: whatever the planner thought, these never happen.

use crate::model::{CountRule, Goal, Knowledge, Observed, Traffic, Wanted};
use crate::plan::{self, History, Plan, RevisionRef, Step};
use serde_json::{Value, json};

/// A rule that a plan breaks: our own fault, nothing of it may be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A plan has at least one step.
    #[error("the plan has no step")]
    Empty,
    /// Nothing comes after the end or a wait.
    #[error("the plan goes on after \"{step}\"")]
    AfterTheEnd {
        /// The step that ends it.
        step: String,
    },
    /// At most one change is in flight.
    #[error("the plan makes a second change in one go: {step}")]
    SecondChange {
        /// The second one.
        step: String,
    },
    /// Our own deployment is waited for, not overtaken.
    #[error("the plan changes {service} while its own deployment there is under way")]
    Overtakes {
        /// The service.
        service: String,
    },
    /// Only a canary service is ever deleted.
    #[error("the plan deletes {service}, which is not the canary service")]
    Deletes {
        /// The service.
        service: String,
    },
    /// ECS refuses a deregistered revision, and it is no release to go to.
    #[error("the plan goes to {revision}, which was deregistered")]
    Inactive {
        /// The revision.
        revision: String,
    },
    /// A revision has to be there before a service is moved to it.
    #[error("the plan moves {service} to a revision that was not registered")]
    Unregistered {
        /// The service.
        service: String,
    },
    /// Requests go to the canary: it keeps its tasks until they do not.
    #[error("the plan takes tasks from {service} while it gets requests by the rule")]
    UnderTraffic {
        /// The service.
        service: String,
    },
    /// Autoscaling sets the count, and may have good reasons for it.
    #[error("the plan takes tasks from {service}, whose count autoscaling sets")]
    Autoscaled {
        /// The service.
        service: String,
    },
    /// Only who asks for no tasks gets none.
    #[error("the plan scales {service} to 0")]
    ScalesToZero {
        /// The service.
        service: String,
    },
}

/// Everything in `plan` that must never be.
pub fn plan(
    plan: &Plan,
    wanted: &Wanted,
    observed: &Observed,
    history: &History,
) -> Vec<Violation> {
    let mut found = Vec::new();
    if plan.steps.is_empty() {
        found.push(Violation::Empty);
    }
    for pair in plan.steps.windows(2) {
        if let [step @ (Step::Wait(_) | Step::Finish(_)), _] = pair {
            found.push(Violation::AfterTheEnd { step: step.to_string() });
        }
    }
    let second = plan.steps.iter().filter(|step| step.moves_tasks()).nth(1);
    found.extend(second.map(|step| Violation::SecondChange { step: step.to_string() }));
    found.extend(unregistered(plan));
    for step in &plan.steps {
        found.extend(overtakes(step, history));
        found.extend(deletes(step, wanted));
        found.extend(inactive(step, observed));
        found.extend(to_zero(step, wanted));
        found.extend(under_traffic(step, wanted, observed));
        found.extend(autoscaled(step, wanted, observed));
    }
    found
}

fn overtakes(step: &Step, history: &History) -> Option<Violation> {
    // An answer to its pause is what our own deployment waits for.
    let is_answer = matches!(step, Step::Continue { .. });
    let service = step.service().filter(|_| step.moves_tasks() && !is_answer)?;
    let known = history.of(service)?;
    let open = |attempt: &crate::plan::Attempt| attempt.sent.is_some() && attempt.ended.is_none();
    (open(&known.forward) || open(&known.back))
        .then(|| Violation::Overtakes { service: service.to_string() })
}

fn deletes(step: &Step, wanted: &Wanted) -> Option<Violation> {
    let Step::DeleteService { service } = step else { return None };
    let is_canary = wanted.canary.as_ref().is_some_and(|canary| canary.name == *service);
    let is_full = wanted.full.as_ref().is_some_and(|full| full.name == *service);
    (!is_canary || is_full).then(|| Violation::Deletes { service: service.to_string() })
}

fn inactive(step: &Step, observed: &Observed) -> Option<Violation> {
    let (Step::CreateService { service, revision: RevisionRef::Known(arn), .. }
    | Step::UpdateService { service, revision: Some(RevisionRef::Known(arn)), .. }) = step
    else {
        return None;
    };
    let seen = observed.services.get(service)?;
    let revisions = match &seen.revisions {
        Knowledge::Known(revisions) => revisions.as_slice(),
        Knowledge::CouldNotTell(_) => &[],
    };
    let gone = revisions.iter().any(|one| one.arn == *arn && !one.active);
    gone.then(|| Violation::Inactive { revision: arn.short().to_owned() })
}

fn unregistered(plan: &Plan) -> Option<Violation> {
    let mut registered = false;
    for step in &plan.steps {
        match step {
            Step::Register { .. } => registered = true,
            Step::CreateService { service, revision: RevisionRef::Registered, .. }
            | Step::UpdateService { service, revision: Some(RevisionRef::Registered), .. }
                if !registered =>
            {
                return Some(Violation::Unregistered { service: service.to_string() });
            }
            _ => {}
        }
    }
    None
}

fn to_zero(step: &Step, wanted: &Wanted) -> Option<Violation> {
    let Step::UpdateService { service, request, .. } = step else { return None };
    let full = wanted.full.as_ref().filter(|full| full.name == *service)?;
    let asked = matches!(full.count, CountRule::Always(0)) || wanted.goal == Goal::Scale;
    (request.body().get("desiredCount") == Some(&json!(0)) && !asked)
        .then(|| Violation::ScalesToZero { service: service.to_string() })
}

/// Fewer tasks than autoscaling gave; none at all is a declared end of the canary.
fn autoscaled(step: &Step, wanted: &Wanted, observed: &Observed) -> Option<Violation> {
    let Step::UpdateService { service, request, .. } = step else { return None };
    let count = request.body().get("desiredCount").and_then(Value::as_u64)?;
    let desired = observed.state(service)?.desired;
    let lowers = count > 0 && count < u64::from(desired);
    // `scale` does what a person asks for.
    (lowers && wanted.goal != Goal::Scale && plan::sets_count(observed, service))
        .then(|| Violation::Autoscaled { service: service.to_string() })
}

/// Fewer tasks, or none, for a canary whose target group has a weight.
fn under_traffic(step: &Step, wanted: &Wanted, observed: &Observed) -> Option<Violation> {
    let Traffic::Weighted(weighted) = &wanted.course.traffic else { return None };
    let canary = wanted.canary.as_ref()?;
    let rule = observed.rule.as_ref()?.known()?.as_ref()?;
    let gets = rule.weights(&weighted.full, &weighted.canary).canary.is_some_and(|one| one > 0);
    let state = observed.state(&canary.name)?;
    let takes = match step {
        Step::DeleteService { service } => *service == canary.name,
        Step::UpdateService { service, request, .. } if *service == canary.name => {
            let count = request.body().get("desiredCount").and_then(Value::as_u64);
            count.is_some_and(|count| count < u64::from(state.desired))
        }
        _ => false,
    };
    // `scale` does what a person asks for.
    (gets && takes && wanted.goal != Goal::Scale)
        .then(|| Violation::UnderTraffic { service: canary.name.to_string() })
}
