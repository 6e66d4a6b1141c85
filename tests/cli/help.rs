//! The help of every command, as it is printed.

use crate::world::World;
use std::fmt::Write as _;

const COMMANDS: &[&[&str]] = &[
    &[],
    &["build"],
    &["deploy"],
    &["promote"],
    &["abort"],
    &["release"],
    &["rollback"],
    &["scale"],
    &["task"],
    &["task", "run"],
    &["plan"],
    &["verify"],
    &["status"],
    &["render"],
    &["replay"],
    &["gc"],
    &["doctor"],
    &["migrate"],
    &["docker"],
    &["docker", "build"],
    &["docker", "login"],
    &["docker", "push"],
    &["ecs-cli"],
    &["ecs-cli", "compose"],
    &["ecs-cli", "compose", "service"],
    &["ecs-cli", "compose", "service", "up"],
];

/// One file for all, in the order above: reviewed as a whole, and never out of date.
#[test]
fn the_help_of_every_command_is_as_reviewed() {
    let world = World::new();
    let mut page = String::new();
    for command in COMMANDS {
        let mut words = command.to_vec();
        words.push("--help");
        let ended = world.run(&words).good();
        writeln!(page, "$ ecs-canary {}\n{}", words.join(" "), ended.stdout).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/help.txt");
    let reviewed = std::fs::read_to_string(path).unwrap_or_default();
    if page != reviewed {
        let fresh = concat!(env!("CARGO_TARGET_TMPDIR"), "/help.txt");
        std::fs::write(fresh, &page).unwrap();
        panic!("the help has changed: review it, and copy {fresh} to {path}");
    }
}

#[test]
fn every_command_of_ours_has_an_example() {
    let world = World::new();
    let ours = COMMANDS.iter().skip(1).take_while(|command| command[0] != "docker");
    for command in ours {
        let mut words = command.to_vec();
        words.push("--help");
        world.run(&words).good().says("Example:\n  ecs-canary ");
    }
}
