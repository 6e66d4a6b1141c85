//! Who signed a request and for which service: SigV4's credential scope. Signatures are not
//! checked.

use hyper::HeaderMap;

/// What the `Authorization` header tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) access_key: Option<String>,
    pub(super) region: Option<String>,
    pub(super) service: Option<String>,
    pub(super) session_token: Option<String>,
}

impl Scope {
    /// From `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, ...`.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut parts = text("authorization")
            .and_then(|header| header.split_once("Credential="))
            .map(|(_, rest)| rest.split(',').next().unwrap_or(rest).trim().split('/'));
        let mut next = || parts.as_mut().and_then(Iterator::next).map(str::to_owned);
        let access_key = next();
        let _date = next();
        Self {
            access_key,
            region: next(),
            service: next(),
            session_token: text("x-amz-security-token").map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;
    use hyper::HeaderMap;

    #[test]
    fn the_credential_scope_names_key_region_and_service() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIA1/20261123/eu-west-1/ecs/aws4_request, \
             SignedHeaders=host, Signature=ab"
                .parse()
                .unwrap(),
        );
        let scope = Scope::of(&headers);
        assert_eq!(scope.access_key.as_deref(), Some("AKIA1"));
        assert_eq!(scope.region.as_deref(), Some("eu-west-1"));
        assert_eq!(scope.service.as_deref(), Some("ecs"));
        assert_eq!(Scope::of(&HeaderMap::new()), Scope::default());
    }
}
