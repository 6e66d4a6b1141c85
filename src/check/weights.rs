//! Can the listener rule share requests between the two services?

use crate::model::{Finding, Knowledge, Observed, Traffic, Wanted};

/// Findings on the rule of a weighted release.
pub(super) fn weights(wanted: &Wanted, observed: &Observed) -> Vec<Finding> {
    let Traffic::Weighted(weighted) = &wanted.course.traffic else { return Vec::new() };
    let name = &weighted.rule;
    let rule = match &observed.rule {
        Some(Knowledge::Known(Some(rule))) => rule,
        Some(Knowledge::Known(None)) => {
            let finding = Finding::error(format!("listener rule {name} does not exist"));
            return vec![finding.hint("check its ARN, the region and the account")];
        }
        Some(Knowledge::CouldNotTell(why)) => {
            let finding = Finding::error(format!("could not look at the listener rule: {why}"));
            return vec![finding.hint("docs/iam.md lists the permissions that a release needs")];
        }
        None => return Vec::new(),
    };
    let mut findings = Vec::new();
    if rule.is_default {
        findings.push(
            Finding::error(
                "the listener rule is the listener's default rule, which takes no weights",
            )
            .hint("make a rule with a priority that forwards to both target groups"),
        );
    } else if rule.weights(&weighted.full, &weighted.canary).full.is_none() {
        let text = format!("the listener rule does not forward to {}", weighted.full);
        let hint = "name the rule that carries the full service's requests";
        findings.push(Finding::error(text).hint(hint));
    }
    let others: Vec<&str> = rule
        .groups
        .iter()
        .filter(|(group, weight)| {
            *weight > 0 && *group != weighted.full && *group != weighted.canary
        })
        .map(|(group, _)| group.as_str())
        .collect();
    if !others.is_empty() {
        let text =
            format!("the listener rule forwards requests to {} as well", others.join(" and "));
        let hint = "shares count between two target groups: give the others a rule of their own";
        findings.push(Finding::error(text).hint(hint));
    }
    if rule.sticky {
        findings.push(Finding::note(
            "the listener rule is sticky: clients stay with a service for a while after a change",
        ));
    }
    findings
}
