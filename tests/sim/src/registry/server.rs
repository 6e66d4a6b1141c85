//! Connections, faults, throttling and the access log.

use super::options::FaultKind;
use super::routes::{self, Answer};
use super::state::{AccessEntry, State};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::identity;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

type Shared = Arc<Mutex<State>>;
type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Size of one piece of a body.
const PIECE: usize = 32 * 1024;

/// Accepts until the task is aborted; connections end with it.
pub(super) async fn serve(listener: TcpListener, state: Shared) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    drop(connections.spawn(connection(stream, Arc::clone(&state))));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, state: Shared) {
    // Small answers must not wait for the peer's acknowledgement.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request| answer(Arc::clone(&state), request));
    let mut http = hyper::server::conn::http1::Builder::new();
    // A client that went away, or a fault that drops the connection: both end here.
    drop(http.half_close(false).serve_connection(TokioIo::new(stream), service).await);
}

async fn answer(state: Shared, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let method = head.method.as_str().to_owned();
    let path = head.uri.path().to_owned();
    let mut entry = AccessEntry {
        method: method.clone(),
        path: path.clone(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        status: 0,
        bytes_in: 0,
        bytes_out: 0,
    };
    let (fault, delay, rate) = {
        let mut state = lock(&state);
        let fault = state.take_fault(&method, &path);
        (fault, state.behaviour.delay, state.behaviour.bytes_per_second)
    };
    tokio::time::sleep(delay).await;
    if fault == Some(FaultKind::Stall) {
        std::future::pending::<()>().await;
    }
    let received = receive(body, rate, fault == Some(FaultKind::DropInBody)).await;
    entry.bytes_in = received.as_ref().map_or(0, |bytes| bytes.len() as u64);
    let has_body = received.as_ref().is_ok_and(|bytes| !bytes.is_empty());
    let dropped = fault == Some(FaultKind::Drop)
        || (fault == Some(FaultKind::DropInBody) && (has_body || received.is_err()));
    let (Ok(received), false) = (received, dropped) else {
        lock(&state).log.push(entry);
        return Err(io::ErrorKind::ConnectionAborted.into());
    };
    let mut held = lock(&state);
    let answer = match fault {
        Some(FaultKind::Status(status)) => Answer::error(status, "UNKNOWN", "simulated fault"),
        Some(FaultKind::Unauthorized) => super::auth::challenge(&held, &head, "expired"),
        _ => routes::route(&mut held, &head, received),
    };
    entry.status = answer.status;
    entry.bytes_out = if head.method == Method::HEAD { 0 } else { answer.body.len() as u64 };
    held.log.push(entry);
    drop(held);
    Ok(respond(answer, head.method == Method::HEAD, rate, fault == Some(FaultKind::DropInBody)))
}

async fn receive(mut body: Incoming, rate: u64, drop_in_body: bool) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        tokio::time::sleep(time_of(data.len(), rate)).await;
        bytes.extend_from_slice(&data);
        if drop_in_body {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
    }
    Ok(bytes.into())
}

fn respond(answer: Answer, head_only: bool, rate: u64, drop_in_body: bool) -> Response<Body> {
    let length = answer.body.len();
    let mut pieces: Vec<io::Result<Bytes>> = Vec::new();
    if !head_only {
        let cut = if drop_in_body { length / 2 } else { length };
        let sent = answer.body.slice(..cut);
        pieces =
            (0..cut).step_by(PIECE).map(|at| Ok(sent.slice(at..cut.min(at + PIECE)))).collect();
        if drop_in_body {
            pieces.push(Err(io::ErrorKind::ConnectionAborted.into()));
        }
    }
    let frames = stream::unfold(pieces.into_iter(), move |mut rest| async move {
        let piece = rest.next()?;
        tokio::time::sleep(time_of(piece.as_ref().map_or(0, Bytes::len), rate)).await;
        Some((piece.map(Frame::data), rest))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    drop(headers.insert(CONTENT_LENGTH, length.into()));
    for (name, value) in answer.headers {
        if let Ok(value) = value.parse() {
            drop(headers.insert(name, value));
        }
    }
    response
}

fn time_of(bytes: usize, rate: u64) -> Duration {
    (bytes as u64 * 1_000_000).checked_div(rate).map_or(Duration::ZERO, Duration::from_micros)
}

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().map_or_else(PoisonError::into_inner, identity)
}
