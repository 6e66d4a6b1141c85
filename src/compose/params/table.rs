//! The keys of ecs-params.

use crate::compose::keys::{SubKey, sub};

pub(in crate::compose) const ROOT: &[SubKey] = &[
    sub("version", "1"),
    sub("task_definition", "RegisterTaskDefinition"),
    sub("run_params", "CreateService and UpdateService"),
];

pub(in crate::compose) const TASK: &[SubKey] = &[
    sub("ecs_network_mode", "`networkMode`"),
    sub("task_role_arn", "`taskRoleArn`"),
    sub("task_execution_role", "`executionRoleArn`"),
    sub("task_size", "`cpu`, `memory`"),
    sub("pid_mode", "`pidMode`"),
    sub("ipc_mode", "`ipcMode`"),
    sub("services", "`containerDefinitions`"),
    sub("docker_volumes", "`volumes[].dockerVolumeConfiguration`"),
    sub("efs_volumes", "`volumes[].efsVolumeConfiguration`"),
    sub("placement_constraints", "`placementConstraints`"),
    sub("ephemeral_storage", "`ephemeralStorage`"),
    sub("runtime_platform", "`runtimePlatform`"),
];

pub(in crate::compose) const TASK_SIZE: &[SubKey] =
    &[sub("cpu_limit", "`cpu`"), sub("mem_limit", "`memory`")];

pub(in crate::compose) const EPHEMERAL: &[SubKey] = &[sub("size_in_gib", "`sizeInGiB`")];

pub(in crate::compose) const PLATFORM: &[SubKey] = &[
    sub("cpu_architecture", "`cpuArchitecture`"),
    sub("operating_system_family", "`operatingSystemFamily`"),
];

pub(in crate::compose) const CONTAINER: &[SubKey] = &[
    sub("essential", "`essential`"),
    sub("cpu_shares", "`cpu`"),
    sub("mem_limit", "`memory`"),
    sub("mem_reservation", "`memoryReservation`"),
    sub("healthcheck", "`healthCheck`, over the compose file's"),
    sub("repository_credentials", "`repositoryCredentials`"),
    sub("secrets", "`secrets`"),
    sub("logging", "`logConfiguration.secretOptions`"),
    sub("firelens_configuration", "`firelensConfiguration`"),
    sub("gpu", "`resourceRequirements`"),
    sub("depends_on", "`dependsOn`"),
    sub("init_process_enabled", "`linuxParameters.initProcessEnabled`"),
];

pub(in crate::compose) const HEALTHCHECK: &[SubKey] = &[
    sub("test", "`command`"),
    sub("command", "`command`"),
    sub("interval", "`interval`"),
    sub("timeout", "`timeout`"),
    sub("retries", "`retries`"),
    sub("start_period", "`startPeriod`"),
];

pub(in crate::compose) const CREDENTIALS: &[SubKey] =
    &[sub("credentials_parameter", "`credentialsParameter`")];

pub(in crate::compose) const SECRET: &[SubKey] =
    &[sub("name", "`name`"), sub("value_from", "`valueFrom`")];

pub(in crate::compose) const LOGGING: &[SubKey] =
    &[sub("secret_options", "`logConfiguration.secretOptions`")];

pub(in crate::compose) const FIRELENS: &[SubKey] =
    &[sub("type", "`type`"), sub("options", "`options`")];

pub(in crate::compose) const DEPENDENCY: &[SubKey] = &[
    sub("container_name", "`containerName`"),
    sub("condition", "`condition`: START, COMPLETE, SUCCESS or HEALTHY"),
];

pub(in crate::compose) const DOCKER_VOLUME: &[SubKey] = &[
    sub("name", "`name`"),
    sub("scope", "`scope`: task or shared"),
    sub("autoprovision", "`autoprovision`"),
    sub("driver", "`driver`"),
    sub("driver_opts", "`driverOpts`"),
    sub("labels", "`labels`"),
];

pub(in crate::compose) const EFS_VOLUME: &[SubKey] = &[
    sub("name", "`name`"),
    sub("filesystem_id", "`fileSystemId`"),
    sub("root_directory", "`rootDirectory`"),
    sub("transit_encryption", "`transitEncryption`: ENABLED or DISABLED"),
    sub("transit_encryption_port", "`transitEncryptionPort`"),
    sub("access_point", "`authorizationConfig.accessPointId`"),
    sub("iam", "`authorizationConfig.iam`: ENABLED or DISABLED"),
];

pub(in crate::compose) const CONSTRAINT: &[SubKey] =
    &[sub("type", "`type`: distinctInstance or memberOf"), sub("expression", "`expression`")];

pub(in crate::compose) const STRATEGY: &[SubKey] =
    &[sub("type", "`type`: random, spread or binpack"), sub("field", "`field`")];

pub(in crate::compose) const RUN: &[SubKey] = &[
    sub("network_configuration", "`networkConfiguration` (create and update)"),
    sub("task_placement", "`placementStrategy`, `placementConstraints`"),
    sub("service_discovery", "`serviceRegistries` (create)"),
    sub("capacity_provider_strategy", "`capacityProviderStrategy` (create)"),
];

pub(in crate::compose) const NETWORK: &[SubKey] =
    &[sub("awsvpc_configuration", "`awsvpcConfiguration`")];

pub(in crate::compose) const AWSVPC: &[SubKey] = &[
    sub("subnets", "`subnets`, at least one"),
    sub("security_groups", "`securityGroups`"),
    sub("assign_public_ip", "`assignPublicIp`: ENABLED or DISABLED"),
];

pub(in crate::compose) const PLACEMENT: &[SubKey] =
    &[sub("strategy", "`placementStrategy`"), sub("constraints", "`placementConstraints`")];

pub(in crate::compose) const DISCOVERY: &[SubKey] = &[
    sub(
        "registry_arn",
        "`serviceRegistries[].registryArn`: an existing Cloud Map service (ours, not ecs-cli's)",
    ),
    sub("container_name", "`serviceRegistries[].containerName`"),
    sub("container_port", "`serviceRegistries[].containerPort`"),
    sub("private_dns_namespace", "refused without `registry_arn`: no Cloud Map service is made"),
    sub("public_dns_namespace", "refused without `registry_arn`: no Cloud Map service is made"),
    sub(
        "service_discovery_service",
        "refused without `registry_arn`: no Cloud Map service is made",
    ),
];

pub(in crate::compose) const PROVIDER: &[SubKey] = &[
    sub("capacity_provider", "`capacityProvider`"),
    sub("weight", "`weight`"),
    sub("base", "`base`"),
];

/// Every table, with the path that it stands under.
pub(in crate::compose) const TABLES: &[(&str, &[SubKey])] = &[
    ("(top)", ROOT),
    ("task_definition", TASK),
    ("task_definition.task_size", TASK_SIZE),
    ("task_definition.ephemeral_storage", EPHEMERAL),
    ("task_definition.runtime_platform", PLATFORM),
    ("task_definition.docker_volumes[]", DOCKER_VOLUME),
    ("task_definition.efs_volumes[]", EFS_VOLUME),
    ("task_definition.placement_constraints[]", CONSTRAINT),
    ("task_definition.services.NAME", CONTAINER),
    ("task_definition.services.NAME.healthcheck", HEALTHCHECK),
    ("task_definition.services.NAME.repository_credentials", CREDENTIALS),
    ("task_definition.services.NAME.secrets[]", SECRET),
    ("task_definition.services.NAME.logging", LOGGING),
    ("task_definition.services.NAME.logging.secret_options[]", SECRET),
    ("task_definition.services.NAME.firelens_configuration", FIRELENS),
    ("task_definition.services.NAME.depends_on[]", DEPENDENCY),
    ("run_params", RUN),
    ("run_params.network_configuration", NETWORK),
    ("run_params.network_configuration.awsvpc_configuration", AWSVPC),
    ("run_params.task_placement", PLACEMENT),
    ("run_params.task_placement.strategy[]", STRATEGY),
    ("run_params.task_placement.constraints[]", CONSTRAINT),
    ("run_params.service_discovery", DISCOVERY),
    ("run_params.capacity_provider_strategy[]", PROVIDER),
];
