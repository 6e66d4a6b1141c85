//! One read of a service that has no client here: made by hand, signed by the SDK's own crate
//! (AWS Signature Version 4), tried once.

use super::call_error::{no_keys, refused};
use super::cloud::AwsCloud;
use crate::model::{CallError, CallErrorKind};
use crate::ports::Clock as _;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use std::time::{Duration, UNIX_EPOCH};

/// A read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedRead {
    /// `iam:GetRole`.
    pub operation: &'static str,
    /// The service's name in signatures.
    pub service: &'static str,
    /// The region in signatures.
    pub region: String,
    /// Where it is sent.
    pub url: String,
    /// Headers besides those of the signature.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl AwsCloud {
    /// The answer's body.
    pub(super) async fn signed(&self, read: &SignedRead) -> Result<Bytes, CallError> {
        let sent = tokio::time::timeout(self.setup().patience().read, self.sent(read)).await;
        let answer = sent.unwrap_or_else(|_| Err(no_answer(read, "no answer in time")));
        answer.map_err(|error| CallError { message: self.without_secrets(error.message), ..error })
    }

    async fn sent(&self, read: &SignedRead) -> Result<Bytes, CallError> {
        let connector = self.connector();
        let request = self.request(read).await?;
        let answer = connector.call(request).await;
        let answer = answer.map_err(|error| no_answer(read, &error.to_string()))?;
        let status = answer.status().as_u16();
        let body = ByteStream::new(answer.into_body()).collect().await;
        let body = body.map_err(|error| no_answer(read, &error.to_string()))?.into_bytes();
        if (200..300).contains(&status) {
            Ok(body)
        } else {
            Err(refused(read.operation, status, &body))
        }
    }

    async fn request(&self, read: &SignedRead) -> Result<HttpRequest, CallError> {
        let wrong = |text: String| CallError {
            kind: CallErrorKind::Refused,
            operation: read.operation.to_owned(),
            code: None,
            message: text,
            place: None,
        };
        let Some(keys) = self.setup().keys() else {
            return Err(CallError {
                kind: CallErrorKind::NoCredentials,
                ..wrong("no AWS keys found".to_owned())
            });
        };
        let keys = keys.provide_credentials().await;
        let keys: Identity = keys.map_err(|error| no_keys(read.operation, &error))?.into();
        let millis = u64::try_from(self.clock().now().as_millis()).unwrap_or_default();
        let params = v4::SigningParams::builder()
            .identity(&keys)
            .region(&read.region)
            .name(read.service)
            .time(UNIX_EPOCH + Duration::from_millis(millis))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| wrong(error.to_string()))?
            .into();
        let headers = read.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let body = SignableBody::Bytes(read.body.as_bytes());
        let signable = SignableRequest::new("POST", read.url.as_str(), headers.clone(), body)
            .map_err(|error| wrong(error.to_string()))?;
        let (signature, _) =
            sign(signable, &params).map_err(|error| wrong(error.to_string()))?.into_parts();
        let mut request = http::Request::post(&read.url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request
            .body(SdkBody::from(read.body.as_str()))
            .map_err(|error| wrong(error.to_string()))?;
        signature.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).map_err(|error| wrong(error.to_string()))
    }
}

fn no_answer(read: &SignedRead, text: &str) -> CallError {
    let uri = read.url.parse::<http::Uri>().ok();
    CallError {
        kind: CallErrorKind::NoAnswer,
        operation: read.operation.to_owned(),
        code: None,
        message: text.to_owned(),
        place: uri.and_then(|uri| Some(uri.authority()?.as_str().to_owned())),
    }
}
