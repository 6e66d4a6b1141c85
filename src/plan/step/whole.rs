//! A plan: steps in order.

use super::kind::Step;
use super::waiting::Waiting;
use crate::model::Outcome;

/// Steps up to the next wait or the end, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Never empty; the last one is a `Wait`, the `Finish`, or a change after which a new look
    /// decides.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The first step: the one to do now.
    pub fn first(&self) -> Option<&Step> {
        self.steps.first()
    }

    /// What the plan waits for, when it does not end.
    pub fn waits_for(&self) -> Option<&Waiting> {
        match self.steps.last() {
            Some(Step::Wait(waiting)) => Some(waiting),
            _ => None,
        }
    }

    /// The end, when the plan gets there without a wait.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self.steps.last() {
            Some(Step::Finish(outcome)) => Some(outcome),
            _ => None,
        }
    }

    /// True when a step of it changes something in AWS.
    pub fn changes_something(&self) -> bool {
        self.steps.iter().any(Step::is_change)
    }
}
