//! What `judge:` of the release file counts.

use super::yaml::{Fields, Node};
use crate::model::{Finding, Located};
use std::collections::BTreeMap;

/// What the load balancer counts of its own accord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// Answers of the 500s.
    Errors,
    /// Requests without an answer.
    NoAnswer,
}

/// A metric of the user's own: a count of all and a count of bad ones, at both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMetric {
    /// What the log calls it.
    pub name: String,
    /// `Shop`.
    pub namespace: String,
    /// Name of the count of all.
    pub total: String,
    /// Name of the count of bad ones.
    pub bad: String,
    /// How a minute's samples become a number.
    pub statistic: String,
    /// Dimensions of the canary's series.
    pub canary: BTreeMap<String, String>,
    /// Dimensions of the full service's series.
    pub full: BTreeMap<String, String>,
}

impl BuiltIn {
    /// As the log and the release file call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::NoAnswer => "no answer",
        }
    }
}

/// Metrics of the load balancer that are not asked for.
pub(super) fn without(fields: &mut Fields<'_, '_>) -> Vec<Located<BuiltIn>> {
    let all = [BuiltIn::Errors, BuiltIn::NoAnswer];
    let mut found = Vec::new();
    for text in fields.texts("without") {
        match all.into_iter().find(|one| one.name() == text.value) {
            Some(one) => found.push(Located { value: one, at: text.at }),
            None => {
                let message = format!("\"without\" names \"{}\"", text.value);
                let hint = "The load balancer's own metrics are `errors` and `no answer`.";
                fields.report(text.error(message).hint(hint));
            }
        }
    }
    found
}

pub(super) fn own_metrics(fields: &mut Fields<'_, '_>) -> Vec<OwnMetric> {
    let Some(node) = fields.node("metrics") else { return Vec::new() };
    let Some(items) = node.as_list() else {
        fields.wrong("metrics", node, "a list of mappings such as {name: orders, ...}");
        return Vec::new();
    };
    items.iter().filter_map(|item| own_metric(item, fields.findings())).collect()
}

fn own_metric(node: &Node, findings: &mut Vec<Finding>) -> Option<OwnMetric> {
    let known = ["name", "namespace", "total", "bad", "statistic", "dimensions", "canary", "full"];
    let mut fields = Fields::open(node, "a metric of judge", &known, findings)?;
    let needed = |key: &str, fields: &mut Fields<'_, '_>| {
        let text = fields.text(key);
        fields.required(key, text).map(|text| text.value)
    };
    let name = needed("name", &mut fields);
    let namespace = needed("namespace", &mut fields);
    let (total, bad) = (needed("total", &mut fields), needed("bad", &mut fields));
    let statistic = fields.text("statistic").map_or("Sum".to_owned(), |found| found.value);
    let shared = dimensions("dimensions", &mut fields).unwrap_or_default();
    let mut side = |key: &str| {
        let own = dimensions(key, &mut fields);
        let own = fields.required(key, own)?;
        Some(shared.clone().into_iter().chain(own).collect::<BTreeMap<_, _>>())
    };
    let (canary, full) = (side("canary"), side("full"));
    if canary.is_some() && canary == full {
        let message = "the two sides of the metric are the same";
        fields.report(node.at.error(message).hint("Name a dimension that tells them apart."));
    }
    Some(OwnMetric {
        name: name?,
        namespace: namespace?,
        total: total?,
        bad: bad?,
        statistic,
        canary: canary?,
        full: full?,
    })
}

fn dimensions(key: &str, fields: &mut Fields<'_, '_>) -> Option<BTreeMap<String, String>> {
    let node = fields.node(key)?;
    let entries = node.as_map().map(|map| map.entries.as_slice());
    let pairs = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.value.as_text().map(|value| (entry.key.clone(), value.to_owned())));
    match (entries, pairs.collect::<Option<BTreeMap<_, _>>>()) {
        (Some(_), Some(pairs)) => Some(pairs),
        _ => {
            fields.wrong(key, node, "a mapping of dimensions such as {Service: web}");
            None
        }
    }
}
