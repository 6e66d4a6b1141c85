//! Which files belong to a project: default names, and those that a compose file names.

use super::input::{ComposeInput, Dialect};
use super::load::load;
use super::scope::Scope;
use crate::model::{Finding, Located, has_errors};

/// A file that a compose file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededFile {
    /// Its path: relative to where the names in `ComposeInput::files` start, or absolute.
    pub path: Located<String>,
    /// False where the file may be missing (`required: false`).
    pub required: bool,
}

/// The compose files that count when none is named: the first of the known names and its
/// override file. `exists` says whether a file of that name is there. Empty = there is none.
pub fn default_files(dialect: Dialect, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let names: &[&str] = match dialect {
        Dialect::Native => {
            &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]
        }
        Dialect::EcsCli => &["docker-compose.yml"],
    };
    let Some(first) = names.iter().find(|name| exists(name)) else { return Vec::new() };
    let stem = first.trim_end_matches(".yaml").trim_end_matches(".yml");
    let overrides = [format!("{stem}.override.yml"), format!("{stem}.override.yaml")];
    let mut files = vec![(*first).to_owned()];
    files.extend(overrides.into_iter().find(|name| exists(name)));
    files
}

/// The files that the compose files name and that `input.others` does not have yet: read them,
/// add them, and ask again until the answer is empty (an extended file may name more).
///
/// # Errors
/// A compose file is wrong in a way that hides what it names.
pub fn needed_files(input: &ComposeInput<'_>) -> Result<Vec<NeededFile>, Vec<Finding>> {
    let mut scope = Scope::new(input);
    match load(&mut scope) {
        Some(project) => Ok(project.needed),
        None if has_errors(&scope.findings) => Err(scope.findings),
        None => Ok(Vec::new()),
    }
}

/// `path` seen from the directory of `beside`.
pub(super) fn beside(beside: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match beside.rsplit_once('/') {
        Some((directory, _)) if !path.starts_with('/') => format!("{directory}/{path}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_file_goes_with_its_compose_file() {
        let there = ["docker-compose.yml", "docker-compose.override.yml"];
        let exists = |name: &str| there.contains(&name);
        assert_eq!(default_files(Dialect::Native, &exists), there);
        assert!(default_files(Dialect::Native, &|_| false).is_empty());
        assert_eq!(default_files(Dialect::EcsCli, &|name| name == "compose.yaml"), [""; 0]);
    }

    #[test]
    fn paths_start_at_the_compose_file() {
        assert_eq!(beside("deploy/compose.yml", "./a.env"), "deploy/a.env");
        assert_eq!(beside("compose.yml", "a.env"), "a.env");
        assert_eq!(beside("deploy/compose.yml", "/etc/a.env"), "/etc/a.env");
    }
}
