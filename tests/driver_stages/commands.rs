//! Commands of a script are carried out by the driver of its stage, and end with it.

use crate::harness::{Job, eventually};
use serde_json::json;
use std::cell::RefCell;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// An AWS that takes connections and never answers.
struct SilentAws(TcpListener);

impl SilentAws {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    /// Waits for somebody who asks; the connection stays open while the value lives.
    fn asked(&self) -> TcpStream {
        let taken = RefCell::new(None);
        eventually(|| {
            *taken.borrow_mut() = self.0.accept().ok();
            taken.borrow().is_some()
        });
        taken.into_inner().unwrap().0
    }

    /// Asks it for the state of a service.
    fn script(&self) -> String {
        let address = self.0.local_addr().unwrap();
        format!(
            "export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_REGION=eu-west-1
             export AWS_ENDPOINT_URL=http://{address}
             printf '%s\\n' 'cluster: c' 'compose: c.yml' 'container: {{name: web, port: 80}}' \
                 'services: {{full: {{name: release}}, canary: {{name: canary}}}}' > ecs-canary.yml
             ecs-canary status"
        )
    }
}

fn job() -> Job {
    Job::with(&json!({}), "[aws]\nallow_endpoint_override = true").prepared()
}

#[test]
fn a_command_is_carried_out_by_the_driver_with_its_own_exit_code() {
    let job = job();
    let ended = job.script("docker images && ecs-canary build nowhere");
    assert_eq!((ended.code, job.code().as_str()), (1, "10"), "{ended:?}");
    assert!(ended.stdout.contains("REPOSITORY"), "{ended:?}");
}

#[test]
fn a_cancel_reaches_a_command_that_waits_and_its_answer_is_shown() {
    let (aws, job) = (SilentAws::new(), job());
    let stage = job.start_script(&aws.script());
    let connection = aws.asked();
    let asked = Instant::now();
    stage.terminate();
    let ended = stage.end();
    drop(connection);
    assert_eq!((ended.code, job.code().as_str()), (1, "34"), "{ended:?}");
    assert!(asked.elapsed() < Duration::from_secs(3), "{ended:?}");
    assert!(ended.stderr.to_lowercase().contains("cancelled"), "{ended:?}");
}

#[test]
fn a_command_in_the_background_ends_with_its_script() {
    let (aws, job) = (SilentAws::new(), job());
    let script = format!("({}) & until [ -e $HOME/go ]; do sleep 0.01; done; exit 5", aws.script());
    let stage = job.start_script(&script);
    let connection = aws.asked();
    std::fs::write(job.root().join("home/go"), "").unwrap();
    let since = Instant::now();
    let ended = stage.end();
    drop(connection);
    assert_eq!((ended.code, job.code().as_str()), (1, "5"), "{ended:?}");
    assert!(since.elapsed() < Duration::from_secs(2), "{ended:?}");
}
