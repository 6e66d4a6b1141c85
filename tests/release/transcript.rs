//! What a person reads of one or more jobs, as golden files in `tests/scenarios`: each command
//! with the lines of its log and its exit code. `> ` is the title of a folded section and `| `
//! what is folded away below it; what somebody else does meanwhile stands behind `* `.
//! `UPDATE_SCENARIOS=1` writes them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::reading::read;
use crate::timeless::timeless;
use crate::world::{Told, World};
use ecs_canary::failure;
use ecs_canary::model::{Event, Outcome, Timestamp};
use ecs_canary::output::{Form, Output, Redactor, Settings};
use ecs_canary::ports::Reporter as _;
use std::path::Path;

/// What people read, of one or more jobs one after the other.
pub(crate) struct Transcript {
    what: String,
    text: String,
}

impl Transcript {
    /// `what` says in a sentence what happens.
    pub(crate) fn new(what: &str) -> Self {
        Self { what: format!("# {what}\n"), text: String::new() }
    }

    /// Something that happens beside the jobs.
    pub(crate) fn meanwhile(&mut self, what: &str) {
        self.text.push_str(&format!("* {what}\n"));
    }

    pub(crate) fn job(&mut self, command: &str, told: &Told) {
        self.ended(command, &told.events, &told.ended.outcome);
    }

    /// A command that told these events and ended so.
    pub(crate) fn ended(&mut self, command: &str, events: &[Event], outcome: &Outcome) {
        let outcome = failure::finish(outcome.clone());
        let log = job_log(events, &outcome);
        let lines = read(&log, outcome.outcome).unwrap_or_else(|why| panic!("{why}\n{log}"));
        self.text.push_str(&format!("$ ecs-canary {command}\n"));
        self.text.push_str(&std::mem::take(&mut self.what));
        lines.iter().for_each(|line| self.text.push_str(&format!("{}\n", timeless(line))));
        self.text.push_str(&format!("exit {}\n", outcome.exit_code));
    }

    /// What runs, and who has the requests.
    pub(crate) fn standing(&mut self, world: &World) {
        let weights = world.weights();
        let weights = if weights.is_empty() { weights } else { format!("; weights {weights}") };
        self.meanwhile(&format!("in AWS: {}{weights}", world.state()));
    }

    /// What AWS shows of a service with ECS's own strategies.
    pub(crate) fn now(&mut self, world: &World) {
        self.meanwhile(&format!("in AWS: {}", world.native_state()));
    }

    /// Compares with `tests/scenarios/NAME.txt`; `UPDATE_SCENARIOS=1` writes it.
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    pub(crate) fn is(&self, name: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let golden = root.join(format!("tests/scenarios/{name}.txt"));
        if std::env::var_os("UPDATE_SCENARIOS").is_some() {
            std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
            std::fs::write(&golden, &self.text).unwrap();
        }
        let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
        if wanted != self.text {
            let new = name.replace('/', "-");
            let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{new}.txt"));
            std::fs::write(&new, &self.text).unwrap();
            let both = format!("{} and {}", golden.display(), new.display());
            panic!("another transcript, compare {both}\n{}", self.text);
        }
    }
}

/// The bytes that GitLab gets for the log of a job.
fn job_log(events: &[Event], outcome: &Outcome) -> String {
    let settings = Settings { form: Form::Text, color: false, gitlab_job: true };
    let now = || Timestamp::from_millis(0);
    let output = Output::new(settings, Redactor::new([]), now, (Vec::new(), Vec::new()));
    events.iter().for_each(|event| output.emit(event.clone()));
    output.emit(Event::Outcome { outcome: Box::new(outcome.clone()) });
    let (talk, answer) = output.into_streams();
    String::from_utf8([answer, talk].concat()).unwrap()
}
