//! How many tasks a rolling deployment starts and which it stops. Pure: counts and
//! percentages in, a decision out.
//!
//! `least = ceil(desired x minimumHealthyPercent)` bounds healthy tasks from below,
//! `most = floor(desired x maximumPercent)` bounds live tasks from above (Amazon ECS
//! developer guide, "Rolling update").

/// The bounds of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) desired: u32,
    /// Fewest healthy tasks.
    pub(crate) least: u32,
    /// Most live tasks.
    pub(crate) most: u32,
}

impl Limits {
    pub(crate) fn new(desired: u32, minimum_percent: u32, maximum_percent: u32) -> Self {
        let share = |percent: u32| u64::from(desired) * u64::from(percent);
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            desired,
            least: count(share(minimum_percent).div_ceil(100)),
            most: count(share(maximum_percent) / 100),
        }
    }
}

/// One live task, as the decision sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: String,
    /// 0 = of the primary deployment; the older the deployment, the higher.
    pub(crate) age_of_deployment: usize,
    /// The higher, the newer.
    pub(crate) order: u64,
    pub(crate) condition: Condition,
}

/// How a live task does. The order is the order in which old tasks are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    /// Found unhealthy after the grace period.
    Broken,
    /// Not RUNNING yet.
    Coming,
    /// RUNNING, no check has passed or failed for good.
    Unproven,
    /// Counts as healthy.
    Healthy,
}

/// What a decision depends on besides the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Situation {
    pub(crate) limits: Limits,
    pub(crate) mood: Mood,
    /// Starting waits: back-off.
    pub(crate) holds_back: bool,
    /// Scale-in takes the newest task first; else the oldest.
    pub(crate) newest_first: bool,
    /// Tasks that are stopping.
    pub(crate) stopping: u32,
}

/// How far the primary deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// A rollout is going on.
    Rolling,
    /// The rollout is over.
    Steady,
    /// The rollout failed and stays so: nothing is touched.
    Failed,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Decision {
    /// Tasks of the primary deployment to start.
    pub(crate) start: u32,
    /// Tasks that failed their checks.
    pub(crate) stop_broken: Vec<String>,
    /// Tasks that are too many.
    pub(crate) stop: Vec<String>,
    /// Old tasks are left, nothing moves, nothing may be done.
    pub(crate) stuck: bool,
}

/// Decides for one service.
pub(crate) fn decide(situation: &Situation, tasks: &[Seen]) -> Decision {
    let Situation { limits, mood, .. } = *situation;
    let (new, old): (Vec<&Seen>, Vec<&Seen>) =
        tasks.iter().partition(|task| task.age_of_deployment == 0);
    if mood == Mood::Failed {
        // Nothing is started or replaced any more; a smaller count still counts.
        let all = || tasks.iter().map(|task| task.id.clone()).collect();
        let stop = if limits.desired == 0 { all() } else { too_many(situation, &new) };
        return Decision { stop, ..Decision::default() };
    }
    let mut decision = Decision {
        start: may_start(situation, &new, tasks.len()),
        stop_broken: broken_to_stop(limits, mood, &new, tasks.len()),
        stop: Vec::new(),
        stuck: false,
    };
    decision.stop.extend(too_many(situation, &new));
    decision.stop.extend(old_to_stop(limits, &new, &old));
    let nothing_to_do =
        decision.start == 0 && decision.stop.is_empty() && decision.stop_broken.is_empty();
    let nothing_moves = situation.stopping == 0
        && !situation.holds_back
        && tasks
            .iter()
            .all(|task| matches!(task.condition, Condition::Healthy | Condition::Broken));
    decision.stuck = mood == Mood::Rolling && nothing_to_do && nothing_moves && !old.is_empty();
    decision
}

/// Tasks to start: up to the desired count, and one more for each broken one of a service at
/// rest; never above the maximum.
fn may_start(situation: &Situation, new: &[&Seen], all: usize) -> u32 {
    if situation.holds_back {
        return 0;
    }
    let limits = situation.limits;
    let replaced = match situation.mood {
        Mood::Steady => number_of(new, Condition::Broken),
        Mood::Rolling | Mood::Failed => 0,
    };
    let wanted = (limits.desired + replaced).saturating_sub(count(new.len()));
    wanted.min(limits.most.saturating_sub(count(all)))
}

/// Broken tasks of the primary deployment that go now. In a rollout: all. At rest: as many as
/// healthy replacements exist; where the maximum leaves no room for one, one at a time down
/// to the minimum.
fn broken_to_stop(limits: Limits, mood: Mood, new: &[&Seen], all: usize) -> Vec<String> {
    let broken: Vec<&&Seen> =
        new.iter().filter(|task| task.condition == Condition::Broken).collect();
    let healthy = number_of(new, Condition::Healthy);
    let goes = match mood {
        Mood::Rolling => broken.len(),
        Mood::Steady => {
            let replaced = (healthy + count(broken.len())).saturating_sub(limits.desired);
            let no_room = count(all) >= limits.most;
            let one = u32::from(no_room && count(all) > limits.least);
            usize::try_from(replaced.max(one)).unwrap_or(usize::MAX)
        }
        Mood::Failed => 0,
    };
    broken.into_iter().take(goes).map(|task| task.id.clone()).collect()
}

/// Scale-in of the primary deployment: tasks that do not run yet, then by age.
fn too_many(situation: &Situation, new: &[&Seen]) -> Vec<String> {
    let mut sound: Vec<&&Seen> =
        new.iter().filter(|task| task.condition != Condition::Broken).collect();
    let desired = usize::try_from(situation.limits.desired).unwrap_or(usize::MAX);
    let excess = sound.len().saturating_sub(desired);
    sound.sort_by_key(|task| {
        let age = if situation.newest_first { u64::MAX - task.order } else { task.order };
        (task.condition != Condition::Coming, age)
    });
    sound.into_iter().take(excess).map(|task| task.id.clone()).collect()
}

/// Tasks of older deployments to stop. Broken ones and ones that do not run yet cost nothing
/// against the minimum; of the others so many as healthy tasks are above it, oldest
/// deployment first.
fn old_to_stop(limits: Limits, new: &[&Seen], old: &[&Seen]) -> Vec<String> {
    let healthy = number_of(new, Condition::Healthy) + number_of(old, Condition::Healthy);
    let enough = number_of(new, Condition::Healthy) >= limits.desired;
    let budget = if enough { count(old.len()) } else { healthy.saturating_sub(limits.least) };
    let mut candidates: Vec<&&Seen> = old.iter().collect();
    candidates
        .sort_by_key(|task| (task.condition, usize::MAX - task.age_of_deployment, task.order));
    let free_up_to = if limits.least == 0 { Condition::Unproven } else { Condition::Coming };
    let free = candidates.iter().filter(|task| task.condition <= free_up_to).count();
    let paid = usize::try_from(budget).unwrap_or(usize::MAX);
    candidates.into_iter().take(free.saturating_add(paid)).map(|task| task.id.clone()).collect()
}

fn number_of(tasks: &[&Seen], condition: Condition) -> u32 {
    count(tasks.iter().filter(|task| task.condition == condition).count())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
