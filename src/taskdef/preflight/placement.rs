//! Constraints of a task definition.

use super::{Object, Report, list, text};

pub(super) fn check(report: &mut Report<'_>, task: &Object) {
    for constraint in list(task, "placementConstraints") {
        let at = "placementConstraints";
        match (text(constraint, "type"), text(constraint, "expression")) {
            ("memberOf", "") => report.refused(at, "constraint memberOf has no expression"),
            ("memberOf", _) => {}
            (kind, _) => report.refused(
                at,
                format!("constraint {kind}: a task definition has memberOf only, a service both"),
            ),
        }
    }
}
