//! From an [`AwsAccess`] to clients.

use super::access::JobRights;
use super::cloud::AwsCloud;
use super::credentials::{Rights, static_keys};
use super::{AwsAccess, Error, wire};
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetrySpec;
use std::time::Duration;

/// Attempts of a change: RegisterTaskDefinition refills at one a second for a whole account,
/// and three attempts are known to be too few.
const CHANGE_ATTEMPTS: u32 = 10;
/// Attempts of a read; a failed poll is only a missed look.
const READ_ATTEMPTS: u32 = 5;
/// Longest pause between attempts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(20);
/// First pause after a throttle.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// First pause after anything else.
const FIRST_BACKOFF_OTHERS: Duration = Duration::from_millis(50);
/// Longest time to get keys: a whole call to STS, sometimes two in a row.
const KEYS_TIMEOUT: Duration = Duration::from_secs(60);

/// Connects with the rights of `access`. No call is made, except that outside a job the
/// SDK's chain may look for a region.
///
/// # Errors
/// What is missing or wrong in `access`.
pub async fn connect(access: &AwsAccess) -> Result<AwsCloud, Error> {
    let (http, connector) = wire::client(access)?;
    let role = access.role()?;
    let endpoints = Endpoints {
        ecs: access.endpoint("ecs")?,
        elb: access.endpoint("elasticloadbalancing")?,
        sts: access.endpoint("sts")?,
        logs: access.endpoint("logs")?,
        metrics: access.endpoint("monitoring")?,
        scaling: access.endpoint("application-autoscaling")?,
        iam: access.endpoint("iam")?,
        secrets: access.endpoint("secretsmanager")?,
        parameters: access.endpoint("ssm")?,
    };
    let shared = if access.inside_job {
        inside_job(access, http)?
    } else {
        outside_job(access, http).await?
    };
    let setup = Setup { shared, endpoints, speed: access.speed(), patience: access.patience };
    let setup = match role {
        Some(role) => setup.with_role(role, access),
        None => setup,
    };
    Ok(AwsCloud::new(setup, connector, access))
}

/// Only what the job brought: no file, no instance role, no variable of our own process.
fn inside_job(access: &AwsAccess, http: SharedHttpClient) -> Result<SdkConfig, Error> {
    let region = access.said_region().ok_or(Error::NoRegion)?;
    let rights = access.job_rights()?;
    let base = SdkConfig::builder()
        .behavior_version(behaviour())
        .region(Region::new(region))
        .http_client(http)
        .identity_cache(IdentityCache::lazy().load_timeout(KEYS_TIMEOUT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    with_rights(&base, rights, access)
}

/// The SDK's usual chain for what `access` leaves open.
async fn outside_job(access: &AwsAccess, http: SharedHttpClient) -> Result<SdkConfig, Error> {
    access.expect_usable_environment()?;
    let mut loader = aws_config::defaults(behaviour())
        .http_client(http)
        // Each client has its own; the SDK would panic at a variable of it that it cannot read.
        .retry_config(RetryConfig::standard())
        .identity_cache(IdentityCache::lazy().load_timeout(KEYS_TIMEOUT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(region) = access.said_region() {
        loader = loader.region(Region::new(region));
    }
    let base = loader.load().await;
    if base.region().is_none() {
        return Err(Error::NoRegion);
    }
    match access.job_rights() {
        Ok(rights) => with_rights(&base, rights, access),
        Err(error @ Error::BrokenKey { .. }) => Err(error),
        Err(_) => Ok(base),
    }
}

fn with_rights(
    base: &SdkConfig,
    rights: JobRights,
    access: &AwsAccess,
) -> Result<SdkConfig, Error> {
    let provider = match rights {
        JobRights::Keys { id, secret, session } => static_keys(id, secret, session),
        JobRights::Token { role, token } => {
            let sts = Setup {
                shared: base.clone(),
                endpoints: Endpoints { sts: access.endpoint("sts")?, ..Endpoints::default() },
                speed: access.speed(),
                patience: access.patience,
            }
            .sts();
            let rights = Rights::token(sts, role, token, access.session());
            SharedCredentialsProvider::new(rights)
        }
    };
    Ok(base.to_builder().credentials_provider(provider).build())
}

/// Pinned: a newer version may change retries and timeouts, which are tested here.
fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Endpoints by service; `None` = the SDK's own rules.
#[derive(Debug, Clone, Default)]
struct Endpoints {
    ecs: Option<String>,
    elb: Option<String>,
    sts: Option<String>,
    logs: Option<String>,
    metrics: Option<String>,
    scaling: Option<String>,
    iam: Option<String>,
    secrets: Option<String>,
    parameters: Option<String>,
}

/// Everything that a client is made from.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    shared: SdkConfig,
    endpoints: Endpoints,
    speed: f64,
    patience: super::Patience,
}

impl Setup {
    fn with_role(self, role: String, access: &AwsAccess) -> Self {
        let rights = Rights::role(self.sts(), role, access.session());
        let provider = SharedCredentialsProvider::new(rights);
        let shared = self.shared.to_builder().credentials_provider(provider).build();
        Self { shared, ..self }
    }

    pub(super) fn ecs_reads(&self) -> aws_sdk_ecs::Client {
        let mut config = aws_sdk_ecs::config::Builder::from(&self.shared)
            .retry_config(self.retries(READ_ATTEMPTS))
            .timeout_config(self.read_timeouts())
            .disable_clock_skew_correction(self.is_simulated());
        if self.endpoints.ecs.is_some() {
            config.set_endpoint_url(self.endpoints.ecs.clone());
        }
        aws_sdk_ecs::Client::from_conf(config.build())
    }

    /// A client of its own, with its own store of retries, so that reads that fail for long
    /// cannot use up what a throttled change needs.
    pub(super) fn ecs_changes(&self) -> aws_sdk_ecs::Client {
        let mut config = aws_sdk_ecs::config::Builder::from(&self.shared)
            .retry_config(self.retries(CHANGE_ATTEMPTS))
            .retry_partition(aws_sdk_ecs::config::retry::RetryPartition::new("ecs changes"))
            .timeout_config(self.change_timeouts())
            .disable_clock_skew_correction(self.is_simulated());
        if self.endpoints.ecs.is_some() {
            config.set_endpoint_url(self.endpoints.ecs.clone());
        }
        aws_sdk_ecs::Client::from_conf(config.build())
    }

    pub(super) fn elb(&self) -> aws_sdk_elasticloadbalancingv2::Client {
        let mut config = aws_sdk_elasticloadbalancingv2::config::Builder::from(&self.shared)
            .retry_config(self.retries(READ_ATTEMPTS))
            .timeout_config(self.read_timeouts())
            .disable_clock_skew_correction(self.is_simulated());
        if self.endpoints.elb.is_some() {
            config.set_endpoint_url(self.endpoints.elb.clone());
        }
        aws_sdk_elasticloadbalancingv2::Client::from_conf(config.build())
    }

    /// For the same reason as [`Self::ecs_changes`].
    pub(super) fn elb_changes(&self) -> aws_sdk_elasticloadbalancingv2::Client {
        use aws_sdk_elasticloadbalancingv2::config::retry::RetryPartition;
        let mut config = aws_sdk_elasticloadbalancingv2::config::Builder::from(&self.shared)
            .retry_config(self.retries(CHANGE_ATTEMPTS))
            .retry_partition(RetryPartition::new("elb changes"))
            .timeout_config(self.change_timeouts())
            .disable_clock_skew_correction(self.is_simulated());
        if self.endpoints.elb.is_some() {
            config.set_endpoint_url(self.endpoints.elb.clone());
        }
        aws_sdk_elasticloadbalancingv2::Client::from_conf(config.build())
    }

    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        let mut config = aws_sdk_sts::config::Builder::from(&self.shared)
            .retry_config(self.retries(READ_ATTEMPTS))
            .timeout_config(self.read_timeouts())
            .disable_clock_skew_correction(self.is_simulated());
        if self.endpoints.sts.is_some() {
            config.set_endpoint_url(self.endpoints.sts.clone());
        }
        aws_sdk_sts::Client::from_conf(config.build())
    }

    pub(super) fn metrics(&self) -> aws_sdk_cloudwatch::Client {
        let mut config = aws_sdk_cloudwatch::config::Builder::from(&self.shared)
            .retry_config(self.retries(READ_ATTEMPTS))
            .timeout_config(self.read_timeouts())
            .disable_clock_skew_correction(self.is_simulated());
        if self.endpoints.metrics.is_some() {
            config.set_endpoint_url(self.endpoints.metrics.clone());
        }
        aws_sdk_cloudwatch::Client::from_conf(config.build())
    }

    /// A release goes on without an answer, so it does not wait for long: in a private network
    /// this endpoint may be missing.
    pub(super) fn scaling(&self) -> aws_sdk_applicationautoscaling::Client {
        let timeouts = self.read_timeouts().to_builder().operation_timeout(self.patience.read);
        let mut config = aws_sdk_applicationautoscaling::config::Builder::from(&self.shared)
            .retry_config(self.retries(READ_ATTEMPTS))
            .timeout_config(timeouts.build())
            .disable_clock_skew_correction(self.is_simulated());
        if self.endpoints.scaling.is_some() {
            config.set_endpoint_url(self.endpoints.scaling.clone());
        }
        aws_sdk_applicationautoscaling::Client::from_conf(config.build())
    }

    /// A client for one region, or for the connection's own.
    pub(super) fn logs(&self, region: Option<&str>) -> aws_sdk_cloudwatchlogs::Client {
        let mut config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.shared)
            .retry_config(self.retries(READ_ATTEMPTS))
            .timeout_config(self.read_timeouts())
            .disable_clock_skew_correction(self.is_simulated());
        if let Some(region) = region {
            config = config.region(Region::new(region.to_owned()));
        }
        if self.endpoints.logs.is_some() {
            config.set_endpoint_url(self.endpoints.logs.clone());
        }
        aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
    }

    /// The caller's keys, for a call that no client makes.
    pub(super) fn keys(&self) -> Option<SharedCredentialsProvider> {
        self.shared.credentials_provider()
    }

    /// How long to wait for an answer.
    pub(super) fn patience(&self) -> super::Patience {
        self.patience
    }

    /// Region in signatures and address of IAM, which has one endpoint for each partition (AWS
    /// General Reference, "IAM endpoints and quotas").
    pub(super) fn iam(&self) -> (String, String) {
        let region = self.region();
        let (region, host) = if region.starts_with("cn-") {
            ("cn-north-1", "iam.cn-north-1.amazonaws.com.cn")
        } else if region.starts_with("us-gov-") {
            ("us-gov-west-1", "iam.us-gov.amazonaws.com")
        } else {
            ("us-east-1", "iam.amazonaws.com")
        };
        (region.to_owned(), self.address(self.endpoints.iam.as_deref(), host))
    }

    /// The same of a service that each region has for itself.
    pub(super) fn regional(&self, service: &str, region: Option<&str>) -> (String, String) {
        let region = region.map_or_else(|| self.region(), str::to_owned);
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let host = format!("{service}.{region}.amazonaws.com{suffix}");
        let own = match service {
            "secretsmanager" => self.endpoints.secrets.as_deref(),
            "ssm" => self.endpoints.parameters.as_deref(),
            _ => None,
        };
        let address = self.address(own, &host);
        (region, address)
    }

    fn region(&self) -> String {
        self.shared.region().map(ToString::to_string).unwrap_or_default()
    }

    /// The operator's endpoint, else the one that the SDK's chain found, else AWS's own.
    fn address(&self, own: Option<&str>, host: &str) -> String {
        let said = own.or_else(|| self.shared.endpoint_url());
        said.map_or_else(|| format!("https://{host}/"), str::to_owned)
    }

    fn retries(&self, attempts: u32) -> RetryConfig {
        let others = RetrySpec::v2_1()
            .with_non_throttling_initial_backoff(FIRST_BACKOFF_OTHERS.div_f64(self.speed));
        RetryConfig::standard()
            .with_max_attempts(attempts)
            .with_initial_backoff(FIRST_BACKOFF.div_f64(self.speed))
            .with_max_backoff(LONGEST_BACKOFF.div_f64(self.speed))
            .with_retry_spec(others)
    }

    fn change_timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.patience.connect)
            .operation_attempt_timeout(self.patience.change)
            .build()
    }

    fn read_timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.patience.connect)
            .operation_attempt_timeout(self.patience.read)
            .operation_timeout(self.patience.whole_read)
            .build()
    }

    /// A simulated cloud's clock runs away from ours; that is no skew to correct, and a denied
    /// call must not be taken for one.
    fn is_simulated(&self) -> bool {
        self.speed > 1.0
    }
}
