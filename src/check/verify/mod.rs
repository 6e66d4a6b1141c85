//! What `verify` tells before any change: each check with one of three answers. A role or a
//! secret that could not be looked at is well when what runs uses the very same.

mod container;
mod judge;
mod named;
mod native;
mod scaling;
mod service;

#[cfg(test)]
mod tests;

use crate::model::{
    Alarm, Answer, CallError, CheckLine, Finding, Observed, RoleTrust, SecretState, Severity,
    TargetGroup, TargetGroupArn, Traffic, Wanted,
};
use std::collections::BTreeMap;

pub use judge::JudgeFacts;
pub use named::{all_secrets, roles};

use super::Checked;

/// A read, or why it failed.
pub type Read<T> = Result<T, CallError>;

/// What was read besides what a plan is made from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Target groups; `None` for one that does not exist.
    pub groups: BTreeMap<TargetGroupArn, Read<Option<TargetGroup>>>,
    /// Images, as written.
    pub images: BTreeMap<String, ImageFact>,
    /// Whether log groups exist.
    pub log_groups: BTreeMap<String, Read<bool>>,
    /// Roles, as written; `None` for one that does not exist.
    pub roles: BTreeMap<String, Read<Option<RoleTrust>>>,
    /// Secrets and parameters, as written.
    pub secrets: BTreeMap<String, Read<SecretState>>,
    /// Alarms that the services' deployments watch.
    pub alarms: Vec<Read<Vec<Alarm>>>,
    /// What the judge would see, where one is asked.
    pub judge: Option<JudgeFacts>,
}

/// What a registry says of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageFact {
    /// Its digest and platforms (`linux/amd64`); `None` when there is none.
    pub found: Read<Option<(String, Vec<String>)>>,
    /// True when it can be had without a login.
    pub open: bool,
}

/// All checks: what a plan is checked for first, then what only `verify` reads.
pub fn verify(
    wanted: &Wanted,
    observed: &Observed,
    checked: &[Checked],
    facts: &Facts,
) -> Vec<CheckLine> {
    let cluster = wanted.cluster.as_str();
    if !observed.cluster_found {
        let line = CheckLine::new(("cluster", cluster), Answer::Failed, "it does not exist");
        return vec![line.hinting("check its name, the region and the account")];
    }
    let mut lines = vec![CheckLine::new(("cluster", cluster), Answer::Ok, "it exists")];
    lines.extend(preflight(checked, wanted));
    for service in wanted.full.iter().chain(&wanted.canary) {
        lines.extend(service::lines(service, wanted, observed, facts));
        lines.extend(scaling::line(service, wanted, observed));
    }
    match &wanted.course.traffic {
        Traffic::Twin => {}
        Traffic::Weighted(traffic) => lines.extend(service::rule(traffic, observed)),
        Traffic::Native(traffic) => {
            let found = native::lines(traffic, wanted, observed, facts);
            // What the preflight says of the same things is told once, by the name of its check.
            let is_said = |line: &CheckLine| {
                line.check == "preflight" && found.iter().any(|one| one.text == line.text)
            };
            lines.retain(|line| !is_said(line));
            lines.extend(found);
        }
    }
    // The two services have the same containers: each thing is looked at once.
    for service in wanted.full.iter().chain(&wanted.canary) {
        for line in container::lines(service, observed, facts) {
            let is_same =
                |one: &&mut CheckLine| (&one.check, &one.subject) == (&line.check, &line.subject);
            match lines.iter_mut().find(is_same) {
                None => lines.push(line),
                // What one of them proves holds for the other one.
                Some(known) if known.answer == Answer::CouldNotTell => *known = line,
                Some(known) if known.answer != Answer::Failed && line.answer == Answer::Failed => {
                    *known = line;
                }
                Some(_) => {}
            }
        }
    }
    lines.extend(service::alarms(facts));
    lines.extend(facts.judge.iter().flat_map(|facts| judge::lines(wanted, facts)));
    lines
}

/// The checks that every release makes before its first change.
fn preflight(checked: &[Checked], wanted: &Wanted) -> Vec<CheckLine> {
    let told = checked.iter().filter_map(|one| of_finding(&one.finding, wanted));
    let told: Vec<CheckLine> = told.collect();
    if told.iter().any(|line| line.answer == Answer::Failed) {
        return told;
    }
    let well = CheckLine::new(("preflight", "release"), Answer::Ok, "nothing forbids a release");
    std::iter::once(well).chain(told).collect()
}

fn of_finding(finding: &Finding, wanted: &Wanted) -> Option<CheckLine> {
    let answer = match finding.severity {
        Severity::Error => Answer::Failed,
        Severity::CouldNotTell => Answer::CouldNotTell,
        Severity::Warning | Severity::Note => return None,
    };
    let sides = || wanted.full.iter().chain(&wanted.canary);
    let is_service = |name: &str| sides().any(|service| service.name.as_str() == name);
    let (subject, text) = match finding.message.split_once(": ") {
        Some((name, text)) if is_service(name) => (name, text),
        Some(_) | None => ("release", finding.message.as_str()),
    };
    let line = CheckLine::new(("preflight", subject), answer, text);
    Some(CheckLine { hint: finding.hint.clone(), ..line })
}
