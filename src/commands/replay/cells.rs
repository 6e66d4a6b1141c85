//! One line of the file of counts, and what is wrong with it.

use super::counts_file::Row;
use super::csv::Fields;
use crate::failure::{Exit, Failure};
use crate::judge::Counts;
use crate::model::Finding;
use std::borrow::Cow;

/// The columns by name. All but `sequence` and `metric` have to be there, in any order.
const COLUMNS: [&str; 7] = [
    "sequence",
    "minute",
    "canary_requests",
    "canary_bad",
    "baseline_requests",
    "baseline_bad",
    "metric",
];
pub(super) const SEQUENCE: usize = 0;
const MINUTE: usize = 1;
pub(super) const METRIC: usize = 6;
const OPTIONAL: [usize; 2] = [SEQUENCE, METRIC];
/// What is wrong, and where; line and field count from 1.
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) field: usize,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

pub(super) const TABLE_HINT: &str = "The columns are sequence,minute,canary_requests,canary_bad,\
    baseline_requests,baseline_bad and perhaps metric; sequence may be left out.";

impl Wrong {
    pub(super) fn told(self, name: &str) -> Failure {
        let Self { line, field, message, hint } = self;
        let finding = Finding::error(message).at(name, line, field).hint(hint);
        Failure::findings(Exit::File, vec![finding])
    }
}

/// The column of each field of the header.
pub(super) fn places(number: usize, header: &str) -> Result<Vec<usize>, Wrong> {
    let mut places = Vec::new();
    for (field, name) in (1..).zip(Fields::of(header)) {
        let wrong = |message| Wrong { line: number, field, message, hint: TABLE_HINT };
        let known = COLUMNS.iter().position(|column| *column == name);
        match known {
            None => return Err(wrong(format!("\"{name}\" is no column of this table"))),
            Some(column) if places.contains(&column) => {
                return Err(wrong(format!("column {name} is there twice")));
            }
            Some(column) => places.push(column),
        }
    }
    let missing =
        (0..COLUMNS.len()).find(|column| !places.contains(column) && !OPTIONAL.contains(column));
    match missing {
        None => Ok(places),
        Some(column) => {
            let message = format!("column {} is missing", COLUMNS[column]);
            Err(Wrong { line: number, field: 1, message, hint: TABLE_HINT })
        }
    }
}

/// The fields of a line by column.
pub(super) struct Cells<'a> {
    cells: [Option<Cow<'a, str>>; COLUMNS.len()],
    places: &'a [usize],
}

impl<'a> Cells<'a> {
    pub(super) fn read(places: &'a [usize], number: usize, line: &'a str) -> Result<Self, Wrong> {
        let mut cells = [const { None }; COLUMNS.len()];
        let mut found = 0;
        for field in Fields::of(line) {
            if let Some(place) = places.get(found) {
                cells[*place] = Some(field);
            }
            found += 1;
        }
        if found != places.len() {
            let message = format!("{found} fields where the header has {}", places.len());
            return Err(Wrong { line: number, field: 1, message, hint: TABLE_HINT });
        }
        Ok(Self { cells, places })
    }

    pub(super) fn text(&self, column: usize, otherwise: &'static str) -> &str {
        self.cells[column].as_deref().unwrap_or(otherwise)
    }

    pub(super) fn row(&self, line: usize, metric: u32) -> Result<Row, Wrong> {
        let minute = self.text(MINUTE, "");
        let minute = minute.parse().map_err(|_| {
            let message = format!("minute is \"{minute}\"; a whole number is wanted");
            let hint = "Number the minutes, for example from the canary's first one on.";
            self.wrong(line, MINUTE, message, hint)
        })?;
        let counts = Counts {
            canary_requests: self.count(line, 2)?,
            canary_bad: self.count(line, 3)?,
            baseline_requests: self.count(line, 4)?,
            baseline_bad: self.count(line, 5)?,
        };
        self.part(line, 3, (counts.canary_bad, counts.canary_requests))?;
        self.part(line, 5, (counts.baseline_bad, counts.baseline_requests))?;
        Ok(Row { minute, metric, line: u32::try_from(line).unwrap_or(u32::MAX), counts })
    }

    fn count(&self, line: usize, column: usize) -> Result<u64, Wrong> {
        let text = self.text(column, "");
        // CloudWatch's sums are written with a point.
        let digits = text.strip_suffix(".0").unwrap_or(text);
        digits.parse().map_err(|_| {
            let name = COLUMNS[column];
            let message = format!("{name} is \"{text}\"; a whole number from 0 is wanted");
            let hint = "Write 0 where nothing was counted.";
            self.wrong(line, column, message, hint)
        })
    }

    fn part(&self, line: usize, column: usize, (bad, all): (u64, u64)) -> Result<(), Wrong> {
        if bad <= all {
            return Ok(());
        }
        let (name, whole) = (COLUMNS[column], COLUMNS[column - 1]);
        let message = format!("{name} is {bad}; at most {whole}, {all}, is wanted");
        let hint = "Bad requests are counted among the requests of the same minute.";
        Err(self.wrong(line, column, message, hint))
    }

    pub(super) fn wrong(
        &self,
        line: usize,
        column: usize,
        message: String,
        hint: &'static str,
    ) -> Wrong {
        let field = 1 + self.places.iter().position(|place| *place == column).unwrap_or(0);
        Wrong { line, field, message, hint }
    }
}
