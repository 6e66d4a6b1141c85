//! Requests through the load balancer, as users send them: what each page shows is counted.

use futures_util::StreamExt as _;
use hyper::Method;

use crate::gitlab::http::Http;

use super::table::Traffic;

/// Requests on their way at the same time.
const AT_ONCE: usize = 8;

/// Sends `count` requests to `url` and counts the versions shown.
pub(super) async fn send(url: &str, count: u32) -> Traffic {
    let http = Http::new();
    let answers = futures_util::stream::iter(0..count).map(|_| async {
        let answer = http.send(Method::GET, url, &[], "").await.ok()?;
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        answer.status.is_success().then_some(page)
    });
    let mut seen = Traffic { requests: count, ..Traffic::default() };
    let mut answers = answers.buffer_unordered(AT_ONCE);
    while let Some(page) = answers.next().await {
        match page {
            Some(page) if page.contains("<h1>v1</h1>") => seen.v1 += 1,
            Some(page) if page.contains("<h1>v2</h1>") => seen.v2 += 1,
            _ => seen.other += 1,
        }
    }
    seen
}
