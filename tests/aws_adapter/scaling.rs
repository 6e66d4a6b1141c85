//! Scalable targets by the adapter, against the simulated Application Auto Scaling.

use crate::simulator::{create, register, to};
use ecs_canary::aws::{AwsCloud, connect};
use ecs_canary::model::{CallErrorKind, ClusterName, ScalableTarget, ScaleIn, ServiceName};
use ecs_canary::ports::{Ecs as _, Scaling as _};
use ecs_sim::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Fault, FaultKind, SimCloud, SimCloudHandle, SimOptions,
};
use serde_json::{Value, json};

const RESOURCE: &str = "service/ecs-canary-test-poc-svc-cluster/release";

async fn with_service() -> (SimCloudHandle, AwsCloud) {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    let revision = register(&cloud, "1.0.0").await;
    cloud.create_service(&create(&revision)).await.unwrap();
    (sim, cloud)
}

/// A call of somebody else.
fn call(sim: &SimCloudHandle, action: &str, members: &Value) -> Value {
    let mut body = json!({ "ServiceNamespace": "ecs" });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let service = "application-autoscaling";
    sim.with(|cloud, now| cloud.call(now, EXAMPLE_ACCESS_KEY, service, action, body)).unwrap()
}

fn register_target(sim: &SimCloudHandle, members: &Value) {
    let mut body = json!({
        "ScalableDimension": "ecs:service:DesiredCount", "ResourceId": RESOURCE,
    });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    call(sim, "RegisterScalableTarget", &body);
}

fn names() -> [ServiceName; 2] {
    ["canary-release", "release"].map(ServiceName::new)
}

#[tokio::test]
async fn scalable_targets_are_read_in_the_order_of_the_services() {
    let (sim, cloud) = with_service().await;
    let cluster = ClusterName::new(EXAMPLE_CLUSTER);
    assert_eq!(cloud.scalable_targets(&cluster, &names()).await, Ok(vec![None, None]));
    register_target(&sim, &json!({ "MinCapacity": 2, "MaxCapacity": 9 }));
    let target = ScalableTarget { least: 2, most: 9, scale_in: ScaleIn::On };
    let arn = ClusterName::new(format!("arn:aws:ecs:eu-west-1:1:cluster/{EXAMPLE_CLUSTER}"));
    for cluster in [cluster, arn] {
        assert_eq!(cloud.scalable_targets(&cluster, &names()).await, Ok(vec![None, Some(target)]));
    }
}

#[tokio::test]
async fn scale_in_alone_is_changed_and_no_target_is_made() {
    let (sim, cloud) = with_service().await;
    let cluster = ClusterName::new(EXAMPLE_CLUSTER);
    let service = ServiceName::new("release");
    cloud.set_scale_in(&cluster, &service, ScaleIn::Suspended).await.unwrap();
    assert_eq!(call(&sim, "DescribeScalableTargets", &json!({}))["ScalableTargets"], json!([]));
    register_target(
        &sim,
        &json!({
            "MinCapacity": 2, "MaxCapacity": 9,
            "SuspendedState": { "ScheduledScalingSuspended": true },
        }),
    );
    for (to, is_suspended) in [(ScaleIn::Suspended, true), (ScaleIn::On, false)] {
        cloud.set_scale_in(&cluster, &service, to).await.unwrap();
        let sent = sim.changes().last().unwrap().body.clone();
        assert!(sent.get("MinCapacity").is_none() && sent.get("MaxCapacity").is_none(), "{sent}");
        assert_eq!(sent["SuspendedState"].as_object().unwrap().len(), 3, "the API has defaults");
        let shown = call(&sim, "DescribeScalableTargets", &json!({}));
        let target = &shown["ScalableTargets"][0];
        assert_eq!((&target["MinCapacity"], &target["MaxCapacity"]), (&json!(2), &json!(9)));
        assert_eq!(
            target["SuspendedState"],
            json!({
                "DynamicScalingInSuspended": is_suspended,
                "DynamicScalingOutSuspended": false,
                "ScheduledScalingSuspended": true,
            })
        );
    }
}

#[tokio::test]
async fn a_missing_right_names_the_action() {
    let (sim, cloud) = with_service().await;
    sim.fault(Fault::always("DescribeScalableTargets", FaultKind::Deny));
    let cluster = ClusterName::new(EXAMPLE_CLUSTER);
    let error = cloud.scalable_targets(&cluster, &names()).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Denied);
    assert_eq!(error.operation, "application-autoscaling:DescribeScalableTargets");
}
