//! A server that answers by script and keeps every request.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

/// What to do with one request. After the last one of the script, the last one again.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Status and JSON body.
    Json(u16, String),
    /// Status and XML body.
    Xml(u16, String),
    /// Status, a `Date`, JSON body.
    Dated(String, String),
    /// Status and a page of a gateway.
    Page(u16, String),
    /// Closes the connection without an answer.
    Drop,
    /// Keeps the connection and never answers.
    Hang,
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `POST / HTTP/1.1`.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// The server; its threads end with the test's process.
pub(crate) struct Recorder {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    tls: bool,
}

type Script = Arc<Mutex<Vec<Reply>>>;

impl Recorder {
    pub(crate) fn start(script: Vec<Reply>) -> Self {
        Self::serve(script, None)
    }

    pub(crate) fn start_tls(script: Vec<Reply>, config: rustls::ServerConfig) -> Self {
        Self::serve(script, Some(Arc::new(config)))
    }

    fn serve(mut script: Vec<Reply>, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        script.reverse();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, script) = (Arc::clone(&requests), Arc::new(Mutex::new(script)));
        let secure = tls.is_some();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, script, kept) = (stream.unwrap(), script.clone(), kept.clone());
                let tls = tls.clone();
                thread::spawn(move || match tls {
                    None => talk(stream, &script, &kept),
                    Some(config) => {
                        let session = rustls::ServerConnection::new(config).unwrap();
                        talk(rustls::StreamOwned::new(session, stream), &script, &kept);
                    }
                });
            }
        });
        Self { address, requests, tls: secure }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// `UpdateService`, ... of each request.
    pub(crate) fn actions(&self) -> Vec<String> {
        self.requests().iter().map(Request::action).collect()
    }
}

impl Request {
    /// The action: last part of `X-Amz-Target`, or `Action` of a query.
    pub(crate) fn action(&self) -> String {
        if let Some(target) = self.headers.get("x-amz-target") {
            return target.rsplit('.').next().unwrap().to_owned();
        }
        let form = self.text();
        let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
        action.unwrap_or("?").to_owned()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn talk(stream: impl Read + Write, script: &Script, kept: &Mutex<Vec<Request>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream) {
        kept.lock().unwrap().push(request);
        let reply = {
            let mut script = script.lock().unwrap();
            if script.len() > 1 { script.pop().unwrap() } else { script[0].clone() }
        };
        let json = "application/x-amz-json-1.1";
        let (status, kind, date, body) = match reply {
            Reply::Json(status, body) => (status, json, None, body),
            Reply::Dated(date, body) => (200, json, Some(date), body),
            Reply::Xml(status, body) => (status, "text/xml", None, body),
            Reply::Page(status, body) => (status, "text/html", None, body),
            Reply::Drop => return,
            Reply::Hang => loop {
                thread::park();
            },
        };
        let date = date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\n{date}content-length: {}\r\n\r\n",
            body.len()
        );
        let sent = stream.get_mut().write_all(format!("{head}{body}").as_bytes());
        if sent.and_then(|()| stream.get_mut().flush()).is_err() {
            return;
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Request> {
    let mut next = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let line = next()?;
    let mut headers = BTreeMap::new();
    loop {
        let header = next()?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { line, headers, body })
}

/// A port where nobody listens.
pub(crate) fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A listener that takes connections and says nothing at all.
pub(crate) fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
