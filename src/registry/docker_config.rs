//! Logins in docker's configuration format (`~/.docker/config.json`, `DOCKER_AUTH_CONFIG`).
//! Helper programs that it names are never run: a job could name any program of the host.

use super::Login;
use crate::model::{Finding, Secret};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// People paste the value with and without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Logins by registry as written, and what could not be used. Findings never quote the text,
/// because it holds passwords.
pub(super) fn read(name: &str, json: &str) -> (Vec<(String, Login)>, Vec<Finding>) {
    let config: Value = match serde_json::from_str(json) {
        Ok(config) => config,
        Err(error) => {
            let place = format!("line {} column {}", error.line(), error.column());
            let finding =
                Finding::warning(format!("{name} is not JSON ({place}); no login in it is used"))
                    .hint("paste the whole content of a docker config.json, {\"auths\": {...}}");
            return (Vec::new(), vec![finding]);
        }
    };
    let mut logins = Vec::new();
    let mut findings = Vec::new();
    for (registry, entry) in config.get("auths").and_then(Value::as_object).into_iter().flatten() {
        match login(entry) {
            Ok(login) => logins.push((registry.clone(), login)),
            Err(why) => findings.push(Finding::warning(format!("{name}: {registry}: {why}"))),
        }
    }
    findings.extend(helpers(name, &config));
    (logins, findings)
}

fn login(entry: &Value) -> Result<Login, &'static str> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let (Some(user), Some(password)) = (text("username"), text("password")) {
        return Ok(Login { user: user.to_owned(), password: Secret::new(password) });
    }
    let Some(encoded) = text("auth") else {
        return Err(match text("identitytoken").or(text("registrytoken")) {
            Some(_) => "identity and registry tokens are not supported, give \"auth\"",
            None => "the entry has no \"auth\"; a credential helper may hold it, and none is run",
        });
    };
    let decoded =
        LENIENT.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or("\"auth\" is not the base64 of user:password")?;
    let (user, password) =
        decoded.split_once(':').ok_or("\"auth\" is not the base64 of user:password")?;
    // Old docker clients padded the password with NUL bytes.
    let password = password.trim_matches('\0');
    Ok(Login { user: user.to_owned(), password: Secret::new(password) })
}

fn helpers(name: &str, config: &Value) -> Option<Finding> {
    let store = config.get("credsStore").and_then(Value::as_str).into_iter().map(str::to_owned);
    let by_host = config.get("credHelpers").and_then(Value::as_object).into_iter().flatten();
    let by_host =
        by_host.filter_map(|(host, helper)| Some(format!("{} for {host}", helper.as_str()?)));
    let named: Vec<String> = store.chain(by_host).collect();
    (!named.is_empty()).then(|| {
        Finding::warning(format!("{name}: credential helpers are not run: {}", named.join(", ")))
            .hint("use `docker login`, or put the login itself into \"auths\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn told(json: &str) -> String {
        let (logins, findings) = read("DOCKER_AUTH_CONFIG", json);
        let logins = logins
            .iter()
            .map(|(host, login)| format!("{host} {} {}", login.user, login.password.expose()));
        logins.chain(findings.iter().map(ToString::to_string)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn logins_are_read_in_both_spellings() {
        let json = r#"{"auths": {
            "a.example": {"auth": "dXNlcjpwYTpzcw=="},
            "b.example": {"auth": "dXNlcjpwYTpzcw"},
            "c.example": {"username": "u", "password": "p"}}}"#;
        assert_snapshot!(told(json), @r"
        a.example user pa:ss
        b.example user pa:ss
        c.example u p
        ");
    }

    #[test]
    fn what_cannot_be_used_is_told_without_showing_it() {
        let json = r#"{"auths": {"a.example": {"auth": "%%%"}, "b.example": {},
            "c.example": {"identitytoken": "s3cret"}},
            "credsStore": "desktop", "credHelpers": {"d.example": "ecr-login"}}"#;
        assert_snapshot!(told(json), @r#"
        DOCKER_AUTH_CONFIG: a.example: "auth" is not the base64 of user:password
        DOCKER_AUTH_CONFIG: b.example: the entry has no "auth"; a credential helper may hold it, and none is run
        DOCKER_AUTH_CONFIG: c.example: identity and registry tokens are not supported, give "auth"
        DOCKER_AUTH_CONFIG: credential helpers are not run: desktop, ecr-login for d.example
        "#);
        assert_snapshot!(told("{\"auths\": s3cret"), @"DOCKER_AUTH_CONFIG is not JSON (line 1 column 11); no login in it is used");
    }
}
