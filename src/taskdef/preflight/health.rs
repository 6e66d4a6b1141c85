//! Health checks.

use super::{Object, Report, has, path};
use serde_json::Value;

/// Field, least, most, unit (HealthCheck in the API reference).
const RANGES: &[(&str, &str, i64, i64, &str)] = &[
    ("interval", "interval", 5, 300, " seconds"),
    ("timeout", "timeout", 2, 60, " seconds"),
    ("retries", "retries", 1, 10, ""),
    ("startPeriod", "start period", 0, 300, " seconds"),
];

pub(super) fn check(report: &mut Report<'_>, containers: &[&Object]) {
    for container in containers {
        let Some(Value::Object(health)) = container.get("healthCheck") else { continue };
        let at = path(container, "healthCheck");
        if !has(health, "command") {
            report.error(&at, "the health check has no command");
        }
        for (field, name, least, most, unit) in RANGES {
            let value = health.get(*field).and_then(Value::as_i64);
            if let Some(value) = value.filter(|value| !(*least..=*most).contains(value)) {
                report
                    .refused(&at, format!("health check {name} {value}: {least} to {most}{unit}"));
            }
        }
    }
}
