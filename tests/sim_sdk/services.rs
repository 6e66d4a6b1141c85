//! Task definitions, services, deployments, tasks.

use crate::clients::example;
use aws_sdk_ecs::error::ProvideErrorMetadata as _;
use aws_sdk_ecs::types::{
    DeploymentRolloutState, DesiredStatus, ServiceDeploymentStatus, ServiceField, Tag,
    TaskDefinitionField,
};
use ecs_sim::cloud::{EXAMPLE_CLUSTER, FateRule, TaskFate};

#[tokio::test]
async fn a_rollout_is_seen_from_its_start_to_its_end() {
    let cloud = example().await;
    let created = cloud.create("release", "registry.example.com/app:1", 3).await;
    assert_eq!(created.deployments().len(), 1);
    assert_eq!(created.deployments()[0].rollout_state(), Some(&DeploymentRolloutState::InProgress));
    let first = cloud.settled("release").await;
    assert_eq!(first.status(), Some(&ServiceDeploymentStatus::Successful));

    let updated = cloud.deploy("release", "registry.example.com/app:2").await;
    assert_eq!(updated.deployments().len(), 2);
    let second = cloud.settled("release").await;
    assert_eq!(second.status(), Some(&ServiceDeploymentStatus::Successful));
    assert_ne!(first.service_deployment_arn(), second.service_deployment_arn());
    let target = second.target_service_revision().unwrap();
    assert_eq!((target.requested_task_count(), target.running_task_count()), (3, 3));

    let revisions = cloud
        .ecs
        .describe_service_revisions()
        .service_revision_arns(target.arn().unwrap())
        .send()
        .await
        .unwrap();
    let image = &revisions.service_revisions()[0].container_images()[0];
    assert_eq!(image.image(), Some("registry.example.com/app:2"));
    assert!(image.image_digest().unwrap().starts_with("sha256:"));

    let service = cloud.describe("release").await;
    assert_eq!(service.deployments().len(), 1);
    assert_eq!((service.running_count(), service.pending_count()), (3, 0));
    assert!(service.events()[0].message().unwrap().contains("has reached a steady state."));
    assert!(cloud.sim.unknown_actions().is_empty());
    cloud.sim.shutdown().await;
}

#[tokio::test]
async fn a_task_definition_comes_back_whole() {
    let cloud = example().await;
    let answer = cloud
        .ecs
        .register_task_definition()
        .family("app")
        .memory("512")
        .container_definitions(
            aws_sdk_ecs::types::ContainerDefinition::builder()
                .name("app")
                .image("app:1")
                .stop_timeout(7)
                .readonly_root_filesystem(true)
                .build(),
        )
        .tags(Tag::builder().key("commit").value("abc").build())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.tags()[0].value(), Some("abc"));
    let answer = cloud
        .ecs
        .describe_task_definition()
        .task_definition("app")
        .include(TaskDefinitionField::Tags)
        .send()
        .await
        .unwrap();
    let definition = answer.task_definition().unwrap();
    assert_eq!(definition.revision(), 1);
    assert!(definition.registered_at().is_some());
    let container = &definition.container_definitions()[0];
    assert_eq!(container.stop_timeout(), Some(7));
    assert_eq!(container.readonly_root_filesystem(), Some(true));
    assert_eq!((container.cpu(), container.essential()), (0, Some(true)));
    assert_eq!(answer.tags()[0].key(), Some("commit"));
}

#[tokio::test]
async fn a_crashing_release_is_rolled_back_and_its_tasks_say_why() {
    let cloud = example().await;
    cloud.create("release", "app:1", 3).await;
    cloud.settled("release").await;
    cloud.sim.fate(FateRule {
        image: Some("app:2".into()),
        fate: TaskFate::crash_at_start(3),
        ..FateRule::default()
    });
    cloud.deploy("release", "app:2").await;
    let deployment = cloud.settled("release").await;
    assert_eq!(deployment.status(), Some(&ServiceDeploymentStatus::RollbackSuccessful));
    assert!(deployment.rollback().unwrap().reason().unwrap().contains("circuit breaker"));
    let breaker = deployment.deployment_circuit_breaker().unwrap();
    assert_eq!((breaker.failure_count(), breaker.threshold()), (3, 3));
    let service = cloud.describe("release").await;
    assert!(service.task_definition().unwrap().ends_with("release:1"));
    assert_eq!(service.deployments().len(), 1);

    let stopped = cloud
        .ecs
        .list_tasks()
        .cluster(EXAMPLE_CLUSTER)
        .service_name("release")
        .desired_status(DesiredStatus::Stopped)
        .send()
        .await
        .unwrap();
    let tasks = cloud
        .ecs
        .describe_tasks()
        .cluster(EXAMPLE_CLUSTER)
        .set_tasks(stopped.task_arns)
        .send()
        .await
        .unwrap();
    let task = &tasks.tasks()[0];
    assert_eq!(task.stop_code().unwrap().as_str(), "EssentialContainerExited");
    assert_eq!(task.stopped_reason(), Some("Essential container in task exited"));
    assert_eq!(task.containers()[0].exit_code(), Some(3));
}

#[tokio::test]
async fn errors_have_the_types_of_the_sdk() {
    let cloud = example().await;
    let missing = cloud.ecs.update_service().cluster(EXAMPLE_CLUSTER).service("nobody");
    let error = missing.send().await.unwrap_err().into_service_error();
    assert!(error.is_service_not_found_exception());
    let nowhere = cloud.ecs.describe_services().cluster("nowhere").services("a");
    let error = nowhere.send().await.unwrap_err().into_service_error();
    assert!(error.is_cluster_not_found_exception());
    let unknown = cloud.ecs.describe_task_definition().task_definition("nothing");
    let error = unknown.send().await.unwrap_err().into_service_error();
    assert!(error.is_client_exception());
    assert_eq!(error.message(), Some("Unable to describe task definition."));
    let eleven = (0..11).map(|number| format!("s{number}")).collect();
    let many = cloud.ecs.describe_services().cluster(EXAMPLE_CLUSTER).set_services(Some(eleven));
    let error = many.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_exception());
    let nobody = cloud.ecs.describe_services().cluster(EXAMPLE_CLUSTER).services("nobody");
    let answer = nobody.send().await.unwrap();
    assert_eq!(answer.failures()[0].reason(), Some("MISSING"));
}

#[tokio::test]
async fn tags_are_set_listed_and_removed() {
    let cloud = example().await;
    let arn = cloud.create("release", "app:1", 0).await.service_arn().unwrap().to_owned();
    let tag = Tag::builder().key("lease").value("job 7").build();
    cloud.ecs.tag_resource().resource_arn(&arn).tags(tag).send().await.unwrap();
    let listed = cloud.ecs.list_tags_for_resource().resource_arn(&arn).send().await.unwrap();
    assert_eq!(listed.tags()[0].value(), Some("job 7"));
    let described = cloud
        .ecs
        .describe_services()
        .cluster(EXAMPLE_CLUSTER)
        .services("release")
        .include(ServiceField::Tags)
        .send()
        .await
        .unwrap();
    assert_eq!(described.services()[0].tags()[0].key(), Some("lease"));
    cloud.ecs.untag_resource().resource_arn(&arn).tag_keys("lease").send().await.unwrap();
    let listed = cloud.ecs.list_tags_for_resource().resource_arn(&arn).send().await.unwrap();
    assert!(listed.tags().is_empty());
}

#[tokio::test]
async fn a_client_token_makes_creation_idempotent() {
    let cloud = example().await;
    let definition = cloud.register("worker", "worker:1").await;
    let create = || {
        cloud
            .ecs
            .create_service()
            .cluster(EXAMPLE_CLUSTER)
            .service_name("worker")
            .task_definition(&definition)
            .desired_count(1)
    };
    let first = create().client_token("job-1").send().await.unwrap();
    let again = create().client_token("job-1").send().await.unwrap();
    assert_eq!(first.service().unwrap().service_arn(), again.service().unwrap().service_arn());
    let error = create().client_token("job-2").send().await.unwrap_err().into_service_error();
    assert_eq!(error.message(), Some("Creation of service was not idempotent."));
}
