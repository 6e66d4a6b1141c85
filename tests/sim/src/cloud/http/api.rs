//! The one endpoint: tells services apart, hands calls to the account, spells answers.

use super::control::Control;
use super::scope::Scope;
use super::{Answered, Answering, Received, Shared, body_of, cbor_wire, json_wire, query_wire};
use crate::cloud::brain::{ApiError, Reply, Request};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{DATE, HeaderValue};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

/// All services of the account on one address.
#[derive(Debug)]
pub(crate) struct Api {
    shared: Shared,
    control: Control,
    answers: AtomicU64,
}

/// How a call is spelled, so that its answer is spelled the same way.
enum Wire {
    Json,
    Query,
    Cbor,
}

impl Api {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { control: Control::new(shared.clone()), shared, answers: AtomicU64::new(0) }
    }

    async fn call(&self, received: &Received) -> Answered {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("00000000-0000-4000-8000-{number:012x}");
        let (wire, request) = match read(received) {
            Ok(read) => read,
            Err(error) => {
                return Answered::With(self.dated(json_wire::render(&Err(error), &request_id)));
            }
        };
        let answer = self.shared.with(|cloud, now| cloud.request(now, &request));
        if !answer.delay.is_zero() {
            tokio::time::sleep(self.shared.clock.real(answer.delay)).await;
        }
        let result = match answer.reply {
            Reply::Sent(result) => result,
            Reply::Nothing => return Answered::Never,
            Reply::Closed => return Answered::Closed,
        };
        Answered::With(self.dated(match wire {
            Wire::Json => json_wire::render(&result, &request_id),
            Wire::Cbor => cbor_wire::render(&result, &request_id),
            Wire::Query => {
                query_wire::render(&request.service, &request.action, &result, &request_id)
            }
        }))
    }

    /// The answer with the virtual time.
    fn dated(&self, mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
        if let Ok(date) = HeaderValue::from_str(&self.shared.clock.now().http_date()) {
            response.headers_mut().insert(DATE, date);
        }
        response
    }
}

impl Answering for Api {
    async fn answer(&self, received: Received) -> Answered {
        if received.head.uri.path().starts_with("/_sim/") {
            let response = self.control.answer(&received);
            return Answered::With(self.dated(response));
        }
        self.call(&received).await
    }
}

/// The call in a request.
fn read(received: &Received) -> Result<(Wire, Request), ApiError> {
    let Scope { access_key, region, service, session_token } = Scope::of(&received.head.headers);
    let body = body_of::plain(received)?;
    let base = Request { access_key, session_token, region, body: json!({}), ..Request::default() };
    if let Some((prefix, action)) = json_wire::target(&received.head.headers) {
        let service = json_wire::service(&prefix);
        let body = json_wire::parse(&body)?;
        return Ok((Wire::Json, Request { service, action, body, ..base }));
    }
    if let Some((prefix, action)) = cbor_wire::target(received.head.uri.path()) {
        let service = json_wire::service(&prefix);
        let body = cbor_wire::parse(&body)?;
        return Ok((Wire::Cbor, Request { service, action, body, ..base }));
    }
    // Query calls come as a form, or in the address.
    let from_address = Bytes::from(received.head.uri.query().unwrap_or_default().to_owned());
    let form = if body.is_empty() { &from_address } else { &body };
    if let Some((action, body)) = query_wire::parse(form) {
        let service = match service.as_deref() {
            // The name in signatures is not the one in permissions.
            Some("monitoring") => "cloudwatch".to_owned(),
            Some(named) => named.to_owned(),
            None => query_wire::service_of(&action).to_owned(),
        };
        return Ok((Wire::Query, Request { service, action, body, ..base }));
    }
    // REST and CBOR services name their action in the address.
    let (method, path) = (&received.head.method, received.head.uri.path());
    let service = service.unwrap_or_else(|| "unknown".to_owned());
    Ok((Wire::Json, Request { service, action: format!("{method} {path}"), ..base }))
}
