//! From what our deployment tells to the end of the wait, or the next look.

use super::super::pace::Tempo;
use super::super::stages::{Staged, staged};
use super::super::verdict::Verdict;
use super::super::words::duration;
use super::super::{EndKind, Glimpse, Look, Next, Waiter as _};
use super::Watch;
use super::wait::Way;
use crate::model::{Event, ServiceState, Timestamp};

impl Watch {
    pub(super) fn conclude(
        &mut self,
        verdict: Verdict,
        state: &ServiceState,
        now: Timestamp,
        jitter: f64,
        say: &mut Vec<Event>,
    ) -> Next {
        let (tempo, wants_list) = match verdict {
            Verdict::Ended(kind, reason) => return Next::Ended(self.end(kind, reason)),
            Verdict::Doubtful { doubt, limit, then: (kind, reason) } => {
                if self.lasted(doubt, limit, now) {
                    return Next::Ended(self.end(kind, reason));
                }
                (Tempo::Usual, true)
            }
            Verdict::Unread(tempo) => (tempo, false),
            Verdict::Tell { key, text, tempo } => {
                self.doubt = None;
                say.extend(self.talk.news(key, &text, now));
                (tempo, false)
            }
            Verdict::GoOn(tempo) => {
                self.doubt = None;
                (tempo, false)
            }
        };
        if now >= self.followed.deadline {
            let reason = format!("the deadline passed and it still goes on; {}", self.goes_on());
            return Next::Ended(self.end(EndKind::TimedOut, reason));
        }
        say.extend(match self.stages.why() {
            Some(why) => self.talk.remind(&why, now),
            None => self.talk.reminder(state, now),
        });
        match self.stages.bakes_for(self.followed.bake, now) {
            Some(left) if tempo == Tempo::Usual && !wants_list => self.look_slowly(left, jitter),
            _ => self.look(tempo, wants_list, jitter),
        }
    }

    /// Tells the stage of ECS's own strategies, and ends the wait where somebody has to answer.
    pub(super) fn at_stage(
        &mut self,
        verdict: Verdict,
        glimpse: &Glimpse,
        now: Timestamp,
        say: &mut Vec<Event>,
    ) -> Verdict {
        let (Way::Arn(arn), Look::Seen(all), Verdict::GoOn(tempo)) =
            (&self.way, &glimpse.deployments, &verdict)
        else {
            return verdict;
        };
        let ours = all.iter().find(|one| one.arn == *arn);
        let Some(lifecycle) = ours.and_then(|ours| ours.lifecycle.as_ref()) else {
            return verdict;
        };
        if let Some(stage) = self.stages.changed(lifecycle, now) {
            let text = format!("{stage} ({})", duration(now.since(self.started)));
            say.push(self.talk.line(&text, now));
        }
        match staged(arn, lifecycle, &self.followed.answers, glimpse.at) {
            Staged::Moves => verdict,
            Staged::Waits(pause) => {
                let reason = format!("waits at {pause}");
                Verdict::Ended(EndKind::Paused(Box::new(pause)), reason)
            }
            Staged::WaitsForOthers(pause) => {
                let text =
                    format!("ECS pauses, and this mode answers no pause: {}", pause.at_its_end());
                Verdict::Tell { key: "pause", text, tempo: *tempo }
            }
        }
    }
}
