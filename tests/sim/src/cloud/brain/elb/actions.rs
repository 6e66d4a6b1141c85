//! Actions of listeners and rules. Owns their full spelling and the bounds of weights.

use super::errors;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Rule, World};
use serde_json::{Value, json};

/// Highest weight of a target group.
const MOST_WEIGHT: u64 = 999;
/// Most target groups of one action.
const MOST_GROUPS: usize = 5;

/// The actions in full: a forward always has its `ForwardConfig`, numbers are numbers.
pub(super) fn complete(world: &World, actions: &[Value]) -> Result<Value, ApiError> {
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
        }
        completed.push(action);
    }
    Ok(json!(completed))
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
    let stickiness = &action["ForwardConfig"]["TargetGroupStickinessConfig"];
    let stickiness = json!({"Enabled": body::flag(stickiness, "Enabled")});
    if let [only] = groups.as_slice() {
        action["TargetGroupArn"] = only["TargetGroupArn"].clone();
    } else if let Value::Object(members) = action {
        members.remove("TargetGroupArn");
    }
    action["ForwardConfig"] =
        json!({"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness});
    Ok(())
}

impl Rule {
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
