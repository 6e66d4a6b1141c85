//! Volumes and mount points.

use super::{Object, Report, list, path, text, truth};
use serde_json::Value;
use std::collections::HashSet;

pub(super) fn check(report: &mut Report<'_>, task: &Object, containers: &[&Object]) {
    let mut names = HashSet::new();
    for volume in list(task, "volumes") {
        let name = text(volume, "name");
        let at = format!("volumes/{name}");
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=255).contains(&name.len()) || !name.bytes().all(word) {
            let wanted = "letters, digits, - and _ are wanted, at most 255";
            report.refused(&at, format!("volume \"{name}\": {wanted}"));
        }
        if !names.insert(name) {
            report.error(&at, format!("two volumes are named \"{name}\""));
        }
        if let Some(Value::Object(efs)) = volume.get("efsVolumeConfiguration") {
            encryption(report, &at, name, efs);
        }
        if let Some(Value::Object(docker)) = volume.get("dockerVolumeConfiguration")
            && truth(docker, "autoprovision")
            && text(docker, "scope") != "shared"
        {
            report.refused(&at, format!("volume \"{name}\": autoprovision needs the scope shared"));
        }
    }
    for container in containers {
        paths(report, container);
    }
    let known: HashSet<&str> = containers.iter().map(|container| text(container, "name")).collect();
    for container in containers {
        for mount in list(container, "mountPoints") {
            let (volume, target) = (text(mount, "sourceVolume"), text(mount, "containerPath"));
            if !names.contains(volume) {
                let message = format!("mount point {target}: there is no volume \"{volume}\"");
                report.error(&path(container, "mountPoints"), message);
            }
        }
        for from in list(container, "volumesFrom") {
            let other = text(from, "sourceContainer");
            if !known.contains(other) {
                let message = format!("volumes from \"{other}\", which does not exist");
                report.error(&path(container, "volumesFrom"), message);
            }
        }
    }
}

/// No path of a container is mounted twice.
fn paths(report: &mut Report<'_>, container: &Object) {
    let empty = Object::new();
    let linux = container.get("linuxParameters").and_then(Value::as_object).unwrap_or(&empty);
    let places =
        [(container, "mountPoints", "mountPoints"), (linux, "tmpfs", "linuxParameters/tmpfs")];
    let mut seen = HashSet::new();
    for (object, field, at) in places {
        for mount in list(object, field) {
            let target = text(mount, "containerPath");
            if !target.starts_with('/') {
                let message = format!("\"{target}\" is no absolute path to mount on");
                report.refused(&path(container, at), message);
            } else if !seen.insert(target.trim_end_matches('/')) {
                report.refused(&path(container, at), format!("{target} is mounted twice"));
            }
        }
    }
}

fn encryption(report: &mut Report<'_>, at: &str, name: &str, efs: &Object) {
    let empty = Object::new();
    let rights = efs.get("authorizationConfig").and_then(Value::as_object).unwrap_or(&empty);
    let access_point = !text(rights, "accessPointId").is_empty();
    let encrypted = text(efs, "transitEncryption") == "ENABLED";
    if (access_point || text(rights, "iam") == "ENABLED") && !encrypted {
        report.error(
            at,
            format!("volume \"{name}\": an access point or IAM needs transit encryption"),
        );
    }
    if access_point && !matches!(text(efs, "rootDirectory"), "" | "/") {
        report.error(
            at,
            format!("volume \"{name}\": an access point sets the root directory itself"),
        );
    }
}
