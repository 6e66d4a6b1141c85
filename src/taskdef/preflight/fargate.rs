//! What Fargate wants and what it does not have.

use super::super::normal::{cpu_units, mebibytes};
use super::{Object, Report, has, list, number, path, text, truth};
use serde_json::Value;

/// CPU units; least and most memory in MiB, and the step between (Fargate task sizes in the
/// developer guide).
const SIZES: &[(u64, u64, u64, u64)] = &[
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

pub(super) fn check(report: &mut Report<'_>, task: &Object, containers: &[&Object]) {
    if text(task, "networkMode") != "awsvpc" {
        report.error("networkMode", "Fargate needs the network mode awsvpc");
    }
    size(report, task);
    for field in ["ipcMode", "placementConstraints"] {
        if has(task, field) {
            report.refused(field, format!("Fargate has no {field}"));
        }
    }
    if text(task, "pidMode") == "host" {
        report.refused("pidMode", "Fargate has no pid mode host");
    }
    for volume in list(task, "volumes") {
        let name = text(volume, "name");
        let on_host = volume
            .get("host")
            .and_then(Value::as_object)
            .is_some_and(|host| has(host, "sourcePath"));
        if on_host || has(volume, "dockerVolumeConfiguration") {
            let message = format!("volume \"{name}\": Fargate has no host to keep it on");
            report.refused(&format!("volumes/{name}"), message);
        }
    }
    for container in containers {
        of_container(report, task, container);
    }
}

fn size(report: &mut Report<'_>, task: &Object) {
    let (cpu, memory) = (cpu_units(text(task, "cpu")), mebibytes(text(task, "memory")));
    let (Some(cpu), Some(memory)) = (cpu, memory) else {
        if !has(task, "cpu") || !has(task, "memory") {
            report.error("cpu", "Fargate needs cpu and memory of the task");
        }
        return;
    };
    let fits = match cpu {
        256 => matches!(memory, 512 | 1024 | 2048),
        _ => SIZES.iter().any(|(units, least, most, step)| {
            *units == cpu && (*least..=*most).contains(&memory) && (memory - least) % step == 0
        }),
    };
    if !fits {
        let message = format!("Fargate has no {cpu} cpu units with {memory} MiB of memory");
        report.error("cpu", message);
    }
}

fn of_container(report: &mut Report<'_>, task: &Object, container: &Object) {
    if truth(container, "privileged") {
        report.refused(&path(container, "privileged"), "Fargate runs no privileged containers");
    }
    let refused = [
        ("dockerSecurityOptions", "security options"),
        ("links", "links"),
        ("resourceRequirements", "GPUs"),
    ];
    for (field, word) in refused {
        if has(container, field) {
            report.refused(&path(container, field), format!("Fargate has no {word}"));
        }
    }
    if let Some(Value::Object(linux)) = container.get("linuxParameters") {
        for field in ["devices", "sharedMemorySize", "maxSwap", "swappiness"] {
            if linux.contains_key(field) {
                let at = path(container, &format!("linuxParameters/{field}"));
                report.refused(&at, format!("Fargate has no {field}"));
            }
        }
        let added =
            linux.get("capabilities").and_then(|all| all.get("add")).and_then(Value::as_array);
        for name in added.into_iter().flatten().filter_map(Value::as_str) {
            if name != "SYS_PTRACE" {
                let at = path(container, "linuxParameters/capabilities");
                report
                    .error(&at, format!("Fargate adds the capability SYS_PTRACE only, not {name}"));
            }
        }
    }
    if let Some(seconds) = number(container, "stopTimeout").filter(|s| !(2..=120).contains(s)) {
        let message = format!("stop timeout {seconds}: Fargate takes 2 to 120 seconds");
        report.refused(&path(container, "stopTimeout"), message);
    }
    if let Some(Value::Object(configuration)) = container.get("logConfiguration") {
        let driver = text(configuration, "logDriver");
        let at = path(container, "logConfiguration");
        if !matches!(driver, "awslogs" | "splunk" | "awsfirelens") {
            report.refused(
                &at,
                format!("log driver \"{driver}\": Fargate has awslogs, splunk and awsfirelens"),
            );
        } else if driver == "awslogs" && !has(task, "executionRoleArn") {
            report
                .error(&at, "Fargate writes to awslogs with an execution role, and there is none");
        }
    }
}
