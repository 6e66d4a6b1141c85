//! Composite alarms: those that follow others by a rule. Owns when they follow.

use super::alarm_rule::Rule;
use super::alarms::{Alarm, named};
use super::query::invalid;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};

/// PutCompositeAlarm.
pub(super) fn put(world: &mut World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let name = named(request)?;
    let text = body::text(request, "AlarmRule")
        .ok_or_else(|| invalid("The parameter AlarmRule is required."))?;
    let rule = Rule::parse(text)
        .map_err(|at| invalid(format!("AlarmRule is not valid: unexpected input at \"{at}\"")))?;
    let missing: Vec<&str> =
        rule.names().into_iter().filter(|name| !world.alarms.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(invalid(format!(
            "Could not save the composite alarm as alarms [{}] in the alarm rule do not exist",
            missing.join(", ")
        )));
    }
    let cause = rule.names().first().map(|&name| name.to_owned());
    let mut alarm = Alarm::new(request, Some(rule), now);
    if cause.is_none() {
        settle(world, &mut alarm, &name, now);
    }
    world.alarms.insert(name, alarm);
    follow(world, cause.into_iter().collect(), now);
    Ok(json!({}))
}

/// Lets composite alarms follow those that have changed, and others follow them.
pub(super) fn follow(world: &mut World, mut changed: Vec<String>, now: SimTime) {
    // Rules may name each other in a circle: each alarm changes once at most.
    for _ in 0..world.alarms.len() {
        let concerned: Vec<(Alarm, String)> = world
            .alarms
            .values()
            .filter_map(|alarm| {
                let names = alarm.rule.as_ref()?.names();
                let cause = changed.iter().find(|name| names.contains(&name.as_str()))?;
                Some((alarm.clone(), cause.clone()))
            })
            .collect();
        changed.clear();
        for (mut alarm, cause) in concerned {
            if settle(world, &mut alarm, &cause, now) {
                changed.push(alarm.name.clone());
                world.alarms.insert(alarm.name.clone(), alarm);
            }
        }
        if changed.is_empty() {
            return;
        }
    }
}

/// Puts a composite alarm into the state that its rule gives; true when it was in another one.
fn settle(world: &World, alarm: &mut Alarm, cause: &str, now: SimTime) -> bool {
    let Some(rule) = alarm.rule.clone() else { return false };
    let state_of =
        |name: &str| world.alarms.get(name).map_or("INSUFFICIENT_DATA", |alarm| alarm.state);
    let state = if rule.holds(&state_of) { "ALARM" } else { "OK" };
    let arn = world.ids.arn("cloudwatch", &format!("alarm:{cause}"));
    let reason = format!("{arn} transitioned to {} at {}", state_of(cause), now.iso8601());
    alarm.set(state, reason, now)
}

/// Refuses to delete alarms that a composite one needs which stays.
pub(super) fn refuse_needed(world: &World, going: &[String]) -> Result<(), ApiError> {
    let stays = world.alarms.values().filter(|alarm| !going.contains(&alarm.name));
    for alarm in stays {
        let names = alarm.rule.as_ref().map(Rule::names).unwrap_or_default();
        if let Some(needed) = going.iter().find(|name| names.contains(&name.as_str())) {
            return Err(invalid(format!(
                "Cannot delete {needed} as there are composite alarm(s) depending on it."
            )));
        }
    }
    Ok(())
}
