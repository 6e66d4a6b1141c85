//! `docker_volumes` and `efs_volumes` of ecs-params.

use super::containers::loose_pairs;
use super::table;
use super::task::{required, word};
use crate::compose::keys::SubKey;
use crate::compose::scope::Scope;
use crate::compose::service::Task;
use crate::compose::service::task::Volume;
use crate::config::yaml::{Map as Mapping, Node};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Adds configurations to the volumes of the compose file; a name that it does not have is a
/// new volume.
pub(super) fn apply(scope: &mut Scope<'_>, map: &Mapping, task: &mut Task) {
    type Read = fn(&mut Scope<'_>, &Mapping, &Node) -> Option<Map<String, Value>>;
    let kinds: [(&str, &str, &[SubKey], Read); 2] = [
        ("docker_volumes", "dockerVolumeConfiguration", table::DOCKER_VOLUME, docker),
        ("efs_volumes", "efsVolumeConfiguration", table::EFS_VOLUME, efs),
    ];
    let mut named = HashSet::new();
    for (key, field, known, read) in kinds {
        let Some(list) = map.get(key) else { continue };
        for item in scope.items(key, list) {
            let Some(volume) = scope.sub_params(key, item, known) else { continue };
            let Some(name) = required(scope, key, volume, "name", item) else { continue };
            let Some(name) = scope.loose("name", name) else { continue };
            if !named.insert(name.to_owned()) {
                scope.error(&item.at, format!("{key}: a second volume is named \"{name}\""));
                continue;
            }
            let Some(inner) = read(scope, volume, item) else { continue };
            let mut configuration = Map::new();
            configuration.insert(field.to_owned(), inner.into());
            scope.places.insert(format!("volumes/{name}"), item.at.location());
            match task.volumes.iter_mut().find(|volume| volume.name == name) {
                Some(volume) => {
                    if !volume.configuration.is_empty() {
                        let message = format!(
                            "{key}: this replaces what the compose file says of volume \"{name}\""
                        );
                        scope.report(item.at.warning(message).hint("Keep one of the two."));
                    }
                    volume.configuration = configuration;
                }
                None => task.volumes.push(Volume {
                    key: String::new(),
                    name: name.to_owned(),
                    host: None,
                    configuration,
                }),
            }
        }
    }
}

fn docker(scope: &mut Scope<'_>, map: &Mapping, _: &Node) -> Option<Map<String, Value>> {
    let mut volume = Map::new();
    for (key, allowed) in [("scope", &["task", "shared"][..]), ("driver", &[])] {
        let text = map.get(key).and_then(|node| word(scope, key, node, allowed));
        volume.extend(text.map(|text| (key.to_owned(), Value::from(text))));
    }
    let provision = map.get("autoprovision");
    let provision = provision.and_then(|node| scope.boolean("autoprovision", node));
    volume.extend(provision.map(|yes| ("autoprovision".to_owned(), Value::from(yes))));
    for (key, field) in [("driver_opts", "driverOpts"), ("labels", "labels")] {
        let pairs = map.get(key).map(|node| loose_pairs(scope, key, node)).unwrap_or_default();
        if !pairs.is_empty() {
            volume.insert(field.to_owned(), pairs.into());
        }
    }
    Some(volume)
}

fn efs(scope: &mut Scope<'_>, map: &Mapping, item: &Node) -> Option<Map<String, Value>> {
    let on_off = &["ENABLED", "DISABLED"][..];
    let mut volume = Map::new();
    let id = required(scope, "efs_volumes", map, "filesystem_id", item)?;
    volume.insert("fileSystemId".into(), scope.loose("filesystem_id", id)?.into());
    for (key, field, allowed) in [
        ("root_directory", "rootDirectory", &[][..]),
        ("transit_encryption", "transitEncryption", on_off),
    ] {
        let text = map.get(key).and_then(|node| word(scope, key, node, allowed));
        volume.extend(text.map(|text| (field.to_owned(), Value::from(text))));
    }
    let port = map.get("transit_encryption_port");
    let port = port.and_then(|node| scope.integer("transit_encryption_port", node));
    volume.extend(port.map(|port| ("transitEncryptionPort".to_owned(), Value::from(port))));
    let mut authorization = Map::new();
    for (key, field, allowed) in
        [("iam", "iam", on_off), ("access_point", "accessPointId", &[][..])]
    {
        let text = map.get(key).and_then(|node| word(scope, key, node, allowed));
        authorization.extend(text.map(|text| (field.to_owned(), Value::from(text))));
    }
    if !authorization.is_empty() {
        volume.insert("authorizationConfig".into(), authorization.into());
    }
    Some(volume)
}

#[cfg(test)]
mod tests {
    use crate::compose::{ComposeInput, SourceText, translate};

    #[test]
    fn two_volumes_of_one_name_are_refused() {
        let file = SourceText::new("c.yml", "services: {web: {image: a}}\n");
        let mut input = ComposeInput::new("web", vec![file], &|_| None);
        let params = "version: 1\ntask_definition:\n  docker_volumes:\n    - {name: d}\n  \
                      efs_volumes:\n    - {name: d, filesystem_id: fs-1}\n";
        input.params = Some(SourceText::new("p.yml", params));
        let findings = translate(&input).expect_err("two volumes are named d");
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        let wanted = "p.yml:6:7: efs_volumes: a second volume is named \"d\"";
        assert!(said.iter().any(|one| one.starts_with(wanted)), "{said:?}");
    }

    #[test]
    fn what_the_compose_file_says_of_a_volume_is_not_replaced_silently() {
        let text = "services: {web: {image: a, volumes: ['d:/d']}}\nvolumes: {d: {driver: nfs}}\n";
        let mut input = ComposeInput::new("web", vec![SourceText::new("c.yml", text)], &|_| None);
        let params = "task_definition: {efs_volumes: [{name: d, filesystem_id: fs-1}]}\n";
        input.params = Some(SourceText::new("p.yml", params));
        let translated = translate(&input).expect("accepted");
        let said: Vec<String> = translated.findings.iter().map(ToString::to_string).collect();
        let wanted =
            "p.yml:1:33: efs_volumes: this replaces what the compose file says of volume \"d\"";
        assert!(said.iter().any(|one| one == wanted), "{said:?}");
    }
}
