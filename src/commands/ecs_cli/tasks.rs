//! `ecs-cli compose create`, `up`, `start`, `run`, `scale`, `stop` and `ps`: tasks that belong to
//! no service.

use super::project_tasks::{ProjectTasks, arns, group, in_words};
use super::run_request::{RunOrder, commands};
use super::scene::Scene;
use super::task_note::{self, Number, TaskAct};
use super::task_token::Mark;
use super::task_wait::{Told, settled};
use super::{ManagedTags, PsOptions, TaskOptions, TaskRunOptions, TaskScaleOptions, TaskUpOptions};
use super::{STARTED_BY, order, started_by};
use super::{containers, refuse};
use crate::aws::AwsCloud;
use crate::commands::release::{Pinned, Report};
use crate::failure::{Exit, Failure};
use crate::model::{Event, LiveTaskDefinition, Outcome, OutcomeKind, TaskState};
use crate::ports::Ecs as _;
use crate::taskdef;
use serde_json::Map;
use std::collections::BTreeMap;

/// A project of tasks whose files are read.
struct Ready {
    pinned: Pinned,
    cloud: AwsCloud,
    launch_type: Option<String>,
}

impl Scene<'_> {
    /// `compose create`
    pub(super) async fn register(&self, task: &TaskOptions) -> Result<Report, Failure> {
        let mut project = self.project(task)?;
        project.starts_tasks = false;
        let pinned = Box::pin(self.pinned(&project, None, None)).await?;
        let cloud = self.connect().await?;
        self.log_groups_of(task, &pinned.translated.task, &cloud).await?;
        let ready = Ready { pinned, cloud, launch_type: None };
        let (kind, revision) = self.revision(&ready, task).await?;
        let name = revision.arn.short().to_owned();
        self.console.reporter.emit(Event::Output { text: format!("TaskDefinition={name}") });
        Ok(Outcome { revision: Some(name), ..Outcome::new(kind) }.into())
    }

    /// `compose up` and `compose start`; a start leaves what runs alone where nothing changed.
    pub(super) async fn run_up(&self, up: &TaskUpOptions) -> Result<Report, Failure> {
        let ready = Box::pin(self.ready(&up.task)).await?;
        let running = self.tasks(&ready.cloud).running().await?;
        self.log_groups_of(&up.task, &ready.pinned.translated.task, &ready.cloud).await?;
        let (_, revision) = self.revision(&ready, &up.task).await?;
        let order = self.order(&ready, up.task.tags.as_deref(), up.managed)?;
        // A killed command may have replaced some of them.
        let is_old = |task: &&TaskState| up.force_update || task.task_definition != revision.arn;
        let replaced: Vec<String> =
            running.iter().filter(is_old).map(|task| task.arn.clone()).collect();
        if !running.is_empty() && replaced.is_empty() {
            return self.stand(&ready.cloud, (&running, revision.arn.short())).await;
        }
        let request = order.request(revision.arn.short());
        let number = Number { count: running.len().max(1), replaced, request };
        self.brought(&ready.cloud, number, &running).await
    }

    /// `compose run`
    pub(super) async fn run_once(&self, run: &TaskRunOptions) -> Result<Report, Failure> {
        let task = TaskOptions { tags: run.tags.clone(), ..TaskOptions::default() };
        let ready = Box::pin(self.ready(&task)).await?;
        let commands = commands(&run.commands, &ready.pinned.translated.task)?;
        let (_, revision) = self.revision(&ready, &task).await?;
        let order = self.order(&ready, run.tags.as_deref(), run.managed)?;
        let order = RunOrder { commands, ..order };
        self.tell_of_earlier(&ready.cloud).await;
        let request = order.request(revision.arn.short());
        let mark = self.begin(TaskAct::Run);
        let started = self.tasks(&ready.cloud).start(&request, (0, 1), &mark).await?;
        settled(self, &ready.cloud, (Told::Run, started)).await
    }

    /// `compose scale`
    pub(super) async fn scale_tasks(&self, scale: &TaskScaleOptions) -> Result<Report, Failure> {
        let task = TaskOptions {
            tags: scale.tags.clone(),
            launch_type: scale.launch_type.clone(),
            ..TaskOptions::default()
        };
        let ready = Box::pin(self.ready(&task)).await?;
        let running = self.tasks(&ready.cloud).running().await?;
        let wanted = usize::try_from(scale.count).unwrap_or(usize::MAX);
        // Those that run tell the revision, as with ecs-cli; the file only where none runs.
        let revision = match running.first() {
            Some(task) => task.task_definition.clone(),
            None if wanted == 0 => return Ok(none_runs(&self.name())),
            None => self.revision(&ready, &task).await?.1.arn,
        };
        if running.len() == wanted {
            return self.stand(&ready.cloud, (&running, revision.short())).await;
        }
        let order = self.order(&ready, scale.tags.as_deref(), scale.managed)?;
        let more = running.len().saturating_sub(wanted);
        let request = order.request(revision.short());
        let number = Number { count: wanted, replaced: arns(&running[..more]), request };
        self.brought(&ready.cloud, number, &running).await
    }

    /// `compose stop`
    pub(super) async fn stop_tasks(&self) -> Result<Report, Failure> {
        let cloud = self.connect().await?;
        let running = self.tasks(&cloud).running().await?;
        if running.is_empty() {
            return Ok(none_runs(&self.name()));
        }
        let number = Number { count: 0, replaced: arns(&running), request: Map::new() };
        self.brought(&cloud, number, &running).await
    }

    /// `compose ps`
    pub(super) async fn list_tasks(&self, ps: &PsOptions) -> Result<Report, Failure> {
        let cloud = self.connect().await?;
        let mut all = Vec::new();
        for aim in containers::aims(ps)? {
            all.extend(self.tasks(&cloud).own(aim).await?);
        }
        self.console.reporter.emit(Event::Output { text: containers::table(&all) });
        Ok(Outcome::new(OutcomeKind::Succeeded).into())
    }

    /// As many as wanted are there, of the wanted revision: they may be on their way yet.
    async fn stand(
        &self,
        cloud: &AwsCloud,
        (tasks, revision): (&[TaskState], &str),
    ) -> Result<Report, Failure> {
        let count = in_words(tasks.len());
        if tasks.iter().all(TaskState::is_settled) {
            let text = format!("{count} of {revision} running already");
            return Ok(Outcome::new(OutcomeKind::NoChange).because(text).into());
        }
        let text = format!("{count} of {revision} started earlier: waits for what is on its way");
        self.console.reporter.emit(Event::fact("tasks", text));
        settled(self, cloud, (Told::Run, arns(tasks))).await
    }

    /// Brings the tasks to their number and waits for those that were told something.
    async fn brought(
        &self,
        cloud: &AwsCloud,
        number: Number,
        running: &[TaskState],
    ) -> Result<Report, Failure> {
        let mark = self.begin(TaskAct::Bring(number.clone()));
        let started = self.tasks(cloud).bring(&number, running, &mark).await?;
        let waits_for = match started.is_empty() {
            true => (Told::Stop, number.replaced),
            false => (Told::Run, started),
        };
        settled(self, cloud, waits_for).await
    }

    fn begin(&self, act: TaskAct) -> Mark {
        let region = self.region();
        task_note::begin(act, (&self.cluster(), &self.name(), region), self.caller, self.console)
    }

    /// A task of a job that was killed goes on, and nobody hears of its end.
    async fn tell_of_earlier(&self, cloud: &AwsCloud) {
        let own = self.caller.identity.job.map(started_by);
        let text = match self.tasks(cloud).running().await {
            Ok(running) => {
                let other = |task: &&TaskState| Some(&task.started_by) != own.as_ref();
                let Some((task, job)) = running
                    .iter()
                    .filter(other)
                    .find_map(|task| Some((task, task.started_by.strip_prefix(STARTED_BY)?)))
                else {
                    return;
                };
                format!(
                    "task {} of {}, started by job {job}, goes on: this is one more beside it",
                    task.id(),
                    task.task_definition.short()
                )
            }
            Err(_) => format!(
                "whether a task of {} runs already could not be looked at: this is one more",
                self.name()
            ),
        };
        self.console.reporter.emit(Event::warning(text));
    }

    fn tasks<'a>(&'a self, cloud: &'a AwsCloud) -> ProjectTasks<'a> {
        let (cluster, name) = (self.cluster(), self.name());
        ProjectTasks { cloud, cluster, name, reporter: self.console.reporter }
    }

    async fn ready(&self, task: &TaskOptions) -> Result<Ready, Failure> {
        let project = self.project(task)?;
        let pinned = Box::pin(self.pinned(&project, None, None)).await?;
        let launch_type = refuse::launch_type(task)?;
        let extra = &pinned.translated.create_extra;
        if launch_type.is_some() && extra.contains_key("capacityProviderStrategy") {
            let message = "--launch-type and capacity_provider_strategy exclude each other";
            return Err(Failure::new(Exit::Usage, message));
        }
        Ok(Ready { pinned, cloud: self.connect().await?, launch_type })
    }

    /// The revision of the file: the newest one where it is the same, else a new one.
    async fn revision(
        &self,
        ready: &Ready,
        task: &TaskOptions,
    ) -> Result<(OutcomeKind, LiveTaskDefinition), Failure> {
        let spec = &ready.pinned.translated.task;
        match ready.cloud.task_definition(spec.family()).await? {
            Some(live) if taskdef::changes(&live, spec).is_empty() => {
                Ok((OutcomeKind::NoChange, live))
            }
            _ => {
                let tags = task.tags.as_deref().map(order::tags).transpose()?.unwrap_or_default();
                let mut tags: BTreeMap<String, String> = tags.into_iter().collect();
                tags.extend(self.caller.identity.tags());
                Ok((OutcomeKind::Succeeded, ready.cloud.register(spec, &tags).await?))
            }
        }
    }

    fn order<'a>(
        &'a self,
        ready: &Ready,
        tags: Option<&str>,
        managed: ManagedTags,
    ) -> Result<RunOrder<'a>, Failure> {
        Ok(RunOrder {
            cluster: self.options.cluster.as_deref().unwrap_or("default"),
            group: group(&self.name()),
            started_by: self.caller.identity.job.map(started_by),
            launch_type: ready.launch_type.clone(),
            extra: ready.pinned.translated.create_extra.clone(),
            tags: tags.map(order::tags).transpose()?.unwrap_or_default(),
            managed_tags: !managed.disable_ecs_managed_tags,
            commands: BTreeMap::new(),
        })
    }
}

fn none_runs(name: &str) -> Report {
    let text = format!("no task of {name} runs");
    Outcome::new(OutcomeKind::NoChange).because(text).into()
}
