//! What ECS refuses in a task definition. Owns the rules and their words.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use serde_json::Value;
use std::collections::BTreeSet;

/// Memory in MiB that Fargate offers for each CPU size: smallest, largest, step.
const FARGATE: [(u64, u64, u64, u64); 7] = [
    (256, 512, 2048, 512),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// Refuses a definition that ECS would refuse.
pub(super) fn check(request: &Value) -> Result<(), ApiError> {
    let family = body::text(request, "family")
        .ok_or_else(|| ApiError::client_exception("Family should not be null or empty."))?;
    if !body::is_name(family) {
        return Err(ApiError::client_exception("Family contains invalid characters."));
    }
    let containers = body::list(request, "containerDefinitions");
    if containers.is_empty() {
        return Err(ApiError::client_exception("Container list cannot be empty."));
    }
    let mut names = BTreeSet::new();
    for container in containers {
        check_container(request, container)?;
        let name = body::text(container, "name").unwrap_or_default();
        if !names.insert(name) {
            return Err(ApiError::client_exception(format!(
                "Container names must be unique within a task definition: {name}"
            )));
        }
    }
    if containers.iter().all(|container| container["essential"] == Value::Bool(false)) {
        return Err(ApiError::client_exception(
            "A task definition must have at least one essential container.",
        ));
    }
    check_references(request, containers)?;
    check_sizes(request)?;
    check_fargate(request)
}

fn check_container(request: &Value, container: &Value) -> Result<(), ApiError> {
    let name = body::text(container, "name")
        .ok_or_else(|| ApiError::client_exception("Container.name should not be null or empty."))?;
    if !body::is_name(name) {
        return Err(ApiError::client_exception("Container.name contains invalid characters."));
    }
    let image = body::text(container, "image").ok_or_else(|| {
        ApiError::client_exception("Container.image should not be null or empty.")
    })?;
    let is_image = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/@#".contains(&byte);
    if !image.bytes().all(is_image) {
        return Err(ApiError::client_exception("Container.image contains invalid characters."));
    }
    let has_limit = body::text(request, "memory").is_some()
        || body::number(container, "memory").is_some()
        || body::number(container, "memoryReservation").is_some();
    if !has_limit {
        return Err(ApiError::client_exception(format!(
            "Invalid setting for container '{name}'. At least one of 'memory' or \
             'memoryReservation' must be specified."
        )));
    }
    check_ports(request, container)
}

fn check_ports(request: &Value, container: &Value) -> Result<(), ApiError> {
    let awsvpc = body::text(request, "networkMode") == Some("awsvpc");
    for mapping in body::list(container, "portMappings") {
        let inside = body::number(mapping, "containerPort").unwrap_or(0);
        let outside = body::number(mapping, "hostPort").unwrap_or(0);
        if inside > 65_535 || outside > 65_535 {
            return Err(ApiError::client_exception("Invalid port number."));
        }
        if awsvpc && outside != 0 && outside != inside {
            return Err(ApiError::client_exception(
                "When networkMode=awsvpc, the host ports and container ports in port mappings \
                 must match.",
            ));
        }
    }
    if awsvpc && !body::list(container, "links").is_empty() {
        return Err(ApiError::client_exception("Links are not supported when networkMode=awsvpc."));
    }
    Ok(())
}

/// Volumes of mount points and containers of dependencies must exist.
fn check_references(request: &Value, containers: &[Value]) -> Result<(), ApiError> {
    let has = |list: &[Value], name: &str| list.iter().any(|item| item["name"] == name);
    for container in containers {
        for mount in body::list(container, "mountPoints") {
            let volume = body::text(mount, "sourceVolume").unwrap_or_default();
            if !has(body::list(request, "volumes"), volume) {
                return Err(ApiError::client_exception(format!("Unknown volume '{volume}'.")));
            }
        }
        for dependency in body::list(container, "dependsOn") {
            let other = body::text(dependency, "containerName").unwrap_or_default();
            if !has(containers, other) {
                return Err(ApiError::client_exception(format!(
                    "Invalid dependsOn setting: container '{other}' does not exist."
                )));
            }
        }
    }
    Ok(())
}

fn check_sizes(request: &Value) -> Result<(), ApiError> {
    for member in ["cpu", "memory"] {
        let size = body::text(request, member);
        if size.is_some_and(|text| cpu_or_memory(text).is_none()) {
            return Err(ApiError::client_exception(format!(
                "Invalid '{member}' setting for task."
            )));
        }
    }
    Ok(())
}

fn check_fargate(request: &Value) -> Result<(), ApiError> {
    if !body::texts(request, "requiresCompatibilities").iter().any(|kind| kind == "FARGATE") {
        return Ok(());
    }
    if body::text(request, "networkMode") != Some("awsvpc") {
        return Err(ApiError::client_exception("Fargate only supports network mode 'awsvpc'."));
    }
    let size = |member: &str| body::text(request, member).and_then(cpu_or_memory);
    let Some(cpu) = size("cpu") else {
        return Err(ApiError::client_exception(
            "Fargate requires that 'cpu' be defined at the task level.",
        ));
    };
    let Some(memory) = size("memory") else {
        return Err(ApiError::client_exception(
            "Fargate requires that 'memory' be defined at the task level.",
        ));
    };
    let offered = FARGATE.iter().any(|&(size, least, most, step)| {
        size == cpu
            && (least..=most).contains(&memory)
            && memory.is_multiple_of(step)
            // The smallest size is offered with 0.5, 1 and 2 GB only.
            && (cpu, memory) != (256, 1536)
    });
    if offered {
        return Ok(());
    }
    Err(ApiError::client_exception("No Fargate configuration exists for given values."))
}

/// `256`, `0.25 vCPU`, `.5 vcpu`, `1GB`: CPU units or MiB.
fn cpu_or_memory(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number = text.strip_suffix("vcpu").or_else(|| text.strip_suffix("gb"))?.trim();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Some(whole * 1024 + part * 1024 / scale)
}
