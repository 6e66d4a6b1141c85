//! `ecs-cli compose create`, `up`, `start`, `run`, `scale`, `stop` and `ps`: tasks that belong to
//! no service. They know each other by their group.

use super::order;
use super::run_request::{RunOrder, TASKS_A_CALL, commands};
use super::scene::Scene;
use super::task_wait::settled;
use super::{ManagedTags, PsOptions, TaskOptions, TaskRunOptions, TaskScaleOptions, TaskUpOptions};
use super::{containers, refuse};
use crate::aws::{AwsCloud, TaskAim, TaskOwner};
use crate::commands::release::{Pinned, Report};
use crate::failure::{Exit, Failure};
use crate::model::{Event, LiveTaskDefinition, Outcome, OutcomeKind, TaskDefArn, TaskState};
use crate::ports::Ecs as _;
use crate::taskdef;
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
        let running = self.running(&ready.cloud).await?;
        self.log_groups_of(&up.task, &ready.pinned.translated.task, &ready.cloud).await?;
        let (_, revision) = self.revision(&ready, &up.task).await?;
        let order = self.order(&ready, up.task.tags.as_deref(), up.managed)?;
        if running.is_empty() {
            let started = self.run_tasks(&ready.cloud, &order, &revision.arn, 1).await?;
            return settled(self, &ready.cloud, started).await;
        }
        let same = running.iter().all(|task| task.task_definition == revision.arn);
        if same && !up.force_update {
            let count = tasks_in_words(running.len());
            let text = format!("{count} of {} running already", revision.arn.short());
            return Ok(Outcome::new(OutcomeKind::NoChange).because(text).into());
        }
        let mut all = Vec::new();
        for part in running.chunks(TASKS_A_CALL) {
            self.stop_all(&ready.cloud, part).await?;
            all.extend(self.run_tasks(&ready.cloud, &order, &revision.arn, part.len()).await?);
        }
        settled(self, &ready.cloud, all).await
    }

    /// `compose run`
    pub(super) async fn run_once(&self, run: &TaskRunOptions) -> Result<Report, Failure> {
        let task = TaskOptions { tags: run.tags.clone(), ..TaskOptions::default() };
        let ready = Box::pin(self.ready(&task)).await?;
        let commands = commands(&run.commands, &ready.pinned.translated.task)?;
        let (_, revision) = self.revision(&ready, &task).await?;
        let order = self.order(&ready, run.tags.as_deref(), run.managed)?;
        let order = RunOrder { commands, ..order };
        let started = self.run_tasks(&ready.cloud, &order, &revision.arn, 1).await?;
        settled(self, &ready.cloud, started).await
    }

    /// `compose scale`
    pub(super) async fn scale_tasks(&self, scale: &TaskScaleOptions) -> Result<Report, Failure> {
        let task = TaskOptions {
            tags: scale.tags.clone(),
            launch_type: scale.launch_type.clone(),
            ..TaskOptions::default()
        };
        let ready = Box::pin(self.ready(&task)).await?;
        let running = self.running(&ready.cloud).await?;
        let wanted = usize::try_from(scale.count).unwrap_or(usize::MAX);
        if let Some(more) = running.len().checked_sub(wanted) {
            if more == 0 {
                let text = format!("{} running already", tasks_in_words(wanted));
                return Ok(Outcome::new(OutcomeKind::NoChange).because(text).into());
            }
            self.stop_all(&ready.cloud, &running[..more]).await?;
            return settled(self, &ready.cloud, arns(&running[..more])).await;
        }
        // Those that run tell the revision, as with ecs-cli; the file only where none runs.
        let revision = match running.first() {
            Some(task) => task.task_definition.clone(),
            None => self.revision(&ready, &task).await?.1.arn,
        };
        let order = self.order(&ready, scale.tags.as_deref(), scale.managed)?;
        let more = wanted - running.len();
        let started = self.run_tasks(&ready.cloud, &order, &revision, more).await?;
        settled(self, &ready.cloud, started).await
    }

    /// `compose stop`
    pub(super) async fn stop_tasks(&self) -> Result<Report, Failure> {
        let cloud = self.connect().await?;
        let running = self.running(&cloud).await?;
        if running.is_empty() {
            let text = format!("no task of {} runs", self.name());
            return Ok(Outcome::new(OutcomeKind::NoChange).because(text).into());
        }
        self.stop_all(&cloud, &running).await?;
        settled(self, &cloud, arns(&running)).await
    }

    /// `compose ps`
    pub(super) async fn list_tasks(&self, ps: &PsOptions) -> Result<Report, Failure> {
        let cloud = self.connect().await?;
        let mut tasks = Vec::new();
        for aim in containers::aims(ps)? {
            tasks.extend(self.own(&cloud, aim).await?);
        }
        self.console.reporter.emit(Event::Output { text: containers::table(&tasks) });
        Ok(Outcome::new(OutcomeKind::Succeeded).into())
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
            group: self.group(),
            launch_type: ready.launch_type.clone(),
            extra: ready.pinned.translated.create_extra.clone(),
            tags: tags.map(order::tags).transpose()?.unwrap_or_default(),
            managed_tags: !managed.disable_ecs_managed_tags,
            commands: BTreeMap::new(),
        })
    }

    /// ecs-cli's group of a project's tasks.
    fn group(&self) -> String {
        format!("task:{}", self.name())
    }

    async fn running(&self, cloud: &AwsCloud) -> Result<Vec<TaskState>, Failure> {
        self.own(cloud, TaskAim::Running).await
    }

    /// The project's tasks among those of its family: a service has the same family.
    async fn own(&self, cloud: &AwsCloud, aim: TaskAim) -> Result<Vec<TaskState>, Failure> {
        let name = self.name();
        let group = self.group();
        let tasks = cloud.tasks(&self.cluster(), TaskOwner::Family(&name), aim).await?;
        let is_own = |task: &TaskState| task.group == group || task.started_by == name;
        Ok(tasks.into_iter().filter(is_own).collect())
    }

    async fn run_tasks(
        &self,
        cloud: &AwsCloud,
        order: &RunOrder<'_>,
        revision: &TaskDefArn,
        count: usize,
    ) -> Result<Vec<String>, Failure> {
        let mut started = Vec::new();
        let mut reasons = Vec::new();
        for request in order.requests(revision.short(), count) {
            let (tasks, failures) = cloud.run_tasks(&request).await?;
            started.extend(arns(&tasks));
            reasons.extend(failures);
        }
        let text = format!("{} started of {}", tasks_in_words(started.len()), revision.short());
        self.console.reporter.emit(Event::fact("tasks", text));
        reasons.dedup();
        match reasons.as_slice() {
            [] => Ok(started),
            some => {
                let text =
                    format!("{} of {count} tasks started: {}", started.len(), some.join("; "));
                Err(Failure::new(Exit::NotRolledBack, text)
                    .hint("the cluster has no room, or no instance fits"))
            }
        }
    }

    async fn stop_all(&self, cloud: &AwsCloud, tasks: &[TaskState]) -> Result<(), Failure> {
        for task in tasks {
            cloud.stop_task(&self.cluster(), &task.arn).await?;
        }
        let text = format!("{} told to stop", tasks_in_words(tasks.len()));
        self.console.reporter.emit(Event::fact("tasks", text));
        Ok(())
    }
}

fn tasks_in_words(count: usize) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

fn arns(tasks: &[TaskState]) -> Vec<String> {
    tasks.iter().map(|task| task.arn.clone()).collect()
}
