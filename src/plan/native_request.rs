//! What CreateService and UpdateService carry for ECS's own strategies, in the API's spelling.

use super::course::is_straight;
use super::revision::Wish;
use crate::model::{Goal, NativeStrategy, NativeTraffic, ServiceWanted, Traffic, TrafficShare};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::time::Duration;

/// `service` with the members of its strategy; as it is in the other modes.
///
/// A canary goes by its steps and pauses; what goes to all requests at once (a full deploy, a
/// way back, the first deployment) goes by BLUE_GREEN without pauses, so that nobody has to
/// answer any. The whole configuration is sent each time: what an earlier release left does not
/// count.
pub(super) fn dressed<'a>(wish: &Wish<'_>, service: &'a ServiceWanted) -> Cow<'a, ServiceWanted> {
    let Traffic::Native(native) = &wish.wanted.course.traffic else {
        return Cow::Borrowed(service);
    };
    let steps = match wish.wanted.goal {
        Goal::Canary | Goal::Promote | Goal::Release => !is_straight(wish),
        Goal::Full | Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale | Goal::Service => {
            false
        }
    };
    let configuration = if steps { by_steps(native) } else { straight(native) };
    let mut members = Map::new();
    members.insert("deploymentConfiguration".to_owned(), configuration);
    members.extend(load_balancer(native, service));
    let mut dressed = service.clone();
    put_all(&mut dressed.create_extra, &members);
    put_all(&mut dressed.update_extra, &members);
    Cow::Owned(dressed)
}

fn by_steps(native: &NativeTraffic) -> Value {
    let mut body = json!({
        "strategy": native.strategy.api(),
        "bakeTimeInMinutes": minutes(native.bake),
        "lifecycleHooks": hooks(native),
    });
    match native.strategy {
        NativeStrategy::BlueGreen => {}
        NativeStrategy::Canary(share) => {
            body["canaryConfiguration"] = json!({
                "canaryPercent": per_cent(share),
                "canaryBakeTimeInMinutes": minutes(native.step_bake),
            });
        }
        NativeStrategy::Linear(share) => {
            body["linearConfiguration"] = json!({
                "stepPercent": per_cent(share),
                "stepBakeTimeInMinutes": minutes(native.step_bake),
            });
        }
    }
    body
}

fn straight(native: &NativeTraffic) -> Value {
    json!({
        "strategy": NativeStrategy::BlueGreen.api(),
        "bakeTimeInMinutes": minutes(native.bake),
        "lifecycleHooks": [],
    })
}

/// One pause at all its stages. Silence takes the release back: nobody is there to judge it.
fn hooks(native: &NativeTraffic) -> Value {
    if native.pauses.value.is_empty() {
        return json!([]);
    }
    let stages: Vec<&str> = native.pauses.value.iter().map(|stage| stage.api()).collect();
    json!([{
        "targetType": "PAUSE",
        "lifecycleStages": stages,
        "timeoutConfiguration": {
            "timeoutInMinutes": minutes(native.timeout), "action": "ROLLBACK",
        },
    }])
}

/// `loadBalancers`; nothing for a goal that brings no content, which leaves them as they are.
fn load_balancer(native: &NativeTraffic, service: &ServiceWanted) -> Option<(String, Value)> {
    let binding = service.load_balancer.as_ref()?;
    let mut advanced = json!({
        "alternateTargetGroupArn": native.alternate.value,
        "productionListenerRule": native.rule.value,
        "roleArn": native.role.value,
    });
    if let Some(rule) = &native.test_rule {
        advanced["testListenerRule"] = json!(rule.value);
    }
    let body = json!([{
        "targetGroupArn": native.group,
        "containerName": binding.container,
        "containerPort": binding.port,
        "advancedConfiguration": advanced,
    }]);
    Some(("loadBalancers".to_owned(), body))
}

/// The strategy's members go over those that a file declares, one by one.
fn put_all(body: &mut Map<String, Value>, members: &Map<String, Value>) {
    for (key, value) in members {
        match (body.get_mut(key), value) {
            (Some(Value::Object(theirs)), Value::Object(ours)) => {
                theirs.extend(ours.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}

fn minutes(time: Duration) -> u64 {
    time.as_secs() / 60
}

/// Whole numbers without a point, as people write them.
fn per_cent(share: TrafficShare) -> Value {
    match share.tenths() {
        tenths if tenths % 10 == 0 => json!(tenths / 10),
        tenths => json!(f64::from(tenths) / 10.0),
    }
}
