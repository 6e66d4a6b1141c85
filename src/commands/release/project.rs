//! The files of a compose project, and their translation.

use crate::commands::materials::Gathering;
use crate::commands::{Bundle, Caller, Console};
use crate::compose::{self, ComposeInput, Dialect, SourceText, Translated};
use crate::config::ReleaseFile;
use crate::failure::{Exit, Failure};
use crate::model::{Event, Finding, LaunchSetting, Located, Location, TaskImage};
use serde_json::Value;
use std::collections::BTreeMap;

/// Rounds of "which files does this name"; each `extends` may name one more.
const ROUNDS: usize = 64;

/// Which files, and how they are read.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Project {
    /// Compose files, in order.
    pub(in crate::commands) files: Vec<Named>,
    /// The ecs-params file; it must be there.
    pub(in crate::commands) params: Option<Named>,
    /// Whose rules.
    pub(in crate::commands) dialect: Dialect,
    /// The family.
    pub(in crate::commands) family: String,
    /// `EC2`, `FARGATE` or `EXTERNAL`.
    pub(in crate::commands) launch_type: Option<String>,
    /// A task role that goes before the params file's.
    pub(in crate::commands) task_role: Option<String>,
    /// An execution role that goes before the params file's.
    pub(in crate::commands) execution_role: Option<String>,
    /// Secrets of private registries by container, which go before the params file's.
    pub(in crate::commands) registry_credentials: BTreeMap<String, String>,
    /// True when tasks are started: then awsvpc needs subnets.
    pub(in crate::commands) starts_tasks: bool,
}

/// A file, and where it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Named {
    /// Its path, as the caller finds it.
    pub(in crate::commands) path: String,
    /// The place in the release file.
    pub(in crate::commands) at: Option<Location>,
}

impl Named {
    /// By an option of the command line.
    pub(in crate::commands) fn by_option(path: &str) -> Self {
        Self { path: path.to_owned(), at: None }
    }

    /// By the release file `name`.
    fn by_file(name: &str, path: &Located<String>) -> Self {
        Self { path: beside(name, &path.value), at: Some(path.at.clone()) }
    }

    fn source(&self, bundle: &Bundle) -> Result<SourceText, Failure> {
        if let Some(text) = bundle.optional_text(&self.path)? {
            return Ok(SourceText::new(&self.path, text));
        }
        let finding = Finding::error(format!("{}: no such file", self.path));
        let finding = match &self.at {
            Some(at) => finding.located(at).hint("The path starts at the release file."),
            None => finding.hint("Is the path right, and the working directory?"),
        };
        Err(Failure::findings(Exit::File, vec![finding]))
    }
}

impl Project {
    /// The project of a release file; its paths start at the file.
    pub(super) fn of_release(name: &str, file: &ReleaseFile) -> Self {
        let full = file.full.as_ref().or(file.canary.as_ref());
        Self {
            files: file.compose.iter().map(|path| Named::by_file(name, path)).collect(),
            params: file.params.as_ref().map(|path| Named::by_file(name, path)),
            dialect: Dialect::Native,
            family: full.map(|full| full.name.value.to_string()).unwrap_or_default(),
            launch_type: match file.launch.as_ref().map(|launch| &launch.value) {
                Some(LaunchSetting::Type(kind)) => Some(kind.clone()),
                Some(LaunchSetting::Providers(_)) | None => None,
            },
            task_role: None,
            execution_role: None,
            registry_credentials: BTreeMap::new(),
            starts_tasks: true,
        }
    }

    fn dot_env(&self) -> String {
        self.files.first().map_or_else(|| ".env".to_owned(), |first| beside(&first.path, ".env"))
    }

    /// Translates, with these images in place of the written ones. Warnings and notes are told
    /// when `console` is given.
    ///
    /// # Errors
    /// A file is missing or wrong.
    pub(in crate::commands) fn translate(
        &self,
        bundle: &Bundle,
        caller: &Caller,
        images: BTreeMap<String, TaskImage>,
        console: Option<Console<'_>>,
    ) -> Result<Translated, Failure> {
        let files: Result<Vec<_>, _> = self.files.iter().map(|file| file.source(bundle)).collect();
        let params = self.params.as_ref().map(|file| file.source(bundle)).transpose()?;
        let dot_env = self.dot_env();
        let dot_env = bundle.optional_text(&dot_env)?.map(|text| SourceText::new(dot_env, text));
        let lookup = |name: &str| caller.lookup(name);
        let mut input = ComposeInput {
            params,
            dot_env,
            project_dir: self.directory(bundle),
            dialect: self.dialect,
            images,
            task_role: self.task_role.clone(),
            launch_type: self.launch_type.clone(),
            execution_role: self.execution_role.clone(),
            registry_credentials: self.registry_credentials.clone(),
            for_service: self.starts_tasks,
            ..ComposeInput::new(self.family.as_str(), files?, &lookup)
        };
        let wrong = |findings| Failure::findings(Exit::File, findings);
        add_others(&mut input, &mut |name| bundle.optional_text(name)).map_err(|fault| {
            fault.unwrap_or_else(|| Failure::new(Exit::File, "the files name each other for ever"))
        })?;
        let translated = compose::translate(&input).map_err(wrong)?;
        if let Some(console) = console {
            for finding in translated.findings.iter().cloned() {
                console.reporter.emit(Event::Finding { finding });
            }
        }
        Ok(translated)
    }

    /// `networkConfiguration` by the params file alone: what a change of a count needs. Warnings
    /// and notes are told.
    ///
    /// # Errors
    /// The file is missing or wrong.
    pub(in crate::commands) fn network(
        &self,
        bundle: &Bundle,
        caller: &Caller,
        console: Console<'_>,
    ) -> Result<Option<Value>, Failure> {
        let Some(params) = &self.params else { return Ok(None) };
        let lookup = |name: &str| caller.lookup(name);
        let input = ComposeInput {
            params: Some(params.source(bundle)?),
            dialect: self.dialect,
            ..ComposeInput::new(self.family.as_str(), Vec::new(), &lookup)
        };
        let (network, findings) = compose::service_network(&input)
            .map_err(|findings| Failure::findings(Exit::File, findings))?;
        for finding in findings {
            console.reporter.emit(Event::Finding { finding });
        }
        Ok(network)
    }

    /// The absolute directory of the first compose file, as the caller sees it.
    fn directory(&self, bundle: &Bundle) -> String {
        let working = bundle.directory().trim_end_matches('/');
        match self.files.first().and_then(|first| first.path.rsplit_once('/')) {
            Some((directory, _)) if directory.starts_with('/') => directory.to_owned(),
            Some((directory, _)) => format!("{working}/{directory}"),
            None => working.to_owned(),
        }
    }
}

/// Adds the files that the compose files name, until they name no more. `Err(None)` when that
/// does not end.
fn add_others<'a, E>(
    input: &mut ComposeInput<'a>,
    read: &mut dyn FnMut(&str) -> Result<Option<String>, E>,
) -> Result<(), Option<E>> {
    for _ in 0..ROUNDS {
        // What hides the names is told by the translation.
        let needed = compose::needed_files(input).unwrap_or_default();
        if needed.is_empty() {
            return Ok(());
        }
        for file in needed {
            let text = read(&file.path.value).map_err(Some)?;
            drop(input.others.insert(file.path.value, text));
        }
    }
    Err(None)
}

/// Takes a project's files along.
pub(in crate::commands) fn gather_project(gathering: &mut Gathering<'_>, project: &Project) {
    drop(project.params.as_ref().and_then(|params| gathering.text(&params.path)));
    let dot_env = project.dot_env();
    let dot_env = gathering.text(&dot_env).map(|text| SourceText::new(dot_env, text));
    let mut files = Vec::new();
    for file in &project.files {
        let Some(text) = gathering.text(&file.path) else { return };
        files.push(SourceText::new(&file.path, text));
    }
    let variables = gathering.variables;
    let lookup = |name: &str| variables.get(name).cloned();
    let mut input = ComposeInput {
        dot_env,
        dialect: project.dialect,
        ..ComposeInput::new(project.family.as_str(), files, &lookup)
    };
    let mut read = |name: &str| Ok::<_, std::convert::Infallible>(gathering.text(name));
    // Files that name each other for ever are told by the command.
    let (Ok(()) | Err(_)) = add_others(&mut input, &mut read);
}

/// `path` seen from the directory of `file`.
pub(in crate::commands) fn beside(file: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match file.rsplit_once('/') {
        Some((directory, _)) if !path.starts_with('/') => format!("{directory}/{path}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_release_file_start_where_it_is() {
        assert_eq!(beside("ecs-canary.yml", "deploy/c.yml"), "deploy/c.yml");
        assert_eq!(beside("ops/ecs-canary.yml", "./c.yml"), "ops/c.yml");
        assert_eq!(beside("ops/ecs-canary.yml", "/c.yml"), "/c.yml");
    }
}
