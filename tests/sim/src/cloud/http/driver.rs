//! Drives the account: sleeps until its next change, lets it happen, hands pulls to the
//! agent.

use super::Shared;
use crate::cloud::agent::Agent;
use std::time::Duration;
use tokio::task::JoinSet;

/// Between two looks at an account where nothing is to come; calls ring the bell anyway.
const IDLE: Duration = Duration::from_secs(60);

/// Runs until its task is aborted.
pub(crate) async fn drive(shared: Shared, agent: Agent) {
    let mut pulls = JoinSet::new();
    loop {
        for pull in shared.advance() {
            let (shared, agent) = (shared.clone(), agent.clone());
            pulls.spawn(async move {
                let result = agent.pull(&pull).await;
                // A task that is gone meanwhile needs no answer.
                drop(shared.with(|cloud, now| cloud.pull_ended(now, &pull.task, result)));
            });
        }
        let wait = shared
            .next_change()
            .map_or(IDLE, |next| shared.clock.real_until(next))
            .max(Duration::from_millis(1));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.changed.notified() => {}
            Some(_) = pulls.join_next() => {}
        }
    }
}
