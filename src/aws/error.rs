//! Why there is no connection to AWS, before the first call.

/// A connection cannot be made with what was given. None of these was AWS's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No region anywhere.
    #[error("no AWS region: neither `region` of the release file nor AWS_REGION is set")]
    NoRegion,
    /// No rights at all.
    #[error("no AWS credentials in the job's variables")]
    NoCredentials,
    /// One half of a key pair.
    #[error("AWS keys are incomplete: {missing} is not set")]
    HalfKeys {
        /// The variable.
        missing: &'static str,
    },
    /// Not what a key can be.
    #[error("{variable} holds a line break or another control character")]
    BrokenKey {
        /// The variable; never what is in it.
        variable: &'static str,
    },
    /// A role for an ID token, but no token.
    #[error("AWS_ROLE_ARN is {role}, but there is no ID token to exchange for it")]
    NoToken {
        /// The role.
        role: String,
    },
    /// An ID token, but no role.
    #[error("there is an ID token for AWS, but AWS_ROLE_ARN is not set")]
    NoRoleForToken,
    /// Not a role.
    #[error("`role` is not the ARN of an IAM role: {found}")]
    Role {
        /// What it is.
        found: String,
    },
    /// Not a URL.
    #[error("endpoint of {service} is not an http(s) URL: {found}")]
    Endpoint {
        /// Endpoint prefix.
        service: String,
        /// What it is.
        found: String,
    },
    /// An endpoint that is set to nothing.
    #[error("{variable} is set and empty")]
    EmptyEndpoint {
        /// The variable.
        variable: String,
    },
    /// Not a proxy.
    #[error("the proxy's address is not an http(s) URL: {problem}")]
    Proxy {
        /// Why; the address itself may hold a password.
        problem: String,
    },
    /// Not certificates.
    #[error("the CA file holds no usable certificate: {problem}")]
    Ca {
        /// Why.
        problem: String,
    },
}

impl Error {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoRegion => "write `region: eu-west-1` in the release file or set AWS_REGION",
            Self::NoCredentials => {
                "give the job `id_tokens:` and AWS_ROLE_ARN, or AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY; is the variable protected and this branch is not?"
            }
            Self::HalfKeys { .. } => {
                "set both halves; is one of them protected or bound to another environment?"
            }
            Self::BrokenKey { .. } => {
                "set it anew, as one line: was it copied from a file with several lines?"
            }
            Self::NoToken { .. } => {
                "give the job `id_tokens:` with the `aud` that the role trusts, and put the token \
                 into AWS_WEB_IDENTITY_TOKEN or the file of AWS_WEB_IDENTITY_TOKEN_FILE"
            }
            Self::NoRoleForToken => "set AWS_ROLE_ARN to the role that trusts this project",
            Self::Role { .. } => "write arn:aws:iam::ACCOUNT:role/NAME",
            Self::Endpoint { .. } => "write it as https://host[:port]",
            Self::EmptyEndpoint { .. } => "unset it, or write it as https://host[:port]",
            Self::Proxy { .. } => "write it as http://host:port",
            Self::Ca { .. } => "the file must hold PEM blocks, -----BEGIN CERTIFICATE-----",
        }
    }
}
