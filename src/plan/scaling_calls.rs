//! The calls that suspend or resume a service's scale-in, in their order, and what each answer
//! means for the rest of the run. Killed after any of them, the tags say what is to be resumed.

use super::history::{History, ScaleInSent};
use super::step::ScaleInStep;
use crate::model::ScaleIn;

/// One call of a change of scale-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalingCall {
    /// TagResource with the note of the step.
    Note,
    /// RegisterScalableTarget with another suspended state.
    Set,
}

/// How it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalingAnswer {
    /// It was done.
    Done,
    /// Throttled, or no answer came: it may have been done.
    Unanswered,
    /// The right is missing, or the action is not there.
    Cannot,
    /// AWS does not take it.
    Refused,
}

impl History {
    /// The calls of `step`: the note before scale-in is suspended, so that whoever comes after a
    /// kill resumes by it; closed when scale-in is on for certain.
    pub fn scaling_calls(&self, step: &ScaleInStep) -> &'static [ScalingCall] {
        let was_refused = self.scale_in.get(&step.service) == Some(&ScaleInSent::Refused);
        match step.to {
            ScaleIn::Suspended => &[ScalingCall::Note, ScalingCall::Set],
            ScaleIn::On if was_refused => &[ScalingCall::Note],
            ScaleIn::On => &[ScalingCall::Set, ScalingCall::Note],
        }
    }

    /// A call was answered. True when the next one is to be made.
    pub fn scaling_answered(
        &mut self,
        step: &ScaleInStep,
        call: ScalingCall,
        answer: ScalingAnswer,
    ) -> bool {
        let sent = match (step.to, call, answer) {
            (ScaleIn::Suspended, ScalingCall::Note, ScalingAnswer::Done)
            | (ScaleIn::On, ScalingCall::Set, ScalingAnswer::Done) => return true,
            // Where no tag can be written nothing is suspended, and nothing is to be closed.
            (ScaleIn::Suspended, ScalingCall::Note, ScalingAnswer::Cannot) => {
                self.tagging_denied = true;
                return false;
            }
            // The note may be there all the same.
            (
                ScaleIn::Suspended,
                ScalingCall::Note,
                ScalingAnswer::Unanswered | ScalingAnswer::Refused,
            )
            | (
                ScaleIn::Suspended,
                ScalingCall::Set,
                ScalingAnswer::Cannot | ScalingAnswer::Refused,
            ) => ScaleInSent::Refused,
            (
                ScaleIn::Suspended,
                ScalingCall::Set,
                ScalingAnswer::Done | ScalingAnswer::Unanswered,
            ) => ScaleInSent::Suspended,
            (ScaleIn::On, ScalingCall::Note, ScalingAnswer::Done) => ScaleInSent::Resumed,
            (
                ScaleIn::On,
                ScalingCall::Set | ScalingCall::Note,
                ScalingAnswer::Unanswered | ScalingAnswer::Cannot | ScalingAnswer::Refused,
            ) => ScaleInSent::Left,
        };
        self.scale_in.insert(step.service.clone(), sent);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceName;
    use std::collections::BTreeMap;

    fn step(to: ScaleIn) -> ScaleInStep {
        let service = ServiceName::new("web");
        ScaleInStep { service, arn: "arn".to_owned(), to, target: None, note: BTreeMap::new() }
    }

    /// What is known after these answers, and the calls that were made.
    fn after(history: &mut History, to: ScaleIn, answers: &[ScalingAnswer]) -> Vec<ScalingCall> {
        let step = step(to);
        let calls = history.scaling_calls(&step);
        let mut made = Vec::new();
        for (call, answer) in calls.iter().zip(answers) {
            made.push(*call);
            if !history.scaling_answered(&step, *call, *answer) {
                break;
            }
        }
        made
    }

    fn sent(history: &History) -> Option<ScaleInSent> {
        history.scale_in.get(&ServiceName::new("web")).copied()
    }

    #[test]
    fn it_is_noted_before_it_is_suspended_and_on_before_the_note_is_closed() {
        use ScalingCall::{Note, Set};
        let done = [ScalingAnswer::Done; 2];
        let mut history = History::default();
        assert_eq!(after(&mut history, ScaleIn::Suspended, &done), [Note, Set]);
        assert_eq!(sent(&history), Some(ScaleInSent::Suspended));
        assert_eq!(after(&mut history, ScaleIn::On, &done), [Set, Note]);
        assert_eq!(sent(&history), Some(ScaleInSent::Resumed));
    }

    #[test]
    fn what_may_have_been_suspended_is_resumed_and_what_was_not_is_only_closed() {
        use ScalingAnswer::{Cannot, Done, Refused, Unanswered};
        let cases = [
            ([Done, Unanswered], Some(ScaleInSent::Suspended), 2),
            ([Done, Cannot], Some(ScaleInSent::Refused), 1),
            ([Unanswered, Done], Some(ScaleInSent::Refused), 1),
            ([Refused, Done], Some(ScaleInSent::Refused), 1),
            ([Cannot, Done], None, 2),
        ];
        for (answers, known, calls) in cases {
            let mut history = History::default();
            after(&mut history, ScaleIn::Suspended, &answers);
            assert_eq!(sent(&history), known, "{answers:?}");
            assert_eq!(history.tagging_denied, answers[0] == Cannot);
            assert_eq!(history.scaling_calls(&step(ScaleIn::On)).len(), calls, "{answers:?}");
        }
    }

    #[test]
    fn what_could_not_be_resumed_or_closed_is_left_to_a_later_run() {
        for answers in [
            [ScalingAnswer::Cannot, ScalingAnswer::Done],
            [ScalingAnswer::Done, ScalingAnswer::Unanswered],
        ] {
            let mut history = History::default();
            after(&mut history, ScaleIn::On, &answers);
            assert_eq!(sent(&history), Some(ScaleInSent::Left), "{answers:?}");
        }
    }
}
