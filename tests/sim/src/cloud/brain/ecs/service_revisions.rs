//! DescribeServiceRevisions: which digest really ran.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Service, ServiceRevision, World, load_balancers};
use serde_json::{Value, json};

/// Most revisions that one call may name.
const MOST: usize = 20;

/// DescribeServiceRevisions.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let wanted = body::texts(request, "serviceRevisionArns");
    if wanted.is_empty() || wanted.len() > MOST {
        return Err(ApiError::parameter(format!(
            "serviceRevisionArns must have between 1 and {MOST} items."
        )));
    }
    let (mut revisions, mut failures) = (Vec::new(), Vec::new());
    for arn in wanted {
        let found = world.services.values().find_map(|service| {
            let revision = service.revisions.iter().find(|revision| revision.arn == arn)?;
            Some(render(world, service, revision))
        });
        match found {
            Some(revision) => revisions.push(revision),
            None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    Ok(json!({"serviceRevisions": revisions, "failures": failures}))
}

fn render(world: &World, service: &Service, revision: &ServiceRevision) -> Value {
    let mut shown = revision.settings.clone();
    let images: Vec<Value> = revision
        .images
        .iter()
        .map(|(container, image, digest)| {
            body::without_nulls(json!({
                "containerName": container,
                "image": image,
                "imageDigest": digest,
            }))
        })
        .collect();
    let fixed = [
        ("serviceRevisionArn", json!(revision.arn)),
        ("serviceArn", json!(service.arn)),
        ("clusterArn", json!(world.ids.ecs(&format!("cluster/{}", service.key.cluster)))),
        ("taskDefinition", json!(revision.task_definition)),
        ("containerImages", json!(images)),
        ("guardDutyEnabled", json!(false)),
        ("createdAt", json!(revision.created_at.epoch_seconds())),
    ];
    if !revision.live_groups.is_empty() {
        let balancers: Vec<Value> = load_balancers(&revision.settings)
            .zip(&revision.live_groups)
            .map(|(balancer, group)| {
                let rule = &balancer["advancedConfiguration"]["productionListenerRule"];
                json!({"targetGroupArn": group, "productionListenerRule": rule})
            })
            .collect();
        shown.insert("resolvedConfiguration".into(), json!({"loadBalancers": balancers}));
    }
    for (member, value) in fixed {
        shown.insert(member.into(), value);
    }
    Value::Object(shown)
}
