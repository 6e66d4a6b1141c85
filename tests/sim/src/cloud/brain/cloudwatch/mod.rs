//! CloudWatch: metrics, queries of them, alarms. Owns the points and what a query makes of
//! them; where the load balancer's points come from is the traffic's business.

mod alarm_rule;
mod alarms;
mod composite;
mod describe_alarms;
mod dispatch;
mod expression;
mod expression_parts;
mod metrics;
mod publish;
mod query;
mod statistic;

pub(crate) use alarms::{Alarm, evaluate, next_evaluation, set_by_hand};
pub(crate) use dispatch::{change, read};
pub(crate) use metrics::{Metrics, Sample, SeriesKey};
pub use query::MetricTrouble;
pub(crate) use query::requests_of;
