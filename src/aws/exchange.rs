//! One call as it goes over the wire: what is sent in place of the SDK's own body, and what
//! came back, as it came.

use crate::model::Timestamp;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};

/// Attached to one call; clones share what they saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Exchange {
    /// Sent instead of what the SDK made of its typed input, so that a member which this
    /// version of the SDK does not know reaches AWS too. Put in place before signing.
    body: Option<Bytes>,
    keep_answer: bool,
    seen: Arc<Mutex<Saw>>,
}

/// What the last attempt saw.
#[derive(Debug, Default, Clone)]
struct Saw {
    host: Option<String>,
    date: Option<Timestamp>,
    answer: Option<Bytes>,
}

impl Exchange {
    /// Notes host and date only.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Keeps the answer's body as well.
    pub(super) fn keeping_answer(mut self) -> Self {
        self.keep_answer = true;
        self
    }

    /// Sends exactly these members.
    pub(super) fn sending(mut self, body: &Map<String, Value>) -> Self {
        // A map of JSON values always has a text.
        self.body = serde_json::to_vec(body).ok().map(Bytes::from);
        self
    }

    /// AWS's time of the answer.
    pub(super) fn date(&self) -> Option<Timestamp> {
        self.look().date
    }

    /// The host that was asked.
    pub(super) fn host(&self) -> Option<String> {
        self.look().host
    }

    /// The answer's body as JSON; `None` when it is none.
    pub(super) fn answer(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.look().answer?).ok()
    }

    /// The start of the answer's body, for a person; only where it is kept.
    pub(super) fn answer_in_words(&self) -> String {
        in_words(self.look().answer.as_deref().unwrap_or_default())
    }

    fn look(&self) -> Saw {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut Saw)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[dyn_dispatch_hint]
impl Intercept for Exchange {
    fn name(&self) -> &'static str {
        "Exchange"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = &self.body {
            let request = context.request_mut();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body.clone());
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri().parse::<http::Uri>();
        let host = uri.ok().and_then(|uri| Some(uri.authority()?.as_str().to_owned()));
        self.note(|saw| *saw = Saw { host, ..Saw::default() });
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let date = response.headers().get("date").and_then(http_date);
        let body = response.body().bytes().filter(|_| self.keep_answer);
        let answer = body.map(Bytes::copy_from_slice);
        self.note(|saw| (saw.date, saw.answer) = (date, answer));
        Ok(())
    }
}

/// The start of a body that is not what was asked for: enough to know a proxy's page by.
pub(super) fn in_words(body: &[u8]) -> String {
    /// Characters that are shown.
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("\"{}...\"", &words[..end]),
        None => format!("\"{words}\""),
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::from_str(text, Format::HttpDate).ok()?;
    Some(Timestamp::from_millis(date.to_millis().ok()?))
}
