//! The same release on the other service of a pair.

use crate::model::{LiveTaskDefinition, ReleaseIdentity, TaskDefinitionSpec};
use serde_json::Value;
use std::collections::BTreeSet;

/// Members of DescribeTaskDefinition's answer that RegisterTaskDefinition does not take
/// (ECS API reference, TaskDefinition against RegisterTaskDefinition).
const ONLY_IN_ANSWERS: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// The newest active one of `revisions` that is the same release as `target`: the same images,
/// and rather the same commit than another one.
pub fn counterpart<'a>(
    target: &LiveTaskDefinition,
    revisions: &'a [LiveTaskDefinition],
) -> Option<&'a LiveTaskDefinition> {
    let release = ReleaseIdentity::from_tags(&target.tags);
    revisions.iter().filter(|revision| revision.active && same_images(target, revision)).max_by_key(
        |revision| {
            let identity = ReleaseIdentity::from_tags(&revision.tags);
            (identity.same_release(&release), revision.arn.revision())
        },
    )
}

/// True when both have containers with the same images.
pub fn same_images(one: &LiveTaskDefinition, other: &LiveTaskDefinition) -> bool {
    let images = |revision: &LiveTaskDefinition| -> BTreeSet<String> {
        let images = revision.containers().filter_map(|container| container.get("image"));
        images.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    images(one) == images(other)
}

/// `live` as a request to register it again, with the images of `target` in containers of the
/// same names.
pub fn respec(live: &LiveTaskDefinition, target: &LiveTaskDefinition) -> TaskDefinitionSpec {
    let mut body = live.described.clone();
    body.retain(|key, _| !ONLY_IN_ANSWERS.contains(&key.as_str()));
    let containers = body.get_mut("containerDefinitions").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        let name = container.get("name").and_then(Value::as_str).unwrap_or("");
        if let Some(image) = target.image(name) {
            container["image"] = Value::from(image);
        }
    }
    TaskDefinitionSpec::new(body)
}
