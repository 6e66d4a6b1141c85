//! Roles and secrets that a task definition only names.

use super::Facts;
use super::container::Proof;
use crate::model::{Answer, CheckLine, SecretState};
use serde_json::{Map, Value};

/// Who assumes the roles of a task.
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// Roles that a task definition names.
pub fn roles(task: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["executionRoleArn", "taskRoleArn"].into_iter().filter_map(|key| task.get(key)?.as_str())
}

/// Secrets and parameters that a container is given.
pub(super) fn secrets(container: &Map<String, Value>) -> Vec<&str> {
    let listed = container.get("secrets").and_then(Value::as_array);
    let options = container.get("logConfiguration").and_then(|log| log.get("secretOptions"));
    let listed = listed.into_iter().chain(options.and_then(Value::as_array)).flatten();
    listed.filter_map(|one| one.get("valueFrom")?.as_str()).collect()
}

/// The same with the login that ECS pulls the image by.
pub fn all_secrets(container: &Map<String, Value>) -> Vec<&str> {
    let login = container.get("repositoryCredentials");
    let login = login.and_then(|login| login.get("credentialsParameter")?.as_str());
    secrets(container).into_iter().chain(login).collect()
}

/// A secret or a parameter; only its existence can be told, not whether ECS may read it.
pub(super) fn secret(what: (&str, &str), facts: &Facts, proof: &Proof<'_>) -> CheckLine {
    let failed = |text: &str, hint: &str| {
        CheckLine::new(what, Answer::Failed, format!("{text}: no task would start")).hinting(hint)
    };
    match facts.secrets.get(what.1) {
        Some(Ok(SecretState::There)) => {
            let more = match proof.uses(what.1) {
                Some(revision) => format!(", and {revision}, which runs, uses it"),
                None => {
                    "; whether the execution role may read it is seen when a task starts".to_owned()
                }
            };
            CheckLine::new(what, Answer::Ok, format!("it exists{more}"))
        }
        Some(Ok(SecretState::Missing)) => {
            failed("it does not exist", "create it, or correct its name")
        }
        Some(Ok(SecretState::Leaving)) => {
            failed("it is scheduled for deletion", "restore it, or name another one")
        }
        Some(Err(error)) => untold(what, &error.to_string(), proof),
        None => untold(what, "it was not asked for", proof),
    }
}

/// A role that ECS assumes for a task.
pub(super) fn task_role(role: &str, facts: &Facts, proof: &Proof<'_>) -> CheckLine {
    let what = ("role", role);
    match trusted((what, TASKS), facts) {
        Ok(line) => line,
        Err(why) => untold(what, &why, proof),
    }
}

/// Whether a role exists and `service` may assume it; why that could not be told.
pub(super) fn trusted(
    (what, service): ((&str, &str), &str),
    facts: &Facts,
) -> Result<CheckLine, String> {
    match facts.roles.get(what.1) {
        Some(Ok(Some(role))) if role.trusts(service) => {
            Ok(CheckLine::new(what, Answer::Ok, format!("it exists and trusts {service}")))
        }
        Some(Ok(Some(role))) => {
            let trusts = match role.services.as_slice() {
                [] => "no service".to_owned(),
                services => services.join(", "),
            };
            let text = format!("it trusts {trusts}: {service} cannot assume it");
            let hint = format!("let its trust policy allow sts:AssumeRole to {service}");
            Ok(CheckLine::new(what, Answer::Failed, text).hinting(hint))
        }
        Some(Ok(None)) => Ok(CheckLine::new(what, Answer::Failed, "it does not exist")
            .hinting("create it in this account, or correct its name")),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("it was not asked for".to_owned()),
    }
}

/// What could not be looked at is well when what runs uses the same. A right that a release does
/// without is no reason to fail.
fn untold(what: (&str, &str), why: &str, proof: &Proof<'_>) -> CheckLine {
    match proof.uses(what.1) {
        Some(revision) => {
            CheckLine::new(what, Answer::Ok, format!("{revision}, which runs, uses it too"))
        }
        None => {
            let text = format!("nothing that runs uses it, and {why}");
            CheckLine::new(what, Answer::CouldNotTell, text)
                .hinting("look at it once by hand: it exists, and ECS may use it")
        }
    }
}
