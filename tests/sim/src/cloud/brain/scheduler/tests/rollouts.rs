use super::fixture::{RELEASE, World};

#[test]
fn three_tasks_are_replaced_in_about_a_minute() {
    let mut world = World::new();
    world.created("release", "1.0.0", RELEASE);
    world.pass(60);
    world.deploy("release", "2.0.0");
    let seconds = world.settle("release");
    assert!((55..=90).contains(&seconds), "{seconds}");
    assert_eq!(world.health(), ["healthy"; 3]);
}
