//! The table of `status`.

use super::layout::{Paint, Painter, labelled};
use super::stage;
use crate::model::{
    Evidence, GateStatus, ImageReference, LeaseStatus, ReleaseStatus, ScalingStatus, ServiceStatus,
};

const HEADING: [&str; 7] = ["side", "service", "revision", "commit", "image", "tasks", "rollout"];

/// One line for each service below a heading; columns as wide as their widest cell.
pub(super) fn table(services: &[ServiceStatus]) -> String {
    let mut rows = vec![HEADING.map(str::to_owned)];
    rows.extend(services.iter().map(row));
    let widths: Vec<usize> = (0..HEADING.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}  "));
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    rows.iter().map(line).collect()
}

/// The last deployments of each service, newest first.
pub(super) fn history(services: &[ServiceStatus]) -> String {
    let mut text = String::new();
    for service in services {
        for one in &service.deployments {
            let revision = one.revision.as_deref().unwrap_or("-");
            let commit = one.commit.as_deref().unwrap_or("-");
            let commit: String = commit.chars().take(8).collect();
            let (name, at, status) = (&service.service, one.created_at, &one.status);
            text.push_str(&format!("history {name}  {at}  {revision}  {commit}  {status}\n"));
        }
    }
    text
}

/// How the release stands, and what comes next.
pub(super) fn standing(release: &ReleaseStatus) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some(weights) = &release.weights {
        let one = |weight: Option<u32>| weight.map_or("none".to_owned(), |one| one.to_string());
        let (full, canary) = (one(weights.full), one(weights.canary));
        let share = weights.share.as_deref().unwrap_or("?");
        lines.push(("weights", format!("{full}/{canary}: the canary gets {share} % of requests")));
    }
    lines.push((
        "lease",
        match &release.lease {
            None => "nobody holds the services".to_owned(),
            Some(LeaseStatus { holder, until, alive: true }) => {
                format!("{holder}, until {until} unless it is renewed")
            }
            Some(LeaseStatus { holder, until, alive: false }) => {
                format!("{holder} held the services until {until} and left them as they are")
            }
        },
    ));
    if let Some(phase) = &release.phase {
        let since = release.since.map(|since| format!(", since {since}")).unwrap_or_default();
        lines.push(("phase", format!("{phase}{since}")));
    }
    if let Some(native) = &release.native {
        lines.push(("stage", stage::line(native)));
        lines.extend(stage::pause(native).map(|pause| ("pause", pause)));
    }
    lines.extend(release.gate.as_ref().map(|gate| ("gate", of_gate(gate))));
    lines.extend(release.verdict.iter().flat_map(verdict));
    lines.extend(release.scaling.iter().map(|one| ("scaling", scaling(one))));
    lines.extend(release.could_not_tell.iter().map(|what| ("unknown", what.clone())));
    lines
        .extend(release.next.iter().map(|one| ("next", format!("{}: {}", one.command, one.would))));
    let painter = Painter { color: false };
    let shown = lines.iter().flat_map(|(label, text)| labelled(painter, label, Paint::Plain, text));
    shown.map(|line| format!("{line}\n")).collect()
}

/// When somebody has to have answered.
fn of_gate(gate: &GateStatus) -> String {
    let GateStatus { until, then, over } = gate;
    match (over, then.as_str()) {
        (false, "hold") => format!("waits until {until} for a person, and stays after it"),
        (false, then) => {
            format!("waits until {until} for a person, then {then} by `gc --releases`")
        }
        (true, "hold") => format!("over since {until}, and nobody answered: it stays"),
        (true, then) => format!("over since {until}: `gc --releases` does the {then}"),
    }
}

/// What the judge says so far.
fn verdict(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let word = evidence.verdict.headline();
    let since = evidence.since;
    let mut lines = vec![(
        "judge",
        match evidence.lines.is_empty() {
            true => format!("counts since {since}, no minute is settled yet"),
            false => format!("{word} after {} min, counts since {since}", evidence.minutes),
        },
    )];
    lines.extend(evidence.lines.iter().map(|line| ("judge", line.clone())));
    lines.extend(evidence.users.map(|cost| ("users", cost.to_string())));
    lines
}

fn scaling(one: &ScalingStatus) -> String {
    let ScalingStatus { service, least, most, .. } = one;
    let scale_in = match (one.scale_in_suspended, &one.suspended_by) {
        (false, _) => "scale-in is on".to_owned(),
        (true, None) => "scale-in is suspended, by no release".to_owned(),
        (true, Some(by)) => format!("scale-in is suspended by {by}"),
    };
    format!("{service}: {least} to {most} tasks, {scale_in}")
}

fn row(service: &ServiceStatus) -> [String; 7] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let tasks = match service.pending {
        0 => format!("{}/{}", service.running, service.desired),
        pending => format!("{}/{} (+{pending})", service.running, service.desired),
    };
    let rollout = service.rollout.clone().unwrap_or_else(|| service.status.clone());
    [
        service.side.clone(),
        service.service.clone(),
        or_dash(service.revision.clone()),
        or_dash(service.commit.as_ref().map(|commit| commit.chars().take(8).collect())),
        or_dash(service.image.as_deref().map(short)),
        tasks,
        rollout,
    ]
}

/// The last word of the repository and the first digits of the digest, or the tag.
fn short(image: &str) -> String {
    let Ok(reference) = image.parse::<ImageReference>() else { return image.to_owned() };
    let name = reference.repository.rsplit('/').next().unwrap_or_default();
    match (&reference.digest, &reference.tag) {
        (Some(digest), _) => format!("{name}@{}", digest.short()),
        (None, Some(tag)) => format!("{name}:{tag}"),
        (None, None) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_both_services_and_a_missing_one() {
        let image = format!("r.example/group/app@sha256:{}", "a".repeat(64));
        let full = ServiceStatus {
            side: "full".to_owned(),
            service: "release".to_owned(),
            status: "ACTIVE".to_owned(),
            revision: Some("release:7".to_owned()),
            commit: Some("7be1d20c99".to_owned()),
            image: Some(image),
            desired: 3,
            running: 2,
            pending: 1,
            rollout: Some("IN_PROGRESS".to_owned()),
            deployments: Vec::new(),
        };
        let canary = ServiceStatus {
            side: "canary".to_owned(),
            service: "canary-release".to_owned(),
            status: "MISSING".to_owned(),
            ..ServiceStatus::default()
        };
        insta::assert_snapshot!(table(&[full, canary]), @r"
        side    service         revision   commit    image                    tasks     rollout
        full    release         release:7  7be1d20c  app@sha256:aaaaaaaaaaaa  2/3 (+1)  IN_PROGRESS
        canary  canary-release  -          -         -                        0/0       MISSING
        ");
    }

    #[test]
    fn a_suspended_scale_in_says_whose_it_is() {
        let one = |is_suspended, by: Option<&str>| ScalingStatus {
            service: "release".to_owned(),
            least: 2,
            most: 9,
            scale_in_suspended: is_suspended,
            suspended_by: by.map(str::to_owned),
        };
        let scaling = vec![one(false, None), one(true, None), one(true, Some("pipeline 7"))];
        let text = standing(&ReleaseStatus { scaling, ..ReleaseStatus::default() });
        insta::assert_snapshot!(text, @r"
        lease   nobody holds the services
        scaling release: 2 to 9 tasks, scale-in is on
        scaling release: 2 to 9 tasks, scale-in is suspended, by no release
        scaling release: 2 to 9 tasks, scale-in is suspended by pipeline 7
        ");
    }
}
