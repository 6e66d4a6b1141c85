//! The metrics of one sequence.

use super::counts_file::{CountsFile, Row, Sequence};
use crate::judge::Counts;

/// Those that its rows name, of all that the file names.
pub(super) struct Metrics<'a> {
    indexes: Vec<u32>,
    file: &'a CountsFile,
}

impl<'a> Metrics<'a> {
    pub(super) fn of(sequence: &Sequence, file: &'a CountsFile) -> Self {
        let mut indexes = vec![0];
        if file.metrics.len() > 1 {
            indexes = sequence.rows.iter().map(|row| row.metric).collect();
            indexes.sort_unstable();
            indexes.dedup();
        }
        Self { indexes, file }
    }

    pub(super) fn len(&self) -> usize {
        self.indexes.len()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        let name = |index: &u32| self.file.metrics.get(*index as usize);
        self.indexes.iter().map(move |index| name(index).map_or("", String::as_str))
    }

    /// Each minute of sorted `rows` with the counts of each metric.
    pub(super) fn minutes<'b>(
        &'b self,
        rows: &'b [Row],
    ) -> impl Iterator<Item = (i64, Vec<Option<Counts>>)> + 'b {
        let minutes = rows.chunk_by(|a, b| a.minute == b.minute);
        minutes.map(|rows| {
            let counts =
                |metric: &u32| rows.iter().find(|row| row.metric == *metric).map(|row| row.counts);
            (rows[0].minute, self.indexes.iter().map(counts).collect())
        })
    }
}
