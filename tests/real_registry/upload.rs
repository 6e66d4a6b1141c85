//! What travels to a real registry, by its own access log.

use crate::registry::Access;
use crate::world::World;

/// Needs no look into the base: its layers stay where they are.
const DOCKERFILE: &str = "FROM {base}\nCOPY page /usr/local/share/\nENV A=1\n";

fn world() -> Option<World> {
    let world = World::new()?;
    world.write("Dockerfile", &DOCKERFILE.replace("{base}", &world.base));
    world.write("page", "<h1>v1</h1>\n");
    Some(world)
}

/// `build` under this name; the image's digest.
fn build(world: &World, image: &str) -> String {
    let ended = world.run(&["build", "--tag", image]).code(0);
    let digest = world.registry.pull(image).digest;
    assert!(ended.said.contains(&digest), "{}", ended.said);
    digest
}

fn count(asked: &[Access], method: &str, part: &str) -> usize {
    asked.iter().filter(|(found, path, _)| found == method && path.contains(part)).count()
}

#[test]
fn base_layers_are_mounted_and_only_what_is_new_is_sent() {
    let Some(mut world) = world() else { return };
    let _before = world.registry.asked();
    world.run(&["build", "--tag", &world.name("group/app:1")]).code(0).says("3 layers mounted");
    let asked = world.registry.asked();
    let mounts: Vec<u16> = asked
        .iter()
        .filter(|(method, path, _)| method == "POST" && path.contains("from=base"))
        .map(|(_, _, status)| *status)
        .collect();
    assert_eq!(mounts, [201, 201, 201], "{asked:#?}");
    // The config and our layer: a PUT each, no PATCH.
    assert_eq!(count(&asked, "PUT", "/v2/group/app/blobs/uploads/"), 2, "{asked:#?}");
    assert_eq!(count(&asked, "PATCH", ""), 0, "{asked:#?}");
    assert_eq!(count(&asked, "GET", "/v2/base/blobs/"), 1, "only the config: {asked:#?}");
    assert_eq!(count(&asked, "PUT", "/v2/group/app/manifests/"), 1, "{asked:#?}");
    let image = world.registry.pull(&world.name("group/app:1"));
    assert_eq!(image.files["usr/local/share/page"].content, b"<h1>v1</h1>\n");
    assert!(!image.files.contains_key("opt/gone") && !image.files.contains_key("app/old.txt"));
}

#[test]
fn what_is_there_is_not_sent_again() {
    let Some(mut world) = world() else { return };
    let first = build(&world, &world.name("group/app:1"));
    let _before = world.registry.asked();
    world.run(&["build", "--tag", &world.name("group/app:1")]).code(0);
    let again = world.registry.asked();
    let changes = |asked: &[Access]| {
        asked.iter().filter(|(method, ..)| !matches!(method.as_str(), "GET" | "HEAD")).count()
    };
    assert_eq!(changes(&again), 0, "{again:#?}");
    world.run(&["build", "--tag", &world.name("group/app:2")]).code(0);
    let asked = world.registry.asked();
    assert_eq!(changes(&asked), 1, "{asked:#?}");
    assert_eq!(count(&asked, "PUT", "/v2/group/app/manifests/2"), 1, "{asked:#?}");
    assert_eq!(world.registry.pull(&world.name("group/app:2")).digest, first);
}

#[test]
fn the_same_commit_gives_the_same_digest_on_another_machine() {
    let (Some(one), Some(mut other)) = (world(), world()) else { return };
    for world in [&one, &other] {
        // The base's address is another one on each; what is built must not depend on it.
        world.write("Dockerfile", "ARG BASE\nFROM ${BASE}\nCOPY page /usr/local/share/\n");
    }
    let build = |world: &World| {
        let (base, image) = (format!("BASE={}", world.base), world.name("group/app:1"));
        world.run(&["build", "--build-arg", &base, "--tag", &image]).code(0);
        world.registry.pull(&image).digest
    };
    assert_eq!(build(&one), build(&other));
    other.set("CI_COMMIT_TIMESTAMP", "2026-03-01T12:00:01Z");
    assert_ne!(build(&one), build(&other), "another commit's time is another image");
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let Some(mut world) = world() else { return };
    world.set("CI_REGISTRY_PASSWORD", "wr0ng-s3cret");
    let ended = world.run(&["build", "--tag", &world.name("group/app:1")]).code(50);
    assert!(!ended.said.contains("wr0ng-s3cret"), "{}", ended.said);
    let _told = ended.says("Dockerfile:1").says("credentials not accepted").says("`docker login`");
    // Without a base to read, the push is what is denied.
    world.write("Dockerfile", "FROM scratch\nCOPY page /page\n");
    let ended = world.run(&["build", "--tag", &world.name("group/app:1")]).code(50);
    assert!(!ended.said.contains("wr0ng-s3cret"), "{}", ended.said);
    let asked = world.registry.asked();
    let let_in = asked.iter().filter(|(method, path, status)| {
        method != "GET" && path.contains("/v2/group/") && *status < 400
    });
    assert_eq!(let_in.count(), 0, "{asked:#?}");
}

#[test]
fn a_base_that_is_missing_is_told_with_its_line() {
    let Some(world) = world() else { return };
    world.write("Dockerfile", &format!("\nFROM {}\n", world.name("base:2")));
    world.run(&["build"]).code(40).says("Dockerfile:2").says("base:2");
}
