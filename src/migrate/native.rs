//! `ecs-cli` and `docker` lines as commands of ours.

use super::cut::{Change, Piece};
use super::native_docker;
use super::order::{self, Action, Order};
use super::pass::{Pass, Scene};
use super::pipeline::{Found, Job};
use super::release_file::{self, Side};
use super::shape::Kind;
use super::shell::{program, statements, stripped};
use super::tree::NodeId;
use crate::model::Finding;

/// A line of a job that orders something of ecs-cli.
struct Call<'a> {
    job: &'a Job,
    node: NodeId,
    /// The statement's number in its scalar.
    part: usize,
    order: Order,
    service: String,
}

/// Rewrites a document; the text of the release file that its commands need.
pub(super) fn rewrite(pass: &mut Pass<'_>, scene: &Scene<'_>) -> Option<String> {
    native_docker::rewrite(pass, scene);
    let calls = calls(pass, scene)?;
    let (full, canary) = match sides(&calls) {
        Ok(sides) => sides,
        Err(why) => {
            if let Some(call) = calls.first() {
                pass.left(call.node, "ecs-cli", &why);
            }
            return None;
        }
    };
    let side = |index: usize| Side { name: &calls[index].service, order: &calls[index].order };
    let canary_side = canary.map(side);
    let region = region(pass, scene, calls[full].job);
    let text = release_file::write(&side(full), canary_side.as_ref(), region.as_deref());
    let text = match text {
        Ok(text) => text,
        Err(why) => {
            pass.left(calls[full].node, "ecs-cli", &why);
            return None;
        }
    };
    let canary_name = canary.map(|index| calls[index].service.clone());
    let saved = pass.edits.save();
    let written = write_commands(pass, scene, &calls, canary_name.as_deref());
    if let Err((node, why)) = written {
        pass.edits.restore(saved);
        pass.left(node, "ecs-cli", why);
        return None;
    }
    warn_of_roles(pass, &calls);
    Some(text)
}

/// All orders of moving jobs; `None` when there is none, or one that has no counterpart.
fn calls<'a>(pass: &mut Pass<'_>, scene: &'a Scene<'_>) -> Option<Vec<Call<'a>>> {
    let mut found = Vec::new();
    let mut declined = false;
    for job in scene.moving() {
        for line in &job.lines {
            let text = pass.tree.text(line.node).unwrap_or_default();
            let Some(parts) = statements(text) else {
                if super::shell::rough(text).iter().any(|words| program(words) == "ecs-cli") {
                    pass.left(line.node, "ecs-cli", "it stands inside a construct of the shell");
                    declined = true;
                }
                continue;
            };
            for (part, statement) in parts.iter().enumerate() {
                let ours = statement.commands.iter().any(|w| program(stripped(w)) == "ecs-cli");
                if !ours {
                    continue;
                }
                match call(pass, scene, job, &statement.commands) {
                    Ok((order, service)) => {
                        found.push(Call { job, node: line.node, part, order, service });
                    }
                    Err(why) => {
                        pass.left(line.node, "ecs-cli", &why);
                        declined = true;
                    }
                }
            }
        }
    }
    (!declined && !found.is_empty()).then_some(found)
}

fn call(
    pass: &Pass<'_>,
    scene: &Scene<'_>,
    job: &Job,
    commands: &[Vec<String>],
) -> Result<(Order, String), String> {
    let [words] = commands else { return Err("it is a part of a pipe".to_owned()) };
    let lookup = |name: &str| variable(pass, scene, job, name);
    let order = order::read(words)?.filled(&lookup);
    let service = order.get("project-name").ok_or("without -p the service has no name")?;
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !service.bytes().all(word) {
        return Err(format!("the service's name {service} is not known here"));
    }
    let service = service.to_owned();
    Ok((order, service))
}

/// A variable that the pipeline itself gives the job.
fn variable(pass: &Pass<'_>, scene: &Scene<'_>, job: &Job, name: &str) -> Option<String> {
    let maps = scene.pipeline.variables(job).into_iter();
    let all = maps.flat_map(|found| scene.pipeline.merged(found.value));
    let value = all.into_iter().find_map(|map| pass.tree.get(map, name))?;
    let text = pass.tree.text(value).or_else(|| pass.tree.text(pass.tree.get(value, "value")?));
    text.map(str::to_owned)
}

fn region(pass: &Pass<'_>, scene: &Scene<'_>, job: &Job) -> Option<String> {
    let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let found = names.iter().find_map(|name| variable(pass, scene, job, name));
    found.filter(|region| !region.contains('$'))
}

/// Which call releases the full service, and which the canary.
fn sides(calls: &[Call<'_>]) -> Result<(usize, Option<usize>), String> {
    let mut ups: Vec<usize> = Vec::new();
    for (at, call) in calls.iter().enumerate().filter(|(_, call)| call.order.action == Action::Up) {
        match ups.iter().find(|other| calls[**other].service == call.service) {
            None => ups.push(at),
            Some(other) if calls[*other].order == call.order => {}
            Some(_) => return Err(format!("{} is released with different options", call.service)),
        }
    }
    let named = |at: &usize| {
        let call = &calls[*at];
        call.service.to_lowercase().contains("canary") || call.job.name.contains("canary")
    };
    let (canaries, fulls): (Vec<usize>, Vec<usize>) = ups.iter().partition(|at| named(at));
    let sides = match (fulls.as_slice(), canaries.as_slice()) {
        ([full], []) => (*full, None),
        ([], [only]) => (*only, None),
        ([full], [canary]) => (*full, Some(*canary)),
        ([], []) => return Err("no line creates the service (service up)".to_owned()),
        _ => return Err("a release file has one full service and one canary".to_owned()),
    };
    let known = |call: &Call<'_>| ups.iter().any(|at| calls[*at].service == call.service);
    match calls.iter().find(|call| !known(call)) {
        Some(call) => Err(format!("no line creates the service {}", call.service)),
        None => Ok(sides),
    }
}

/// The command in place of a call.
fn command(call: &Call<'_>, canary: Option<&str>) -> String {
    let side = if canary == Some(call.service.as_str()) { "canary" } else { "full" };
    match &call.order.action {
        Action::Up => {
            let deadline =
                call.order.get("timeout").map(|minutes| format!(" --deadline {minutes}m"));
            format!("ecs-canary deploy {side}{}", deadline.unwrap_or_default())
        }
        Action::Scale(count) => format!("ecs-canary scale {side}={count}"),
        Action::Ps => "ecs-canary status".to_owned(),
    }
}

/// Edits. A line that several jobs share becomes the command of the job that holds it; the
/// others get a script of their own.
fn write_commands(
    pass: &mut Pass<'_>,
    scene: &Scene<'_>,
    calls: &[Call<'_>],
    canary: Option<&str>,
) -> Result<(), (NodeId, &'static str)> {
    let users = scene.users_of_lines();
    let mut nodes: Vec<NodeId> = calls.iter().map(|call| call.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    for node in nodes {
        if !users.get(&node).is_some_and(|(all_move, _)| *all_move) {
            return Err((node, "jobs that stay where they are use it too"));
        }
        let of_node: Vec<&Call<'_>> = calls.iter().filter(|call| call.node == node).collect();
        let holder = of_node.iter().find(|call| holds(scene, call.job)).unwrap_or(&of_node[0]);
        let mine: Vec<&Call<'_>> =
            of_node.iter().copied().filter(|call| call.job.map == holder.job.map).collect();
        let text = pass.tree.text(node).unwrap_or_default();
        let parts = statements(text).unwrap_or_default();
        let pieces: Vec<Piece> = parts
            .iter()
            .enumerate()
            .map(|(at, statement)| {
                let change = match mine.iter().find(|call| call.part == at) {
                    Some(call) => Change::Becomes(command(call, canary)),
                    None => Change::Stays,
                };
                Piece { range: statement.range.clone(), change }
            })
            .collect();
        pass.cut(node, &pieces).map_err(|why| (node, why))?;
        for call in of_node.iter().filter(|call| call.job.map != holder.job.map) {
            let own = command(call, canary);
            if mine.iter().any(|other| other.part == call.part && command(other, canary) == own) {
                continue;
            }
            if parts.len() != 1 {
                return Err((node, "jobs share it and need different commands"));
            }
            own_script(pass, scene, call.job, &own).map_err(|why| (node, why))?;
        }
    }
    Ok(())
}

/// True when the job's script is written in the job itself.
fn holds(scene: &Scene<'_>, job: &Job) -> bool {
    let found = scene.pipeline.find(job, "script");
    found.is_some_and(|found| found.map == job.map && found.written == found.value)
}

/// Gives a job that shared its script one of its own.
fn own_script(
    pass: &mut Pass<'_>,
    scene: &Scene<'_>,
    job: &Job,
    command: &str,
) -> Result<(), &'static str> {
    let found: Found = scene.pipeline.find(job, "script").ok_or("the job has no script")?;
    if pass.tree.items(found.value).is_some_and(|items| items.len() != 1) {
        return Err("jobs share a script of several lines and need different commands");
    }
    let words = Kind::plain(command);
    if found.map == job.map {
        pass.edits.rewrite(found.key, found.written, (command, words))
    } else {
        pass.edits.add_first(job.map, ("script", command, words))
    }
}

/// The release file has no task role: it is a value of ecs-params.
fn warn_of_roles(pass: &mut Pass<'_>, calls: &[Call<'_>]) {
    let with_role = calls.iter().find(|call| call.order.get("task-role-arn").is_some());
    let Some(call) = with_role else { return };
    let role = call.order.get("task-role-arn").unwrap_or_default();
    let file = call.order.get("ecs-params").unwrap_or("ecs-params.yml");
    let text = "--task-role-arn is no value of the release file: without it the tasks have no role";
    let finding = pass.at(call.node, Finding::warning(text));
    pass.findings.push(finding.hint(format!(
        "Write `task_role_arn: {role}` below `task_definition:` in {file} before you deploy."
    )));
}
