//! How each registry wants to be logged in to, and the tokens it gave.

use super::challenge::Challenge;
use super::endpoint::Endpoint;
use super::fault::{broken, from_status, refused};
use super::wire::Wire;
use super::{Login, payload, transport};
use crate::model::{CallError, CallErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use hyper::header::AUTHORIZATION;
use hyper::{Request, Uri};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const OPERATION: &str = "registry: log in";
/// A token is used again for this long. The specification's shortest life is 60 s.
const KEEP: Duration = Duration::from_secs(30);
/// Tokens of large installations are a few kilobytes.
const TOKEN_LIMIT: usize = 1024 * 1024;

/// What was learned so far.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    challenges: Mutex<BTreeMap<String, Challenge>>,
    kept: Mutex<BTreeMap<(String, String), Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    header: HeaderValue,
    until: Instant,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Tokens {
    /// Remembers what the registry at `endpoint` asks for.
    pub(super) fn learn(&self, endpoint: &Endpoint, challenge: Challenge) {
        let mut challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        drop(challenges.insert(endpoint.authority.clone(), challenge));
    }

    /// What the registry asked for last time.
    pub(super) fn known(&self, endpoint: &Endpoint) -> Option<Challenge> {
        let challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        challenges.get(&endpoint.authority).cloned()
    }

    fn kept(&self, endpoint: &Endpoint, scope: &str) -> Option<HeaderValue> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&(endpoint.authority.clone(), scope.to_owned()))?;
        (found.until > Instant::now()).then(|| found.header.clone())
    }

    fn keep(&self, endpoint: &Endpoint, scope: &str, header: &HeaderValue, life: Option<u64>) {
        let life = Duration::from_secs(life.unwrap_or(60)) / 2;
        let until = Instant::now() + life.min(KEEP);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (endpoint.authority.clone(), scope.to_owned());
        drop(kept.insert(key, Kept { header: header.clone(), until }));
    }
}

/// Whether a token that was given before will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// For reads, which are short.
    Reuse,
    /// For one blob: tokens of some registries live five minutes, and a large layer may take
    /// longer than what is left of one.
    New,
}

/// The `Authorization` header that meets `challenge`; `None` when there is no login for it.
pub(super) async fn authorization(
    wire: &Wire,
    endpoint: &Endpoint,
    challenge: &Challenge,
    scopes: &[String],
    freshness: Freshness,
) -> Result<Option<HeaderValue>, CallError> {
    let login = wire.access.credentials.find(&endpoint.login_host);
    let (realm, service) = match challenge {
        Challenge::Basic => return login.map(basic).transpose(),
        Challenge::Bearer { realm, service } => (realm, service),
    };
    let scope = scopes.join(" ");
    if freshness == Freshness::Reuse
        && let Some(header) = wire.tokens.kept(endpoint, &scope)
    {
        return Ok(Some(header));
    }
    let uri = token_address(wire, endpoint, realm, service.as_deref(), scopes)?;
    let answer = ask(wire, uri, login).await?;
    let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
    let Some(token) = token else {
        return Err(broken(OPERATION, &endpoint.authority, "the answer holds no token"));
    };
    let mut header = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| broken(OPERATION, &endpoint.authority, "the token has wrong characters"))?;
    header.set_sensitive(true);
    wire.tokens.keep(endpoint, &scope, &header, answer.expires_in);
    Ok(Some(header))
}

async fn ask(wire: &Wire, uri: Uri, login: Option<&Login>) -> Result<Answer, CallError> {
    let place = uri.authority().map(ToString::to_string).unwrap_or_default();
    let mut request = Request::new(payload::empty());
    *request.uri_mut() = uri;
    if let Some(login) = login {
        drop(request.headers_mut().insert(AUTHORIZATION, basic(login)?));
    }
    let nothing_sent = AtomicU64::new(0);
    let answer = wire.transport.send(&wire.access, OPERATION, request, &nothing_sent).await?;
    let status = answer.status();
    let idle = wire.access.patience.idle;
    let body = transport::collect(answer.into_body(), TOKEN_LIMIT, idle, OPERATION, &place).await?;
    if !status.is_success() {
        let mut error = from_status(OPERATION, &place, status, &body);
        // GitLab says 403 to a wrong password; without a login there is nothing to be denied.
        if error.kind == CallErrorKind::Denied && login.is_none() {
            error.kind = CallErrorKind::Credentials;
        }
        return Err(error);
    }
    // The text of a JSON error may quote the token, so it is not shown.
    serde_json::from_slice(&body).map_err(|_| broken(OPERATION, &place, "the answer is not JSON"))
}

/// The realm with service and scopes. A password never goes over a connection without TLS,
/// unless the operator listed that host.
fn token_address(
    wire: &Wire,
    endpoint: &Endpoint,
    realm: &str,
    service: Option<&str>,
    scopes: &[String],
) -> Result<Uri, CallError> {
    let mut address = realm.to_owned();
    let mut separator = if realm.contains('?') { '&' } else { '?' };
    let service = service.map(|service| ("service", service));
    for (key, value) in service.into_iter().chain(scopes.iter().map(|s| ("scope", s.as_str()))) {
        // Writing to a string does not fail.
        let _always = write!(address, "{separator}{key}={}", encoded(value));
        separator = '&';
    }
    let wrong = |why: &str| {
        let message = format!("{} sends logins to \"{realm}\": {why}", endpoint.authority);
        refused(OPERATION, &message)
    };
    let uri: Uri = address.parse().map_err(|_| wrong("that is no address"))?;
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if wire.access.is_plain(&authority) => Ok(uri),
        _ => Err(wrong("it has no TLS and is not listed in registry.plain_http")),
    }
}

fn basic(login: &Login) -> Result<HeaderValue, CallError> {
    let pair = format!("{}:{}", login.user, login.password.expose());
    let mut header = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| refused(OPERATION, "the login has wrong characters"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// Percent-encoding of everything but unreserved characters, colon, slash and comma, which
/// token servers expect as they are.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _always = write!(out, "%{byte:02X}");
        }
    }
    out
}
