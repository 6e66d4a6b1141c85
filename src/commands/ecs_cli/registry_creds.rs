//! The output file of `ecs-cli registry-creds up`: which secret holds the password of which
//! container's registry.

use super::ComposeOptions;
use crate::commands::Bundle;
use crate::config::yaml::{self, Node};
use crate::model::Finding;
use std::collections::BTreeMap;

/// What the name of a file that is not named begins and ends with; the last one counts.
pub(super) const USUAL: (&str, &str) = ("ecs-registry-creds", ".yml");

/// What the file says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct RegistryCreds {
    /// The execution role, which may read the secrets.
    pub(super) execution_role: Option<String>,
    /// The secret's ARN by container.
    pub(super) secrets: BTreeMap<String, String>,
}

/// The file that counts: the named one, else the last one that lies there.
pub(super) fn file(options: &ComposeOptions, bundle: &Bundle) -> Option<String> {
    let (start, end) = USUAL;
    let usual = || {
        let names = bundle.files().map(|(name, _)| name);
        let usual = names.filter(|name| name.starts_with(start) && name.ends_with(end));
        usual.last().map(str::to_owned)
    };
    options.registry_creds.clone().or_else(usual)
}

/// Reads it.
///
/// # Errors
/// Findings with lines.
pub(super) fn read(name: &str, text: &str) -> Result<RegistryCreds, Vec<Finding>> {
    let root = yaml::read(name, text)?;
    let outputs = root.as_map().and_then(|map| map.get("registry_credential_outputs"));
    let Some(outputs) = outputs.and_then(Node::as_map) else {
        let hint = "It is written by `ecs-cli registry-creds up`.";
        let finding = root.at.error("no registry_credential_outputs: not an output file");
        return Err(vec![finding.hint(hint)]);
    };
    let mut found = RegistryCreds::default();
    let mut findings = Vec::new();
    let text = |node: Option<&Node>| {
        node.and_then(Node::as_text).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    found.execution_role = text(outputs.get("task_execution_role"));
    let registries = outputs.get("container_credentials").and_then(Node::as_map);
    for registry in registries.into_iter().flat_map(|map| &map.entries) {
        let entry = registry.value.as_map();
        let secret = text(entry.and_then(|entry| entry.get("credentials_parameter")));
        let names = entry.and_then(|entry| entry.get("container_names"));
        let names = names.and_then(Node::as_list).unwrap_or_default();
        let Some(secret) = secret else {
            findings.push(registry.at.error(format!("{}: no credentials_parameter", registry.key)));
            continue;
        };
        for container in names {
            let name = container.as_text().unwrap_or_default().to_owned();
            let old = found.secrets.insert(name.clone(), secret.clone());
            if old.is_some_and(|old| old != secret) {
                findings.push(container.at.error(format!("container {name} has two secrets")));
            }
        }
    }
    if findings.is_empty() { Ok(found) } else { Err(findings) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "version: '1'\nregistry_credential_outputs:\n  task_execution_role: role\n  \
        container_credentials:\n    registry.example.com:\n      credentials_parameter: arn:x\n      \
        kms_key_id: ''\n      container_names: [web, side]\n";

    #[test]
    fn containers_get_the_secret_of_their_registry() {
        let found = read("c.yml", FILE).unwrap();
        assert_eq!(found.execution_role.as_deref(), Some("role"));
        let names: Vec<_> = found.secrets.iter().collect();
        assert_eq!(names.len(), 2);
        assert_eq!(found.secrets["web"], "arn:x");
    }

    #[test]
    fn what_is_no_output_file_is_told_with_its_line() {
        let shown = |text: &str| {
            read("c.yml", text).unwrap_err().iter().map(ToString::to_string).collect::<String>()
        };
        assert!(shown("a: b").starts_with("c.yml:1:1: no registry_credential_outputs"));
        let lacks = FILE.replace("credentials_parameter", "other");
        assert!(
            shown(&lacks).contains("c.yml:5:5: registry.example.com: no credentials_parameter")
        );
    }
}
