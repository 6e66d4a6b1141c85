//! Serving HTTP/1.1 on a loopback listener. Owns connections: an answer may also be none at
//! all, with the connection open or closed.

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::Future;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A request with its whole body.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

/// How a request ends.
#[derive(Debug)]
pub(crate) enum Answered {
    /// An answer.
    With(Response<Full<Bytes>>),
    /// The connection is closed.
    Closed,
    /// The connection stays open and nothing comes.
    Never,
}

/// Something that answers requests.
pub(crate) trait Answering: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, received: Received) -> impl Future<Output = Answered> + Send;
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer, as scripted")]
struct ClosedOnPurpose;

/// Accepts connections until the task that runs this is aborted.
pub(crate) async fn serve<A: Answering>(listener: TcpListener, answering: A) {
    let answering = Arc::new(answering);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(connection(stream, answering.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection<A: Answering>(stream: TcpStream, answering: Arc<A>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answering = answering.clone();
        async move {
            let (head, body) = request.into_parts();
            let Ok(body) = body.collect().await else { return Err(ClosedOnPurpose) };
            match answering.answer(Received { head, body: body.to_bytes() }).await {
                Answered::With(response) => Ok(response),
                Answered::Closed => Err(ClosedOnPurpose),
                Answered::Never => std::future::pending().await,
            }
        }
    });
    // Errors of a connection are the client's, or our scripted closing.
    let _ended = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
