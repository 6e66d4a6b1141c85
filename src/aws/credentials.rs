//! Keys: those of the job, or those that STS gives for an ID token or a role.

use super::call_error::call_error;
use super::exchange::Exchange;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{
    ProvideCredentials, Result, SharedCredentialsProvider, future,
};
use aws_sdk_sts::types::Credentials as Given;
use std::fmt;
use std::time::SystemTime;

const NAME: &str = "ecs-canary";

/// Keys that do not change.
pub(super) fn static_keys(
    id: String,
    secret: String,
    session: Option<String>,
) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(id, secret, session, None, NAME))
}

/// Keys for a limited time; the SDK's cache asks again before they end. An ID token of GitLab
/// lives as long as its job, so a canary that runs for hours is renewed with the same one.
pub(super) struct Rights {
    sts: aws_sdk_sts::Client,
    role: String,
    session: String,
    token: Option<String>,
}

impl Rights {
    /// AssumeRoleWithWebIdentity.
    pub(super) fn token(
        sts: aws_sdk_sts::Client,
        role: String,
        token: String,
        session: String,
    ) -> Self {
        Self { sts, role, session, token: Some(token) }
    }

    /// AssumeRole with the rights of `sts`.
    pub(super) fn role(sts: aws_sdk_sts::Client, role: String, session: String) -> Self {
        Self { sts, role, session, token: None }
    }

    async fn ask(&self) -> Result {
        let exchange = Exchange::new();
        let given = match &self.token {
            Some(token) => self
                .sts
                .assume_role_with_web_identity()
                .role_arn(&self.role)
                .role_session_name(&self.session)
                .web_identity_token(token)
                .customize()
                .interceptor(exchange.clone())
                .send()
                .await
                .map(|answer| answer.credentials)
                .map_err(|e| call_error("sts:AssumeRoleWithWebIdentity", &exchange, &e)),
            None => self
                .sts
                .assume_role()
                .role_arn(&self.role)
                .role_session_name(&self.session)
                .customize()
                .interceptor(exchange.clone())
                .send()
                .await
                .map(|answer| answer.credentials)
                .map_err(|error| call_error("sts:AssumeRole", &exchange, &error)),
        };
        let given = given.map_err(CredentialsError::provider_error)?;
        keys(given.ok_or_else(|| CredentialsError::unhandled("STS answered without keys"))?)
    }
}

fn keys(given: Given) -> Result {
    let until = SystemTime::try_from(given.expiration).map_err(CredentialsError::unhandled)?;
    let session = Some(given.session_token);
    Ok(Credentials::new(given.access_key_id, given.secret_access_key, session, Some(until), NAME))
}

impl ProvideCredentials for Rights {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.ask())
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rights").field("role", &self.role).finish_non_exhaustive()
    }
}
