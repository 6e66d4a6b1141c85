//! The subcommands of `ecs-cli compose`.

use super::order::{Start, bare, service};
use super::{ComposeOptions, RemoveOptions, TaskOptions, UpOptions, WaitOptions, project, refuse};
use crate::aws::{self, AwsCloud};
use crate::commands::deploy;
use crate::commands::release::ImageArgs;
use crate::commands::release::{
    ChangeArgs, Chosen, Pinned, Pinning, Project, Report, Resolve, carry_out, deadline, pin,
};
use crate::commands::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{
    AfterFull, ClusterName, CountRule, Course, Event, Goal, ImageRule, OlderRule, OnCancel,
    Outcome, OutcomeKind, Refusal, ServiceName, ServiceState, ServiceStatus, ServiceWanted, Wanted,
};
use crate::ports::Ecs as _;
use crate::taskdef;

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
    /// `service up` and `service create`
    pub(super) async fn bring(&self, up: &UpOptions, start: Start) -> Result<Report, Failure> {
        refuse::up(up)?;
        let project = Project {
            launch_type: up.task.launch_type.as_ref().map(|kind| kind.to_uppercase()),
            ..self.project()
        };
        let pinned =
            self.pinned(&project, up.balancer.container_name.clone(), up.resolve.as_deref());
        let pinned = Box::pin(pinned).await?;
        let wanted = service(&project.family, up, start, &pinned)?;
        let cloud = self.connect().await?;
        let state = self.state(&cloud).await?;
        self.before(&wanted, state.as_ref())?;
        self.release(Goal::Service, wanted, &up.wait, &cloud).await
    }

    /// What AWS would refuse only after a revision was registered, and a word on the count.
    fn before(&self, wanted: &ServiceWanted, state: Option<&ServiceState>) -> Result<(), Failure> {
        let has_balancer = wanted.load_balancer.is_some()
            || wanted.create_extra.contains_key("loadBalancers")
            || state.is_some_and(|state| !state.load_balancers.is_empty());
        if wanted.health_grace_seconds.is_some() && !has_balancer {
            let message = "--health-check-grace-period counts only with a load balancer";
            return Err(Failure::refused(Refusal::Preflight, message)
                .hint("add --target-group-arn, --container-name and --container-port"));
        }
        if state.is_none() && wanted.count == CountRule::EcsCli {
            self.console.reporter.emit(Event::line(
                "a new service gets one task, as by ecs-cli; --desired-count says another number",
            ));
        }
        Ok(())
    }

    /// `compose create`
    pub(super) async fn register(&self, task: &TaskOptions) -> Result<Report, Failure> {
        refuse::task(task)?;
        let project = Project {
            launch_type: task.launch_type.as_ref().map(|kind| kind.to_uppercase()),
            ..self.project()
        };
        let pinned = Box::pin(self.pinned(&project, None, None)).await?;
        let spec = &pinned.translated.task;
        let cloud = self.connect().await?;
        let (kind, revision) = match cloud.task_definition(spec.family()).await? {
            Some(live) if taskdef::changes(&live, spec).is_empty() => (OutcomeKind::NoChange, live),
            _ => {
                let tags = self.caller.identity.tags();
                (OutcomeKind::Succeeded, cloud.register(spec, &tags).await?)
            }
        };
        let name = revision.arn.short().to_owned();
        self.console.reporter.emit(Event::Output { text: format!("TaskDefinition={name}") });
        Ok(Outcome { revision: Some(name), ..Outcome::new(kind) }.into())
    }

    /// `service start`: one task where there is none.
    pub(super) async fn start(&self, wait: &WaitOptions) -> Result<Report, Failure> {
        let cloud = self.connect().await?;
        let state = self.state(&cloud).await?.ok_or_else(|| self.no_service())?;
        refuse::count(wait)?;
        self.count(state.desired.max(1), wait, &cloud).await
    }

    /// `service stop` and `service scale`
    pub(super) async fn scale(&self, count: u32, wait: &WaitOptions) -> Result<Report, Failure> {
        refuse::count(wait)?;
        let cloud = self.connect().await?;
        self.count(count, wait, &cloud).await
    }

    async fn count(
        &self,
        count: u32,
        wait: &WaitOptions,
        cloud: &AwsCloud,
    ) -> Result<Report, Failure> {
        let wanted = bare(&self.name(), CountRule::Always(count));
        self.release(Goal::Scale, wanted, wait, cloud).await
    }

    /// `service rm`
    pub(super) async fn remove(&self, remove: &RemoveOptions) -> Result<Report, Failure> {
        if remove.delete_namespace {
            return Err(Failure::new(
                Exit::Usage,
                "--delete-namespace is not carried out by ecs-canary",
            )
            .hint("remove the Cloud Map namespace with your infrastructure code"));
        }
        let cloud = self.connect().await?;
        let name = ServiceName::new(self.name());
        let Some(state) = self.state(&cloud).await? else {
            let text = format!("service {name} does not exist");
            return Ok(Outcome::new(OutcomeKind::NoChange).because(text).into());
        };
        cloud.delete_service(&self.cluster(), &state.name).await?;
        self.console.reporter.emit(Event::fact("service", format!("{name} is deleted")));
        Ok(Outcome { service: Some(name), ..Outcome::new(OutcomeKind::Succeeded) }.into())
    }

    /// `service ps`
    pub(super) async fn list(&self) -> Result<Report, Failure> {
        let cloud = self.connect().await?;
        let state = self.state(&cloud).await?.ok_or_else(|| self.no_service())?;
        let running = cloud.task_definition(state.task_definition.as_str()).await?;
        let container = running.as_ref().and_then(|live| {
            live.containers().find_map(|one| one.get("image")?.as_str().map(str::to_owned))
        });
        let status = ServiceStatus {
            side: "service".to_owned(),
            service: state.name.to_string(),
            status: state.status.clone(),
            revision: Some(state.task_definition.short().to_owned()),
            image: container,
            desired: state.desired,
            running: state.running,
            pending: state.pending,
            ..ServiceStatus::default()
        };
        self.console.reporter.emit(Event::Services { services: vec![status] });
        Ok(Outcome::new(OutcomeKind::Succeeded).into())
    }

    fn project(&self) -> Project {
        let exists = |name: &str| self.bundle.is_present(name);
        project::project(self.options, self.bundle.directory(), &exists)
    }

    fn name(&self) -> String {
        project::name(self.options, self.bundle.directory())
    }

    fn cluster(&self) -> ClusterName {
        let given = self.options.cluster.as_deref().filter(|cluster| !cluster.is_empty());
        ClusterName::new(given.unwrap_or(DEFAULT_CLUSTER))
    }

    async fn pinned(
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

    async fn connect(&self) -> Result<AwsCloud, Failure> {
        let region = self.options.region.clone().filter(|region| !region.is_empty());
        Ok(aws::connect(&self.caller.aws(region, None)?).await?)
    }

    async fn state(&self, cloud: &AwsCloud) -> Result<Option<ServiceState>, Failure> {
        let name = ServiceName::new(self.name());
        let seen = cloud.services(&self.cluster(), std::slice::from_ref(&name)).await?;
        Ok(seen.value.into_iter().next().flatten())
    }

    fn no_service(&self) -> Failure {
        let message = format!("service {} does not exist in {}", self.name(), self.cluster());
        Failure::refused(Refusal::Preflight, message).hint("`ecs-cli compose service up` makes it")
    }

    async fn release(
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
            on_cancel: OnCancel::default(),
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
