//! Whether the full service can take all requests again while it is being replaced, or after that
//! went wrong. Until then the canary is the side that answers, and keeps its share.

use super::lane::Lane;
use super::revision::Wish;
use super::{Phase, Step, Waiting, WaitingOn};
use crate::journal::AbortCause;
use crate::model::{
    Goal, Outcome, OutcomeKind, Refusal, RolloutState, ServiceState, ServiceWanted, TargetHealth,
    Traffic, TrafficShare, WeightedTraffic,
};
use std::time::Duration;

/// How long the full service is waited for once its deployment ended. ECS starts a task and takes
/// it for well within some minutes; what is not well by then needs a person, or another release.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// What the full service lacks to take all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortfall {
    /// Healthy targets that ECS will not take away (tasks, where no target could be read).
    pub well: u32,
    /// As many are needed.
    pub needed: u32,
}

/// How the canary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanaryIs {
    /// It answers its share well.
    Well,
    /// It was judged bad, or lacks tasks.
    Bad,
}

impl CanaryIs {
    /// By its tasks alone.
    pub fn by_tasks(canary: Option<&ServiceState>) -> Self {
        match canary {
            Some(canary) if canary.desired > 0 && canary.running >= canary.desired => Self::Well,
            Some(_) | None => Self::Bad,
        }
    }
}

/// True while ECS replaces the tasks of `full`, forward or back, or gave that up.
pub fn is_replaced(full: &ServiceState) -> bool {
    full.primary().is_some_and(|primary| primary.rollout != RolloutState::Completed)
}

/// What `full` lacks; `None` when it can take all requests. A canary that is bad gives its share
/// away as soon as anybody else can answer.
pub fn shortfall(
    full: &ServiceState,
    targets: Option<&[TargetHealth]>,
    canary: CanaryIs,
) -> Option<Shortfall> {
    if !is_replaced(full) {
        return None;
    }
    let is_healthy = |target: &&TargetHealth| target.state == "healthy";
    let healthy = targets.map(|targets| targets.iter().filter(is_healthy).count());
    let healthy = healthy.map_or(full.running, |count| u32::try_from(count).unwrap_or(u32::MAX));
    let well = healthy.saturating_sub(leaving(full));
    let needed = match canary {
        CanaryIs::Well => full.desired.max(1),
        CanaryIs::Bad => 1,
    };
    (well < needed).then_some(Shortfall { well, needed })
}

/// Tasks that ECS stops before others have taken their place: any of them may be among the
/// healthy ones. With a minimum of 100 per cent others are there first.
fn leaving(full: &ServiceState) -> u32 {
    if full.percents.minimum >= 100 {
        return 0;
    }
    let others = full.deployments.iter().filter(|one| one.task_definition != full.task_definition);
    others.map(|one| one.running).sum()
}

/// What the full service of this release lacks, as it was seen.
pub(super) fn lacks(wish: &Wish<'_>) -> Option<Shortfall> {
    let Traffic::Weighted(WeightedTraffic { full: group, .. }) = &wish.wanted.course.traffic else {
        return None;
    };
    let full = wish.observed.state(&wish.wanted.full.as_ref()?.name)?;
    let targets = wish.observed.target_groups.get(group);
    let targets = targets.and_then(|known| known.known()?.as_deref());
    let canary = match super::course::cause(wish) {
        AbortCause::Verdict => CanaryIs::Bad,
        AbortCause::Asked => {
            let canary = wish.wanted.canary.as_ref();
            CanaryIs::by_tasks(canary.and_then(|canary| wish.observed.state(&canary.name)))
        }
    };
    shortfall(full, targets, canary)
}

/// True while the full service of this release is replaced, or that was given up.
pub(super) fn is_full_replaced(wish: &Wish<'_>) -> bool {
    let full = wish.wanted.full.as_ref().and_then(|full| wish.observed.state(&full.name));
    full.is_some_and(is_replaced)
}

/// The wait until the full service can take what the canary has beyond `share`.
pub(super) fn awaited(wish: &Wish<'_>, share: TrafficShare) -> Option<Lane> {
    let full = wish.wanted.full.as_ref()?;
    wish.share().filter(|now| *now > share)?;
    let shortfall = lacks(wish)?;
    let since = wish.history.full_awaited.map(|awaited| awaited.since);
    if since.is_some_and(|since| wish.observed.at >= since.after(LIMIT)) {
        return Some(Lane::Failed(Box::new(in_vain(wish, full, shortfall))));
    }
    Some(Lane::Steps(vec![Step::Wait(Waiting {
        service: full.name.clone(),
        phase: Phase::Forward,
        on: WaitingOn::FullService(shortfall),
    })]))
}

fn in_vain(wish: &Wish<'_>, full: &ServiceWanted, shortfall: Shortfall) -> Outcome {
    let outcome = match wish.wanted.goal {
        Goal::Abort | Goal::Reap | Goal::Rollback(_) => {
            Outcome::new(OutcomeKind::FailedNotRolledBack)
        }
        Goal::Canary | Goal::Full | Goal::Promote | Goal::Release | Goal::Scale | Goal::Service => {
            Outcome::refused(Refusal::Preflight)
        }
    };
    let outcome = outcome
        .because(format!("{} has {shortfall}: the canary keeps its share", full.name))
        .hinting("`ecs-canary deploy full --wait` of a repaired release, or `rollback --to`, brings it back");
    Outcome { service: Some(full.name.clone()), ..outcome }
}

impl std::fmt::Display for Shortfall {
    /// `1 of 3 healthy targets that stay`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} healthy targets that it needs", self.well, self.needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HealthyPercents;
    use crate::model::samples::{rolling, service};

    fn targets(healthy: usize, ill: usize) -> Vec<TargetHealth> {
        let one = |state: &str| TargetHealth {
            target: "i-1:80".to_owned(),
            state: state.to_owned(),
            reason: None,
            description: None,
        };
        let healthy = std::iter::repeat_with(|| one("healthy")).take(healthy);
        healthy.chain(std::iter::repeat_with(|| one("unhealthy")).take(ill)).collect()
    }

    /// Revision 1 comes back, with so many tasks of it and of 2, which goes.
    fn going_back(minimum: u32, (back, going): (u32, u32)) -> ServiceState {
        let mut entries = vec![
            rolling("PRIMARY", 1, RolloutState::InProgress),
            rolling("ACTIVE", 2, RolloutState::Failed),
        ];
        entries[0].running = back;
        entries[1].running = going;
        let percents = HealthyPercents { minimum, maximum: 200 };
        ServiceState { percents, ..service(entries) }
    }

    fn lacks(full: &ServiceState, targets: Option<&[TargetHealth]>) -> Option<(u32, u32)> {
        shortfall(full, targets, CanaryIs::Well).map(|one| (one.well, one.needed))
    }

    #[test]
    fn tasks_that_go_do_not_count_where_ecs_stops_them_first() {
        // Three tasks of the release that goes are still healthy.
        let full = going_back(0, (0, 3));
        assert_eq!(lacks(&full, Some(&targets(3, 0))), Some((0, 3)));
        let full = going_back(0, (3, 0));
        assert_eq!(lacks(&full, Some(&targets(1, 2))), Some((1, 3)), "not well yet");
        assert_eq!(lacks(&full, Some(&targets(3, 0))), None);
        assert_eq!(lacks(&full, None), None, "by tasks, where targets cannot be read");
        assert_eq!(lacks(&going_back(0, (2, 0)), None), Some((2, 3)));
    }

    #[test]
    fn with_a_minimum_of_all_tasks_what_is_healthy_stays_so() {
        assert_eq!(lacks(&going_back(100, (0, 3)), Some(&targets(3, 1))), None);
        assert_eq!(lacks(&going_back(100, (0, 3)), Some(&targets(2, 1))), Some((2, 3)));
    }

    #[test]
    fn a_bad_canary_gives_its_share_to_whoever_answers() {
        let full = going_back(0, (1, 0));
        assert_eq!(shortfall(&full, Some(&targets(1, 2)), CanaryIs::Bad), None);
        let none = shortfall(&full, Some(&targets(0, 3)), CanaryIs::Bad);
        assert_eq!(none, Some(Shortfall { well: 0, needed: 1 }));
    }

    #[test]
    fn a_service_that_stands_takes_all_whatever_a_single_target_does() {
        let full = service(vec![rolling("PRIMARY", 1, RolloutState::Completed)]);
        assert_eq!(lacks(&full, Some(&targets(2, 1))), None);
        for stuck in [RolloutState::Failed, RolloutState::Unknown("NEW".to_owned())] {
            let full = service(vec![rolling("PRIMARY", 1, stuck)]);
            assert_eq!(lacks(&full, Some(&targets(2, 1))), Some((2, 3)));
        }
    }
}
