//! `ecs-canary migrate`: reviewed differences, what it must refuse, properties of generated
//! pipelines, and a migrated pipeline that is played to its end.
#![expect(clippy::unwrap_used, reason = "test code: a broken set-up may panic")]

mod bad_input;
mod command;
mod pipelines;
#[cfg(feature = "demo")]
mod play;
mod properties;
mod wholly;

use ecs_canary::migrate::{Migration, Wish, migrate};

/// Migrates a good pipeline.
#[track_caller]
fn good(text: &str, native: bool) -> Migration {
    let wish = Wish { file: ".gitlab-ci.yml", tag: "ecs", native };
    match migrate(text, &wish) {
        Ok(migration) => migration,
        Err(findings) => {
            let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
            panic!("refused:\n{}\n{text}", said.join("\n"))
        }
    }
}
