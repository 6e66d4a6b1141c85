//! `docker build`, in all its kinds, and `buildah` make of each Dockerfile what we make of it:
//! the same files, settings and command, or no image at all.

use crate::cases::{self, Case};
use crate::daemon::Daemon;
use crate::describe::{self, Lines};
use crate::deviations::is_known;
use crate::engine::{self, Engine};
use crate::process::skipped;
use crate::world::World;
use std::path::PathBuf;

/// A context laid out, and what came of it here.
struct Made {
    case: Case,
    context: PathBuf,
    ours: Result<Lines, String>,
}

fn made(world: &World, case: Case) -> Made {
    let context = world.place(&format!("cases/{}", case.name));
    let base_name = world.base.strip_suffix(":1").unwrap();
    let dockerfile =
        case.dockerfile.replace("{base}", &world.base).replace("{base_name}", base_name);
    cases::lay_out(&context, &dockerfile, case.ignore);
    let image = world.name(&format!("ours/{}:1", case.name));
    // Started elsewhere: it leaves records where it is started.
    let place = context.display().to_string();
    let ended = world.run(&[&["build", &place, "--tag", &image], case.arguments].concat());
    let ours = match ended.code {
        0 => Ok(describe::lines(&world.registry.pull(&image))),
        // Wrong Dockerfiles and builds that cannot be done; anything else is a fault of ours.
        10 | 40 => Err(ended.said),
        code => panic!("{}: exit code {code}\n{}", case.name, ended.said),
    };
    Made { case, context, ours }
}

fn compared(world: &World, made: &Made, engine: &dyn Engine) -> Vec<String> {
    let Made { case, context, ours } = made;
    let image = world.name(&format!("{}/{}:1", engine.name(), case.name));
    let theirs = engine.build(context, case.arguments, &image);
    let theirs = theirs.map(|()| describe::lines(&world.registry.pull(&image)));
    let told = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => describe::differences(ours, &theirs),
        (Err(_), Err(_)) => Vec::new(),
        (Ok(_), Err(why)) => vec![("build".to_owned(), format!("only ours succeeds: {why}"))],
        (Err(why), Ok(_)) => vec![("build".to_owned(), format!("only ours fails: {why}"))],
    };
    let start = format!("{} {}", engine.name(), case.name);
    let new = told.into_iter().filter(|(what, _)| !is_known(engine.name(), case.name, what));
    new.map(|(what, how)| format!("{start}: {what}: {how}")).collect()
}

fn all_the_same(world: &World, engines: &[Box<dyn Engine + '_>]) {
    let mut told = Vec::new();
    for case in cases::all() {
        let made = made(world, case);
        if made.ours.is_err() != case.fails {
            told.push(format!("{}: {:?}", case.name, made.ours));
        }
        for engine in engines {
            told.extend(compared(world, &made, engine.as_ref()));
        }
    }
    assert!(told.is_empty(), "{} differences:\n{}", told.len(), told.join("\n"));
}

#[test]
fn docker_makes_the_same_images() {
    let Some(world) = World::new() else { return };
    match Daemon::start(&world) {
        Ok(daemon) => all_the_same(&world, &engine::dockers(&world, &daemon)),
        Err(why) => skipped("the same images as docker's", &why),
    }
}

#[test]
fn buildah_makes_the_same_images() {
    let Some(world) = World::new() else { return };
    match engine::buildah(&world) {
        Ok(buildah) => all_the_same(&world, &[buildah]),
        Err(why) => skipped("the same images as buildah's", &why),
    }
}
