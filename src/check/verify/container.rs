//! Checks of a task definition and its containers: images, logins, logs, roles, secrets.

use super::named;
use super::service::text;
use super::{Facts, ImageFact};
use crate::model::{
    Answer, CallErrorKind, CheckLine, LiveTaskDefinition, Observed, ServiceState, ServiceWanted,
    TaskDefinitionSpec,
};
use crate::taskdef;
use serde_json::{Map, Value};

/// What runs well now: the same thing in it is proven to be usable.
pub(super) struct Proof<'a> {
    running: Option<(&'a str, String)>,
}

pub(super) fn lines(service: &ServiceWanted, observed: &Observed, facts: &Facts) -> Vec<CheckLine> {
    let Some(task) = &service.task else { return Vec::new() };
    let seen = observed.services.get(&service.name);
    let proof = Proof::of(
        seen.and_then(|seen| seen.state.as_ref()),
        seen.and_then(|seen| seen.task_definition.as_ref()),
    );
    let mut lines = Vec::new();
    for container in task.containers() {
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        if let Some(fact) = facts.images.get(image) {
            lines.push(of_image(task, image, fact));
            lines.push(login(container, (image, fact), (facts, &proof)));
        }
        lines.extend(log_group(container, facts, &proof));
        for name in named::secrets(container) {
            lines.push(named::secret(("secret", name), facts, &proof));
        }
    }
    for role in named::roles(task.body()) {
        lines.push(named::task_role(role, facts, &proof));
    }
    lines
}

impl<'a> Proof<'a> {
    fn of(state: Option<&ServiceState>, live: Option<&'a LiveTaskDefinition>) -> Self {
        let well = state.is_some_and(|state| state.running > 0 && state.running >= state.desired);
        let running = live
            .filter(|_| well)
            .map(|live| (live.arn.short(), Value::Object(live.described.clone()).to_string()));
        Self { running }
    }

    /// The revision that runs well with the same.
    pub(super) fn uses(&self, what: &str) -> Option<&'a str> {
        let quoted = Value::from(what).to_string();
        let (revision, content) = self.running.as_ref()?;
        content.contains(&quoted).then_some(*revision)
    }
}

fn of_image(task: &TaskDefinitionSpec, image: &str, fact: &ImageFact) -> CheckLine {
    let what = ("image", image);
    match &fact.found {
        Err(error) => CheckLine::could_not(what, error),
        Ok(None) => CheckLine::new(what, Answer::Failed, "its registry has no such image")
            .hinting("`ecs-canary build` comes before a deploy"),
        Ok(Some((digest, platforms))) => match taskdef::runs_on(task, image, platforms) {
            Err(finding) => {
                let line = CheckLine::new(what, Answer::Failed, finding.message);
                CheckLine { hint: finding.hint, ..line }
            }
            Ok(()) => {
                let text = format!("{digest} for {}", platforms.join(", "));
                CheckLine::new(what, Answer::Ok, text)
            }
        },
    }
}

/// Whether ECS itself can pull: a job's token dies with its job, and ECS pulls again at every
/// start of a task.
fn login(
    container: &Map<String, Value>,
    (image, fact): (&str, &ImageFact),
    (facts, proof): (&Facts, &Proof<'_>),
) -> CheckLine {
    let registry = image.split('/').next().unwrap_or_default();
    let what = ("pull", registry);
    let credentials = container.get("repositoryCredentials");
    let secret = credentials.and_then(|one| text(one, "credentialsParameter"));
    if let Some(secret) = secret {
        let line = named::secret(("pull", secret), facts, proof);
        let text = format!("by the login in {secret}: {}", line.text);
        return CheckLine { subject: registry.to_owned(), text, ..line };
    }
    if registry.contains(".dkr.ecr.") {
        return CheckLine::new(what, Answer::Ok, "ECR: the execution role's rights count");
    }
    if fact.open {
        return CheckLine::new(what, Answer::Ok, "the image can be pulled without a login");
    }
    if let Err(error) = &fact.found
        && matches!(error.kind, CallErrorKind::NoAnswer | CallErrorKind::Throttled)
    {
        return CheckLine::could_not(what, error);
    }
    let text = "the registry wants a login, and the container has no repositoryCredentials";
    let hint = "put a deploy token into Secrets Manager and name it in registry_credential of \
                ecs-params; a job's own token dies with its job";
    let repository = image.split(['@']).next().unwrap_or(image);
    let repository = match repository.rsplit_once('/') {
        Some((path, name)) => format!("{path}/{}", name.split(':').next().unwrap_or(name)),
        None => repository.to_owned(),
    };
    match &proof.running {
        Some((revision, content)) if content.contains(&format!("\"image\":\"{repository}")) => {
            let text = format!("{revision}, which runs, is pulled from there without one in ECS");
            CheckLine::new(what, Answer::Ok, text)
        }
        // An instance's agent may have a login of its own.
        _ => CheckLine::new(what, Answer::CouldNotTell, text).hinting(hint),
    }
}

fn log_group(
    container: &Map<String, Value>,
    facts: &Facts,
    proof: &Proof<'_>,
) -> Option<CheckLine> {
    let log = container.get("logConfiguration")?;
    let options = log.get("options").filter(|_| text(log, "logDriver") == Some("awslogs"))?;
    let group = text(options, "awslogs-group")?;
    let what = ("log_group", group);
    if text(options, "awslogs-create-group") == Some("true") {
        return Some(CheckLine::new(what, Answer::Ok, "is made when it is needed"));
    }
    Some(match facts.log_groups.get(group)? {
        Ok(true) => CheckLine::new(what, Answer::Ok, "it exists"),
        Ok(false) => CheckLine::new(what, Answer::Failed, "it does not exist: no task would start")
            .hinting("create it, or set awslogs-create-group: \"true\""),
        Err(error) => match proof.uses(group) {
            Some(revision) => {
                CheckLine::new(what, Answer::Ok, format!("{revision}, which runs, uses it too"))
            }
            None => CheckLine::could_not(what, error),
        },
    })
}
