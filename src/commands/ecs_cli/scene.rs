//! What every subcommand of `ecs-cli compose` needs: the project, its names, the connection.

use super::{
    ComposeOptions, TaskOptions, WaitOptions, log_groups, project, refuse, registry_creds,
};
use crate::aws::{self, AwsCloud};
use crate::commands::deploy;
use crate::commands::release::{
    ChangeArgs, Chosen, ImageArgs, Pinned, Pinning, Project, Report, Resolve, carry_out, deadline,
    pin,
};
use crate::commands::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{
    AfterFull, CancelPolicy, ClusterName, Course, Event, Goal, ImageRule, OlderRule, Refusal,
    ServiceName, ServiceState, ServiceWanted, TaskDefinitionSpec, Wanted,
};
use crate::ports::Ecs as _;
use serde_json::{Map, Value};

/// The cluster that ECS means when nobody names one.
const DEFAULT_CLUSTER: &str = "default";

/// One call of `ecs-cli compose`.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) options: &'a ComposeOptions,
    pub(super) bundle: &'a Bundle,
    pub(super) caller: &'a Caller,
    pub(super) console: Console<'a>,
}

impl Scene<'_> {
    /// The project with what the options say of its task definition.
    pub(super) fn project(&self, task: &TaskOptions) -> Result<Project, Failure> {
        let exists = |name: &str| self.bundle.is_present(name);
        let mut project = project::project(self.options, self.bundle.directory(), &exists);
        project.launch_type = refuse::launch_type(task)?;
        if let Some(creds) = registry_creds::file(self.options, self.bundle) {
            let text = self.bundle.text(&creds, "`ecs-cli registry-creds up` writes it.")?;
            let creds = registry_creds::read(&creds, &text)
                .map_err(|findings| Failure::findings(Exit::File, findings))?;
            project.registry_credentials = creds.secrets;
            project.execution_role = creds.execution_role;
        }
        Ok(project)
    }

    pub(super) fn name(&self) -> String {
        project::name(self.options, self.bundle.directory())
    }

    pub(super) fn cluster(&self) -> ClusterName {
        let given = self.options.cluster.as_deref().filter(|cluster| !cluster.is_empty());
        ClusterName::new(given.unwrap_or(DEFAULT_CLUSTER))
    }

    /// The translated project with its images pinned, unless `--resolve off` says no.
    pub(super) async fn pinned(
        &self,
        project: &Project,
        container: Option<String>,
        resolve: Option<&str>,
    ) -> Result<Pinned, Failure> {
        let chosen = Chosen {
            image: None,
            written: None,
            by: "the compose file".to_owned(),
            rule: ImageRule::AsGiven,
        };
        let resolve = match resolve {
            Some("off") => Resolve::Off,
            Some("on") => Resolve::On,
            Some(other) => {
                let message = format!("--resolve {other}: on or off is wanted");
                return Err(Failure::new(Exit::Usage, message));
            }
            None => deploy::resolve(&ImageArgs::default(), self.caller)?,
        };
        let container = container.map(|name| (name, None));
        let pinning = Pinning { project, container, chosen: &chosen, resolve };
        pin(&pinning, None, self.bundle, self.caller, self.console).await
    }

    pub(super) async fn connect(&self) -> Result<AwsCloud, Failure> {
        Ok(aws::connect(&self.caller.aws(self.region(), None)?).await?)
    }

    /// `--region`, where it says something.
    pub(super) fn region(&self) -> Option<String> {
        self.options.region.clone().filter(|region| !region.is_empty())
    }

    pub(super) async fn state(&self, cloud: &AwsCloud) -> Result<Option<ServiceState>, Failure> {
        let name = ServiceName::new(self.name());
        let seen = cloud.services(&self.cluster(), std::slice::from_ref(&name)).await?;
        Ok(seen.value.into_iter().next().flatten())
    }

    pub(super) fn no_service(&self) -> Failure {
        let message = format!("service {} does not exist in {}", self.name(), self.cluster());
        Failure::refused(Refusal::Preflight, message).hint("`ecs-cli compose service up` makes it")
    }

    /// Makes the log groups that the containers name, where they are not there.
    pub(super) async fn create_log_groups(
        &self,
        task: &Map<String, Value>,
        cloud: &AwsCloud,
    ) -> Result<(), Failure> {
        for group in log_groups::named(task)? {
            let made = cloud.create_log_group(&group).await?;
            let said = if made { "is made" } else { "is there" };
            self.console.reporter.emit(Event::fact("log", format!("group {} {said}", group.name)));
        }
        Ok(())
    }

    /// The same for a task definition that is about to be registered.
    pub(super) async fn log_groups_of(
        &self,
        task: &TaskOptions,
        spec: &TaskDefinitionSpec,
        cloud: &AwsCloud,
    ) -> Result<(), Failure> {
        if task.create_log_groups {
            self.create_log_groups(spec.body(), cloud).await?;
        }
        Ok(())
    }

    pub(super) async fn release(
        &self,
        goal: Goal,
        service: ServiceWanted,
        wait: &WaitOptions,
        cloud: &AwsCloud,
    ) -> Result<Report, Failure> {
        let change = ChangeArgs { deadline: self.minutes(wait)?, dry_run: false };
        let wanted = Wanted {
            goal,
            cluster: self.cluster(),
            full: Some(service),
            canary: None,
            identity: self.caller.identity.clone(),
            after_full: AfterFull::default(),
            course: Course::default(),
            on_cancel: CancelPolicy::default(),
            older: OlderRule::Warn,
            deadline: deadline(&change, None, self.caller)?.value,
        };
        carry_out(&wanted, &change, cloud, self.caller, self.console).await
    }

    /// `--timeout`, in minutes with decimals, as a duration. 0 means not to wait, and nobody
    /// would know how the release ended: it is waited for, and said.
    fn minutes(&self, wait: &WaitOptions) -> Result<Option<String>, Failure> {
        let Some(text) = &wait.timeout else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(0.0) => {
                self.console.reporter.emit(Event::warning(
                    "--timeout 0: a release is waited for all the same, to say how it ended",
                ));
                Ok(None)
            }
            Ok(minutes) if minutes.is_finite() && minutes > 0.0 => {
                Ok(Some(format!("{}s", (minutes * 60.0).ceil())))
            }
            _ => {
                let message = format!("--timeout \"{text}\": a number of minutes is wanted");
                Err(Failure::new(Exit::Usage, message))
            }
        }
    }
}
