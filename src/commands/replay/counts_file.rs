//! The CSV file of counts, read and checked.

use super::cells::{Cells, METRIC, SEQUENCE, TABLE_HINT, Wrong, places};
use crate::failure::Failure;
use crate::judge::Counts;
use std::collections::HashMap;

/// A mean over more of them could hide any single one.
const MOST_METRICS: usize = 64;
/// What the one metric is called in a file that names none.
const ONLY_METRIC: &str = "bad";

/// A file's sequences, each with its rows in order of minute, then of metric.
#[derive(Debug)]
pub(super) struct CountsFile {
    /// In the order in which they first come.
    pub(super) sequences: Vec<Sequence>,
    /// The metrics' names.
    pub(super) metrics: Vec<String>,
}

/// The minutes that are judged together.
#[derive(Debug)]
pub(super) struct Sequence {
    /// `None` in a file without that column.
    pub(super) name: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) minute: i64,
    /// Index of the metric's name.
    pub(super) metric: u32,
    pub(super) line: u32,
    pub(super) counts: Counts,
}

/// Reads `text`, the content of the file `name`.
///
/// # Errors
/// The first line that is wrong, with what was found and wanted.
pub(super) fn read(name: &str, text: &str) -> Result<CountsFile, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = table(text).map_err(|wrong| wrong.told(name))?;
    let mut sequences = table.sequences;
    for sequence in &mut sequences {
        in_order(&mut sequence.rows).map_err(|wrong| wrong.told(name))?;
    }
    Ok(CountsFile { sequences, metrics: table.metrics.names })
}

fn table(text: &str) -> Result<Table, Wrong> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let Some((number, header)) = lines.next() else {
        let message = "the file is empty; a header and a line for each minute are wanted";
        return Err(Wrong { line: 1, field: 1, message: message.to_owned(), hint: TABLE_HINT });
    };
    let places = places(number, header)?;
    let named = places.contains(&SEQUENCE);
    let mut table = Table::default();
    for (number, line) in lines {
        let cells = Cells::read(&places, number, line)?;
        let metric = table.metrics.index(cells.text(METRIC, ONLY_METRIC));
        let metric = metric.ok_or_else(|| {
            let message = format!("more than {MOST_METRICS} metrics");
            cells.wrong(number, METRIC, message, "Judge the few that a user would notice.")
        })?;
        let row = cells.row(number, metric)?;
        table.push(named.then(|| cells.text(SEQUENCE, "")), row);
    }
    Ok(table)
}

#[derive(Default)]
struct Table {
    sequences: Vec<Sequence>,
    by_name: HashMap<String, usize>,
    metrics: Names,
    /// Where the last row went: most files have their sequences one after the other.
    newest: usize,
}

impl Table {
    fn push(&mut self, name: Option<&str>, row: Row) {
        let newest = self.sequences.get(self.newest);
        if newest.is_none_or(|sequence| sequence.name.as_deref() != name) {
            self.newest = self.place(name);
        }
        self.sequences[self.newest].rows.push(row);
    }

    fn place(&mut self, name: Option<&str>) -> usize {
        let key = name.unwrap_or_default();
        if let Some(place) = self.by_name.get(key) {
            return *place;
        }
        let place = self.sequences.len();
        self.by_name.insert(key.to_owned(), place);
        self.sequences.push(Sequence { name: name.map(str::to_owned), rows: Vec::new() });
        place
    }
}

/// A handful of names with their index.
#[derive(Default)]
struct Names {
    names: Vec<String>,
}

impl Names {
    /// `None` when there is no room for another one.
    fn index(&mut self, name: &str) -> Option<u32> {
        let known = self.names.iter().position(|known| known == name);
        if known.is_none() && self.names.len() < MOST_METRICS {
            self.names.push(name.to_owned());
            return u32::try_from(self.names.len() - 1).ok();
        }
        u32::try_from(known?).ok()
    }
}

/// Sorts rows by minute and metric; each may come once.
fn in_order(rows: &mut [Row]) -> Result<(), Wrong> {
    let key = |row: &Row| (row.minute, row.metric);
    if !rows.is_sorted_by_key(key) {
        rows.sort_by_key(key);
    }
    let twice = rows.windows(2).find(|pair| key(&pair[0]) == key(&pair[1]));
    match twice {
        None => Ok(()),
        Some(pair) => {
            let (first, second) = (pair[0].line.min(pair[1].line), pair[0].line.max(pair[1].line));
            let message =
                format!("minute {} is there twice, first in line {first}", pair[0].minute);
            let hint = "Give each minute of a sequence and metric once, or name the sequences.";
            Err(Wrong { line: second as usize, field: 1, message, hint })
        }
    }
}
