//! The caller's rights and endpoints in AWS.

use super::Declared;
use crate::aws::{self, AwsAccess, AwsCloud};
use crate::commands::Caller;
use crate::failure::{Exit, Failure};
use crate::host::files;
use std::collections::BTreeMap;

/// Bytes of a CA file: the bundle of a distribution has some 200 kB.
const CA_LIMIT: u64 = 16 << 20;

/// Environment variables of an endpoint, and the service that it is for.
const ENDPOINTS: [(&str, &str); 6] = [
    ("AWS_ENDPOINT_URL_ECS", "ecs"),
    ("AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING", "application-autoscaling"),
    ("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "elasticloadbalancing"),
    ("AWS_ENDPOINT_URL_STS", "sts"),
    ("AWS_ENDPOINT_URL_CLOUDWATCH", "monitoring"),
    ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "logs"),
];

/// Connects for a release file.
pub(in crate::commands) async fn connect(
    declared: &Declared,
    caller: &Caller,
) -> Result<AwsCloud, Failure> {
    let region = declared.region.as_ref().map(|region| region.value.clone());
    let role = declared.file.role.as_ref().map(|role| role.value.clone());
    Ok(aws::connect(&caller.aws(region, role)?).await?)
}

impl Caller {
    /// Everything that a connection to AWS depends on.
    pub(in crate::commands) fn aws(
        &self,
        region: Option<String>,
        role: Option<String>,
    ) -> Result<AwsAccess, Failure> {
        let network = &self.host.network;
        let ca_pem = match &network.ca_file {
            Some(path) => Some(files::read_regular(path, CA_LIMIT).map_err(|cause| {
                let message = format!("CA file {}: {cause}", path.display());
                Failure::new(Exit::Internal, message)
                    .hint("put right network.ca_file of the host's config, or AWS_CA_BUNDLE")
            })?),
            None => None,
        };
        let own = |name: &String| name.starts_with("AWS_");
        Ok(AwsAccess {
            variables: self.variables.clone().into_iter().filter(|(name, _)| own(name)).collect(),
            region,
            role,
            endpoints: self.endpoints(),
            endpoint_override: self.honoured("AWS_ENDPOINT_URL").map(str::to_owned),
            proxy: network.proxy.as_ref().map(|proxy| proxy.expose().to_owned()),
            no_proxy: Some(self.no_proxy()).filter(|hosts| !hosts.is_empty()),
            ca_pem,
            inside_job: self.inside_job,
            session_name: self.session_name(),
            clock_speed: self.host.simulation.clock_speed,
            patience: aws::Patience::default(),
        })
    }

    /// The operator's endpoints, and the caller's own where they are honoured.
    fn endpoints(&self) -> BTreeMap<String, String> {
        let own = ENDPOINTS.iter().filter_map(|(variable, service)| {
            Some(((*service).to_owned(), self.honoured(variable)?.to_owned()))
        });
        self.host.aws.endpoints.clone().into_iter().chain(own).collect()
    }

    /// A variable that may send requests elsewhere: the person's own outside a job; a job's
    /// only where the host's config allows it.
    fn honoured(&self, name: &str) -> Option<&str> {
        let allowed = !self.inside_job || self.host.aws.allow_endpoint_override;
        self.variable(name).filter(|_| allowed)
    }

    fn session_name(&self) -> String {
        let identity = &self.identity;
        let project = identity.project.as_deref().unwrap_or("ecs-canary").replace('/', "-");
        match (identity.pipeline, identity.job) {
            (Some(pipeline), Some(job)) => format!("{project}-{pipeline}-{job}"),
            _ => project,
        }
    }
}
