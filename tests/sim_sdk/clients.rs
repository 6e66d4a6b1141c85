//! A cloud and the SDK's clients for it.

use aws_sdk_ecs::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_ecs::types::{
    ContainerDefinition, DeploymentCircuitBreaker, DeploymentConfiguration, LoadBalancer,
    PortMapping, Service, ServiceDeployment, ServiceDeploymentStatus,
};
use ecs_sim::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, EXAMPLE_SECRET_KEY, EXAMPLE_TARGET_GROUP, SimCloud,
    SimCloudHandle, SimOptions,
};
use std::time::Duration;

/// A rollout of a minute takes a tenth of a second.
const SPEED: f64 = 600.0;
/// Longer than any wait here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Cloud {
    pub(crate) sim: SimCloudHandle,
    pub(crate) ecs: aws_sdk_ecs::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) sts: aws_sdk_sts::Client,
}

pub(crate) async fn example() -> Cloud {
    with(SimOptions::at_speed(SPEED)).await
}

/// For tests that wait for nothing but must not outrun the life of a key.
pub(crate) async fn in_real_time() -> Cloud {
    with(SimOptions::default()).await
}

pub(crate) async fn with(options: SimOptions) -> Cloud {
    let sim = SimCloud::start(options).await.unwrap();
    let config = config(&sim, EXAMPLE_ACCESS_KEY, None, "ap-northeast-1");
    Cloud {
        ecs: aws_sdk_ecs::Client::new(&config),
        elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
        sts: aws_sdk_sts::Client::new(&config),
        sim,
    }
}

pub(crate) fn config(
    sim: &SimCloudHandle,
    key: &str,
    token: Option<&str>,
    region: &str,
) -> aws_config::SdkConfig {
    let credentials =
        Credentials::new(key, EXAMPLE_SECRET_KEY, token.map(str::to_owned), None, "test");
    aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(&sim.endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

impl Cloud {
    pub(crate) async fn register(&self, family: &str, image: &str) -> String {
        let container = ContainerDefinition::builder()
            .name("canary-test")
            .image(image)
            .memory(512)
            .port_mappings(PortMapping::builder().container_port(80).build())
            .build();
        let answer = self
            .ecs
            .register_task_definition()
            .family(family)
            .container_definitions(container)
            .send()
            .await
            .unwrap();
        answer.task_definition().unwrap().task_definition_arn().unwrap().to_owned()
    }

    pub(crate) async fn create(&self, name: &str, image: &str, desired: i32) -> Service {
        let definition = self.register(name, image).await;
        let balancer = LoadBalancer::builder()
            .target_group_arn(EXAMPLE_TARGET_GROUP)
            .container_name("canary-test")
            .container_port(80)
            .build();
        let breaker = DeploymentCircuitBreaker::builder().enable(true).rollback(true);
        let configuration =
            DeploymentConfiguration::builder().deployment_circuit_breaker(breaker.build()).build();
        let answer = self
            .ecs
            .create_service()
            .cluster(EXAMPLE_CLUSTER)
            .service_name(name)
            .task_definition(definition)
            .desired_count(desired)
            .load_balancers(balancer)
            .deployment_configuration(configuration)
            .send()
            .await
            .unwrap();
        answer.service().unwrap().clone()
    }

    pub(crate) async fn deploy(&self, name: &str, image: &str) -> Service {
        let definition = self.register(name, image).await;
        let update = self.ecs.update_service().cluster(EXAMPLE_CLUSTER).service(name);
        let answer = update.task_definition(definition).send().await.unwrap();
        answer.service().unwrap().clone()
    }

    pub(crate) async fn describe(&self, name: &str) -> Service {
        let answer = self
            .ecs
            .describe_services()
            .cluster(EXAMPLE_CLUSTER)
            .services(name)
            .send()
            .await
            .unwrap();
        answer.services()[0].clone()
    }

    /// Waits until the newest service deployment has ended.
    pub(crate) async fn settled(&self, name: &str) -> ServiceDeployment {
        let arn = self.describe(name).await.current_service_deployment().unwrap().to_owned();
        let wait = async {
            loop {
                let answer = self
                    .ecs
                    .describe_service_deployments()
                    .service_deployment_arns(&arn)
                    .send()
                    .await
                    .unwrap();
                let deployment = answer.service_deployments()[0].clone();
                let goes_on = [
                    ServiceDeploymentStatus::Pending,
                    ServiceDeploymentStatus::InProgress,
                    ServiceDeploymentStatus::RollbackRequested,
                    ServiceDeploymentStatus::RollbackInProgress,
                ];
                if !goes_on.contains(deployment.status().unwrap()) {
                    return deployment;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap()
    }
}
