//! Which files ecs-cli reads, and what it calls the project.

use super::ComposeOptions;
use crate::commands::release::{Named, Project};
use crate::compose::{self, Dialect};
use std::collections::BTreeMap;

/// The ecs-params file that counts when none is named.
const PARAMS: &str = "ecs-params.yml";

/// The options with what ecs-cli took from the environment where one is not given.
pub(super) fn with_variables(
    options: &ComposeOptions,
    variables: &BTreeMap<String, String>,
) -> ComposeOptions {
    let variable = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
    let mut options = options.clone();
    options.project_name = options.project_name.or_else(|| variable("COMPOSE_PROJECT_NAME"));
    options.cluster = options.cluster.or_else(|| variable("ECS_CLUSTER"));
    options.ecs_profile = options.ecs_profile.or_else(|| variable("ECS_PROFILE"));
    if options.file.is_empty()
        && let Some(files) = variable("COMPOSE_FILE")
    {
        options.file = files.split([',', ':']).map(str::to_owned).collect();
    }
    options
}

/// Files that may be there without being named.
pub(super) fn candidates(options: &ComposeOptions) -> Vec<String> {
    let mut names = Vec::new();
    if options.ecs_params.is_none() {
        names.push(PARAMS.to_owned());
    }
    if options.file.is_empty() {
        // The rules ask for one name after the other: say yes to each, to hear them all.
        let stems = compose::default_files(Dialect::EcsCli, &|_| true);
        names.extend(stems);
        names.push("docker-compose.override.yml".to_owned());
    }
    names.dedup();
    names
}

/// The project; `directory` is the caller's working directory.
pub(super) fn project(
    options: &ComposeOptions,
    directory: &str,
    exists: &dyn Fn(&str) -> bool,
) -> Project {
    let named = options.file.clone();
    let files = if named.is_empty() {
        let found = compose::default_files(Dialect::EcsCli, exists);
        if found.is_empty() { vec!["docker-compose.yml".to_owned()] } else { found }
    } else {
        named
    };
    let usual = exists(PARAMS).then(|| PARAMS.to_owned());
    Project {
        files: files.iter().map(|path| Named::by_option(path)).collect(),
        params: options.ecs_params.clone().or(usual).map(|path| Named::by_option(&path)),
        dialect: Dialect::EcsCli,
        family: name(options, directory),
        launch_type: None,
        task_role: options.task_role_arn.clone(),
        execution_role: None,
        registry_credentials: BTreeMap::new(),
        starts_tasks: true,
    }
}

/// `-p`, else the name of the first compose file's directory, kept as it is.
pub(super) fn name(options: &ComposeOptions, directory: &str) -> String {
    let given = options.project_name.clone().filter(|name| !name.is_empty());
    given.unwrap_or_else(|| {
        let file = options.file.first().map_or("", String::as_str);
        let path =
            if file.starts_with('/') { file.to_owned() } else { format!("{directory}/{file}") };
        let mut parts: Vec<&str> = Vec::new();
        for part in path.rsplit_once('/').map_or("", |(directory, _)| directory).split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        parts.pop().unwrap_or_default().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_named_or_called_as_its_directory() {
        let mut options = ComposeOptions::default();
        assert_eq!(name(&options, "/builds/group/My.App/"), "My.App");
        options.file = vec!["deploy/docker-compose.yml".to_owned()];
        assert_eq!(name(&options, "/builds/group/app"), "deploy");
        options.file = vec!["../ops/./docker-compose.yml".to_owned()];
        assert_eq!(name(&options, "/builds/group/app"), "ops");
        options.project_name = Some("web".to_owned());
        assert_eq!(name(&options, "/x"), "web");
    }

    #[test]
    fn variables_stand_for_options_that_are_not_given() {
        let pairs = [
            ("COMPOSE_FILE", "a.yml:b.yml"),
            ("COMPOSE_PROJECT_NAME", "web"),
            ("ECS_CLUSTER", "prod"),
        ];
        let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let found = with_variables(&ComposeOptions::default(), &variables);
        assert_eq!(found.file, ["a.yml", "b.yml"]);
        assert_eq!(found.project_name.as_deref(), Some("web"));
        assert_eq!(found.cluster.as_deref(), Some("prod"));
        let given = ComposeOptions { cluster: Some("test".to_owned()), ..found };
        assert_eq!(with_variables(&given, &variables).cluster.as_deref(), Some("test"));
    }

    #[test]
    fn an_ecs_params_file_that_is_there_counts_without_being_named() {
        let options = ComposeOptions::default();
        let project = project(&options, "/x", &|name| name == "ecs-params.yml");
        assert_eq!(project.params, Some(Named::by_option("ecs-params.yml")));
        assert_eq!(project.files, [Named::by_option("docker-compose.yml")]);
    }
}
