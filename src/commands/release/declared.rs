//! The release file with what flags and variables say over it.

use super::args::{PlaceArgs, RELEASE_FILE};
use super::said::{Said, flag_or_variable};
use super::{Project, gather_project};
use crate::commands::materials::Gathering;
use crate::commands::{Bundle, Caller};
use crate::config::{self, Mode, ReleaseFile, ReleaseService};
use crate::failure::{Exit, Failure};
use crate::model::{ClusterName, Finding};
use std::collections::BTreeMap;

/// Names the release file.
const FILE_VARIABLE: &str = "ECS_CANARY_FILE";
/// Names the cluster.
const CLUSTER_VARIABLE: &str = "ECS_CANARY_CLUSTER";

/// What a repository declares, for one call.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Declared {
    /// The file.
    pub(in crate::commands) file: ReleaseFile,
    /// Its name.
    pub(in crate::commands) name: Said<String>,
    /// The cluster.
    pub(in crate::commands) cluster: Said<ClusterName>,
    /// The region, where somebody said one.
    pub(in crate::commands) region: Option<Said<String>>,
}

impl Declared {
    /// Reads the release file.
    ///
    /// # Errors
    /// It is missing or wrong, or nobody names a cluster.
    pub(in crate::commands) fn read(
        args: &PlaceArgs,
        bundle: &Bundle,
        caller: &Caller,
    ) -> Result<Self, Failure> {
        let name = file_name(args, &caller.variables);
        let text = bundle.text(
            &name.value,
            "Write a release file (README.md has one), or name it with --file.",
        )?;
        let file = config::release(&name.value, &text, &|name| caller.lookup(name))
            .map_err(|findings| Failure::findings(Exit::File, findings))?;
        let variable = (CLUSTER_VARIABLE, caller.variable(CLUSTER_VARIABLE));
        let given = flag_or_variable(("--cluster", args.cluster.as_deref()), variable);
        let cluster = match (given, &file.cluster) {
            (Some(given), _) => given.map(ClusterName::new),
            (None, Some(written)) => Said::at(written),
            (None, None) => {
                let Err(finding) = file.cluster_or(None) else {
                    return Err(Failure::new(Exit::Internal, "a cluster came from nowhere"));
                };
                return Err(Failure::findings(Exit::File, vec![finding]));
            }
        };
        let region = args.region.clone().map(|region| Said::new(region, "--region"));
        let region = region.or_else(|| file.region.as_ref().map(Said::at));
        Ok(Self { file, name, cluster, region })
    }

    /// The files of the compose project, by the names that they have in `bundle`.
    pub(in crate::commands) fn project(&self) -> Project {
        Project::of_release(&self.name.value, &self.file)
    }

    /// True when ECS's own strategies release: there is no canary service then.
    pub(in crate::commands) fn is_native(&self) -> bool {
        self.file.mode.as_ref().is_some_and(|mode| mode.value == Mode::Native)
    }

    /// The service that holds a canary: the canary service, or the only one of mode native.
    ///
    /// # Errors
    /// The file has none.
    pub(in crate::commands) fn tried_out(&self) -> Result<&ReleaseService, Finding> {
        if self.is_native() { self.file.full() } else { self.file.canary() }
    }

    /// A finding about the release file as a whole.
    pub(in crate::commands) fn fault(&self, finding: Finding) -> Failure {
        Failure::findings(Exit::File, vec![finding.located(&self.file.at)])
    }
}

fn file_name(args: &PlaceArgs, variables: &BTreeMap<String, String>) -> Said<String> {
    let variable = (FILE_VARIABLE, variables.get(FILE_VARIABLE).map(String::as_str));
    flag_or_variable(("--file", args.file.as_deref()), variable)
        .unwrap_or_else(|| Said::new(RELEASE_FILE.to_owned(), "default"))
}

/// Takes the release file, what it names, and the job's image record along.
pub(in crate::commands) fn gather(gathering: &mut Gathering<'_>, place: &PlaceArgs) {
    drop(gathering.text(super::image::IMAGE_RECORD));
    let name = file_name(place, gathering.variables);
    let Some(text) = gathering.text(&name.value) else { return };
    let variables = gathering.variables;
    let lookup = |name: &str| variables.get(name).cloned();
    // A wrong file is told by the command, which reads it again.
    if let Ok(file) = config::release(&name.value, &text, &lookup) {
        gather_project(gathering, &Project::of_release(&name.value, &file));
    }
}
