//! The driver of a run stage gets SIGKILL while a command by ecs-cli's name starts tasks that
//! belong to no service: none is started twice, none is missing, and none goes on unseen.

use crate::ecs_cli_name::running;
use crate::second_chance::{ends_killed, killing};
use crate::world::World;
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Fault, FaultKind};
use ecs_sim::gitlab::trial::Ended;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const RUN: &str = "run canary-test 'migrate --all'";

fn world() -> World {
    let world = World::quick();
    world.push("1.0.0");
    world
}

/// A line of a script.
fn line(action: &str) -> String {
    format!(
        "ecs-cli compose -p batch -f deploy/docker-compose.yml --ecs-params deploy/ecs-params.yml \
         -c {EXAMPLE_CLUSTER} {action}"
    )
}

/// The same as a person calls it, or another job.
fn words(action: &[&'static str]) -> Vec<&'static str> {
    let mut words = vec!["ecs-cli", "compose", "-p", "batch", "-f", "deploy/docker-compose.yml"];
    words.extend(["--ecs-params", "deploy/ecs-params.yml", "-c", EXAMPLE_CLUSTER]);
    words.extend(action);
    words
}

/// What the cleanup stage wrote to the Runner's log.
fn cleanup(ended: &Ended) -> &str {
    &ended.stage("cleanup").unwrap().said
}

fn tokens(world: &World) -> Vec<String> {
    let requests = world.requests("RunTask");
    requests.iter().map(|body| body["clientToken"].as_str().unwrap().to_owned()).collect()
}

/// Revisions of the tasks that shall run.
fn revisions(world: &World) -> Vec<String> {
    let ask = |action: &str, body: Value| {
        world.cloud.with(|cloud, now| cloud.call(now, EXAMPLE_ACCESS_KEY, "ecs", action, body))
    };
    let listed = ask("ListTasks", json!({ "cluster": EXAMPLE_CLUSTER, "family": "batch" }));
    let arns = listed.unwrap()["taskArns"].clone();
    let found = ask("DescribeTasks", json!({ "cluster": EXAMPLE_CLUSTER, "tasks": arns })).unwrap();
    let named = |task: &Value| task["taskDefinitionArn"].as_str().unwrap().to_owned();
    let short = |arn: String| arn.rsplit('/').next().unwrap().to_owned();
    found["tasks"].as_array().unwrap().iter().map(named).map(short).collect()
}

#[test]
fn a_task_that_a_killed_up_started_is_waited_for_and_not_started_again() {
    let world = world();
    let ended = ends_killed(killing(&world, &line("up"), "1 on their way"));
    assert!(cleanup(&ended).contains("1 of them runs, or is told to start"), "{}", cleanup(&ended));
    assert_eq!(running(&world), 1);
    let again = world.start(&words(&["up"]), "").until("waits for what is on its way");
    world.cloud.jump(Duration::from_secs(3_000));
    again.wait().good().says("1 running");
    assert_eq!((running(&world), world.requests("RunTask").len()), (1, 1));
    world.run(&words(&["up"])).good().says("1 task of batch:1 running already");
}

#[test]
fn tasks_that_a_killed_up_was_replacing_are_all_there_again() {
    for applied in [true, false] {
        let world = world();
        world.run(&words(&["scale", "3"])).good();
        world.edit("deploy/docker-compose.yml", "TZ=Asia/Tokyo", "TZ=UTC");
        // The kill finds old tasks stopped, and no answer to who takes their place.
        world.cloud.fault(Fault::times("RunTask", 1, FaultKind::NoAnswer { applied }));
        let ended = ends_killed(killing(&world, &line("up"), "told to stop"));
        let said = cleanup(&ended);
        assert!(said.contains("3 of them run, or are told to start"), "{said}");
        assert_eq!(revisions(&world), ["batch:2"; 3], "applied {applied}");
        let all: BTreeSet<String> = tokens(&world).into_iter().collect();
        assert_eq!(all.len(), 2, "one for the three before, one for those in their place");
    }
}

#[test]
fn a_task_on_its_own_goes_on_and_the_next_one_is_told_of_it() {
    let world = world();
    let ended = ends_killed(killing(&world, &line(RUN), "1 on their way"));
    assert!(cleanup(&ended).contains("goes on in AWS, and nobody waits"), "{}", cleanup(&ended));
    assert_eq!(running(&world), 1);
    let again = world.start(&words(&["run", "canary-test", "migrate --all"]), "");
    let again = again.until("goes on: this is").until("on their way");
    world.cloud.jump(Duration::from_secs(3_000));
    again.wait().good();
    assert_eq!(running(&world), 2);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "looks again at what another process did")]
fn the_same_command_of_a_killed_script_finds_its_task_and_a_second_one_is_another() {
    let world = world();
    let killed = killing(&world, &line(RUN), "1 on their way");
    let again = killed.after_script(&[&line(RUN), &line(RUN)]);
    let waits = std::thread::scope(|scope| {
        let job = scope.spawn(|| ends_killed(again));
        while world.requests("RunTask").len() < 3 && !job.is_finished() {
            // Once the killed command is run again, its task may come up.
            if world.requests("RunTask").len() == 2 {
                world.cloud.jump(Duration::from_secs(100));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        job.join().unwrap()
    });
    let tokens = tokens(&world);
    assert_eq!(tokens.len(), 3, "{}", waits.trace());
    assert_eq!(tokens[0], tokens[1], "the killed command, once more");
    assert_ne!(tokens[1], tokens[2], "a script that wants a second task gets it");
    assert_eq!(running(&world), 2);
}

#[test]
fn a_task_whose_start_was_not_answered_is_not_started_twice() {
    let world = world();
    world.cloud.fault(Fault::times("RunTask", 1, FaultKind::Close { applied: true }));
    world.run(&words(&["run", "canary-test", "true"])).good().says("1 running");
    assert_eq!((running(&world), tokens(&world).len()), (1, 2));
}
