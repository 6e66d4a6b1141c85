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
    if mood == Mood::Failed {
        return Decision::default();
    }
    let (new, old): (Vec<&Seen>, Vec<&Seen>) =
        tasks.iter().partition(|task| task.age_of_deployment == 0);
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

#[cfg(test)]
mod tests {
    use super::{Condition, Decision, Limits, Mood, Seen, Situation, decide};

    /// `new` and `old` tasks, all in the same condition.
    fn tasks(new: (u64, Condition), old: (u64, Condition)) -> Vec<Seen> {
        let make = |age: usize, (number, condition): (u64, Condition)| {
            (0..number).map(move |order| Seen {
                id: format!("{}{order}", if age == 0 { "new" } else { "old" }),
                age_of_deployment: age,
                order,
                condition,
            })
        };
        make(0, new).chain(make(1, old)).collect()
    }

    fn rolling(desired: u32, least: u32, most: u32, tasks: &[Seen]) -> (u32, usize, bool) {
        let limits = Limits::new(desired, least, most);
        let Decision { start, stop, stuck, .. } = decide(&in_mood(Mood::Rolling, limits), tasks);
        (start, stop.len(), stuck)
    }

    fn in_mood(mood: Mood, limits: Limits) -> Situation {
        Situation { limits, mood, holds_back: false, newest_first: true, stopping: 0 }
    }

    use Condition::{Broken, Coming, Healthy, Unproven};

    #[test]
    fn one_task_at_100_200_starts_one_waits_and_stops_one() {
        assert_eq!(rolling(1, 100, 200, &tasks((0, Healthy), (1, Healthy))), (1, 0, false));
        assert_eq!(rolling(1, 100, 200, &tasks((1, Coming), (1, Healthy))), (0, 0, false));
        assert_eq!(rolling(1, 100, 200, &tasks((1, Unproven), (1, Healthy))), (0, 0, false));
        assert_eq!(rolling(1, 100, 200, &tasks((1, Healthy), (1, Healthy))), (0, 1, false));
    }

    #[test]
    fn one_task_at_0_100_stops_first() {
        assert_eq!(rolling(1, 0, 100, &tasks((0, Healthy), (1, Healthy))), (0, 1, false));
        assert_eq!(rolling(1, 0, 100, &[]), (1, 0, false));
    }

    #[test]
    fn one_task_at_50_100_can_never_move() {
        assert_eq!(rolling(1, 50, 100, &tasks((0, Healthy), (1, Healthy))), (0, 0, true));
    }

    #[test]
    fn three_tasks_at_100_125_can_never_move() {
        assert_eq!(Limits::new(3, 100, 125).most, 3);
        assert_eq!(rolling(3, 100, 125, &tasks((0, Healthy), (3, Healthy))), (0, 0, true));
    }

    #[test]
    fn the_minimum_is_rounded_up() {
        assert_eq!(Limits::new(2, 75, 200).least, 2);
    }

    #[test]
    fn four_tasks_at_50_100_go_two_by_two() {
        assert_eq!(rolling(4, 50, 100, &tasks((0, Healthy), (4, Healthy))), (0, 2, false));
        assert_eq!(rolling(4, 50, 100, &tasks((0, Healthy), (2, Healthy))), (2, 0, false));
        assert_eq!(rolling(4, 50, 100, &tasks((2, Coming), (2, Healthy))), (0, 0, false));
        assert_eq!(rolling(4, 50, 100, &tasks((2, Healthy), (2, Healthy))), (0, 2, false));
    }

    #[test]
    fn four_tasks_at_100_200_are_doubled_and_halved() {
        assert_eq!(rolling(4, 100, 200, &tasks((0, Healthy), (4, Healthy))), (4, 0, false));
        assert_eq!(rolling(4, 100, 200, &tasks((4, Healthy), (4, Healthy))), (0, 4, false));
    }

    #[test]
    fn four_tasks_at_50_150_start_two_and_stop_two_at_once() {
        assert_eq!(rolling(4, 50, 150, &tasks((0, Healthy), (4, Healthy))), (2, 2, false));
    }

    #[test]
    fn ten_tasks_at_90_110_stay_between_nine_and_eleven() {
        let limits = Limits::new(10, 90, 110);
        assert_eq!((limits.least, limits.most), (9, 11));
        assert_eq!(rolling(10, 90, 110, &tasks((0, Healthy), (10, Healthy))), (1, 1, false));
    }

    #[test]
    fn old_tasks_that_do_not_run_are_stopped_without_asking_the_minimum() {
        assert_eq!(rolling(3, 100, 200, &tasks((3, Coming), (3, Coming))), (0, 3, false));
        assert_eq!(rolling(3, 100, 200, &tasks((3, Coming), (3, Broken))), (0, 3, false));
        assert_eq!(rolling(3, 100, 200, &tasks((3, Coming), (3, Unproven))), (0, 0, false));
    }

    #[test]
    fn a_broken_task_at_rest_is_replaced_before_it_is_stopped() {
        let limits = Limits::new(3, 100, 200);
        let mut seen = tasks((3, Healthy), (0, Healthy));
        seen[1].condition = Broken;
        let first = decide(&in_mood(Mood::Steady, limits), &seen);
        assert_eq!((first.start, first.stop_broken.len()), (1, 0));
        seen.push(Seen {
            id: "replacement".into(),
            age_of_deployment: 0,
            order: 9,
            condition: Healthy,
        });
        let second = decide(&in_mood(Mood::Steady, limits), &seen);
        assert_eq!((second.start, second.stop_broken), (0, vec!["new1".to_owned()]));
        assert!(second.stop.is_empty());
    }

    #[test]
    fn a_broken_task_goes_first_where_the_maximum_leaves_no_room() {
        let mut seen = tasks((3, Healthy), (0, Healthy));
        seen[0].condition = Broken;
        let decision = decide(&in_mood(Mood::Steady, Limits::new(3, 50, 100)), &seen);
        assert_eq!((decision.start, decision.stop_broken), (0, vec!["new0".to_owned()]));
    }

    #[test]
    fn a_smaller_count_takes_the_newest_task_first() {
        let seen = tasks((3, Healthy), (0, Healthy));
        let newest = in_mood(Mood::Steady, Limits::new(1, 100, 200));
        assert_eq!(decide(&newest, &seen).stop, ["new2", "new1"]);
        let oldest = decide(&Situation { newest_first: false, ..newest }, &seen);
        assert_eq!(oldest.stop, ["new0", "new1"]);
    }

    #[test]
    fn a_count_of_zero_stops_everything() {
        assert_eq!(rolling(0, 100, 200, &tasks((0, Healthy), (3, Unproven))), (0, 3, false));
    }
}
