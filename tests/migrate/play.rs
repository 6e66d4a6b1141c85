//! The team's pipeline of 2018, migrated, plays its releases on the simulated cloud with the
//! real program as the executor of every job.

use crate::command::EXAMPLE;
use crate::good;
use ecs_sim::demo::{DemoOptions, Yaml, run_to};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// ecs-cli starts a service with one task; its users scale it once.
const SCALE: &str = "
scale:
  stage: deploy
  variables:
    <<: *deploy_variables
    SERVICE_NAME: release
  before_script: *deploy_before_script
  script:
    - ecs-cli compose -p ${SERVICE_NAME} -f deploy/docker-compose.yml --ecs-params deploy/ecs-params.yml service scale 3 --cluster ${AWS_ECS_CLUSTER_NAME}
  tags: [docker]
  environment: {name: poc}
  only: [tags]
  when: manual
";

/// What the demo tells; shown when it does not end well.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn play(native: bool) {
    let migration = good(&format!("{EXAMPLE}{SCALE}"), native);
    let yaml = Yaml::Given {
        pipeline: migration.text.leak(),
        release_file: migration.release_file.unwrap_or_default().leak(),
    };
    let options = DemoOptions {
        speed: 60.0,
        keep: false,
        json: true,
        verbose: false,
        yaml,
        runner: None,
        executor: env!("CARGO_BIN_EXE_ecs-canary").into(),
        color: false,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = Kept::default();
    let played = runtime.block_on(run_to(options, Box::new(told.clone())));
    runtime.shutdown_background();
    let told = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
    if let Err(why) = played {
        panic!("{why}\n{told}");
    }
    let last = told.lines().last().unwrap_or_default();
    assert!(last.contains(r#""outcome":"ok""#), "{told}");
}

#[test]
fn the_migrated_pipeline_plays() {
    play(false);
}

#[test]
fn the_native_pipeline_with_its_release_file_plays() {
    play(true);
}
