//! Who calls, and what they may. Owns access keys, roles and allow lists; never checks a
//! signature.

use super::api_error::ApiError;
use super::time::SimTime;

/// An access key and whom it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessKey {
    /// `AKIA...` or `ASIA...`.
    pub id: String,
    /// Who it stands for.
    pub principal: String,
    /// What may be called: `ecs:*`, `ecs:Describe*`, `*`.
    pub allow: Vec<String>,
    /// Not valid from then on.
    pub expires_at: Option<SimTime>,
    /// Temporary keys come with one, and a call must show it.
    pub session_token: Option<String>,
}

impl AccessKey {
    /// A key that does not expire.
    pub fn new(id: &str, principal: &str, allow: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            principal: principal.to_owned(),
            allow: allow.iter().map(|&pattern| pattern.to_owned()).collect(),
            expires_at: None,
            session_token: None,
        }
    }

    /// True when the allow list has `service:action`.
    pub(crate) fn allows(&self, service: &str, action: &str) -> bool {
        let wanted = format!("{service}:{action}");
        self.allow.iter().any(|pattern| glob(pattern, &wanted))
    }
}

/// A role that can be assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What its keys may call.
    pub allow: Vec<String>,
    /// Principals that may assume it by AssumeRole: ARNs, `*` allowed, and services.
    pub trusted: Vec<String>,
    /// Tokens that may assume it by AssumeRoleWithWebIdentity.
    pub web_identity: Option<WebIdentityTrust>,
}

/// A secret of Secrets Manager; what is in it is not simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its ARN, with the six letters at its end.
    pub arn: String,
    /// Scheduled for deletion.
    pub leaving: bool,
}

/// Which tokens a role trusts. The signature is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentityTrust {
    /// `iss` must be this.
    pub issuer: String,
    /// `aud` must be this.
    pub audience: String,
    /// `sub` must match this; `*` allowed.
    pub subject: String,
}

/// `*` stands for any text, nothing else is special.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|&at| rest.is_char_boundary(at))
                .any(|at| glob(tail, &rest[at..]))
        }),
    }
}

/// The refusal for a key that nobody has, in the words of the service.
pub(crate) fn unknown_key(service: &str) -> ApiError {
    let words = "The security token included in the request is invalid.";
    match service {
        "ecs" | "logs" | "application-autoscaling" | "secretsmanager" | "ssm" => {
            ApiError::client("UnrecognizedClientException", words)
        }
        _ => ApiError::new(403, "InvalidClientTokenId", words),
    }
}

/// The refusal for a call without a key.
pub(crate) fn missing_key(service: &str) -> ApiError {
    match service {
        "ecs" | "logs" | "application-autoscaling" | "secretsmanager" | "ssm" => {
            ApiError::client("MissingAuthenticationTokenException", "Missing Authentication Token")
        }
        _ => ApiError::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
    }
}

/// The refusal for temporary keys that are over.
pub(crate) fn expired_key(service: &str) -> ApiError {
    let words = "The security token included in the request is expired";
    match service {
        "ecs" | "logs" | "application-autoscaling" | "secretsmanager" | "ssm" => {
            ApiError::client("ExpiredTokenException", words)
        }
        _ => ApiError::new(403, "ExpiredToken", words),
    }
}

/// The refusal for an action that is not on the allow list.
pub(crate) fn denied(service: &str, action: &str, principal: &str) -> ApiError {
    let words = format!(
        "User: {principal} is not authorized to perform: {service}:{action} because no \
         identity-based policy allows the {service}:{action} action"
    );
    match service {
        "ecs" | "logs" | "application-autoscaling" | "secretsmanager" | "ssm" => {
            ApiError::client("AccessDeniedException", words)
        }
        _ => ApiError::new(403, "AccessDenied", words),
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessKey, glob};

    #[test]
    fn an_allow_list_is_matched_by_pattern() {
        let key = AccessKey::new("AKIA1", "arn:aws:iam::1:user/a", &["ecs:Describe*", "sts:*"]);
        assert!(key.allows("ecs", "DescribeServices"));
        assert!(!key.allows("ecs", "UpdateService"));
        assert!(key.allows("sts", "AssumeRole"));
        assert!(glob("project_path:*:ref_type:tag:*", "project_path:a/b:ref_type:tag:ref:1"));
        assert!(!glob("project_path:a/b", "project_path:a/bc"));
    }
}
