//! A failed command before it is told.

use super::{Exit, finish};
use crate::model::{Event, Finding, LogLevel, Outcome, Refusal};
use crate::ports::Reporter;
use std::error::Error;

/// Why a command failed. What commands return with `?`; [`Failure::tell`] ends it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
    findings: Vec<Finding>,
    refusal: Option<Refusal>,
}

impl Failure {
    /// A failure in words: a lower-case fragment that names what, found and wanted.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, findings: Vec::new(), refusal: None }
    }

    /// A failure by an error; its sources are part of the message, each said once.
    pub fn from_error(exit: Exit, error: &(dyn Error + 'static)) -> Self {
        Self::new(exit, chain(error))
    }

    /// Findings of a file or a check, at least one of them an error; they are told one by one.
    pub fn findings(exit: Exit, findings: Vec<Finding>) -> Self {
        let errors: Vec<&Finding> =
            findings.iter().filter(|f| crate::model::has_errors(std::slice::from_ref(f))).collect();
        // A misspelt key is the cause, and comes with a hint; the missing one is its symptom.
        let lead = errors.iter().find(|finding| finding.hint.is_some()).or(errors.first());
        let message = match (lead, errors.len()) {
            (Some(lead), 1) => lead.to_string(),
            (Some(lead), count) => format!("{lead} (and {} more)", count - 1),
            (None, _) => "a check did not pass".to_owned(),
        };
        let hint = lead.and_then(|finding| finding.hint.clone());
        Self { hint, findings, ..Self::new(exit, message) }
    }

    /// Refused by policy, preflight or another release.
    pub fn refused(by: Refusal, message: impl Into<String>) -> Self {
        let exit = match by {
            Refusal::Preflight => Exit::Preflight,
            Refusal::OtherRelease | Refusal::Older => Exit::OtherRelease,
            Refusal::Policy => Exit::Policy,
        };
        Self { refusal: Some(by), ..Self::new(exit, message) }
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with words before its message: what was being done.
    #[must_use]
    pub fn while_doing(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The class.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The outcome, complete with exit code and hint; nothing is told.
    pub fn outcome(&self) -> Outcome {
        let row = self.exit.row();
        let mut outcome = Outcome::new(row.outcomes[0]).because(self.message.as_str());
        outcome.exit_code = i32::from(row.code);
        outcome.refusal = self.refusal;
        outcome.hint.clone_from(&self.hint);
        finish(outcome)
    }

    /// Tells the findings; returns the outcome, which whoever ends the command tells last.
    pub fn tell(self, reporter: &(impl Reporter + ?Sized)) -> Outcome {
        let outcome = self.outcome();
        // A single finding is the outcome's reason already.
        if self.findings.len() > 1 {
            for finding in self.findings {
                reporter.emit(Event::Finding { finding });
            }
        }
        outcome
    }
}

/// An error and its sources in one line, outermost first. A source whose words are already in
/// the line is left out.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let words = source.to_string();
        if !line.contains(&words) {
            line = format!("{line}: {words}");
        }
        next = source.source();
    }
    line
}

impl From<Failure> for Event {
    /// The failure as a line, for stages that have no outcome.
    fn from(failure: Failure) -> Self {
        let hint = failure.hint.map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
        Self::Line { level: LogLevel::Error, text: format!("{}{hint}", failure.message) }
    }
}
