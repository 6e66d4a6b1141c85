//! Keys of a role that end in the middle of a release: they are renewed, and nobody hears of it.

use crate::world::World;
use ecs_sim::cloud::Role;

const ROLE: &str = "arn:aws:iam::111122223333:role/release";

#[test]
fn a_release_outlives_the_keys_of_its_role() {
    let world = World::in_the_past();
    let role = Role {
        arn: ROLE.to_owned(),
        allow: vec!["*".to_owned()],
        trusted: vec!["arn:aws:iam::111122223333:user/*".to_owned()],
        web_identity: None,
    };
    world.cloud.with(|cloud, _| cloud.add_role(role));
    world.build();
    world.edit("ecs-canary.yml", "mode: twin", &format!("mode: twin\nrole: {ROLE}"));
    let ended = world.run(&["deploy", "full"]).good().says("done    release runs release:1");
    // What was seen just now is told as such, although this machine's clock is an hour ahead.
    let ended = ended.says("now     release runs release:1");
    for words in ["xpire", "redentials", "AssumeRole", "renew", "Warning", "again"] {
        assert!(!ended.stderr.contains(words), "{words} is nobody's business:\n{}", ended.stderr);
    }
    let asked = world.requests("AssumeRole").len();
    assert!(asked > 5, "keys were asked for {asked} times");
}
