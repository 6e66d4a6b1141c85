//! The stages of ECS's own strategies: what is said of them, and whether somebody has to answer
//! a pause.

use crate::model::{DeploymentArn, HookId, Lifecycle, Pause, Timestamp, TrafficShare};
use std::collections::BTreeMap;

/// Who answers pauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answers {
    /// Not this release: its mode knows no pauses.
    Nobody,
    /// We do. These were answered: they do not count until then, by AWS's clock, because looks
    /// may be older than the answer.
    Ours(BTreeMap<HookId, Timestamp>),
}

/// What was said of the stages so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Stages {
    said: Option<(Option<String>, Option<TrafficShare>)>,
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
    pub(super) fn changed(&mut self, lifecycle: &Lifecycle) -> Option<String> {
        let now = (lifecycle.stage.clone(), lifecycle.share);
        if self.said.as_ref() == Some(&now) {
            return None;
        }
        self.said = Some(now);
        self.words()
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
