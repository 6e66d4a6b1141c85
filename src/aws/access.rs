//! Whose rights and which endpoints: everything that a connection depends on, as values.

use super::Error;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What [`connect`](super::connect) needs to know.
///
/// Inside a job nothing else counts: no file, no instance role, no variable of the driver's own
/// process. Outside a job the SDK's usual chain fills what is left open here.
#[derive(Clone, Default)]
pub struct AwsAccess {
    /// The caller's `AWS_*` variables: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_ROLE_ARN`, and
    /// `AWS_WEB_IDENTITY_TOKEN`: the *content* of an ID token (the client reads the file that
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` names). Others are not looked at.
    pub variables: BTreeMap<String, String>,
    /// The region of the release file or of an argument; goes before the variables.
    pub region: Option<String>,
    /// A role that is assumed with the rights above.
    pub role: Option<String>,
    /// Endpoints by service, `ecs`, `elasticloadbalancing`, `sts`: the operator's.
    pub endpoints: BTreeMap<String, String>,
    /// One endpoint for every other service, from the caller, where the host's config allows
    /// it.
    pub endpoint_override: Option<String>,
    /// Proxy for every request, `http://[user:password@]host:port`.
    pub proxy: Option<String>,
    /// Hosts that are reached without the proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// Certificates (PEM) trusted besides the machine's own.
    pub ca_pem: Option<Vec<u8>>,
    /// True in the driver of a job.
    pub inside_job: bool,
    /// Names the session of an assumed role in CloudTrail: project, pipeline and job.
    pub session_name: String,
    /// How much faster the simulated cloud runs; back-off waits shrink with it. 1 in real
    /// life; anything that is not a positive number counts as 1.
    pub clock_speed: f64,
    /// How long to wait for answers; real time, never sped up.
    pub patience: Patience,
}

/// How long to wait for an answer before it counts as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// TCP and TLS.
    pub connect: Duration,
    /// One attempt to read.
    pub read: Duration,
    /// A read with all its attempts.
    pub whole_read: Duration,
    /// One attempt to change something.
    pub change: Duration,
}

impl Default for Patience {
    /// An answer of ECS takes 50 to 300 ms, CreateService up to a few seconds.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(10),
            whole_read: Duration::from_secs(30),
            change: Duration::from_secs(30),
        }
    }
}

/// Variables whose values must not be shown.
const SECRET_VARIABLES: [&str; 3] =
    ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN"];

/// Where the caller's rights come from inside a job.
#[derive(Clone)]
pub(super) enum JobRights {
    /// Keys of the caller.
    Keys {
        /// `AWS_ACCESS_KEY_ID`.
        id: String,
        /// `AWS_SECRET_ACCESS_KEY`.
        secret: String,
        /// `AWS_SESSION_TOKEN`.
        session: Option<String>,
    },
    /// An ID token, exchanged for keys again and again while it lives.
    Token {
        /// `AWS_ROLE_ARN`.
        role: String,
        /// The token.
        token: String,
    },
}

impl AwsAccess {
    /// The region that was said: `region`, `AWS_REGION`, `AWS_DEFAULT_REGION`.
    pub(super) fn said_region(&self) -> Option<String> {
        self.region
            .clone()
            .filter(|region| !region.is_empty())
            .or_else(|| self.variable("AWS_REGION"))
            .or_else(|| self.variable("AWS_DEFAULT_REGION"))
    }

    /// The rights that the variables carry. Keys go before a token, as in the SDK's chain.
    pub(super) fn job_rights(&self) -> Result<JobRights, Error> {
        self.expect_sound_keys()?;
        let id = self.variable("AWS_ACCESS_KEY_ID");
        let secret = self.variable("AWS_SECRET_ACCESS_KEY");
        match (id, secret) {
            (Some(id), Some(secret)) => {
                let session = self.variable("AWS_SESSION_TOKEN");
                Ok(JobRights::Keys { id, secret, session })
            }
            (Some(_), None) => Err(Error::HalfKeys { missing: "AWS_SECRET_ACCESS_KEY" }),
            (None, Some(_)) => Err(Error::HalfKeys { missing: "AWS_ACCESS_KEY_ID" }),
            (None, None) => self.token_rights(),
        }
    }

    /// They go into headers as they are, where the SDK panics at a line break.
    fn expect_sound_keys(&self) -> Result<(), Error> {
        let is_broken =
            |name: &&str| self.variable(name).is_some_and(|value| value.contains(char::is_control));
        match SECRET_VARIABLES.iter().copied().chain(["AWS_ACCESS_KEY_ID"]).find(is_broken) {
            Some(variable) => Err(Error::BrokenKey { variable }),
            None => Ok(()),
        }
    }

    fn token_rights(&self) -> Result<JobRights, Error> {
        let role = self.variable("AWS_ROLE_ARN");
        let token = self.variable("AWS_WEB_IDENTITY_TOKEN");
        match (role, token) {
            (Some(role), Some(token)) => Ok(JobRights::Token { role, token }),
            (Some(role), None) => Err(Error::NoToken { role }),
            (None, Some(_)) => Err(Error::NoRoleForToken),
            (None, None) => Err(Error::NoCredentials),
        }
    }

    /// A variable; empty counts as unset, as in the SDK.
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| value.trim().to_owned()).filter(|v| !v.is_empty())
    }

    /// Outside a job the SDK reads the environment itself, and panics at an endpoint that is
    /// set to nothing.
    pub(super) fn expect_usable_environment(&self) -> Result<(), Error> {
        let is_empty = |(name, value): &(&String, &String)| {
            name.starts_with("AWS_ENDPOINT_URL") && value.trim().is_empty()
        };
        match self.variables.iter().find(is_empty) {
            Some((name, _)) => Err(Error::EmptyEndpoint { variable: name.clone() }),
            None => Ok(()),
        }
    }

    /// The endpoint of a service by its endpoint prefix; `None` = AWS's own.
    pub(super) fn endpoint(&self, service: &str) -> Result<Option<String>, Error> {
        let url = self.endpoints.get(service).or(self.endpoint_override.as_ref());
        let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(None) };
        let sound = url.parse::<http::Uri>().is_ok_and(|uri| {
            uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https"))
        });
        if sound {
            Ok(Some(url.clone()))
        } else {
            Err(Error::Endpoint { service: service.to_owned(), found: url.clone() })
        }
    }

    /// The role to assume, when it is one.
    pub(super) fn role(&self) -> Result<Option<String>, Error> {
        match self.role.as_deref().filter(|role| !role.is_empty()) {
            Some(role) if role.starts_with("arn:") && role.contains(":role/") => {
                Ok(Some(role.to_owned()))
            }
            Some(role) => Err(Error::Role { found: role.to_owned() }),
            None => Ok(None),
        }
    }

    /// Everything in here that must not be shown.
    pub(super) fn secrets(&self) -> Vec<String> {
        let password = self.proxy.as_deref().and_then(proxy_password).map(str::to_owned);
        SECRET_VARIABLES
            .iter()
            .filter_map(|name| self.variable(name))
            .chain(password)
            .filter(|secret| secret.len() >= 4)
            .collect()
    }

    /// The speed, 1 when it makes no sense.
    pub(super) fn speed(&self) -> f64 {
        let sensible = self.clock_speed.is_finite() && self.clock_speed > 0.0;
        if sensible { self.clock_speed } else { 1.0 }
    }

    /// The session's name in the letters that STS takes, 2 to 64 of them.
    pub(super) fn session(&self) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c);
        let name: String =
            self.session_name.chars().take(64).map(|c| if allowed(c) { c } else { '-' }).collect();
        if name.len() < 2 { "ecs-canary".to_owned() } else { name }
    }
}

impl fmt::Debug for AwsAccess {
    /// Names, never values: the variables hold keys, the proxy a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsAccess")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("region", &self.region)
            .field("role", &self.role)
            .field("endpoints", &self.endpoints)
            .field("endpoint_override", &self.endpoint_override)
            .field("proxy", &self.proxy.is_some())
            .field("inside_job", &self.inside_job)
            .field("session_name", &self.session_name)
            .finish_non_exhaustive()
    }
}

/// The password of `http://user:password@host:port`.
fn proxy_password(proxy: &str) -> Option<&str> {
    let (_, rest) = proxy.split_once("://").unwrap_or(("", proxy));
    let (user, _) = rest.rsplit_once('@')?;
    Some(user.split_once(':')?.1)
}
