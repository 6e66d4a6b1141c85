//! The way from texts to requests.

use super::input::{ComposeInput, ContainerImage, Dialect, Translated};
use super::keys::{Fate, Key};
use super::load::{Project, load};
use super::params;
use super::scope::{Scope, did_you_mean};
use super::service::{Body, Container, Task, sizes, volumes};
use super::table::SERVICE_KEYS;
use crate::config::yaml::Entry;
use crate::model::{
    Finding, ImageReference, Severity, TaskDefinitionSpec, has_errors, sort_by_place,
};
use crate::taskdef;
use serde_json::{Map, Value, json};

/// Memory of a container when nothing says a size, in MiB. ECS wants one; ecs-cli's default.
const DEFAULT_MEMORY: i64 = 512;

/// Translates the compose files and the params file.
///
/// # Errors
/// All findings, when one of them is an error; with file, line and column.
pub fn translate(input: &ComposeInput<'_>) -> Result<Translated, Vec<Finding>> {
    let mut scope = Scope::new(input);
    let translated = run(&mut scope);
    sort_by_place(&mut scope.findings);
    match translated {
        Some(mut translated) if !has_errors(&scope.findings) => {
            translated.findings = scope.findings;
            translated.places = scope.places;
            Ok(translated)
        }
        _ => Err(scope.findings),
    }
}

fn run(scope: &mut Scope<'_>) -> Option<Translated> {
    let project = load(scope)?;
    for needed in project.needed.iter().filter(|needed| needed.required) {
        scope.report(needed.path.error(format!("{}: no such file", needed.path.value)));
    }
    let Some(first) = project.services.first() else {
        if has_errors(&scope.findings) {
            return None;
        }
        let name = scope.input.files.first().map_or("compose file", |file| &file.name);
        scope.report(Finding::error("the compose file has no services").at(name, 1, 1));
        return None;
    };
    scope.remember("containerDefinitions".to_owned(), &first.at);
    let services = project.services.iter().map(|service| service.key.clone()).collect();
    let mut task = Task { services, ..Task::default() };
    volumes::declared(scope, &mut task, &project.volumes);
    let mut bodies: Vec<Body> = project
        .services
        .iter()
        .map(|entry| {
            let mut body = Body::new(&entry.key, &entry.at);
            service(&mut Container { scope, task: &mut task, body: &mut body }, entry);
            body
        })
        .collect();
    let added = params::apply(scope, &mut task, &mut bodies);
    scope.remember(String::new(), &first.at);
    let images = bodies.iter_mut().map(|body| image(scope, &project, body)).collect();
    let spec = assemble(scope, &task, bodies, added.task);
    check(scope, &spec, &added.create);
    Some(Translated {
        task: spec,
        create_extra: added.create,
        update_extra: added.update,
        images,
        findings: Vec::new(),
        places: std::collections::BTreeMap::new(),
    })
}

/// All keys of a service, in the order of the table.
fn service(c: &mut Container<'_, '_>, entry: &Entry) {
    let Some(map) = entry.value.as_map() else { return };
    for inner in map.entries.iter().filter(|inner| !inner.key.starts_with("x-")) {
        let known = SERVICE_KEYS.iter().find(|key| key.name == inner.key);
        if known.is_none_or(|key| key.formats & c.scope.format.set() == 0) {
            unknown(c, inner, known);
        }
    }
    let path = format!("containerDefinitions/{}", c.body.name);
    c.scope.remember(path, &entry.at);
    let format = c.scope.format.set();
    for key in SERVICE_KEYS.iter().filter(|key| key.formats & format != 0) {
        let Some(inner) = map.entry(key.name).filter(|inner| !inner.value.is_null()) else {
            continue;
        };
        match &key.fate {
            Fate::Ignored(severity, why) => c.scope.ignored(&inner.at, key.name, *severity, why),
            Fate::Field(to, _) if c.scope.legacy && key.skipped_by_ecs_cli(c.scope.format) => {
                let why = format!("ecs-cli did so; ecs-canary's own commands make `{to}` of it");
                c.scope.ignored(&inner.at, key.name, Severity::Warning, &why);
            }
            Fate::Field(_, translate) => translate(c, key.name, &inner.value),
        }
    }
}

fn unknown(c: &mut Container<'_, '_>, inner: &Entry, known: Option<&Key>) {
    let format = c.scope.format;
    let message = format!("unknown key \"{}\" in service \"{}\"", inner.key, c.body.name);
    let finding = match known {
        Some(key) => {
            let message = format!("\"{}\" is no key of {format}", key.name);
            let hint = match key.moved {
                "" => "Remove the line `version`: files without one have all keys.",
                moved => moved,
            };
            inner.at.error(message).hint(hint)
        }
        None => {
            let names: Vec<&str> = SERVICE_KEYS
                .iter()
                .filter(|key| key.formats & format.set() != 0)
                .map(|key| key.name)
                .collect();
            inner.at.error(message).hint(did_you_mean(&inner.key, &names))
        }
    };
    c.scope.report(finding);
}

/// Settles the image: replaced, or complete and well formed.
fn image(scope: &mut Scope<'_>, project: &Project, body: &mut Body) -> ContainerImage {
    let at = body.image_at.clone().unwrap_or_else(|| body.at.clone());
    let written = body.fields.get("image").and_then(Value::as_str).unwrap_or("").to_owned();
    let place = (at.file.to_string(), at.line, at.column);
    let unset = project.unset_images.get(&place);
    if let Some(image) = scope.input.images.get(&body.name) {
        for name in unset.iter().flat_map(|unset| &unset.variables) {
            let message = format!("variable {name} is not set; the image is replaced by {image}");
            scope.report(at.note(message));
        }
        body.fields.insert("image".into(), image.to_string().into());
    } else if let Some(unset) = unset {
        for name in &unset.variables {
            let message = format!("image \"{}\": variable {name} is not set", unset.written);
            let hint = format!("Set it, or write ${{{name}:-default}}.");
            scope.report(at.error(message).hint(hint));
        }
    } else if written.is_empty() {
        let message = format!("container \"{}\" has no image", body.name);
        let hint = "Add `image:`, the name that `ecs-canary build` pushes to.";
        scope.report(at.error(message).hint(hint));
    } else if let Err(error) = written.parse::<ImageReference>() {
        scope.error(&at, error.to_string());
    }
    ContainerImage { container: body.name.clone(), written, at: at.location() }
}

fn assemble(
    scope: &mut Scope<'_>,
    task: &Task,
    bodies: Vec<Body>,
    params: Map<String, Value>,
) -> TaskDefinitionSpec {
    let mut spec = Map::new();
    spec.insert("family".into(), scope.input.family.clone().into());
    let modes = [
        ("networkMode", &task.network_mode),
        ("pidMode", &task.pid_mode),
        ("ipcMode", &task.ipc_mode),
    ];
    for (field, mode) in modes {
        if let Some((mode, at)) = mode {
            scope.remember(field.to_owned(), at);
            spec.insert(field.into(), mode.clone().into());
        }
    }
    if let Some((architecture, _)) = &task.architecture {
        let platform = json!({"cpuArchitecture": architecture, "operatingSystemFamily": "LINUX"});
        spec.insert("runtimePlatform".into(), platform);
    }
    spec.extend(params);
    let roles = [
        ("taskRoleArn", &scope.input.task_role),
        ("executionRoleArn", &scope.input.execution_role),
    ];
    for (field, role) in roles {
        spec.extend(role.as_ref().map(|role| (field.to_owned(), Value::from(role.as_str()))));
    }
    if let Some(launch) = &scope.input.launch_type {
        spec.insert("requiresCompatibilities".into(), json!([launch]));
    }
    let task_memory = spec.contains_key("memory");
    let containers: Vec<Value> =
        bodies.into_iter().map(|body| finished(scope, task, body, task_memory)).collect();
    spec.insert("containerDefinitions".into(), containers.into());
    let volumes: Vec<Value> = task.volumes.iter().map(volume).collect();
    if !volumes.is_empty() {
        spec.insert("volumes".into(), volumes.into());
    }
    TaskDefinitionSpec::new(spec)
}

fn volume(volume: &super::service::task::Volume) -> Value {
    let mut entry = json!({"name": volume.name});
    if let Some(path) = &volume.host {
        entry["host"] = json!({"sourcePath": path});
    }
    if let Value::Object(members) = &mut entry {
        members.extend(volume.configuration.clone());
    }
    entry
}

/// The container definition.
fn finished(scope: &mut Scope<'_>, task: &Task, mut body: Body, task_memory: bool) -> Value {
    sizes::swap(scope, &mut body);
    memory(scope, &mut body, task_memory);
    let ends = task.ends.contains(&body.name);
    let essential = body.essential.unwrap_or(!ends);
    if ends && body.essential.is_none() {
        let message =
            format!("\"{}\" is not essential: another container waits for its end", body.name);
        scope.report(body.at.note(message));
    }
    let mut fields = Map::new();
    fields.insert("name".into(), body.name.clone().into());
    fields.extend(body.fields.remove("image").map(|image| ("image".to_owned(), image)));
    fields.insert("essential".into(), essential.into());
    for (field, value) in
        [("cpu", body.cpu), ("memory", body.memory), ("memoryReservation", body.reservation)]
    {
        fields.extend(value.map(|value| (field.to_owned(), Value::from(value))));
    }
    let environment: Vec<Value> = body
        .environment
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    if !environment.is_empty() {
        fields.insert("environment".into(), environment.into());
    }
    fields.append(&mut body.fields);
    if !body.linux.is_empty() {
        fields.insert("linuxParameters".into(), body.linux.into());
    }
    if let Some(arn) = scope.input.registry_credentials.get(&body.name) {
        fields.insert("repositoryCredentials".into(), json!({"credentialsParameter": arn}));
    }
    fields.into()
}

fn memory(scope: &mut Scope<'_>, body: &mut Body, task_memory: bool) {
    use super::format::Format;
    if scope.legacy && matches!(scope.format, Format::V1 | Format::V2) && body.memory.is_none() {
        // ecs-cli's rule for versions 1 and 2: a reservation is the limit, too.
        body.memory = body.reservation;
    }
    if body.memory.is_none() && body.reservation.is_none() && !task_memory {
        body.memory = Some(DEFAULT_MEMORY);
        let message = format!("\"{}\" has no memory limit: {DEFAULT_MEMORY} MiB", body.name);
        scope
            .report(body.at.note(message).hint("Set one under deploy.resources or in ecs-params."));
    }
}

/// What ECS would refuse, before anything is written.
fn check(scope: &mut Scope<'_>, spec: &TaskDefinitionSpec, create: &Map<String, Value>) {
    let awsvpc = spec.body().get("networkMode").and_then(Value::as_str) == Some("awsvpc");
    let network = create.get("networkConfiguration").and_then(|all| all.get("awsvpcConfiguration"));
    let subnets = network.and_then(|network| network.get("subnets"));
    if awsvpc && subnets.is_none() && scope.input.for_service {
        let finding = Finding::error("network mode awsvpc needs at least one subnet");
        let hint = "Add run_params.network_configuration.awsvpc_configuration.subnets.";
        let place = scope.places.get("networkConfiguration");
        let place = place.or_else(|| scope.places.get("networkMode"));
        let finding = match place {
            Some(place) => finding.located(place),
            None => finding,
        };
        scope.report(finding.hint(hint));
    }
    registries(scope, spec, create);
    let places = &scope.places;
    let found = taskdef::preflight_at(spec, &|path| places.get(path).cloned());
    for (weight, mut finding) in found {
        // ecs-cli sent what only ECS refuses: then nothing is changed either.
        let lenient = scope.input.dialect == Dialect::EcsCli;
        if lenient && weight == taskdef::Weight::RefusedByEcs {
            finding.severity = Severity::Warning;
        }
        scope.report(finding);
    }
}

/// The container and port that Cloud Map is told of exist in the task definition.
fn registries(scope: &mut Scope<'_>, spec: &TaskDefinitionSpec, create: &Map<String, Value>) {
    let registries = create.get("serviceRegistries").and_then(Value::as_array);
    for registry in registries.into_iter().flatten() {
        let Some(name) = registry["containerName"].as_str() else { continue };
        let exposed = taskdef::exposes(spec, name, registry["containerPort"].as_u64());
        if let Err(mut finding) = exposed {
            finding.message = format!("service discovery: {}", finding.message);
            let place = scope.places.get("serviceRegistries").cloned();
            scope.report(match place {
                Some(place) => finding.located(&place),
                None => finding,
            });
        }
    }
}
