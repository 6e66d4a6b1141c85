//! Looking: one `Observed` from many reads. Revisions never change but for their tags, so each
//! is read once.

use super::blame;
use super::scaling::ScalingEyes;
use crate::model::{
    CallError, CallErrorKind, Goal, Knowledge, ListenerRule, LiveTaskDefinition, Observed,
    ObservedService, ReleaseIdentity, RollbackTo, ServiceDeployment, ServiceName, ServiceState,
    ServiceWanted, TargetGroupArn, TargetHealth, TaskDefArn, Timestamp, Traffic, Wanted,
};
use crate::plan;
use crate::ports::{Clock, Cloud, DeploymentFilter, Ecs, LoadBalancer};
use std::collections::{BTreeMap, BTreeSet};

/// Revisions of a family that are looked through for this very release.
const NEWEST: usize = 10;
/// The same when an older commit is asked for: someone goes back, maybe far.
const FAR_BACK: usize = 100;
/// Service deployments of the history; ECS keeps 90 days.
const HISTORY: usize = 20;

/// Unanswered reads of a history, one after the other, until it is one that cannot be had: the
/// service itself was answered each time, so it is this action that the endpoint fails at.
const HISTORY_TRIES: u32 = 3;

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Eyes {
    revisions: BTreeMap<TaskDefArn, LiveTaskDefinition>,
    unanswered_histories: u32,
    scaling: ScalingEyes,
}

impl Eyes {
    /// Takes over a revision that was read or registered elsewhere.
    pub(super) fn remember(&mut self, revision: &LiveTaskDefinition) {
        self.revisions.insert(revision.arn.clone(), revision.clone());
    }

    /// Notes tags that were written to a revision.
    pub(super) fn tagged(&mut self, arn: &str, tags: &BTreeMap<String, String>) {
        if let Some(revision) = self.revisions.get_mut(&TaskDefArn::new(arn)) {
            revision.tags.extend(tags.clone());
        }
    }

    /// A revision that was read before.
    pub(super) fn known(&self, arn: &TaskDefArn) -> Option<&LiveTaskDefinition> {
        self.revisions.get(arn)
    }

    /// One look at everything that a plan is made from.
    pub(super) async fn look<C: Cloud>(
        &mut self,
        cloud: &C,
        clock: &impl Clock,
        wanted: &Wanted,
    ) -> Result<Observed, CallError> {
        let names: Vec<ServiceName> = services(wanted).map(|one| one.name.clone()).collect();
        // The second one delays no look: it may be the slower endpoint.
        let (seen, scaling) = tokio::join!(
            cloud.services(&wanted.cluster, &names),
            self.scaling.look(cloud, wanted, &names),
        );
        let seen = match seen {
            Err(error) if error.kind == CallErrorKind::NotFound => {
                return Ok(no_cluster(clock.now()));
            }
            other => other?,
        };
        let mut observed = Observed {
            at: seen.at,
            cluster_found: true,
            services: BTreeMap::new(),
            target_groups: BTreeMap::new(),
            rule: rule(cloud, wanted).await?,
            scaling,
        };
        for (service, state) in services(wanted).zip(seen.value) {
            let one = self.service(cloud, wanted, service, state).await?;
            observed.services.insert(service.name.clone(), one);
        }
        full_targets(cloud, wanted, &mut observed).await;
        Ok(observed)
    }

    async fn service<C: Ecs>(
        &mut self,
        cloud: &C,
        wanted: &Wanted,
        service: &ServiceWanted,
        state: Option<ServiceState>,
    ) -> Result<ObservedService, CallError> {
        if wanted.goal == Goal::Scale {
            return Ok(ObservedService {
                state,
                task_definition: None,
                deployments: Knowledge::Known(Vec::new()),
                revisions: Knowledge::Known(Vec::new()),
            });
        }
        // With a controller other than ECS's own, task sets have the revision.
        let has_revision = |state: &&ServiceState| !state.task_definition.as_str().is_empty();
        let running = match state.as_ref().filter(has_revision) {
            Some(state) => self.describe(cloud, &state.task_definition).await?,
            None => None,
        };
        let deployments = match &state {
            Some(_) => self.history(cloud, wanted, service).await?,
            None => Knowledge::Known(Vec::new()),
        };
        let mut families = BTreeSet::from([service.name.as_str().to_owned()]);
        let running_family = state.as_ref().filter(has_revision);
        families.extend(running_family.map(|state| state.task_definition.family().to_owned()));
        let limit = if goes_far_back(wanted, running.as_ref()) { FAR_BACK } else { NEWEST };
        let listed = self.revisions_of(cloud, &families, limit, &deployments).await?;
        let revisions = match (&wanted.goal, listed) {
            (Goal::Rollback(to), Knowledge::CouldNotTell(why)) => {
                let named = named(to, running.as_ref());
                self.without_list(cloud, named, running.as_ref(), &deployments, why).await?
            }
            (_, listed) => listed,
        };
        Ok(ObservedService { state, task_definition: running, deployments, revisions })
    }

    async fn revisions_of<C: Ecs>(
        &mut self,
        cloud: &C,
        families: &BTreeSet<String>,
        limit: usize,
        deployments: &Knowledge<Vec<ServiceDeployment>>,
    ) -> Result<Knowledge<Vec<LiveTaskDefinition>>, CallError> {
        let mut arns: BTreeSet<TaskDefArn> = BTreeSet::new();
        for family in families {
            match cloud.revisions(family, limit).await {
                Ok(listed) => arns.extend(listed),
                Err(error) if blame::cannot(&error) => {
                    return Ok(Knowledge::CouldNotTell(error.to_string()));
                }
                Err(error) => return Err(error),
            }
        }
        let history = deployments.known().into_iter().flatten();
        arns.extend(history.filter_map(|one| one.target_task_definition.clone()));
        let mut found = Vec::new();
        for arn in arns {
            found.extend(self.describe(cloud, &arn).await?);
        }
        found.sort_by_key(|revision| std::cmp::Reverse(revision.arn.revision()));
        Ok(Knowledge::Known(found))
    }

    /// What a rollback may go to when revisions cannot be listed: the one that it names, or
    /// those of ECS's own history. Nothing found is still "could not tell".
    async fn without_list<C: Ecs>(
        &mut self,
        cloud: &C,
        named: Named,
        running: Option<&LiveTaskDefinition>,
        deployments: &Knowledge<Vec<ServiceDeployment>>,
        why: String,
    ) -> Result<Knowledge<Vec<LiveTaskDefinition>>, CallError> {
        let arns: BTreeSet<TaskDefArn> = match named {
            Named::Nothing => return Ok(Knowledge::CouldNotTell(why)),
            Named::Revision(arn) => BTreeSet::from([arn]),
            Named::LastGood => {
                let history = deployments.known().into_iter().flatten();
                history.filter_map(|one| one.target_task_definition.clone()).collect()
            }
        };
        let mut found = Vec::new();
        for arn in arns {
            found.extend(self.describe(cloud, &arn).await?);
        }
        let is_other = |one: &LiveTaskDefinition| running.is_none_or(|now| now.arn != one.arn);
        let enough = found.iter().any(is_other);
        Ok(if enough { Knowledge::Known(found) } else { Knowledge::CouldNotTell(why) })
    }

    async fn history<C: Ecs>(
        &mut self,
        cloud: &C,
        wanted: &Wanted,
        service: &ServiceWanted,
    ) -> Result<Knowledge<Vec<ServiceDeployment>>, CallError> {
        let filter = DeploymentFilter { created_after: None, limit: HISTORY };
        let error = match cloud.service_deployments(&wanted.cluster, &service.name, filter).await {
            Ok(seen) => {
                self.unanswered_histories = 0;
                return Ok(Knowledge::Known(seen.value));
            }
            Err(error) => error,
        };
        if error.kind == CallErrorKind::NoAnswer {
            self.unanswered_histories = self.unanswered_histories.saturating_add(1);
        }
        if blame::cannot(&error) || self.unanswered_histories >= HISTORY_TRIES {
            return Ok(Knowledge::CouldNotTell(error.to_string()));
        }
        // A service that was just created may not be there for this call yet.
        if error.kind == CallErrorKind::NotFound {
            return Ok(Knowledge::Known(Vec::new()));
        }
        Err(error)
    }

    async fn describe<C: Ecs>(
        &mut self,
        cloud: &C,
        arn: &TaskDefArn,
    ) -> Result<Option<LiveTaskDefinition>, CallError> {
        if let Some(known) = self.revisions.get(arn) {
            return Ok(Some(known.clone()));
        }
        let revision = cloud.task_definition(arn.as_str()).await?;
        if let Some(revision) = &revision {
            self.revisions.insert(arn.clone(), revision.clone());
        }
        Ok(revision)
    }
}

/// Health of the full service's targets, while it is replaced and the canary has a share: it
/// decides whether the share may be taken away.
async fn full_targets<C: LoadBalancer>(cloud: &C, wanted: &Wanted, observed: &mut Observed) {
    let Traffic::Weighted(traffic) = &wanted.course.traffic else { return };
    let rule = observed.rule.as_ref().and_then(|rule| rule.known()?.as_ref());
    let weights = rule.map(|rule| rule.weights(&traffic.full, &traffic.canary));
    let has_share = weights.and_then(|weights| weights.canary).is_some_and(|one| one > 0);
    let full = wanted.full.as_ref().and_then(|full| observed.state(&full.name));
    if has_share && full.is_some_and(plan::is_replaced) {
        let health = health_of(cloud, &traffic.full).await;
        observed.target_groups.insert(traffic.full.clone(), health);
    }
}

async fn health_of<C: LoadBalancer>(
    cloud: &C,
    group: &TargetGroupArn,
) -> Knowledge<Option<Vec<TargetHealth>>> {
    match cloud.target_health(group).await {
        Ok(health) => Knowledge::Known(Some(health)),
        Err(error) if error.kind == CallErrorKind::NotFound => Knowledge::Known(None),
        Err(error) => Knowledge::CouldNotTell(error.to_string()),
    }
}

/// Health of the target groups that the wish names; read once, before the first change.
pub(super) async fn target_groups<C: LoadBalancer>(
    cloud: &C,
    wanted: &Wanted,
    observed: &mut Observed,
) {
    let bindings = told(wanted).filter_map(|service| service.load_balancer.as_ref());
    let alternate = match &wanted.course.traffic {
        Traffic::Native(native) => Some(&native.alternate.value),
        Traffic::Twin | Traffic::Weighted(_) => None,
    };
    let groups = bindings.filter_map(|binding| binding.target_group.as_ref()).chain(alternate);
    for group in groups {
        if observed.target_groups.contains_key(group) {
            continue;
        }
        let health = health_of(cloud, group).await;
        observed.target_groups.insert(group.clone(), health);
    }
}

/// The services that a wish looks at, the full one first: its tags hold the lease of a canary
/// release too.
fn services(wanted: &Wanted) -> impl Iterator<Item = &ServiceWanted> {
    wanted.full.iter().chain(&wanted.canary)
}

/// The services that a wish is about.
pub(super) fn told(wanted: &Wanted) -> impl Iterator<Item = &ServiceWanted> {
    services(wanted).filter(|service| {
        let is_full = wanted.full.as_ref().is_some_and(|full| full.name == service.name);
        let is_native = matches!(wanted.course.traffic, Traffic::Native(_));
        !is_full || is_native || wanted.goal != Goal::Canary
    })
}

/// The listener rule, when one is wanted.
async fn rule<C: LoadBalancer>(
    cloud: &C,
    wanted: &Wanted,
) -> Result<Option<Knowledge<Option<ListenerRule>>>, CallError> {
    let arn = match &wanted.course.traffic {
        Traffic::Twin => return Ok(None),
        Traffic::Weighted(weighted) => &weighted.rule,
        // A network load balancer has no rules: its listener stands in their place.
        Traffic::Native(native) if !native.rule.value.is_rule() => return Ok(None),
        Traffic::Native(native) => &native.rule.value,
    };
    match cloud.rule(arn).await {
        Ok(rule) => Ok(Some(Knowledge::Known(rule))),
        Err(error) if blame::cannot(&error) => Ok(Some(Knowledge::CouldNotTell(error.to_string()))),
        Err(error) => Err(error),
    }
}

/// What a rollback asks for, as far as it can be read without a list.
enum Named {
    /// A commit, or an image, stands in no list that could be read.
    Nothing,
    LastGood,
    Revision(TaskDefArn),
}

fn named(to: &RollbackTo, running: Option<&LiveTaskDefinition>) -> Named {
    match (to, running) {
        (RollbackTo::LastGood, _) => Named::LastGood,
        (RollbackTo::Revision(revision), Some(running)) => {
            let last = revision.rsplit('/').next().unwrap_or(revision);
            let base = running.arn.as_str().rsplit_once('/').map_or("", |(base, _)| base);
            let family = running.arn.family();
            let short =
                if last.contains(':') { last.to_owned() } else { format!("{family}:{last}") };
            Named::Revision(TaskDefArn::new(format!("{base}/{short}")))
        }
        (RollbackTo::Revision(_), None) | (RollbackTo::Commit(_) | RollbackTo::Image(_), _) => {
            Named::Nothing
        }
    }
}

/// True when the wish names a release that may be long gone.
fn goes_far_back(wanted: &Wanted, running: Option<&LiveTaskDefinition>) -> bool {
    let is_named = match &wanted.goal {
        Goal::Rollback(to) => *to != RollbackTo::LastGood,
        Goal::Canary
        | Goal::Full
        | Goal::Promote
        | Goal::Abort
        | Goal::Reap
        | Goal::Release
        | Goal::Scale
        | Goal::Service => false,
    };
    let theirs = running.and_then(|running| ReleaseIdentity::from_tags(&running.tags).pipeline);
    let is_older = wanted.identity.pipeline.zip(theirs).is_some_and(|(ours, theirs)| ours < theirs);
    is_named || is_older
}

fn no_cluster(at: Timestamp) -> Observed {
    Observed {
        at,
        cluster_found: false,
        services: BTreeMap::new(),
        target_groups: BTreeMap::new(),
        rule: None,
        scaling: BTreeMap::new(),
    }
}
