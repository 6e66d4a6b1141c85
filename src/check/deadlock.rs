//! Minimum and maximum healthy per cent that leave no room to replace a task.

use crate::model::HealthyPercents;

/// True when a rolling deployment of `desired` tasks can start or stop a task:
/// `ceil(desired * min) < floor(desired * max)` (ECS developer guide, deployment-type-ecs;
/// aws/containers-roadmap 333).
pub fn can_move(percents: HealthyPercents, desired: u32) -> bool {
    desired == 0 || percents.least_healthy(desired) < percents.most_running(desired)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves(minimum: u32, maximum: u32, desired: u32) -> bool {
        can_move(HealthyPercents { minimum, maximum }, desired)
    }

    #[test]
    fn percents_without_room_for_a_task_are_a_deadlock() {
        assert!(!moves(50, 100, 1), "one task may neither be stopped nor doubled");
        assert!(!moves(100, 125, 3), "three and a quarter of three is still three");
        assert!(!moves(100, 100, 7));
    }

    #[test]
    fn usual_percents_move() {
        assert!(moves(0, 100, 1) && moves(100, 200, 1) && moves(100, 200, 3));
        assert!(moves(50, 100, 4) && moves(90, 110, 10));
        assert!(moves(100, 100, 0), "no tasks, nothing to replace");
    }
}
