//! The table of keys: every key of every format, what it becomes, or why it is left out.
//! `docs/compose.md` is printed from it. The order is the order of translation.

use super::format::{ALL, SINCE_V2, SPEC, V1, V2, V3};
use super::keys::{Fate, Key, SubFate, SubKey, field, left, lost, noted, sub};
use super::params::table as params;
use super::service::{
    deploy, environment, health, limits, linux, logging, order, plain, ports, volumes,
};
use crate::model::Severity::{Note, Warning};
use std::fmt::Write as _;

const RESOURCES_HINT: &str = "Version 3 has it under deploy.resources.";

/// The keys of a service.
pub(super) const SERVICE_KEYS: &[Key] = &[
    field("image", ALL, "image", plain::image),
    field("command", ALL, "command", plain::command),
    field("entrypoint", ALL, "entryPoint", plain::command),
    field("env_file", ALL, "environment", environment::env_file),
    field("environment", ALL, "environment", environment::environment),
    field("ports", ALL, "portMappings", ports::ports),
    field("volumes", ALL, "mountPoints, volumes", volumes::volumes),
    field("mem_limit", V1 | V2 | SPEC, "memory", limits::memory)
        .moved("Version 3 has it as deploy.resources.limits.memory; or mem_limit in ecs-params."),
    field("mem_reservation", V1 | V2 | SPEC, "memoryReservation", limits::memory)
        .moved("Version 3 has it as deploy.resources.reservations.memory; or mem_reservation in ecs-params."),
    field("mem_swappiness", V1 | V2 | SPEC, "linuxParameters.swappiness", limits::swappiness)
        .skipped()
        .moved("Version 3 has no swappiness: remove the line `version`."),
    field("cpus", V2 | SPEC, "cpu", limits::cpus)
        .moved("Version 3 has it as deploy.resources.limits.cpus."),
    field("cpu_shares", V1 | V2 | SPEC, "cpu", limits::cpu_shares)
        .moved("Version 3 has deploy.resources.reservations.cpus; or cpu_shares in ecs-params."),
    field("deploy", V3 | SPEC, "cpu, memory, memoryReservation, resourceRequirements", deploy::deploy),
    field("memswap_limit", V1 | V2 | SPEC, "linuxParameters.maxSwap", limits::memory_and_swap)
        .skipped()
        .moved("Version 3 has no swap limit: remove the line `version`."),
    field("gpus", SPEC, "resourceRequirements", limits::gpus),
    field("healthcheck", SINCE_V2, "healthCheck", health::healthcheck),
    field("logging", SINCE_V2, "logConfiguration", logging::logging),
    field("log_driver", V1, "logConfiguration.logDriver", logging::log_driver)
        .moved("Since version 2 it is logging.driver."),
    field("log_opt", V1, "logConfiguration.options", logging::log_opt)
        .moved("Since version 2 it is logging.options."),
    field("label_file", SPEC, "dockerLabels", environment::label_file),
    field("labels", ALL, "dockerLabels", plain::labels),
    field("hostname", ALL, "hostname", plain::text),
    field("user", ALL, "user", plain::text),
    field("working_dir", ALL, "workingDirectory", plain::text),
    field("privileged", ALL, "privileged", plain::switch),
    field("read_only", ALL, "readonlyRootFilesystem", plain::switch),
    field("tty", ALL, "pseudoTerminal", plain::switch),
    field("stdin_open", ALL, "interactive", plain::switch).skipped(),
    field("dns", ALL, "dnsServers", plain::list),
    field("dns_search", ALL, "dnsSearchDomains", plain::list),
    field("security_opt", ALL, "dockerSecurityOptions", plain::list),
    field("credential_spec", V3 | SPEC, "dockerSecurityOptions", plain::credential_spec).skipped(),
    field("links", ALL, "links", plain::list),
    field("extra_hosts", ALL, "extraHosts", plain::extra_hosts),
    field("stop_grace_period", SINCE_V2, "stopTimeout", plain::stop_timeout),
    field("volumes_from", V1 | V2 | SPEC, "volumesFrom", plain::volumes_from)
        .moved("Version 3 shares a named volume instead."),
    field("cap_add", ALL, "linuxParameters.capabilities.add", linux::capabilities),
    field("cap_drop", ALL, "linuxParameters.capabilities.drop", linux::capabilities),
    field("devices", ALL, "linuxParameters.devices", linux::devices),
    field("init", SINCE_V2, "linuxParameters.initProcessEnabled", linux::init),
    field("shm_size", ALL, "linuxParameters.sharedMemorySize", linux::shm_size).skipped_in_v3(),
    field("tmpfs", SINCE_V2, "linuxParameters.tmpfs", linux::tmpfs),
    field("ulimits", ALL, "ulimits", linux::ulimits),
    field("sysctls", SINCE_V2, "systemControls", linux::sysctls).skipped(),
    field("depends_on", SINCE_V2, "dependsOn", order::depends_on).skipped(),
    field("pid", ALL, "pidMode of the task", order::pid).skipped(),
    field("ipc", ALL, "ipcMode of the task", order::ipc).skipped(),
    field("network_mode", SINCE_V2, "networkMode of the task; none: disableNetworking", order::network_mode).skipped(),
    field("net", V1, "networkMode of the task", order::network_mode)
        .skipped()
        .moved("Since version 2 it is network_mode."),
    field("platform", SINCE_V2, "runtimePlatform of the task", order::platform).skipped(),
    noted("annotations", V3 | SPEC, "ECS has no annotations of a container"),
    noted("attach", V3 | SPEC, "the log goes where `logging` says"),
    lost("blkio_config", V2 | SPEC, "ECS does not limit disk traffic")
        .moved("Version 3 has no blkio_config: remove the line `version`."),
    noted("build", ALL, "the image is built before, by `ecs-canary build`"),
    lost("cgroup", V3 | SPEC, "ECS sets the cgroup of a task"),
    lost("cgroup_parent", ALL, "ECS sets the cgroup of a task"),
    lost("configs", V3 | SPEC, "ECS has no configs: copy the file into the image, or use a secret"),
    noted("container_name", ALL, "the container is named as the service"),
    lost("cpu_count", V2 | SPEC, "ECS limits by cpu units: use cpus").moved(RESOURCES_HINT),
    lost("cpu_percent", V2 | SPEC, "ECS limits by cpu units: use cpus").moved(RESOURCES_HINT),
    lost("cpu_period", V2 | SPEC, "ECS limits by cpu units: use cpus").moved(RESOURCES_HINT),
    lost("cpu_quota", V1 | V2 | SPEC, "ECS limits by cpu units: use cpus").moved(RESOURCES_HINT),
    lost("cpu_rt_period", V2 | SPEC, "ECS has no real-time scheduling").moved(RESOURCES_HINT),
    lost("cpu_rt_runtime", V2 | SPEC, "ECS has no real-time scheduling").moved(RESOURCES_HINT),
    lost("cpuset", V1 | V2 | SPEC, "ECS does not pin containers to cores").moved(RESOURCES_HINT),
    noted("develop", V3 | SPEC, "it is for development on a machine of one's own"),
    lost("device_cgroup_rules", SINCE_V2, "ECS has `devices` only"),
    lost("dns_opt", SINCE_V2, "ECS has no resolver options"),
    noted("dockerfile", V1, "the image is built before, by `ecs-canary build`")
        .moved("Since version 2 it is build.dockerfile."),
    lost("domainname", ALL, "ECS has a host name only"),
    noted("driver_opts", SPEC, "ECS has no networks of its own to configure"),
    noted("expose", ALL, "containers of a task reach each other without it"),
    field("extends", V1 | V2 | SPEC, "the keys of that service, below the service's own", plain::merged)
        .moved("Version 3 has no extends: remove the line `version`, or use a second -f file."),
    lost("external_links", ALL, "ECS links containers of one task only"),
    lost("group_add", SINCE_V2, "ECS sets `user` only: USER:GROUP"),
    lost("isolation", SINCE_V2, "ECS chooses the isolation"),
    lost("mac_address", ALL, "ECS gives the addresses"),
    lost("models", SPEC, "ECS runs no models"),
    noted("networks", SINCE_V2, "a task has one network: ecs_network_mode in ecs-params"),
    lost("oom_kill_disable", V2 | SPEC, "ECS ends a container that uses too much memory")
        .moved("Version 3 has no oom_kill_disable: remove the line `version`."),
    lost("oom_score_adj", V2 | SPEC, "ECS sets it")
        .moved("Version 3 has no oom_score_adj: remove the line `version`."),
    lost("pids_limit", V2 | SPEC, "ECS has no limit of processes: use ulimits.nproc")
        .moved("Version 3 has it as deploy.resources.limits.pids."),
    lost("post_start", SPEC, "ECS has no hooks of a container"),
    lost("pre_stop", SPEC, "ECS has no hooks of a container"),
    noted("profiles", V3 | SPEC, "every service of the file is a container of the task"),
    lost("provider", SPEC, "ECS runs containers only"),
    noted("pull_policy", V3 | SPEC, "the image has a digest, so it is always the right one"),
    noted("restart", ALL, "ECS replaces a task whose essential container has ended"),
    lost("runtime", V2 | SPEC, "ECS chooses the runtime; GPUs are set by `gpus` or ecs-params")
        .moved("Version 3 has no runtime: remove the line `version`."),
    noted("scale", V2 | SPEC, "the number of tasks is `desired` of the release file")
        .moved("The number of tasks is `desired` of the release file."),
    lost("secrets", V3 | SPEC, "ECS takes secrets from Secrets Manager or SSM: `secrets` in ecs-params"),
    lost("stop_signal", ALL, "ECS takes it from the image: STOPSIGNAL"),
    lost("storage_opt", V2 | SPEC, "ECS sets the storage driver")
        .moved("Version 3 has no storage_opt: remove the line `version`."),
    lost("use_api_socket", SPEC, "a task has no container engine of its own"),
    lost("userns_mode", SINCE_V2, "ECS sets the user namespace"),
    lost("uts", SPEC, "ECS sets the UTS namespace"),
    lost("volume_driver", V1 | V2, "name the driver at the volume, under `volumes` at the top")
        .moved("Name the driver at the volume, under `volumes` at the top."),
];

/// Keys at the top of a file.
pub(super) const TOP_KEYS: &[SubKey] = &[
    sub("version", "tells the format"),
    left("name", Note, "family and service are named by the command or the release file"),
    sub("services", "containerDefinitions"),
    sub("volumes", "volumes"),
    sub("include", "read as if it stood here"),
    left("networks", Note, "a task has one network: ecs_network_mode in ecs-params"),
    left("configs", Warning, "ECS has no configs"),
    left(
        "secrets",
        Warning,
        "ECS takes secrets from Secrets Manager or SSM: `secrets` in ecs-params",
    ),
    left("models", Warning, "ECS runs no models"),
];

pub(super) const INCLUDE: &[SubKey] = &[
    sub("path", "one file, or several that are merged"),
    sub("project_directory", "where paths in them start; else the first one's directory"),
    left("env_file", Warning, "variables are those of the whole project"),
];

pub(super) const EXTENDS: &[SubKey] =
    &[sub("service", "the service below this one"), sub("file", "the file that has it")];

pub(super) const ENV_FILE: &[SubKey] = &[
    sub("path", "environment"),
    sub("required", "false: the file may be missing"),
    sub("format", "raw: values are taken as they are"),
];

pub(super) const EXTERNAL: &[SubKey] = &[sub("name", "the volume's name")];

pub(super) const DEPLOY: &[SubKey] = &[
    sub("resources", "cpu, memory, memoryReservation, resourceRequirements"),
    left("replicas", Note, "the number of tasks is `desired` of the release file"),
    left("mode", Note, "a replica or daemon service is chosen when the service is made"),
    left("labels", Note, "they are labels of a Swarm service"),
    left("update_config", Note, "see `percents` of the release file"),
    left("rollback_config", Note, "see `rollback`, and `breaker` of the release file"),
    left("restart_policy", Note, "ECS replaces a task whose essential container has ended"),
    left("placement", Warning, "see placement_constraints and task_placement in ecs-params"),
    left("endpoint_mode", Note, "traffic comes from a load balancer or Cloud Map"),
];

pub(super) const RESOURCES: &[SubKey] = &[
    sub("limits", "cpu, memory"),
    sub("reservations", "cpu, memoryReservation, resourceRequirements"),
];

pub(super) const LIMITS: &[SubKey] = &[
    sub("cpus", "cpu (1024 units a core)"),
    sub("memory", "memory"),
    left("pids", Warning, "ECS has no limit of processes: use ulimits.nproc"),
];

pub(super) const RESERVATIONS: &[SubKey] = &[
    sub("cpus", "cpu (wins over limits.cpus)"),
    sub("memory", "memoryReservation"),
    sub("devices", "resourceRequirements"),
    left("generic_resources", Warning, "they are resources of Docker Swarm"),
];

pub(super) const DEVICE: &[SubKey] = &[
    sub("capabilities", "gpu makes a GPU of it"),
    sub("count", "resourceRequirements.value"),
    sub("device_ids", "their number is the count"),
    left("driver", Note, "ECS chooses the driver"),
    left("options", Warning, "ECS has no options of a device"),
];

pub(super) const HEALTHCHECK: &[SubKey] = &[
    sub("test", "healthCheck.command"),
    sub("interval", "healthCheck.interval"),
    sub("timeout", "healthCheck.timeout"),
    sub("retries", "healthCheck.retries"),
    sub("start_period", "healthCheck.startPeriod"),
    sub("disable", "no healthCheck"),
    left("start_interval", Note, "ECS checks at `interval` from the start"),
];

pub(super) const LOGGING: &[SubKey] =
    &[sub("driver", "logConfiguration.logDriver"), sub("options", "logConfiguration.options")];

pub(super) const PORT: &[SubKey] = &[
    sub("target", "containerPort"),
    sub("published", "hostPort"),
    sub("protocol", "protocol"),
    sub("name", "name"),
    sub("app_protocol", "appProtocol"),
    left("host_ip", Note, "ECS listens on all addresses"),
    left("mode", Note, "it is for Docker Swarm"),
];

pub(super) const MOUNT: &[SubKey] = &[
    sub("type", "volume, bind or tmpfs"),
    sub("source", "sourceVolume, host.sourcePath"),
    sub("target", "containerPath"),
    sub("read_only", "readOnly"),
    sub("tmpfs", "linuxParameters.tmpfs"),
    left("bind", Note, "ECS has no options of a bind mount"),
    left("volume", Warning, "ECS has no options of a volume's mount"),
    left("consistency", Note, "it does nothing on Linux"),
    left("image", Warning, "ECS mounts no images"),
];

pub(super) const MOUNT_TMPFS: &[SubKey] = &[
    sub("size", "linuxParameters.tmpfs.size (MiB)"),
    left("mode", Warning, "write it as an option of `tmpfs`: /run:size=64m,mode=1777"),
];

pub(super) const TOP_VOLUME: &[SubKey] = &[
    sub("name", "the volume's name"),
    sub("driver", "dockerVolumeConfiguration.driver"),
    sub("driver_opts", "dockerVolumeConfiguration.driverOpts"),
    sub("labels", "dockerVolumeConfiguration.labels"),
    sub("external", "dockerVolumeConfiguration.autoprovision: false"),
];

pub(super) const DEPENDENCY: &[SubKey] = &[
    sub("condition", "condition: START, HEALTHY or SUCCESS"),
    left("restart", Note, "ECS replaces the whole task"),
    left("required", Note, "every service of the file is a container of the task"),
];

pub(super) const CREDENTIAL_SPEC: &[SubKey] = &[
    sub("file", "dockerSecurityOptions"),
    sub("registry", "dockerSecurityOptions"),
    left("config", Warning, "ECS has no configs"),
];

pub(super) const DEVICE_PATH: &[SubKey] =
    &[sub("source", "hostPath"), sub("target", "containerPath"), sub("permissions", "permissions")];

pub(super) const ULIMIT: &[SubKey] = &[sub("soft", "softLimit"), sub("hard", "hardLimit")];

/// Tables of keys below others, with the path that they stand under.
const BELOW: &[(&str, &[SubKey])] = &[
    ("include[] (long)", INCLUDE),
    ("extends", EXTENDS),
    ("env_file[] (long)", ENV_FILE),
    ("deploy", DEPLOY),
    ("deploy.resources", RESOURCES),
    ("deploy.resources.limits", LIMITS),
    ("deploy.resources.reservations", RESERVATIONS),
    ("deploy.resources.reservations.devices[], gpus[]", DEVICE),
    ("healthcheck", HEALTHCHECK),
    ("logging", LOGGING),
    ("ports[] (long)", PORT),
    ("volumes[] (long)", MOUNT),
    ("volumes[].tmpfs", MOUNT_TMPFS),
    ("volumes.NAME.external", EXTERNAL),
    ("depends_on.NAME", DEPENDENCY),
    ("credential_spec", CREDENTIAL_SPEC),
    ("devices[] (long)", DEVICE_PATH),
    ("ulimits.NAME", ULIMIT),
];

/// The page `docs/compose.md`, printed from the tables that translate.
pub fn key_table() -> String {
    let mut page = String::from(include_str!("table_intro.md"));
    let mut services: Vec<&Key> = SERVICE_KEYS.iter().collect();
    services.sort_by_key(|key| key.name);
    page.push_str("\n## Keys of a service\n\n| Key | Versions | Becomes |\n|---|---|---|\n");
    for key in services {
        let becomes = match &key.fate {
            Fate::Field(to, _) => format!("`{to}`{}", ecs_cli_note(key)),
            Fate::Ignored(Note, why) => format!("left out: {why}"),
            Fate::Ignored(_, why) => format!("left out, with a warning: {why}"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {becomes} |", key.name, versions(key.formats));
    }
    page.push_str("\n## Keys at the top of a file\n\n");
    rows(&mut page, TOP_KEYS);
    page.push_str("\n## Keys below the top-level `volumes`\n\n");
    rows(&mut page, TOP_VOLUME);
    for (path, keys) in BELOW {
        let _ = write!(page, "\n## `{path}`\n\n");
        rows(&mut page, keys);
    }
    page.push_str("\n# ecs-params\n");
    for (path, keys) in params::TABLES {
        let _ = write!(page, "\n## `{path}`\n\n");
        rows(&mut page, keys);
    }
    page
}

fn ecs_cli_note(key: &Key) -> &'static str {
    match key.ecs_cli {
        super::keys::EcsCli::Translated => "",
        super::keys::EcsCli::Skipped => " (by the name `ecs-cli`: left out, as it did)",
        super::keys::EcsCli::SkippedInV3 => {
            " (by the name `ecs-cli`, version 3: left out, as it did)"
        }
    }
}

fn rows(page: &mut String, keys: &[SubKey]) {
    page.push_str("| Key | Becomes |\n|---|---|\n");
    for key in keys {
        let becomes = match key.fate {
            SubFate::Field(to) => to.to_owned(),
            SubFate::Ignored(Note, why) => format!("left out: {why}"),
            SubFate::Ignored(_, why) => format!("left out, with a warning: {why}"),
        };
        let _ = writeln!(page, "| `{}` | {becomes} |", key.name);
    }
}

fn versions(formats: super::format::Formats) -> String {
    if formats == ALL {
        return "all".to_owned();
    }
    let names = [(V1, "1"), (V2, "2"), (V3, "3"), (SPEC, "none")];
    let known = names.iter().filter(|(format, _)| formats & format != 0);
    known.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}
