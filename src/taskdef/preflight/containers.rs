//! Image, memory, cpu, variables, logging and ulimits of a container.

use super::super::normal::{cpu_units, mebibytes};
use super::{Object, Report, list, number, path, text};
use serde_json::Value;
use std::collections::HashSet;

/// Docker's own least memory for a container, in MiB (since 20.10).
const LEAST_MEMORY: u64 = 6;
const LOG_DRIVERS: &[&str] =
    &["awsfirelens", "awslogs", "fluentd", "gelf", "journald", "json-file", "splunk", "syslog"];
const ULIMITS: &[&str] = &[
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

pub(super) fn check(report: &mut Report<'_>, task: &Object, containers: &[&Object]) {
    for container in containers {
        if text(container, "image").is_empty() {
            let message = format!("container \"{}\" has no image", text(container, "name"));
            report.error(&path(container, "image"), message);
        }
        memory(report, task, container);
        variables(report, container);
        logging(report, container);
        ulimits(report, container);
        kernel(report, container);
        gpus(report, container);
    }
    sums(report, task, containers);
}

fn memory(report: &mut Report<'_>, task: &Object, container: &Object) {
    let (limit, reserved) = (number(container, "memory"), number(container, "memoryReservation"));
    for (field, size) in [("memory", limit), ("memoryReservation", reserved)] {
        if let Some(size) = size.filter(|size| *size < LEAST_MEMORY) {
            let message = format!("memory {size} MiB: Docker needs at least {LEAST_MEMORY}");
            report.refused(&path(container, field), message);
        }
    }
    if limit.is_none() && reserved.is_none() && !task.contains_key("memory") {
        let message = format!("container \"{}\" has no memory limit", text(container, "name"));
        report.refused(&path(container, "memory"), message);
    }
    if let (Some(limit), Some(reserved)) = (limit, reserved)
        && limit < reserved
    {
        let message = format!("memory {limit} MiB is less than the reservation {reserved} MiB");
        report.error(&path(container, "memory"), message);
    }
}

/// The containers of a task fit into the task.
fn sums(report: &mut Report<'_>, task: &Object, containers: &[&Object]) {
    let sizes = [
        ("cpu", cpu_units as fn(&str) -> Option<u64>, "cpu units"),
        ("memory", mebibytes, "MiB of memory"),
    ];
    for (field, units, word) in sizes {
        let written = text(task, field);
        let Some(whole) = units(written) else {
            if task.contains_key(field) {
                report.refused(field, format!("{field} of the task is \"{written}\": no size"));
            }
            continue;
        };
        let used: u64 = containers
            .iter()
            .map(|container| match field {
                // A soft limit is what the host reserves.
                "memory" => number(container, "memoryReservation").or(number(container, "memory")),
                _ => number(container, field),
            })
            .map(|size| size.unwrap_or(0))
            .sum();
        if used > whole {
            report
                .refused(field, format!("the containers want {used} {word}, the task has {whole}"));
        }
        for container in containers {
            if let Some(size) =
                number(container, field).filter(|size| *size > whole && used <= whole)
            {
                let message = format!("{size} {word} are more than the task's {whole}");
                report.refused(&path(container, field), message);
            }
        }
    }
}

fn variables(report: &mut Report<'_>, container: &Object) {
    let names: HashSet<&str> =
        list(container, "environment").map(|entry| text(entry, "name")).collect();
    let mut seen = HashSet::new();
    for secret in list(container, "secrets") {
        let name = text(secret, "name");
        if names.contains(name) {
            report.refused(
                &path(container, "secrets"),
                format!("{name} is both a variable and a secret"),
            );
        }
        if !seen.insert(name) {
            report.refused(&path(container, "secrets"), format!("secret {name} is named twice"));
        }
    }
}

fn logging(report: &mut Report<'_>, container: &Object) {
    let Some(Value::Object(configuration)) = container.get("logConfiguration") else { return };
    let driver = text(configuration, "logDriver");
    let at = path(container, "logConfiguration");
    if !LOG_DRIVERS.contains(&driver) {
        report.refused(&at, format!("log driver \"{driver}\": ECS has {}", LOG_DRIVERS.join(", ")));
    }
    if driver == "awslogs" {
        let empty = Object::new();
        let options = configuration.get("options").and_then(Value::as_object).unwrap_or(&empty);
        for option in ["awslogs-group", "awslogs-region"] {
            if text(options, option).is_empty() {
                report.warning(&at, format!("log driver awslogs has no option {option}"));
            }
        }
    }
}

fn ulimits(report: &mut Report<'_>, container: &Object) {
    let at = path(container, "ulimits");
    for ulimit in list(container, "ulimits") {
        let name = text(ulimit, "name");
        if !ULIMITS.contains(&name) {
            report.refused(&at, format!("ulimit \"{name}\": ECS has {}", ULIMITS.join(", ")));
        }
        let limit = |field: &str| ulimit.get(field).and_then(Value::as_i64).unwrap_or(0);
        let (soft, hard) = (limit("softLimit"), limit("hardLimit"));
        if soft > hard && hard >= 0 {
            let message = format!("the soft limit {soft} is above the hard limit {hard}");
            report.refused(&at, format!("ulimit \"{name}\": {message}"));
        }
    }
}

/// `linuxParameters.swappiness` and `systemControls`.
fn kernel(report: &mut Report<'_>, container: &Object) {
    let linux = container.get("linuxParameters").and_then(Value::as_object);
    let swappiness = linux.and_then(|linux| linux.get("swappiness")).and_then(Value::as_i64);
    if let Some(value) = swappiness.filter(|value| !(0..=100).contains(value)) {
        let at = path(container, "linuxParameters/swappiness");
        report.refused(&at, format!("swappiness {value}: 0 to 100"));
    }
    for control in list(container, "systemControls") {
        let name = text(control, "namespace");
        if name.is_empty() || text(control, "value").is_empty() {
            let at = path(container, "systemControls");
            report.refused(&at, format!("kernel parameter \"{name}\" has no value"));
        }
    }
}

fn gpus(report: &mut Report<'_>, container: &Object) {
    for wanted in list(container, "resourceRequirements") {
        let value = text(wanted, "value");
        if text(wanted, "type") == "GPU" && !value.parse().is_ok_and(|number: u32| number > 0) {
            let at = path(container, "resourceRequirements");
            report.refused(&at, format!("{value} GPUs: a number above 0 is wanted"));
        }
    }
}
