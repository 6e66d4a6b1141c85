//! The end of a log stream.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use crate::model::{CallError, CallErrorKind, LogPlace};

impl AwsCloud {
    pub(super) async fn log_tail(
        &self,
        place: &LogPlace,
        lines: u32,
    ) -> Result<Vec<String>, CallError> {
        let exchange = Exchange::new();
        let client = self.logs(place.region.as_deref());
        let limit = i32::try_from(lines).unwrap_or(i32::MAX);
        let call = client
            .get_log_events()
            .log_group_name(&place.group)
            .log_stream_name(&place.stream)
            .start_from_head(false)
            .limit(limit);
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let answer = self.checked("logs:GetLogEvents", &exchange, answer).map_err(named)?;
        let events = answer.events.unwrap_or_default().into_iter();
        Ok(events.filter_map(|event| Some(self.without_secrets(event.message?))).collect())
    }
}

/// The service's word for a group or a stream that is not there is no `...NotFound`.
fn named(error: CallError) -> CallError {
    match error.code.as_deref() {
        Some("ResourceNotFoundException") => CallError { kind: CallErrorKind::NotFound, ..error },
        _ => error,
    }
}
