//! The subcommands of `ecs-cli compose service`.

use super::order::{Start, bare, percents, service};
use super::scene::Scene;
use super::{
    PsOptions, RemoveOptions, ScaleOptions, StartOptions, TaskOptions, UpOptions, WaitOptions,
    balancer, containers, refuse,
};
use crate::aws::TaskOwner;
use crate::commands::release::Report;
use crate::failure::{Exit, Failure};
use crate::model::{
    CountRule, Event, Goal, Outcome, OutcomeKind, Refusal, ServiceName, ServiceState, ServiceWanted,
};
use crate::ports::Ecs as _;
use serde_json::json;

impl Scene<'_> {
    /// `service up` and `service create`
    pub(super) async fn bring(&self, up: &UpOptions, start: Start) -> Result<Report, Failure> {
        refuse::up(up)?;
        let project = self.project(&up.task)?;
        let pinned =
            self.pinned(&project, up.balancer.container_name.clone(), up.resolve.as_deref());
        let pinned = Box::pin(pinned).await?;
        let mut wanted = service(&project.family, up, start, &pinned)?;
        let tags = wanted.tags.clone();
        let cloud = self.connect().await?;
        let state = self.state(&cloud).await?;
        self.before(&wanted, state.as_ref())?;
        if let Some(state) = &state {
            balancer::of_existing(&mut wanted, state)?;
            self.only_for_new(up);
        }
        self.log_groups_of(&up.task, &pinned.translated.task, &cloud).await?;
        let report = self.release(Goal::Service, wanted, &up.wait, &cloud).await?;
        let good = matches!(report.outcome.outcome, OutcomeKind::Succeeded | OutcomeKind::NoChange);
        // A new service has them from its creation.
        if let Some(state) = state.filter(|_| good && !tags.is_empty()) {
            cloud.tag(&state.arn, &tags).await?;
            self.console.reporter.emit(Event::fact("tags", format!("{} added", tags.len())));
        }
        Ok(report)
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
        if wanted.create_extra.contains_key("role") && !has_balancer {
            let message = "--role counts only with a load balancer";
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

    /// What ECS takes only when a service is made.
    fn only_for_new(&self, up: &UpOptions) {
        let given = [
            ("--role", up.balancer.role.is_some()),
            ("--disable-ecs-managed-tags", up.disable_ecs_managed_tags),
            ("--desired-count", up.desired_count.is_some()),
        ];
        for (option, _) in given.into_iter().filter(|(_, given)| *given) {
            let text =
                format!("{option} counts only for a new service; this one keeps what it has");
            self.console.reporter.emit(Event::warning(text));
        }
    }

    /// `service start`: one task where there is none.
    pub(super) async fn start(&self, start: &StartOptions) -> Result<Report, Failure> {
        refuse::start(&start.wait)?;
        let cloud = self.connect().await?;
        let state = self.state(&cloud).await?.ok_or_else(|| self.no_service())?;
        if start.create_log_groups
            && let Some(live) = cloud.task_definition(state.task_definition.as_str()).await?
        {
            self.create_log_groups(&live.described, &cloud).await?;
        }
        let daemon = state.scheduling == "DAEMON";
        if start.wait.force_deployment && (daemon || state.desired > 0) {
            let mut wanted = self.counted(state.desired)?;
            wanted.update_extra.insert("forceNewDeployment".to_owned(), json!(true));
            return self.release(Goal::Service, wanted, &start.wait, &cloud).await;
        }
        if daemon {
            let text = format!("{} is a DAEMON service: it runs", state.name);
            return Ok(Outcome::new(OutcomeKind::NoChange).because(text).into());
        }
        let mut wanted = self.counted(state.desired.max(1))?;
        // ecs-cli changes nothing where tasks are wanted already.
        wanted.force = state.desired == 0;
        if start.wait.force_deployment {
            wanted.update_extra.insert("forceNewDeployment".to_owned(), json!(true));
        }
        self.release(Goal::Scale, wanted, &start.wait, &cloud).await
    }

    /// `service stop`
    pub(super) async fn stop(&self, wait: &WaitOptions) -> Result<Report, Failure> {
        refuse::stop(wait)?;
        let cloud = self.connect().await?;
        self.release(Goal::Scale, self.counted(0)?, wait, &cloud).await
    }

    /// `service scale`
    pub(super) async fn scale(&self, scale: &ScaleOptions) -> Result<Report, Failure> {
        refuse::scale(&scale.wait)?;
        let mut wanted = self.counted(scale.count)?;
        percents(&mut wanted, &scale.wait);
        let cloud = self.connect().await?;
        self.release(Goal::Scale, wanted, &scale.wait, &cloud).await
    }

    /// A service of which a count is wished. ecs-cli sent it although it was so already, and
    /// the network of the params file with it.
    fn counted(&self, count: u32) -> Result<ServiceWanted, Failure> {
        let mut wanted = bare(&self.name(), CountRule::Always(count));
        wanted.force = true;
        let project = self.project(&TaskOptions::default())?;
        let network = project.network(self.bundle, self.caller, self.console)?;
        let member = network.map(|network| ("networkConfiguration".to_owned(), network));
        wanted.update_extra.extend(member);
        Ok(wanted)
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
    pub(super) async fn list(&self, ps: &PsOptions) -> Result<Report, Failure> {
        let aims = containers::aims(ps)?;
        let cloud = self.connect().await?;
        let state = self.state(&cloud).await?.ok_or_else(|| self.no_service())?;
        let mut tasks = Vec::new();
        for aim in aims {
            let owner = TaskOwner::Service(state.name.as_str());
            tasks.extend(cloud.tasks(&self.cluster(), owner, aim).await?);
        }
        self.console.reporter.emit(Event::Output { text: containers::table(&tasks) });
        Ok(Outcome::new(OutcomeKind::Succeeded).into())
    }
}
