//! A deployment of ECS's own strategies, in the lines of `status`.

use crate::model::StageStatus;

/// `CANARY brings release:2, at STAGE with 10 % of the requests`.
pub(super) fn line(native: &StageStatus) -> String {
    let StageStatus { strategy, revision, status, stage, share, .. } = native;
    let strategy = strategy.as_deref().unwrap_or("a deployment");
    let revision = revision.as_deref().unwrap_or("a revision that could not be read");
    let stage = stage.as_deref().unwrap_or("a stage that ECS does not name");
    let share = match share {
        Some(share) => format!("{share} % of the requests"),
        None => "ECS does not say how many requests".to_owned(),
    };
    format!("{strategy} brings {revision}, {status} at {stage}: {share}")
}

/// How long its pause waits, what comes then, and who answers.
pub(super) fn pause(native: &StageStatus) -> Option<String> {
    let pause = native.pause.as_ref()?;
    let then = &pause.words;
    Some(format!("waits: `ecs-canary promote` goes on, `ecs-canary abort` takes it back; {then}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PauseStatus;

    #[test]
    fn what_ecs_does_not_say_is_no_number() {
        let native = StageStatus {
            service: "release".to_owned(),
            deployment: "arn:deployment".to_owned(),
            status: "IN_PROGRESS".to_owned(),
            strategy: Some("LINEAR".to_owned()),
            revision: None,
            stage: None,
            share: None,
            pause: Some(PauseStatus {
                until: None,
                then: "rollback".to_owned(),
                words: "at its timeout ECS goes back by itself".to_owned(),
            }),
        };
        insta::assert_snapshot!(line(&native), @"LINEAR brings a revision that could not be read, IN_PROGRESS at a stage that ECS does not name: ECS does not say how many requests");
        insta::assert_snapshot!(pause(&native).unwrap(), @"waits: `ecs-canary promote` goes on, `ecs-canary abort` takes it back; at its timeout ECS goes back by itself");
    }
}
