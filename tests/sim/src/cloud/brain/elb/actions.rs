//! Actions of listeners and rules. Owns their full spelling, their order and the bounds of
//! weights.

use super::{authenticate, errors};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Rule, World};
use serde_json::{Value, json};

/// Highest weight of a target group.
const MOST_WEIGHT: u64 = 999;
/// Most target groups of one action.
const MOST_GROUPS: usize = 5;

/// Longest stickiness of target groups, in seconds.
const MOST_STICKY: u64 = 604_800;

/// The actions in full: a forward always has its `ForwardConfig`, numbers are numbers.
/// `present` are the actions that these replace.
pub(super) fn complete(
    world: &World,
    actions: &[Value],
    present: &Value,
) -> Result<Value, ApiError> {
    if actions.is_empty() {
        return Err(errors::invalid("At least one action is required"));
    }
    let mut completed = Vec::new();
    for action in actions {
        let mut action = action.clone();
        if let Some(order) = body::number(&action, "Order") {
            action["Order"] = json!(order);
        }
        if body::text(&action, "Type") == Some("forward") {
            complete_forward(world, &mut action)?;
        } else if authenticate::is(&action) {
            authenticate::complete(&mut action, present)?;
        }
        completed.push(action);
    }
    completed.sort_by_key(|action| body::number(action, "Order").unwrap_or(u64::MAX));
    check_order(&completed)?;
    Ok(json!(completed))
}

/// One action that answers, and it is the last; those before it authenticate.
fn check_order(actions: &[Value]) -> Result<(), ApiError> {
    let answers = |action: &Value| {
        matches!(body::text(action, "Type"), Some("forward" | "redirect" | "fixed-response"))
    };
    let Some((last, before)) = actions.split_last() else { return Ok(()) };
    if answers(last) && before.iter().all(authenticate::is) {
        return Ok(());
    }
    Err(ApiError::client(
        "InvalidLoadBalancerAction",
        "A rule must have one forward, redirect or fixed-response action, and it must be the \
         last action to be performed",
    ))
}

fn complete_forward(world: &World, action: &mut Value) -> Result<(), ApiError> {
    let mut groups: Vec<Value> = body::list(&action["ForwardConfig"], "TargetGroups").to_vec();
    if groups.is_empty()
        && let Some(arn) = body::text(action, "TargetGroupArn")
    {
        groups.push(json!({"TargetGroupArn": arn, "Weight": 1}));
    }
    if groups.is_empty() || groups.len() > MOST_GROUPS {
        return Err(errors::invalid(format!(
            "A forward action must have between 1 and {MOST_GROUPS} target groups"
        )));
    }
    for group in &mut groups {
        let arn = body::text(group, "TargetGroupArn").unwrap_or_default();
        if !world.target_groups.contains_key(arn) {
            return Err(errors::not_found("target group"));
        }
        let weight = body::number(group, "Weight").unwrap_or(1);
        if weight > MOST_WEIGHT {
            return Err(errors::invalid(format!(
                "Weight '{weight}' is not valid: it must be between 0 and {MOST_WEIGHT}"
            )));
        }
        group["Weight"] = json!(weight);
    }
    let stickiness = stickiness(&action["ForwardConfig"]["TargetGroupStickinessConfig"])?;
    if let [only] = groups.as_slice() {
        action["TargetGroupArn"] = only["TargetGroupArn"].clone();
    } else if let Value::Object(members) = action {
        members.remove("TargetGroupArn");
    }
    action["ForwardConfig"] =
        json!({"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness});
    Ok(())
}

fn stickiness(asked: &Value) -> Result<Value, ApiError> {
    let enabled = body::flag(asked, "Enabled");
    let seconds = body::number(asked, "DurationSeconds");
    if enabled && !seconds.is_some_and(|seconds| (1..=MOST_STICKY).contains(&seconds)) {
        return Err(errors::invalid(format!(
            "Target group stickiness duration must be between 1 and {MOST_STICKY} seconds"
        )));
    }
    Ok(match seconds {
        Some(seconds) => json!({"Enabled": enabled, "DurationSeconds": seconds}),
        None => json!({"Enabled": enabled}),
    })
}

impl Rule {
    /// Seconds for which a client stays with a target group; `None` = stickiness is off.
    pub(crate) fn sticky_seconds(&self) -> Option<u64> {
        let config = self
            .actions
            .as_array()?
            .iter()
            .map(|action| &action["ForwardConfig"]["TargetGroupStickinessConfig"])
            .find(|config| config.is_object())?;
        body::flag(config, "Enabled").then(|| body::number(config, "DurationSeconds").unwrap_or(1))
    }

    /// Target groups and weights of its forward action.
    pub(crate) fn groups(&self) -> Vec<(String, u32)> {
        self.actions
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|action| body::list(&action["ForwardConfig"], "TargetGroups"))
            .filter_map(|group| {
                let arn = body::text(group, "TargetGroupArn")?.to_owned();
                Some((arn, body::count(group, "Weight").unwrap_or(1)))
            })
            .collect()
    }

    /// It names the target group, with whatever weight.
    pub(crate) fn forwards_to(&self, group: &str) -> bool {
        self.groups().iter().any(|(arn, _)| arn == group)
    }
}
