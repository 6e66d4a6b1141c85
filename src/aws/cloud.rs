//! The connection: clients that are made when they are first used.

use super::AwsAccess;
use super::call_error::call_error;
use super::connection::Setup;
use super::deployments::ServiceRevision;
use super::exchange::Exchange;
use crate::host::Clock;
use crate::model::{CallError, Timestamp};
use crate::ports::{Clock as _, Seen};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

/// AWS with the caller's rights. Implements [`Ecs`](crate::ports::Ecs),
/// [`LoadBalancer`](crate::ports::LoadBalancer), [`Metrics`](crate::ports::Metrics) and
/// [`Scaling`](crate::ports::Scaling).
pub struct AwsCloud {
    /// Boxed: futures of whole commands hold it.
    setup: Box<Setup>,
    connector: SharedHttpConnector,
    secrets: Vec<String>,
    asked: (Option<String>, Option<String>),
    clock: Clock,
    reads: OnceCell<aws_sdk_ecs::Client>,
    changes: OnceCell<aws_sdk_ecs::Client>,
    elb: OnceCell<aws_sdk_elasticloadbalancingv2::Client>,
    elb_changes: OnceCell<aws_sdk_elasticloadbalancingv2::Client>,
    metrics: OnceCell<aws_sdk_cloudwatch::Client>,
    scaling: OnceCell<aws_sdk_applicationautoscaling::Client>,
    /// Service revisions, which never change: asked for once.
    pub(super) revisions: RefCell<BTreeMap<String, ServiceRevision>>,
    /// DescribeServiceRevisions is denied or not offered: not asked for again.
    pub(super) revisions_denied: Cell<bool>,
}

/// Who the keys belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Account number.
    pub account: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` and the like.
    pub arn: String,
    /// Unique id.
    pub user_id: String,
}

impl AwsCloud {
    pub(super) fn new(setup: Setup, connector: SharedHttpConnector, access: &AwsAccess) -> Self {
        Self {
            setup: Box::new(setup),
            connector,
            secrets: access.secrets(),
            asked: (access.region.clone(), access.role.clone()),
            clock: Clock::real(),
            reads: OnceCell::new(),
            changes: OnceCell::new(),
            elb: OnceCell::new(),
            elb_changes: OnceCell::new(),
            metrics: OnceCell::new(),
            scaling: OnceCell::new(),
            revisions: RefCell::default(),
            revisions_denied: Cell::new(false),
        }
    }

    /// Region and role, as they were asked for: another connection made so is the same one.
    pub fn asked(&self) -> (Option<String>, Option<String>) {
        self.asked.clone()
    }

    /// sts:GetCallerIdentity. Needs no permission.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, CallError> {
        let exchange = Exchange::new();
        let call = self.setup.sts().get_caller_identity();
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        let answer = self.checked("sts:GetCallerIdentity", &exchange, answer)?;
        Ok(CallerIdentity {
            account: answer.account.unwrap_or_default(),
            arn: answer.arn.unwrap_or_default(),
            user_id: answer.user_id.unwrap_or_default(),
        })
    }

    /// For calls that no client makes.
    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    pub(super) fn connector(&self) -> &SharedHttpConnector {
        &self.connector
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn logs(&self, region: Option<&str>) -> aws_sdk_cloudwatchlogs::Client {
        self.setup.logs(region)
    }

    pub(super) fn reads(&self) -> &aws_sdk_ecs::Client {
        self.reads.get_or_init(|| self.setup.ecs_reads())
    }

    pub(super) fn changes(&self) -> &aws_sdk_ecs::Client {
        self.changes.get_or_init(|| self.setup.ecs_changes())
    }

    pub(super) fn elb(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        self.elb.get_or_init(|| self.setup.elb())
    }

    pub(super) fn elb_changes(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        self.elb_changes.get_or_init(|| self.setup.elb_changes())
    }

    pub(super) fn metrics(&self) -> &aws_sdk_cloudwatch::Client {
        self.metrics.get_or_init(|| self.setup.metrics())
    }

    pub(super) fn scaling(&self) -> &aws_sdk_applicationautoscaling::Client {
        self.scaling.get_or_init(|| self.setup.scaling())
    }

    /// The answer, or the failure in our words and without a secret in them.
    pub(super) fn checked<T, E>(
        &self,
        operation: &str,
        exchange: &Exchange,
        answer: Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        answer.map_err(|error| {
            let error = call_error(operation, exchange, &error);
            CallError { message: self.without_secrets(error.message.clone()), ..error }
        })
    }

    /// The text with `***` for each of the caller's own secrets.
    pub(super) fn without_secrets(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "***"))
    }

    /// The value with AWS's time, or ours where the answer had none.
    pub(super) fn seen<T>(&self, exchange: &Exchange, value: T) -> Seen<T> {
        let at: Timestamp = exchange.date().unwrap_or_else(|| self.clock.now());
        Seen { at, value }
    }
}

impl fmt::Debug for AwsCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsCloud").finish_non_exhaustive()
    }
}
