//! One listener of a load balancer.

use crate::cloud::agent::{Agent, Page};
use crate::cloud::brain::{Picked, RealAnswer, Routed, Visit};
use crate::cloud::http::{Answered, Answering, Received, Shared};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{COOKIE, HOST, HeaderName};
use hyper::{Method, Response};
use std::time::Duration;

/// Answers requests to one listener.
#[derive(Debug)]
pub(crate) struct Balancer {
    shared: Shared,
    agent: Agent,
    listener: String,
}

impl Balancer {
    pub(crate) fn new(shared: Shared, agent: Agent, listener: &str) -> Self {
        Self { shared, agent, listener: listener.to_owned() }
    }

    /// The request shows in the metrics.
    fn count(&self, target_group: String, status: u16, seconds: f64) {
        let answer = RealAnswer { target_group, status, seconds };
        self.shared.with(|cloud, now| cloud.answered(now, &self.listener, &answer));
    }

    async fn task(&self, picked: &Picked, path: &str) -> Page {
        let takes = Duration::try_from_secs_f64(picked.fate.response_seconds).unwrap_or_default();
        if !takes.is_zero() {
            tokio::time::sleep(self.shared.clock.real(takes)).await;
        }
        if picked.fails {
            let status = if picked.fate.error_status == 0 { 500 } else { picked.fate.error_status };
            let body = Bytes::from_static(b"the application failed, as scripted\n");
            return Page { status, content_type: "text/plain", body };
        }
        match self.agent.site(&picked.task) {
            Some(site) => site.page(path),
            None => Page {
                status: 200,
                content_type: "text/plain",
                body: Bytes::from(format!("{}\n", picked.images.join(" "))),
            },
        }
    }
}

impl Answering for Balancer {
    async fn answer(&self, received: Received) -> Answered {
        let path = received.head.uri.path();
        let header = |name: HeaderName| {
            received.head.headers.get(name).and_then(|text| text.to_str().ok()).unwrap_or_default()
        };
        let visit = Visit { host: header(HOST), path, cookies: header(COOKIE) };
        let routed = self.shared.with(|cloud, now| cloud.route(now, &self.listener, visit));
        let response = match routed {
            Routed::Answered { status, content_type, body } => {
                self.count(String::new(), status, 0.0);
                Response::builder()
                    .status(status)
                    .header("server", "awselb/2.0")
                    .header("content-type", content_type)
                    .body(Full::from(body))
            }
            Routed::To(picked) => {
                let page = self.task(&picked, path).await;
                let seconds = picked.fate.response_seconds;
                self.count(picked.target_group.clone(), page.status, seconds);
                let body =
                    if received.head.method == Method::HEAD { Bytes::new() } else { page.body };
                let mut response = Response::builder()
                    .status(page.status)
                    .header("content-type", page.content_type)
                    .header("x-task", picked.task.as_str());
                if let Some(cookie) = &picked.set_cookie {
                    response = response.header("set-cookie", cookie);
                }
                response.body(Full::from(body))
            }
        };
        Answered::With(response.unwrap_or_default())
    }
}
