//! The note: names only, nothing secret. Keys that a script set are not in it, so they are gone
//! with the script.

use crate::aws::AwsCloud;
use crate::commands::caller::RightsOf;
use crate::commands::{Caller, Console};
use crate::host::files::{self, Durability};
use crate::model::{
    AfterFull, CancelPolicy, ClusterName, CountRule, Course, Event, Goal, ListenerRuleArn,
    OlderRule, RollbackTo, ServiceName, ServiceWanted, TargetGroupArn, Traffic, Wanted,
    WeightedTraffic,
};
use crate::ports::Clock as _;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A note has a few hundred bytes.
const NOTE_LIMIT: u64 = 64 << 10;

/// A command that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct UnderWay {
    pub(super) act: Act,
    pub(super) region: Option<String>,
    pub(super) role: Option<String>,
    pub(super) rights: RightsOf,
    pub(super) on_cancel: CancelPolicy,
    cluster: ClusterName,
    full: Option<Side>,
    canary: Option<Side>,
    rule: Option<(ListenerRuleArn, TargetGroupArn, TargetGroupArn)>,
    after_full: AfterFull,
}

/// What the cleanup stage does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Act {
    /// The canary, and what is begun on the full service, is taken back.
    TakeBack,
    /// A way back is not stopped: it goes on.
    RollBack(RollbackTo),
    /// Counts that were not set yet are set.
    Scale,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Side {
    name: ServiceName,
    container: Option<String>,
    count: Option<u32>,
}

/// Notes a command before its first change, for the cleanup stage of its job. Without a note
/// there is no second chance, and the next run takes back what is left.
pub(in crate::commands) fn note(
    wanted: &Wanted,
    cloud: &AwsCloud,
    caller: &Caller,
    console: Console<'_>,
) {
    let act = match &wanted.goal {
        // By ecs-cli's name there is no lease: a deployment of this commit is stopped.
        Goal::Canary | Goal::Full | Goal::Promote | Goal::Release | Goal::Abort | Goal::Service => {
            Act::TakeBack
        }
        Goal::Rollback(to) => Act::RollBack(to.clone()),
        Goal::Scale => Act::Scale,
        // The next scheduled run does the rest.
        Goal::Reap => return,
    };
    // ECS's own strategies take back at the end of their pause what nobody answers.
    let is_native = matches!(wanted.course.traffic, Traffic::Native(_));
    if !caller.inside_job || is_native {
        return;
    }
    if caller.rights == RightsOf::Script {
        let text = "the script's own AWS keys are kept nowhere: after a kill, only the next run \
                    cleans up";
        console.reporter.emit(Event::line(text));
    }
    let (region, role) = cloud.asked();
    let under_way = UnderWay { region, role, rights: caller.rights, ..UnderWay::of(wanted, act) };
    let text = serde_json::to_vec(&under_way).unwrap_or_default();
    drop(files::write_private(&place(&caller.state_dir), &text, Durability::Process));
}

/// The command came to an end of its own.
pub(in crate::commands) fn forget(caller: &Caller) {
    if caller.inside_job {
        // A note that stays makes the cleanup stage look once more, which does no harm.
        drop(files::remove_tree(&place(&caller.state_dir)));
    }
}

/// True when a command of this job was under way when its run stage ended.
pub fn was_under_way(state_dir: &Path) -> bool {
    read(state_dir).is_some()
}

pub(super) fn read(state_dir: &Path) -> Option<UnderWay> {
    let text = files::read_text(&place(state_dir), NOTE_LIMIT).ok()?;
    serde_json::from_str(&text).ok()
}

fn place(state_dir: &Path) -> PathBuf {
    state_dir.join("under-way.json")
}

impl UnderWay {
    fn of(wanted: &Wanted, act: Act) -> Self {
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
            act,
            region: None,
            role: None,
            rights: RightsOf::Job,
            on_cancel: wanted.on_cancel,
            cluster: wanted.cluster.clone(),
            full: wanted.full.as_ref().map(side),
            canary: wanted.canary.as_ref().map(side),
            rule,
            after_full: wanted.after_full,
        }
    }

    /// The wish of the cleanup stage.
    pub(super) fn wanted(&self, caller: &Caller) -> Wanted {
        let side = |side: &Side| ServiceWanted {
            container: side.container.clone(),
            ..ServiceWanted::of_count(
                side.name.clone(),
                side.count.map_or(CountRule::Keep, CountRule::Always),
            )
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
            goal: match &self.act {
                Act::TakeBack => Goal::Abort,
                Act::RollBack(to) => Goal::Rollback(to.clone()),
                Act::Scale => Goal::Scale,
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;

    #[test]
    fn a_note_is_read_back_and_a_finished_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!was_under_way(folder.path()));
        for act in [Act::TakeBack, Act::RollBack(RollbackTo::LastGood), Act::Scale] {
            let under_way = UnderWay::of(&samples::wanted(Goal::Full, 7), act);
            let text = serde_json::to_vec(&under_way).unwrap();
            files::write_private(&place(folder.path()), &text, Durability::Process).unwrap();
            assert_eq!(read(folder.path()), Some(under_way));
        }
        files::remove_tree(&place(folder.path())).unwrap();
        assert!(!was_under_way(folder.path()));
    }
}
