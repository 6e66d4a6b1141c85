//! Trouble on the way, as the SDK sees it.

use crate::clients::{Cloud, example};
use aws_sdk_ecs::error::{ProvideErrorMetadata as _, SdkError};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Fault, FaultKind};
use std::time::Duration;

async fn code_of(cloud: &Cloud) -> Option<String> {
    match cloud.ecs.list_clusters().send().await {
        Ok(_) => None,
        Err(error) => error.code().map(str::to_owned),
    }
}

#[tokio::test]
async fn refusals_come_as_often_as_they_were_set() {
    let cloud = example().await;
    let cases = [
        (FaultKind::Deny, "AccessDeniedException"),
        (FaultKind::Throttle, "ThrottlingException"),
        (FaultKind::ExpiredToken, "ExpiredTokenException"),
        (FaultKind::MissingAction, "UnknownOperationException"),
        (FaultKind::ServerError { status: 500 }, "ServerException"),
        (FaultKind::ServerError { status: 503 }, "ServiceUnavailable"),
    ];
    for (kind, code) in cases {
        cloud.sim.fault(Fault::times("ListClusters", 1, kind).for_key(EXAMPLE_ACCESS_KEY));
        assert_eq!(code_of(&cloud).await.as_deref(), Some(code));
        assert_eq!(code_of(&cloud).await, None);
    }
}

#[tokio::test]
async fn a_change_can_be_made_though_the_connection_breaks() {
    let cloud = example().await;
    cloud.create("release", "app:1", 1).await;
    cloud.settled("release").await;
    cloud.sim.fault(Fault::times("UpdateService", 1, FaultKind::Close { applied: true }));
    let update = || cloud.ecs.update_service().cluster(EXAMPLE_CLUSTER).service("release");
    let error = update().desired_count(2).send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert_eq!(cloud.describe("release").await.desired_count(), 2);
    cloud.sim.fault(Fault::times("UpdateService", 1, FaultKind::Close { applied: false }));
    update().desired_count(5).send().await.unwrap_err();
    assert_eq!(cloud.describe("release").await.desired_count(), 2);
    let outcomes: Vec<_> = cloud
        .sim
        .changes()
        .into_iter()
        .filter(|call| call.action == "UpdateService")
        .map(|call| call.outcome)
        .collect();
    assert_eq!(outcomes, ["closed", "closed"]);
}

#[tokio::test]
async fn no_answer_is_no_answer() {
    let cloud = example().await;
    cloud.sim.fault(Fault::times("ListClusters", 1, FaultKind::NoAnswer { applied: false }));
    let asked = cloud.ecs.list_clusters().send();
    assert!(tokio::time::timeout(Duration::from_millis(200), asked).await.is_err());
    assert_eq!(code_of(&cloud).await, None);
}

#[tokio::test]
async fn reads_are_stale_for_a_while_after_a_change() {
    let cloud = example().await;
    // A real minute at this speed: longer than the calls below take anywhere.
    let stale = FaultKind::StaleReads { seconds: 36_000.0 };
    cloud.create("release", "app:1", 1).await;
    cloud.settled("release").await;
    cloud.sim.fault(Fault::always("DescribeServices", stale));
    let updated = cloud.deploy("release", "app:2").await;
    assert!(updated.task_definition().unwrap().ends_with("release:2"));
    let described = cloud.describe("release").await;
    assert!(described.task_definition().unwrap().ends_with("release:1"));
    assert_eq!(described.deployments().len(), 1);
    cloud.sim.jump(Duration::from_secs(36_001));
    assert!(cloud.describe("release").await.task_definition().unwrap().ends_with("release:2"));
}

#[tokio::test]
async fn an_action_that_is_not_simulated_is_loud_and_remembered() {
    let cloud = example().await;
    let asked = cloud.ecs.list_container_instances().cluster(EXAMPLE_CLUSTER).send().await;
    let error = asked.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 501);
    assert_eq!(cloud.sim.unknown_actions().len(), 1);
    assert!(cloud.sim.unknown_actions()[0].starts_with("ecs:ListContainerInstances"));
}

#[tokio::test]
async fn tags_at_creation_need_the_right_to_tag() {
    let cloud = example().await;
    cloud.sim.fault(Fault::always("TagResource", FaultKind::Deny));
    let create = cloud
        .ecs
        .create_cluster()
        .cluster_name("other")
        .tags(aws_sdk_ecs::types::Tag::builder().key("a").value("b").build());
    let error = create.send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    assert!(error.message().unwrap().contains("ecs:TagResource"));
}
