//! `gate:` of the release file.

use super::yaml::{Fields, duration};
use crate::model::{Gate, GateAction, Located};

pub(super) fn gate(fields: &mut Fields<'_, '_>) -> Option<Located<Gate>> {
    let node = fields.node("gate")?;
    let mut inner = Fields::open(node, "gate", &["timeout", "then"], fields.findings())?;
    let timeout = inner.parsed("timeout", "a duration such as \"2h\"", duration);
    let timeout = inner.required("timeout", timeout);
    let then = inner.parsed("then", "rollback, hold or promote", GateAction::from_word);
    let then = then.map_or(GateAction::Rollback, |then| then.value);
    Some(node.at.locate(Gate { timeout: timeout?.value, then }))
}
