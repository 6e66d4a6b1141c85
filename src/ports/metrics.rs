//! Numbers about requests, as far as a release needs them.

use crate::model::{Alarm, CallError, MetricQuery, SeriesAnswer};

/// Reads metrics and alarms.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait Metrics {
    /// GetMetricData by minutes, all pages: an answer for each series of `query`, in its order.
    async fn series(&self, query: &MetricQuery) -> Result<Vec<SeriesAnswer>, CallError>;

    /// DescribeAlarms; one that does not exist is not among them.
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CallError>;
}
