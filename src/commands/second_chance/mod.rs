//! What a release notes while it is under way, and what the cleanup stage makes of the note when
//! the run stage was killed: the same way back as `abort`, once more, within a small time.

use super::{Caller, JobSeat};
use crate::apply;
use crate::aws::{self, AwsCloud};
use crate::host::files::{self, Durability};
use crate::model::{
    AfterFull, ClusterName, CountRule, Course, Event, Goal, ListenerRuleArn, OlderRule, OnCancel,
    OutcomeKind, ServiceName, ServiceWanted, TargetGroupArn, Traffic, Wanted, WeightedTraffic,
};
use crate::ports::{CancelHandle, Clock as _, Reporter};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A note has a few hundred bytes.
const NOTE_LIMIT: u64 = 64 << 10;
/// How long the cleanup stage takes a release back; what was begun goes on in AWS without us.
const LIMIT: Duration = Duration::from_secs(60);
/// For the last call to be answered.
const LAST_CALL: Duration = Duration::from_secs(15);

/// A release that is under way: names only, nothing secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct UnderWay {
    cluster: ClusterName,
    region: Option<String>,
    role: Option<String>,
    full: Option<Side>,
    canary: Option<Side>,
    rule: Option<(ListenerRuleArn, TargetGroupArn, TargetGroupArn)>,
    after_full: AfterFull,
    on_cancel: OnCancel,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Side {
    name: ServiceName,
    container: Option<String>,
    count: Option<u32>,
}

/// What became of a release whose run stage was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondChance {
    /// `on_cancel: leave`: it goes on.
    Left,
    /// It was taken back.
    TakenBack,
    /// It was begun to be taken back; AWS goes on with it.
    Begun,
    /// It could not be taken back.
    Failed(OutcomeKind),
}

/// Notes a release before its first change, for the cleanup stage of its job. Without a note
/// there is no second chance, and the next run takes back what is left.
pub(super) fn note(wanted: &Wanted, cloud: &AwsCloud, caller: &Caller) {
    let takes_back = match wanted.goal {
        Goal::Canary | Goal::Full | Goal::Promote | Goal::Release | Goal::Abort => true,
        // A way back is not stopped, a count is no release, and by ecs-cli's name the last
        // deploy counts.
        Goal::Reap | Goal::Rollback(_) | Goal::Scale | Goal::Service => false,
    };
    // ECS's own strategies take back at the end of their pause what nobody answers.
    let is_native = matches!(wanted.course.traffic, Traffic::Native(_));
    if !caller.inside_job || !takes_back || is_native {
        return;
    }
    let (region, role) = cloud.asked();
    let under_way = UnderWay { region, role, ..UnderWay::of(wanted) };
    let text = serde_json::to_vec(&under_way).unwrap_or_default();
    drop(files::write_private(&place(&caller.state_dir), &text, Durability::Process));
}

/// The release came to an end of its own.
pub(super) fn forget(caller: &Caller) {
    if caller.inside_job {
        // A note that stays makes the cleanup stage look once more, which does no harm.
        drop(files::remove_tree(&place(&caller.state_dir)));
    }
}

/// True when a release of this job was under way when its run stage ended.
pub fn was_under_way(state_dir: &Path) -> bool {
    read(state_dir).is_some()
}

/// Takes back what a killed run stage left under way, as the same job. Once more does no harm.
pub async fn take_back(
    seat: &JobSeat<'_>,
    variables: BTreeMap<String, String>,
    reporter: &impl Reporter,
) -> Option<SecondChance> {
    let under_way = read(seat.state_dir)?;
    let (caller, _) = Caller::of_job(seat, variables);
    let work = carry_out(&under_way, &caller, reporter);
    let ended = tokio::time::timeout(LIMIT + LAST_CALL, work).await;
    Some(ended.unwrap_or(SecondChance::Begun))
}

async fn carry_out(
    under_way: &UnderWay,
    caller: &Caller,
    reporter: &impl Reporter,
) -> SecondChance {
    let leaves = under_way.on_cancel == OnCancel::Leave;
    let failed = |why| if leaves { SecondChance::Left } else { SecondChance::Failed(why) };
    let access = caller.aws(under_way.region.clone(), under_way.role.clone());
    let Ok(access) = access else { return failed(OutcomeKind::Invalid) };
    let Ok(cloud) = aws::connect(&access).await else { return failed(OutcomeKind::Denied) };
    let deadline = caller.clock.now().after(LIMIT.mul_f64(caller.speed()));
    let wanted = Wanted { deadline, ..under_way.wanted(caller) };
    if leaves {
        // Autoscaling is no deployment that could go on.
        apply::resume_scaling(&cloud, &caller.clock, reporter, &wanted).await;
        return SecondChance::Left;
    }
    let (_handle, cancel) = CancelHandle::new();
    let ended = apply::run(&cloud, &caller.clock, reporter, &cancel, &wanted).await;
    match ended.outcome.outcome {
        OutcomeKind::Succeeded | OutcomeKind::NoChange => SecondChance::TakenBack,
        OutcomeKind::TimedOut => SecondChance::Begun,
        other => SecondChance::Failed(other),
    }
}

fn place(state_dir: &Path) -> PathBuf {
    state_dir.join("under-way.json")
}

fn read(state_dir: &Path) -> Option<UnderWay> {
    let text = files::read_text(&place(state_dir), NOTE_LIMIT).ok()?;
    serde_json::from_str(&text).ok()
}

impl UnderWay {
    fn of(wanted: &Wanted) -> Self {
        let side = |service: &ServiceWanted| Side {
            name: service.name.clone(),
            container: service.container.clone(),
            count: match service.count {
                CountRule::Always(count) => Some(count),
                CountRule::AtCreate(_) | CountRule::EcsCli | CountRule::Keep => None,
            },
        };
        let rule = match &wanted.course.traffic {
            Traffic::Weighted(WeightedTraffic { rule, full, canary }) => {
                Some((rule.clone(), full.clone(), canary.clone()))
            }
            Traffic::Twin | Traffic::Native(_) => None,
        };
        Self {
            cluster: wanted.cluster.clone(),
            region: None,
            role: None,
            full: wanted.full.as_ref().map(side),
            canary: wanted.canary.as_ref().map(side),
            rule,
            after_full: wanted.after_full,
            on_cancel: wanted.on_cancel,
        }
    }

    fn wanted(&self, caller: &Caller) -> Wanted {
        let side = |side: &Side| ServiceWanted {
            container: side.container.clone(),
            ..ServiceWanted::named(side.name.clone(), side.count)
        };
        let traffic = match &self.rule {
            Some((rule, full, canary)) => Traffic::Weighted(WeightedTraffic {
                rule: rule.clone(),
                full: full.clone(),
                canary: canary.clone(),
            }),
            None => Traffic::Twin,
        };
        Wanted {
            goal: Goal::Abort,
            cluster: self.cluster.clone(),
            full: self.full.as_ref().map(side),
            canary: self.canary.as_ref().map(side),
            identity: caller.identity.clone(),
            after_full: self.after_full,
            course: Course { traffic, ..Course::default() },
            on_cancel: self.on_cancel,
            older: OlderRule::Refuse,
            deadline: caller.clock.now(),
        }
    }
}

impl ServiceWanted {
    /// A service of which nothing is wished but its number of tasks.
    fn named(name: ServiceName, count: Option<u32>) -> Self {
        Self {
            name,
            task: None,
            container: None,
            written_image: None,
            image_rule: crate::model::ImageRule::AsGiven,
            count: count.map_or(CountRule::Keep, CountRule::Always),
            percents: None,
            load_balancer: None,
            health_grace_seconds: None,
            launch: None,
            breaker: crate::model::BreakerRule::Keep,
            create_extra: Map::new(),
            update_extra: Map::new(),
            force: false,
            tags: BTreeMap::new(),
        }
    }
}

/// Says nothing: the Runner's log is not the job's, and is not masked.
#[derive(Debug)]
pub struct Silent;

impl Reporter for Silent {
    fn emit(&self, _event: Event) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;

    #[test]
    fn a_note_is_read_back_and_a_finished_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!was_under_way(folder.path()));
        let under_way = UnderWay::of(&samples::wanted(Goal::Full, 7));
        let text = serde_json::to_vec(&under_way).unwrap();
        files::write_private(&place(folder.path()), &text, Durability::Process).unwrap();
        assert_eq!(read(folder.path()), Some(under_way));
        files::remove_tree(&place(folder.path())).unwrap();
        assert!(!was_under_way(folder.path()));
    }
}
