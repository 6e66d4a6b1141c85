//! Which files ecs-cli reads, and what it calls the project.

use super::ComposeOptions;
use crate::commands::release::{Named, Project};
use crate::compose::{self, Dialect};

/// The ecs-params file that counts when none is named.
const PARAMS: &str = "ecs-params.yml";

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
    }
}

/// `-p`, else the directory's name, kept as it is.
pub(super) fn name(options: &ComposeOptions, directory: &str) -> String {
    let given = options.project_name.clone().filter(|name| !name.is_empty());
    given.unwrap_or_else(|| {
        let last = directory.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        last.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_named_or_called_as_its_directory() {
        let mut options = ComposeOptions::default();
        assert_eq!(name(&options, "/builds/group/My.App/"), "My.App");
        options.project_name = Some("web".to_owned());
        assert_eq!(name(&options, "/x"), "web");
    }

    #[test]
    fn an_ecs_params_file_that_is_there_counts_without_being_named() {
        let options = ComposeOptions::default();
        let project = project(&options, "/x", &|name| name == "ecs-params.yml");
        assert_eq!(project.params, Some(Named::by_option("ecs-params.yml")));
        assert_eq!(project.files, [Named::by_option("docker-compose.yml")]);
    }
}
