//! New tasks. Owns what a task is born with: ids, containers, ports, fate, its first timer.

use crate::cloud::brain::body;
use crate::cloud::brain::fate::{self, Newborn, TaskFate};
use crate::cloud::brain::state::{
    Container, ContainerHealth, Stage, Tags, Task, TaskDefinition, TaskTimer, World,
};
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value, json};

/// For whom and how a task is made.
#[derive(Debug, Clone)]
pub(crate) struct Birth {
    pub(crate) cluster: String,
    pub(crate) service: Option<String>,
    pub(crate) deployment: Option<String>,
    pub(crate) group: String,
    pub(crate) started_by: Option<String>,
    /// Members that are only shown.
    pub(crate) shown: Map<String, Value>,
    pub(crate) tags: Tags,
}

/// Makes a task and gives its id; the refusal is ECS's reason for a task it cannot place.
pub(crate) fn start(
    world: &mut World,
    definition: &TaskDefinition,
    birth: &Birth,
    now: SimTime,
) -> Result<String, String> {
    let images = definition.images();
    let newborn = Newborn {
        family: &definition.family,
        revision: definition.revision,
        images: &images,
        service: birth.service.as_deref(),
    };
    let fate = fate::choose(&mut world.fates, &newborn);
    find_place(world, &fate)?;
    world.tasks_made += 1;
    let id = world.ids.hex(32);
    let awsvpc = definition.is_awsvpc();
    let (stage, first) = if awsvpc {
        (Stage::Provisioning, world.pace.provision)
    } else {
        (Stage::Pending, world.pace.place)
    };
    let task = Task {
        order: world.tasks_made,
        arn: world.ids.ecs(&format!("task/{}/{id}", birth.cluster)),
        cluster: birth.cluster.clone(),
        service: birth.service.clone(),
        deployment: birth.deployment.clone(),
        family: definition.family.clone(),
        revision: definition.revision,
        task_definition: definition.arn.clone(),
        group: birth.group.clone(),
        started_by: birth.started_by.clone(),
        shown: shown(world, definition, birth),
        tags: birth.tags.clone(),
        stage,
        wanted: true,
        created_at: now,
        pull_started_at: None,
        pull_stopped_at: None,
        started_at: None,
        stopping_at: None,
        execution_stopped_at: None,
        stopped_at: None,
        stop: None,
        containers: containers(world, definition, &birth.cluster, &id),
        health: ContainerHealth::Unknown,
        assumed_healthy: false,
        fate,
        targets: Vec::new(),
        address: address(world, awsvpc),
        timers: vec![(now + first, TaskTimer::Next)],
        pulled: None,
        pull_time_over: false,
        id: id.clone(),
    };
    world.tasks.insert(id.clone(), task);
    Ok(id)
}

/// Refuses a task for which there is no room.
fn find_place(world: &World, fate: &TaskFate) -> Result<(), String> {
    if let Some(reason) = &fate.place_error {
        return Err(reason.clone());
    }
    let placed = world.tasks.values().filter(|task| task.stage != Stage::Stopped).count();
    if world.capacity.is_some_and(|most| placed >= most) {
        return Err("RESOURCE:MEMORY".to_owned());
    }
    Ok(())
}

/// A private address of its own, or the instance it runs on.
fn address(world: &mut World, awsvpc: bool) -> String {
    if awsvpc {
        let (third, fourth) = (world.ids.below(16), world.ids.below(250) + 4);
        return format!("10.0.{third}.{fourth}");
    }
    let number = usize::try_from(world.tasks_made).unwrap_or(0) % world.instances.len().max(1);
    world.instances.get(number).cloned().unwrap_or_default()
}

fn shown(world: &World, definition: &TaskDefinition, birth: &Birth) -> Map<String, Value> {
    let mut shown = birth.shown.clone();
    for size in ["cpu", "memory"] {
        if let Some(text) = definition.text(size) {
            shown.insert(size.into(), json!(text));
        }
    }
    if shown.get("launchType") == Some(&json!("EC2")) {
        // Two instances; which one it is shows in the target's id.
        let arn = world.ids.ecs(&format!("container-instance/{}/{:032x}", birth.cluster, 1));
        shown.insert("containerInstanceArn".into(), json!(arn));
    }
    shown
}

fn containers(
    world: &mut World,
    definition: &TaskDefinition,
    cluster: &str,
    task: &str,
) -> Vec<Container> {
    let awsvpc = definition.is_awsvpc();
    let mut made = Vec::new();
    for container in definition.containers() {
        let uuid = world.ids.uuid();
        let mut ports = Vec::new();
        for mapping in body::list(container, "portMappings") {
            let port = |member: &str| {
                body::number(mapping, member).and_then(|port| u16::try_from(port).ok()).unwrap_or(0)
            };
            let inside = port("containerPort");
            let outside = match port("hostPort") {
                0 if awsvpc => inside,
                0 => dynamic_port(world),
                fixed => fixed,
            };
            let protocol = body::text(mapping, "protocol").unwrap_or("tcp").to_owned();
            ports.push((inside, outside, protocol));
        }
        made.push(Container {
            name: body::text(container, "name").unwrap_or_default().to_owned(),
            arn: world.ids.ecs(&format!("container/{cluster}/{task}/{uuid}")),
            image: body::text(container, "image").unwrap_or_default().to_owned(),
            digest: None,
            runtime_id: None,
            exit_code: None,
            reason: None,
            essential: container["essential"] != Value::Bool(false),
            checked: container["healthCheck"].is_object(),
            ports,
        });
    }
    made
}

/// Docker's ephemeral range, never twice.
fn dynamic_port(world: &mut World) -> u16 {
    world.ports_given += 1;
    32_768 + u16::try_from(world.ports_given % 28_000).unwrap_or(0)
}
