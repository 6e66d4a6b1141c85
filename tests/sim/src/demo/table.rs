//! What the simulated cloud looks like, as a small table, and the check of what was expected. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One service, as the cloud's control API tells.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub(super) struct ServiceRow {
    /// Its name.
    pub(super) service: String,
    /// `family:number`.
    pub(super) revision: String,
    /// Digests of the running containers' images, with their number.
    pub(super) digests: BTreeMap<String, u64>,
    /// Wanted tasks.
    pub(super) desired: u64,
    /// Running tasks.
    pub(super) running: u64,
    /// Tasks on their way.
    pub(super) pending: u64,
}

/// What a round of requests showed.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub(super) struct Traffic {
    /// Requests sent.
    pub(super) requests: u32,
    /// Answers with the old page.
    pub(super) v1: u32,
    /// Answers with the new page.
    pub(super) v2: u32,
    /// Everything else: errors, other pages.
    pub(super) other: u32,
}

/// What a step must have brought about.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// Service, tasks, digest; a service that is not named must not be there.
    pub(super) services: Vec<(&'static str, u64, String)>,
    /// Least and most answers with the new page.
    pub(super) v2: (u32, u32),
}

/// `sha256:` and the first twelve digits.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

/// The table's lines.
pub(super) fn lines(rows: &[ServiceRow], traffic: Option<Traffic>) -> Vec<String> {
    let mut cells = vec![["service", "revision", "image", "tasks"].map(String::from)];
    for row in rows {
        let image: Vec<&str> = row.digests.keys().map(|digest| short(digest)).collect();
        let pending =
            if row.pending > 0 { format!(", {} on the way", row.pending) } else { String::new() };
        cells.push([
            row.service.clone(),
            row.revision.clone(),
            if image.is_empty() { "-".into() } else { image.join(" and ") },
            format!("{} of {}{pending}", row.running, row.desired),
        ]);
    }
    let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut lines: Vec<String> = cells
        .iter()
        .map(|[a, b, c, d]| {
            format!(
                "{a:w0$}  {b:w1$}  {c:w2$}  {d}",
                w0 = widths[0],
                w1 = widths[1],
                w2 = widths[2]
            )
        })
        .collect();
    if rows.is_empty() {
        lines = vec!["no service yet".into()];
    }
    if let Some(seen) = traffic {
        lines.push(share(seen));
    }
    lines
}

/// A bar of forty characters and the numbers.
fn share(seen: Traffic) -> String {
    let Traffic { requests, v1, v2, other } = seen;
    // Each part ends where its share of all requests before it ends, so that no cell is lost;
    // what is left empty was not answered at all.
    let end = |count: u32| ((count * 40 + requests / 2) / requests.max(1)) as usize;
    let ends = [0, end(v1), end(v1 + v2), end(v1 + v2 + other)];
    let part = |at: usize, cell: &str| cell.repeat(ends[at + 1] - ends[at]);
    let bar = format!("{}{}{}", part(0, "1"), part(1, "2"), part(2, "x"));
    let rest = if other > 0 { format!(", {other} something else") } else { String::new() };
    format!("{requests} requests: {v1} show v1, {v2} show v2{rest}  [{bar:-<40}]")
}

/// What is not as expected, one line each.
pub(super) fn differences(
    expected: &Expected,
    rows: &[ServiceRow],
    traffic: Option<Traffic>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, tasks, digest) in &expected.services {
        let Some(row) = rows.iter().find(|row| row.service == *name) else {
            found.push(format!("service {name}: wanted {tasks} tasks, there is no such service"));
            continue;
        };
        if (row.running, row.desired, row.pending) != (*tasks, *tasks, 0) {
            found.push(format!(
                "service {name}: wanted {tasks} of {tasks} tasks, found {} of {} and {} on the way",
                row.running, row.desired, row.pending
            ));
        }
        let running: Vec<&str> = row.digests.keys().map(String::as_str).collect();
        if running != [digest.as_str()] {
            found.push(format!("service {name}: wanted only image {digest}, found {running:?}"));
        }
    }
    for row in rows {
        if !expected.services.iter().any(|(name, ..)| *name == row.service) {
            found.push(format!("service {}: not expected", row.service));
        }
    }
    if let Some(seen) = traffic {
        let (least, most) = expected.v2;
        if seen.v2 < least || seen.v2 > most || seen.v1 + seen.v2 != seen.requests {
            found.push(format!(
                "{} requests: wanted {least} to {most} answers with v2 and the rest with v1, found {} v2, {} v1, {} other",
                seen.requests, seen.v2, seen.v1, seen.other
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(service: &str, digest: &str, running: u64) -> ServiceRow {
        ServiceRow {
            service: service.into(),
            revision: format!("{service}:1"),
            digests: BTreeMap::from([(digest.to_owned(), running)]),
            desired: running,
            running,
            pending: 0,
        }
    }

    #[test]
    fn a_table_is_readable() {
        let digest = format!("sha256:{}", "3f9a12c4".repeat(8));
        let rows = [row("canary-release", &digest, 1), row("release", &digest, 3)];
        let seen = Traffic { requests: 400, v1: 300, v2: 100, other: 0 };
        assert_eq!(
            lines(&rows, Some(seen)).join("\n"),
            "service         revision          image                tasks\n\
             canary-release  canary-release:1  sha256:3f9a12c43f9a  1 of 1\n\
             release         release:1         sha256:3f9a12c43f9a  3 of 3\n\
             400 requests: 300 show v1, 100 show v2  [1111111111111111111111111111112222222222]"
        );
    }

    #[test]
    fn the_parts_of_the_bar_fill_all_its_cells() {
        for v2 in 0..=400 {
            for other in [0, 7, 399].into_iter().filter(|other| v2 + other <= 400) {
                let bar = share(Traffic { requests: 400, v1: 400 - v2 - other, v2, other });
                let (_, cells) = bar.split_once('[').expect("a bar");
                assert!(!cells.contains('-') && cells.len() == 41, "{bar}");
            }
        }
        assert!(share(Traffic::default()).ends_with(&format!("[{}]", "-".repeat(40))));
    }

    #[test]
    fn every_difference_is_named() {
        let expected = Expected {
            services: vec![
                ("release", 3, "sha256:a".into()),
                ("canary-release", 1, "sha256:a".into()),
            ],
            v2: (0, 0),
        };
        let rows = [row("release", "sha256:b", 2)];
        let seen = Traffic { requests: 4, v1: 3, v2: 1, other: 0 };
        let found = differences(&expected, &rows, Some(seen));
        assert_eq!(found.len(), 4, "{found:?}");
        let good = [row("release", "sha256:a", 3), row("canary-release", "sha256:a", 1)];
        let seen = Traffic { requests: 4, v1: 4, v2: 0, other: 0 };
        assert_eq!(differences(&expected, &good, Some(seen)), Vec::<String>::new());
    }
}
