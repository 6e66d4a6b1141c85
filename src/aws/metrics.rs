//! Metrics and alarms of CloudWatch.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use crate::model::{
    Alarm, AlarmState, CallError, CallErrorKind, MetricQuery, MetricSeries, SeriesAnswer, Timestamp,
};
use crate::ports::Metrics;
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
use aws_sdk_cloudwatch::types::{
    AlarmType, Dimension, MessageData, Metric, MetricDataQuery, MetricDataResult, MetricStat,
    ScanBy, StateValue, StatusCode,
};
use aws_smithy_types::DateTime;

const GET_DATA: &str = "cloudwatch:GetMetricData";
const DESCRIBE_ALARMS: &str = "cloudwatch:DescribeAlarms";
/// Seconds of a point.
const MINUTE: i64 = 60;
/// Queries of one call.
const MOST_QUERIES: usize = 500;
/// Pages of one query: a hundred thousand points each.
const MOST_PAGES: usize = 50;
/// Names of one call.
const MOST_NAMES: usize = 100;

impl Metrics for AwsCloud {
    async fn series(&self, query: &MetricQuery) -> Result<Vec<SeriesAnswer>, CallError> {
        let mut answers = Vec::with_capacity(query.series.len());
        for series in query.series.chunks(MOST_QUERIES) {
            answers.extend(self.metric_data(query, series).await?);
        }
        Ok(answers)
    }

    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CallError> {
        let mut found = Vec::with_capacity(names.len());
        for names in names.chunks(MOST_NAMES) {
            found.extend(self.described_alarms(names).await?);
        }
        Ok(found)
    }
}

impl AwsCloud {
    async fn metric_data(
        &self,
        query: &MetricQuery,
        series: &[MetricSeries],
    ) -> Result<Vec<SeriesAnswer>, CallError> {
        let queries: Vec<MetricDataQuery> = series.iter().enumerate().map(asked).collect();
        let mut answers = vec![missing(); series.len()];
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let exchange = Exchange::new();
            let call = self.metrics().get_metric_data();
            let call = call
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_secs(query.from * MINUTE))
                .end_time(DateTime::from_secs(query.until * MINUTE))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(token);
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let page = self.checked(GET_DATA, &exchange, answer)?;
            token = page.next_token.clone();
            take(&mut answers, page);
            if token.is_none() {
                return Ok(answers);
            }
        }
        Err(CallError {
            kind: CallErrorKind::Refused,
            operation: GET_DATA.to_owned(),
            code: None,
            message: format!("the answer has more than {MOST_PAGES} pages"),
            place: None,
        })
    }

    async fn described_alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CallError> {
        let mut found = Vec::with_capacity(names.len());
        let mut token = None;
        loop {
            let exchange = Exchange::new();
            let call = self.metrics().describe_alarms().set_alarm_names(Some(names.to_vec()));
            let call = call
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .set_next_token(token);
            let answer = call.customize().interceptor(exchange.clone()).send().await;
            let page = self.checked(DESCRIBE_ALARMS, &exchange, answer)?;
            let plain = page.metric_alarms.unwrap_or_default();
            found.extend(plain.into_iter().map(|one| Alarm {
                name: one.alarm_name.unwrap_or_default(),
                state: state_of(one.state_value.as_ref()),
                since: time(one.state_transitioned_timestamp.or(one.state_updated_timestamp)),
                reason: one.state_reason.unwrap_or_default(),
            }));
            let composite = page.composite_alarms.unwrap_or_default();
            found.extend(composite.into_iter().map(|one| Alarm {
                name: one.alarm_name.unwrap_or_default(),
                state: state_of(one.state_value.as_ref()),
                since: time(one.state_transitioned_timestamp.or(one.state_updated_timestamp)),
                reason: one.state_reason.unwrap_or_default(),
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }
}

fn asked((index, series): (usize, &MetricSeries)) -> MetricDataQuery {
    let dimension = |(name, value): (&String, &String)| {
        Dimension::builder().name(name.as_str()).value(value.as_str()).build()
    };
    let metric = Metric::builder()
        .namespace(&series.namespace)
        .metric_name(&series.name)
        .set_dimensions(Some(series.dimensions.iter().map(dimension).collect()));
    let statistic = MetricStat::builder()
        .metric(metric.build())
        .period(i32::try_from(MINUTE).unwrap_or(i32::MAX))
        .stat(&series.statistic);
    MetricDataQuery::builder().id(id(index)).metric_stat(statistic.build()).build()
}

fn id(index: usize) -> String {
    format!("m{index}")
}

/// Nothing was said of the series at all.
fn missing() -> SeriesAnswer {
    let lacks = Some("CloudWatch did not answer this query".to_owned());
    SeriesAnswer { lacks, ..SeriesAnswer::default() }
}

/// Adds a page; what it says of each series' completeness replaces what an earlier one said.
fn take(answers: &mut [SeriesAnswer], page: GetMetricDataOutput) {
    let of_all = page.messages.iter().flatten().map(in_words).next();
    for result in page.metric_data_results.unwrap_or_default() {
        let index = result.id.as_deref().and_then(|id| id.strip_prefix('m')?.parse().ok());
        let Some(answer) = index.and_then(|index: usize| answers.get_mut(index)) else { continue };
        answer.lacks = of_all.clone().or_else(|| lacks(&result));
        let times = result.timestamps.unwrap_or_default().into_iter();
        let points = times.map(|at| at.secs().div_euclid(MINUTE));
        answer.points.extend(points.zip(result.values.unwrap_or_default()));
    }
}

fn lacks(result: &MetricDataResult) -> Option<String> {
    let status = match &result.status_code {
        Some(StatusCode::Complete) => return None,
        Some(other) => other.as_str(),
        None => "no status",
    };
    let message = result.messages.iter().flatten().map(in_words).next();
    Some(message.map_or_else(|| status.to_owned(), |message| format!("{status}: {message}")))
}

fn in_words(message: &MessageData) -> String {
    let code = message.code.as_deref().unwrap_or_default();
    match message.value.as_deref() {
        Some(value) if !value.is_empty() => value.to_owned(),
        _ => code.to_owned(),
    }
}

fn time(at: Option<DateTime>) -> Option<Timestamp> {
    at?.to_millis().ok().map(Timestamp::from_millis)
}

fn state_of(state: Option<&StateValue>) -> AlarmState {
    match state {
        Some(StateValue::Ok) => AlarmState::Ok,
        Some(StateValue::Alarm) => AlarmState::Alarm,
        Some(StateValue::InsufficientData) => AlarmState::InsufficientData,
        other => AlarmState::Unknown(other.map_or("", |one| one.as_str()).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(result: MetricDataResult) -> GetMetricDataOutput {
        GetMetricDataOutput::builder().metric_data_results(result).build()
    }

    #[test]
    fn pages_are_put_together_and_the_last_word_counts() {
        let mut answers = vec![missing(); 2];
        let part = |minute: i64, value: f64, status| {
            MetricDataResult::builder()
                .id("m1")
                .timestamps(DateTime::from_secs(minute * MINUTE))
                .values(value)
                .status_code(status)
                .build()
        };
        take(&mut answers, page(part(7, 1.0, StatusCode::PartialData)));
        assert_eq!(answers[1].lacks.as_deref(), Some("PartialData"));
        take(&mut answers, page(part(8, 2.0, StatusCode::Complete)));
        assert_eq!(answers[1].lacks, None);
        assert_eq!(answers[1].points, [(7, 1.0), (8, 2.0)].into());
        assert!(answers[0].lacks.is_some(), "nothing was said of it");
    }

    #[test]
    fn a_state_that_is_not_known_is_no_good_news() {
        let state = state_of(Some(&StateValue::from("PAUSED")));
        assert_eq!(state, AlarmState::Unknown("PAUSED".to_owned()));
        assert_eq!(state_of(None), AlarmState::Unknown(String::new()));
    }
}
