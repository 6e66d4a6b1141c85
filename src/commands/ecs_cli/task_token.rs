//! Client tokens of RunTask: ECS answers a second sending with the tasks of the first one.

use crate::commands::Caller;
use crate::ports::Clock as _;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Whose tasks they are: two runs of a command with the same mark are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark(String);

impl Mark {
    /// The command of `turn` of a job. A killed command has the same turn when it is run again,
    /// and one that is asked for a second time has another: a script may want a task twice.
    pub(super) fn of_job(job: u64, turn: u32) -> Self {
        Self(format!("job-{job}-{turn}"))
    }

    /// Outside of a job each run is one of its own.
    pub(super) fn of_now(caller: &Caller) -> Self {
        Self(format!("at-{}", caller.clock.now().as_millis()))
    }

    /// The token of a request, for tasks beside the `there` ones that the command has. ECS takes
    /// 64 characters.
    pub(super) fn token(&self, request: &Map<String, Value>, there: usize) -> String {
        let text = format!("{there} {}", Value::Object(request.clone()));
        let hash = Sha256::digest(text.as_bytes());
        let digest: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{digest}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_of_the_job_the_turn_and_the_request() {
        let body = |count: u32| json!({ "count": count }).as_object().unwrap().clone();
        let token = Mark::of_job(u64::MAX, u32::MAX).token(&body(1), 0);
        assert!(token.len() <= 64 && token.starts_with("job-18446744073709551615-"), "{token}");
        let first = Mark::of_job(7, 1);
        assert_eq!(first.token(&body(1), 0), Mark::of_job(7, 1).token(&body(1), 0));
        for other in [
            first.token(&body(2), 0),
            first.token(&body(1), 1),
            Mark::of_job(7, 2).token(&body(1), 0),
            Mark::of_job(8, 1).token(&body(1), 0),
        ] {
            assert_ne!(first.token(&body(1), 0), other);
        }
    }
}
