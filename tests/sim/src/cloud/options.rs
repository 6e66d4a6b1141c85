//! How a simulated cloud with sockets is set up.

use super::brain::{CloudOptions, Pulls, SimTime};

/// Settings of a simulated cloud.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Virtual seconds for each real one.
    pub speed: f64,
    /// Virtual time at the start; `None` = the wall's. Temporary keys expire by virtual time,
    /// and clients look at their own clock: a start long ago makes them expired at once.
    pub start: Option<SimTime>,
    /// The account.
    pub cloud: CloudOptions,
    /// The example's cluster, load balancer and target group are there.
    pub example: bool,
    /// The agent pulls images from registries over HTTP; else pulls succeed as scripted and
    /// tasks serve a line of text that names their image.
    pub real_pulls: bool,
    /// Where the hosts of image references really are, and their logins. A host that is not
    /// named is spoken to as it is, over plain HTTP.
    pub registries: Vec<RegistryLogin>,
    /// ARNs of the secrets that hold the registries' logins. When given, only a container whose
    /// `repositoryCredentials` names one of them is pulled with a login, as in AWS; `None` = the
    /// agent always uses the login it has.
    pub secrets: Option<Vec<String>>,
    /// Ports of the API and of the load balancer; 0 = any free one.
    pub ports: (u16, u16),
}

/// A registry as the agent knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryLogin {
    /// Host as in image references: `registry.example.com`, `127.0.0.1:5000`.
    pub host: String,
    /// `127.0.0.1:PORT` where it really listens.
    pub address: String,
    /// User and password.
    pub login: Option<(String, String)>,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            speed: 1.0,
            start: None,
            cloud: CloudOptions::default(),
            example: true,
            real_pulls: false,
            registries: Vec::new(),
            secrets: None,
            ports: (0, 0),
        }
    }
}

impl SimOptions {
    /// The example world at a speed, with pulls as scripted.
    pub fn at_speed(speed: f64) -> Self {
        Self { speed, ..Self::default() }
    }

    /// The account's options with the pulls that are wanted.
    pub(crate) fn cloud_options(&self) -> CloudOptions {
        let pulls = if self.real_pulls { Pulls::ByAgent } else { Pulls::Scripted };
        CloudOptions { pulls, ..self.cloud.clone() }
    }
}
