//! Events as JSON, one object per line.

use super::redactor::Redactor;
use crate::model::Event;

/// The line of an event without its newline; `None` for a heartbeat, which says nothing. The
/// outcome is the outcome line itself, not wrapped.
pub(super) fn line(event: &Event, redactor: &Redactor) -> Option<String> {
    let value = match event {
        Event::Heartbeat => return None,
        Event::Outcome { outcome } => serde_json::to_value(outcome),
        other => serde_json::to_value(other),
    };
    // Events hold texts, numbers and enums only; there is nothing that cannot be encoded.
    let mut value = value.ok()?;
    redactor.value(&mut value);
    Some(value.to_string())
}
