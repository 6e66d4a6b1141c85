//! By the name `docker`.

use crate::world::World;
use insta::assert_snapshot;

const APP: &str = "group/app";

fn name(world: &World, tag: &str) -> String {
    format!("{}/{APP}:{tag}", world.registry.host())
}

#[test]
fn an_image_is_built_in_one_command_and_pushed_in_another() {
    let mut world = World::new();
    for variable in ["CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"] {
        world.unset(variable);
    }
    let host = world.registry.host();
    let login = ["docker", "login", "-u", "ci", "-p", "registry-s3cret", &host];
    world.run(&login).good().says("Login Succeeded");
    let image = name(&world, "1.0.0");
    world.run(&["docker", "build", "-t", &image, "."]).good();
    assert_eq!(world.registry.digest(APP, "1.0.0"), None);
    world.run(&["docker", "push", &image]).good().says("1.0.0: digest: sha256:");
    assert!(world.registry.digest(APP, "1.0.0").is_some());
}

#[test]
fn a_login_by_standard_input_is_kept_until_the_logout() {
    let mut world = World::new();
    for variable in ["CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"] {
        world.unset(variable);
    }
    let host = world.registry.host();
    let words = ["docker", "login", "--username", "ci", "--password-stdin", &host];
    world.run_with_input(&words, "registry-s3cret\n").good();
    let image = name(&world, "1");
    world.run(&["docker", "buildx", "build", "--push", "-t", &image, "."]).good();
    world.run(&["docker", "logout", &host]).good().says("Removing login credentials");
    world.run(&["docker", "manifest", "inspect", &image]).code(50);
}

#[test]
fn a_wrong_password_is_denied_and_not_kept() {
    let world = World::new();
    let host = world.registry.host();
    let ended = world.run(&["docker", "login", "-u", "ci", "-p", "wr0ng-s3cret", &host]).code(50);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("wr0ng"), "{ended:?}");
}

#[test]
fn tags_and_labels_and_files_are_as_docker_makes_them() {
    let world = World::new();
    let (one, two) = (name(&world, "1"), name(&world, "2"));
    let words = [
        "docker",
        "build",
        "-t",
        &one,
        "--label",
        "a=b",
        "--iidfile",
        "iid",
        "--metadata-file",
        "meta.json",
        "--cache-from",
        "x",
        "--pull",
        "--no-cache",
        ".",
    ];
    world.run(&words).good().says("--cache-from");
    world.run(&["docker", "tag", &one, &two]).good();
    let id = world.run(&["docker", "inspect", "-f", "{{.Id}}", &two]).good().stdout;
    assert_eq!(id.trim_end(), world.read("iid"));
    let label = ["docker", "inspect", "--format", "{{index .Config.Labels \"a\"}}", &one];
    assert_eq!(world.run(&label).good().stdout, "b\n");
    assert!(world.read("meta.json").contains("containerimage.digest"));
    world
        .run(&["docker", "push", "--all-tags", &format!("{}/{APP}", world.registry.host())])
        .good();
    assert_eq!(world.registry.digest(APP, "1"), world.registry.digest(APP, "2"));
    world.run(&["docker", "images", "-q"]).good().says(&id[7..19]);
}

#[test]
fn what_is_not_there_names_what_to_use() {
    let world = World::new();
    let said = |words: &[&str]| world.run(words).code(2).stderr;
    assert_snapshot!(said(&["docker", "run", "--rm", "alpine", "ls"]), @r"
    error: `docker run` is not offered by ecs-canary: this executor runs no containers: put the command into the script itself, or into a job on a runner with the docker executor

    Usage: docker <COMMAND>

    For more information, try '--help'.
    ");
    said(&["docker", "compose", "up", "-d"]);
    said(&["docker", "exec", "-it", "x", "sh"]);
}

#[test]
fn commands_without_an_effect_end_well() {
    let world = World::new();
    world.run(&["docker", "buildx", "create", "--use", "--name", "x"]).good();
    let secret = ["docker", "build", "--secret", "id=x,src=y", "-t", "a/b:1", "."];
    world.run(&secret).good().says("--secret, --ssh and --network are for RUN");
    world.run(&["docker", "version"]).good().says("ecs-canary");
    world.run(&["docker", "info"]).good();
    world.run(&["docker", "--version"]).good().says("Docker version");
}
