//! Logging in: basic, and bearer tokens with scopes.

use super::options::Auth;
use super::routes::{Answer, Target};
use super::state::{State, Token};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use serde_json::json;
use std::collections::BTreeSet;

/// Lets the request through, or answers 401 or 403.
pub(super) fn check(state: &mut State, head: &Parts, target: &Target<'_>) -> Result<(), Answer> {
    let needed = needed(head, target);
    if let Some((repository, _)) =
        needed.iter().find(|(repository, _)| state.behaviour.denied.contains(repository))
    {
        let message = format!("requested access to {repository} is denied");
        return Err(Answer::error(403, "DENIED", &message));
    }
    let header = authorization(head);
    let good = match &state.auth {
        Auth::None => true,
        Auth::Basic { user, password } => {
            header == basic(user, password) || is_more(state, &header)
        }
        Auth::Bearer { .. } => {
            let token = header.strip_prefix("Bearer ").unwrap_or_default();
            use_token(state, token, &needed)
        }
    };
    if good { Ok(()) } else { Err(challenge(state, head, "required")) }
}

/// 401, with where and how to log in.
pub(super) fn challenge(state: &State, head: &Parts, why: &str) -> Answer {
    let message = format!("authentication {why}");
    let answer = Answer::error(401, "UNAUTHORIZED", &message);
    match &state.auth {
        Auth::None | Auth::Basic { .. } => {
            answer.header("www-authenticate", "Basic realm=\"Registry\"")
        }
        Auth::Bearer { .. } => {
            let target = super::routes::target(head.uri.path()).unwrap_or(Target::Base);
            let scopes: Vec<String> = needed(head, &target)
                .into_iter()
                .map(|(repository, action)| format!("repository:{repository}:{action}"))
                .collect();
            let mut value =
                format!("Bearer realm=\"http://{}/token\",service=\"sim\"", state.address);
            if !scopes.is_empty() {
                value.push_str(&format!(",scope=\"{}\"", scopes.join(" ")));
            }
            answer.header("www-authenticate", value)
        }
    }
}

/// `GET /token`: a token for the scopes that this login may have.
pub(super) fn token(state: &mut State, head: &Parts) -> Answer {
    let Auth::Bearer { user, password, token_uses, anonymous_pull } = state.auth.clone() else {
        return Answer::error(404, "NOT_FOUND", "no such page");
    };
    let header = authorization(head);
    let known = header == basic(&user, &password) || is_more(state, &header);
    if !known && (!header.is_empty() || !anonymous_pull) {
        return Answer::error(401, "UNAUTHORIZED", "incorrect username or password");
    }
    let asked = query(head).into_iter().filter(|(key, _)| key == "scope").map(|(_, value)| value);
    let scopes: BTreeSet<(String, String)> = asked
        .flat_map(|value| value.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .flat_map(|scope| actions(&scope))
        .filter(|(_, action)| known || action == "pull")
        .collect();
    let token = state.next_id("token");
    let uses_left = (token_uses > 0).then_some(token_uses);
    drop(state.tokens.insert(token.clone(), Token { scopes, uses_left }));
    let body = json!({"token": token, "expires_in": 300}).to_string();
    Answer::status(200).body("application/json", body)
}

/// Keys and decoded values of the query.
pub(super) fn query(head: &Parts) -> Vec<(String, String)> {
    let query = head.uri.query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

fn needed(head: &Parts, target: &Target<'_>) -> Vec<(String, String)> {
    let scope = |repository: &str, action: &str| (repository.to_owned(), action.to_owned());
    let read = matches!(head.method.as_str(), "GET" | "HEAD");
    match target {
        Target::Base => Vec::new(),
        Target::Manifest { repository, .. } | Target::Blob { repository, .. } if !read => {
            vec![scope(repository, "pull"), scope(repository, "push")]
        }
        Target::Manifest { repository, .. }
        | Target::Blob { repository, .. }
        | Target::Tags { repository } => vec![scope(repository, "pull")],
        Target::Upload { repository, .. } => {
            let mut needed = vec![scope(repository, "pull"), scope(repository, "push")];
            let from = query(head).into_iter().find(|(key, _)| key == "from");
            needed.extend(from.map(|(_, from)| scope(&from, "pull")));
            needed
        }
    }
}

fn use_token(state: &mut State, token: &str, needed: &[(String, String)]) -> bool {
    let Some(found) = state.tokens.get_mut(token) else { return false };
    if found.uses_left == Some(0) || !needed.iter().all(|scope| found.scopes.contains(scope)) {
        return false;
    }
    found.uses_left = found.uses_left.map(|left| left - 1);
    true
}

/// `repository:a/b:pull,push` as pairs.
fn actions(scope: &str) -> Vec<(String, String)> {
    let Some((name, actions)) =
        scope.strip_prefix("repository:").and_then(|rest| rest.rsplit_once(':'))
    else {
        return Vec::new();
    };
    actions.split(',').map(|action| (name.to_owned(), action.to_owned())).collect()
}

fn authorization(head: &Parts) -> String {
    let value = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// One of the logins that were added later.
fn is_more(state: &State, header: &str) -> bool {
    state.logins.iter().any(|(user, password)| header == basic(user, password))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| std::str::from_utf8(tail.get(..2)?).ok()).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
