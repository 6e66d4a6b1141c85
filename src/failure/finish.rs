//! The last touch of an outcome.

use super::Exit;
use crate::model::Outcome;

/// The same outcome with its exit code, and with the table's hint when it has none of its own.
#[must_use]
pub fn finish(mut outcome: Outcome) -> Outcome {
    let row = Exit::of(&outcome).row();
    outcome.exit_code = outcome.command_code.unwrap_or(i32::from(row.code));
    if outcome.hint.is_none() && !row.next.is_empty() {
        outcome.hint = Some(row.next.to_owned());
    }
    outcome
}
