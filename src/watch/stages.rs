//! The stages of ECS's own strategies: what is said of them, and whether somebody has to answer
//! a pause.

use crate::model::{DeploymentArn, HookId, Lifecycle, Pause, Timestamp, TrafficShare};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who answers pauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answers {
    /// Not this release: its mode knows no pauses.
    Nobody,
    /// We do. These were answered: they do not count until then, by AWS's clock, because looks
    /// may be older than the answer.
    Ours(BTreeMap<HookId, Timestamp>),
}

/// The stage in which all requests are at the new tasks, and the old ones are kept for a while.
const BAKE: &str = "BAKE_TIME";
/// Before its end looks are as frequent as ever: ECS counts it from a moment that we saw late.
const BAKE_MARGIN: Duration = Duration::from_secs(10);

/// What was said of the stages so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Stages {
    said: Option<(Option<String>, Option<TrafficShare>)>,
    /// When this stage was seen first.
    since: Option<Timestamp>,
}

/// What a look at the stages leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Staged {
    /// ECS goes on by itself.
    Moves,
    /// It waits for us.
    Waits(Pause),
    /// It waits, and not for us.
    WaitsForOthers(Pause),
}

impl Stages {
    /// The stage in words, when it is another one than before.
    pub(super) fn changed(&mut self, lifecycle: &Lifecycle, now: Timestamp) -> Option<String> {
        let seen = (lifecycle.stage.clone(), lifecycle.share);
        if self.said.as_ref() == Some(&seen) {
            return None;
        }
        self.said = Some(seen);
        self.since = Some(now);
        self.words()
    }

    /// How long nothing that we could act on can change, but for a failure, which the service
    /// itself shows.
    pub(super) fn bakes_for(&self, bake: Option<Duration>, now: Timestamp) -> Option<Duration> {
        let (stage, _) = self.said.as_ref()?;
        let end = self.since?.after(bake?.saturating_sub(BAKE_MARGIN));
        (stage.as_deref() == Some(BAKE) && now < end).then(|| end.since(now))
    }

    /// Why it waits, where stages tell it.
    pub(super) fn why(&self) -> Option<String> {
        Some(format!("waits for ECS: {}", self.words()?))
    }

    fn words(&self) -> Option<String> {
        let (stage, share) = self.said.as_ref()?;
        let stage = stage.as_deref()?;
        Some(match share {
            Some(share) => format!("stage {stage}, {share} % of the requests"),
            None => format!("stage {stage}"),
        })
    }
}

/// The first pause of `deployment` that is open at `at`, and whose it is.
pub(super) fn staged(
    deployment: &DeploymentArn,
    lifecycle: &Lifecycle,
    answers: &Answers,
    at: Timestamp,
) -> Staged {
    let mut pauses = lifecycle.open_pauses().map(|hook| lifecycle.pause(deployment, hook));
    match answers {
        Answers::Nobody => pauses.next().map_or(Staged::Moves, Staged::WaitsForOthers),
        Answers::Ours(answered) => {
            let is_open =
                |pause: &Pause| answered.get(&pause.hook).is_none_or(|until| at >= *until);
            pauses.find(is_open).map_or(Staged::Moves, Staged::Waits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{followed, glimpse, under_way};
    use super::super::{AskDeployments, Followed, Glimpse, Next, Waiter as _, Watch};
    use super::*;
    use crate::model::ServiceDeploymentStatus;
    use crate::model::samples::{arn, at, deployment};

    /// A look at our deployment at `stage`.
    fn at_stage(stage: &str) -> Glimpse {
        let mut ours = deployment("d-2", 2, ServiceDeploymentStatus::InProgress);
        let stage = Some(stage.to_owned());
        ours.lifecycle = Some(Lifecycle { stage, ..Lifecycle::default() });
        let mut state = under_way();
        state.strategy = Some("CANARY".to_owned());
        glimpse(state, vec![ours])
    }

    fn next(watch: &mut Watch, look: &Glimpse, second: i64) -> (u64, bool) {
        match watch.observe(look, at(second), 0.5).next {
            Next::Look { after, ask } => {
                (after.as_secs(), ask.deployments != AskDeployments::Nothing)
            }
            Next::Ended(end) => panic!("{end:?}"),
        }
    }

    #[test]
    fn looks_come_slowly_while_ecs_bakes_and_as_ever_before_the_end() {
        let bake = Some(Duration::from_secs(120));
        let mut watch =
            Watch::new(Followed { deployment: Some(arn("d-2")), bake, ..followed() }, at(20));
        let moves = at_stage("PRODUCTION_TRAFFIC_SHIFT");
        assert_eq!(next(&mut watch, &moves, 20), (5, true));
        let bakes = at_stage(BAKE);
        assert_eq!(next(&mut watch, &bakes, 30), (15, false));
        assert_eq!(next(&mut watch, &bakes, 130), (10, false), "until ten seconds before its end");
        assert_eq!(next(&mut watch, &bakes, 138), (5, false));
        assert_eq!(next(&mut watch, &bakes, 145), (5, true));
    }

    #[test]
    fn a_bake_of_unknown_length_is_looked_at_as_ever() {
        let mut watch = Watch::new(Followed { deployment: Some(arn("d-2")), ..followed() }, at(20));
        assert_eq!(next(&mut watch, &at_stage(BAKE), 30), (5, true));
    }
}
