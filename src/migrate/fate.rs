//! Which jobs go to the new runner. A job goes wholly or not at all.

use super::pipeline::{Job, Pipeline};
use super::tools;
use super::tree::{NodeId, Value};
use super::waits::waits_for_docker;

/// What becomes of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It builds or releases: it goes.
    Moves,
    /// It has nothing to do with us.
    Stays,
    /// It builds or releases, and something is in its way.
    Held(Vec<Obstacle>),
}

/// What keeps a job where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    /// Where it is written.
    pub(super) node: NodeId,
    /// A fragment for people, behind "job x is left:".
    pub(super) why: String,
    /// What to do.
    pub(super) hint: String,
}

impl Fate {
    fn held(node: NodeId, why: String, hint: &str) -> Self {
        Self::Held(vec![Obstacle { node, why, hint: hint.to_owned() }])
    }
}

/// Images that are nothing but a system or an interpreter.
const PLAIN: &[&str] = &["alpine", "amazonlinux", "bash", "busybox", "debian", "python", "ubuntu"];

/// What an image of a job is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageKind {
    /// `docker` in any version.
    Docker,
    /// A system without special programs.
    Plain,
    /// Anything else.
    Other,
}

/// The fate of a job by its scripts and its image.
pub(super) fn fate(pipeline: &Pipeline<'_>, job: &Job) -> Fate {
    let texts = job.lines.iter().filter_map(|line| pipeline.tree.text(line.node));
    if !texts.into_iter().any(|text| !waits_for_docker(text) && tools::releases(text)) {
        return Fate::Stays;
    }
    for line in &job.lines {
        let text = pipeline.tree.text(line.node).unwrap_or_default();
        if waits_for_docker(text) {
            continue;
        }
        if let Some((what, hint)) = tools::not_offered(text) {
            let why = format!("`{what}` is not offered by this executor");
            return Fate::held(line.node, why, hint);
        }
    }
    if let Some(node) = other_service(pipeline, job) {
        let name = image_name(pipeline, node).unwrap_or_default();
        let why = format!("it has the service {name}, and this executor starts no services");
        return Fate::held(node, why, "Does the job need it? If not, take it out first.");
    }
    match pipeline.find(job, "image").map(|found| found.value) {
        Some(node) if image_kind(pipeline, node) == ImageKind::Other => {
            let image = image_name(pipeline, node).unwrap_or_default();
            let why = format!("it runs in the image {image}, and this executor starts no images");
            let hint = "Does it need programs of that image? If not, take the image out first.";
            Fate::held(node, why, hint)
        }
        _ => Fate::Moves,
    }
}

/// A service of the job that is not Docker-in-Docker.
fn other_service(pipeline: &Pipeline<'_>, job: &Job) -> Option<NodeId> {
    let list = pipeline.find(job, "services")?.value;
    let items = pipeline.tree.items(list).unwrap_or_default();
    items.iter().copied().find(|item| !is_docker_in_docker(pipeline, *item))
}

/// The name of an image: a text, or `name` of a mapping.
pub(super) fn image_name<'a>(pipeline: &'a Pipeline<'_>, node: NodeId) -> Option<&'a str> {
    let tree = pipeline.tree;
    match tree.node(tree.real(node)).value {
        Value::Map { .. } => tree.text(tree.get(node, "name")?),
        _ => tree.text(node),
    }
}

/// The kind of an image by its name.
pub(super) fn image_kind(pipeline: &Pipeline<'_>, node: NodeId) -> ImageKind {
    let Some(image) = image_name(pipeline, node) else { return ImageKind::Other };
    let image = image.split('@').next().unwrap_or_default();
    let (place, last) = image.rsplit_once('/').unwrap_or(("", image));
    let name = last.split(':').next().unwrap_or_default();
    let official = place.is_empty()
        || matches!(
            place,
            "library" | "docker.io" | "docker.io/library" | "index.docker.io/library"
        )
        || place
            .trim_start_matches("${")
            .trim_start_matches('$')
            .starts_with("CI_DEPENDENCY_PROXY_");
    match name {
        "docker" if official => ImageKind::Docker,
        name if official && PLAIN.contains(&name) => ImageKind::Plain,
        _ => ImageKind::Other,
    }
}

/// `docker:dind`, also with a version or from the dependency proxy.
pub(super) fn is_docker_in_docker(pipeline: &Pipeline<'_>, node: NodeId) -> bool {
    let name = image_name(pipeline, node).unwrap_or_default();
    let tagged = name.split('@').next().unwrap_or_default().ends_with("dind");
    tagged && image_kind(pipeline, node) == ImageKind::Docker
}
