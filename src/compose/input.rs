//! What goes in and what comes out.

use crate::model::{Finding, Location, TaskDefinitionSpec, TaskImage};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whose rules count where ecs-cli and the Compose Specification differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The Compose Specification's.
    #[default]
    Native,
    /// Those of ecs-cli, for the command of that name: the same requests for the files that
    /// it read (versions 1, 2 and 3), its leniency towards ecs-params.
    EcsCli,
}

/// A file's name, as the user gave it, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// The name, for findings, and to find other files beside it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Everything that a translation is made from.
pub struct ComposeInput<'a> {
    /// Compose files, merged in this order; at least one.
    pub files: Vec<SourceText>,
    /// The ecs-params file.
    pub params: Option<SourceText>,
    /// The `.env` file beside the first compose file. The process's variables win over it.
    pub dot_env: Option<SourceText>,
    /// Texts of the files that `needed_files` named, by its path; `None` = looked for and
    /// not there.
    pub others: BTreeMap<String, Option<String>>,
    /// The absolute directory of the first compose file: relative bind mounts start there.
    pub project_dir: String,
    /// The task definition's family.
    pub family: String,
    /// Whose rules.
    pub dialect: Dialect,
    /// The process's (or the job's) variables.
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Images that replace the written ones, by container.
    pub images: BTreeMap<String, TaskImage>,
    /// A task role that wins over the params file's.
    pub task_role: Option<String>,
    /// An execution role that wins over the params file's.
    pub execution_role: Option<String>,
    /// `requiresCompatibilities`: `EC2`, `FARGATE` or `EXTERNAL`.
    pub launch_type: Option<String>,
    /// True when a service is made or changed: then awsvpc needs subnets. False when a revision
    /// is only registered.
    pub for_service: bool,
    /// Credentials of private registries by container (ARN of the secret), which win over the
    /// params file's.
    pub registry_credentials: BTreeMap<String, String>,
}

/// The result.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The body of RegisterTaskDefinition.
    pub task: TaskDefinitionSpec,
    /// Members of CreateService in the API's spelling.
    pub create_extra: Map<String, Value>,
    /// Members of UpdateService.
    pub update_extra: Map<String, Value>,
    /// Each container's image.
    pub images: Vec<ContainerImage>,
    /// Warnings and notes; errors are the `Err` side.
    pub findings: Vec<Finding>,
    /// Where parts of the task definition are written, by their path in it:
    /// `containerDefinitions/NAME/portMappings`, `cpu`, ...
    pub places: BTreeMap<String, Location>,
}

/// The image of a container as the compose file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerImage {
    /// The container.
    pub container: String,
    /// The image with its variables put in; with an unset variable it is incomplete, which is
    /// an error unless the image is replaced.
    pub written: String,
    /// Where it is written.
    pub at: Location,
}

impl<'a> ComposeInput<'a> {
    /// An input of one family with `files` and nothing else.
    pub fn new(
        family: impl Into<String>,
        files: Vec<SourceText>,
        lookup: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            files,
            params: None,
            dot_env: None,
            others: BTreeMap::new(),
            project_dir: ".".to_owned(),
            family: family.into(),
            dialect: Dialect::Native,
            lookup,
            images: BTreeMap::new(),
            task_role: None,
            execution_role: None,
            launch_type: None,
            for_service: true,
            registry_credentials: BTreeMap::new(),
        }
    }
}

impl SourceText {
    /// A file's name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}
