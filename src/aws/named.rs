//! What a task definition only names: roles, secrets, parameters. Whether they exist, never what
//! is in them.

use super::call_error::element;
use super::cloud::AwsCloud;
use super::signed::SignedRead;
use crate::model::{CallError, CallErrorKind, RoleTrust, SecretState};
use serde_json::{Value, json};

const GET_ROLE: &str = "iam:GetRole";
const DESCRIBE_SECRET: &str = "secretsmanager:DescribeSecret";
const DESCRIBE_PARAMETERS: &str = "ssm:DescribeParameters";

/// The services, by their names in endpoints and signatures.
const IAM: &str = "iam";
const SECRETS: &str = "secretsmanager";
const PARAMETERS: &str = "ssm";

impl AwsCloud {
    /// GetRole, by ARN or name; `None` = it does not exist in this account.
    ///
    /// # Errors
    /// The call failed, or its answer was not understood.
    pub async fn role(&self, role: &str) -> Result<Option<RoleTrust>, CallError> {
        let name = role.rsplit('/').next().unwrap_or(role);
        let (region, url) = self.setup().iam();
        let body = form(&[("Action", "GetRole"), ("Version", "2010-05-08"), ("RoleName", name)]);
        let read = SignedRead {
            operation: GET_ROLE,
            service: IAM,
            region,
            url,
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body,
        };
        let answer = match self.signed(&read).await {
            Ok(answer) => answer,
            Err(error) if error.code.as_deref() == Some("NoSuchEntity") => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&answer);
        let found = || {
            let policy = plain(element(&text, "AssumeRolePolicyDocument")?);
            RoleTrust::of_policy(element(&text, "Arn")?, &policy)
        };
        let found = found().ok_or_else(|| not_understood(GET_ROLE))?;
        // A name is looked for in the caller's own account: another one may have it as well.
        let is_other = role.starts_with("arn:") && found.arn != role;
        Ok(Some(found).filter(|_| !is_other))
    }

    /// What became of the secret or parameter that `from` names, in the forms of a container's
    /// `valueFrom`.
    ///
    /// # Errors
    /// The call failed, or its answer was not understood.
    pub async fn secret(&self, from: &str) -> Result<SecretState, CallError> {
        let parts: Vec<&str> = from.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "secretsmanager", region, ..] => {
                // Behind the name: key, stage and version of what is read.
                let id = parts.iter().take(7).copied().collect::<Vec<_>>().join(":");
                self.described_secret(&id, region).await
            }
            ["arn", _, "ssm", region, _, name, ..] => {
                let name = name.strip_prefix("parameter/").unwrap_or(name);
                self.described_parameter(name, Some(region)).await
            }
            _ => self.described_parameter(from, None).await,
        }
    }

    async fn described_secret(&self, id: &str, region: &str) -> Result<SecretState, CallError> {
        let target = "secretsmanager.DescribeSecret";
        let read =
            self.json((DESCRIBE_SECRET, SECRETS, target), Some(region), &json!({"SecretId": id}));
        match self.signed(&read).await {
            Ok(answer) => {
                let answer: Value =
                    serde_json::from_slice(&answer).map_err(|_| not_understood(DESCRIBE_SECRET))?;
                let goes = answer.get("DeletedDate").is_some_and(|date| !date.is_null());
                Ok(if goes { SecretState::Leaving } else { SecretState::There })
            }
            Err(error) if error.kind == CallErrorKind::NotFound => Ok(SecretState::Missing),
            Err(error) => Err(error),
        }
    }

    /// An ARN does not tell `name` from `/name`.
    async fn described_parameter(
        &self,
        name: &str,
        region: Option<&str>,
    ) -> Result<SecretState, CallError> {
        let bare = name.trim_start_matches('/');
        let rooted = format!("/{bare}");
        let values = if region.is_some() { vec![bare, rooted.as_str()] } else { vec![name] };
        let filter = json!({"Key": "Name", "Option": "Equals", "Values": values});
        let body = json!({"ParameterFilters": [filter], "MaxResults": 10});
        let read = self.json(
            (DESCRIBE_PARAMETERS, PARAMETERS, "AmazonSSM.DescribeParameters"),
            region,
            &body,
        );
        let answer = self.signed(&read).await?;
        let answer: Value =
            serde_json::from_slice(&answer).map_err(|_| not_understood(DESCRIBE_PARAMETERS))?;
        let found = answer.get("Parameters").and_then(Value::as_array);
        let found = found.ok_or_else(|| not_understood(DESCRIBE_PARAMETERS))?;
        Ok(if found.is_empty() { SecretState::Missing } else { SecretState::There })
    }

    fn json(
        &self,
        (operation, service, target): (&'static str, &'static str, &str),
        region: Option<&str>,
        body: &Value,
    ) -> SignedRead {
        let (region, url) = self.setup().regional(service, region);
        SignedRead {
            operation,
            service,
            region,
            url,
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", target.to_owned()),
            ],
            body: body.to_string(),
        }
    }
}

fn not_understood(operation: &str) -> CallError {
    CallError {
        kind: CallErrorKind::Unsupported,
        operation: operation.to_owned(),
        code: None,
        message: "the answer is not one of AWS".to_owned(),
        place: None,
    }
}

/// `application/x-www-form-urlencoded`.
fn form(fields: &[(&str, &str)]) -> String {
    let field = |(name, value): &(&str, &str)| format!("{name}={}", encoded(value));
    fields.iter().map(field).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Without percent signs: IAM writes a policy as in an address (RFC 3986).
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        let code = after.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(b'%'));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    bytes.extend(rest.bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_into_a_form_and_policies_come_out_of_an_address() {
        assert_eq!(
            form(&[("RoleName", "a+b =c"), ("Version", "1")]),
            "RoleName=a%2Bb%20%3Dc&Version=1"
        );
        assert_eq!(plain("%7B%22a%22%3A 1%7D"), "{\"a\": 1}");
        assert_eq!(plain("100%, %zz, %C3%A9, 5%"), "100%, %zz, é, 5%");
        assert_eq!(element("<A><Arn>arn:x</Arn></A>", "Arn"), Some("arn:x"));
        assert_eq!(element("<A/>", "Arn"), None);
    }
}
