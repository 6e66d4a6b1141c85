//! Starting and watching the registry.

use std::net::SocketAddr;

/// How a client has to log in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// User name and password with every request.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: String,
    },
    /// A token from the registry's own `/token`, for user name and password.
    Bearer {
        /// User name.
        user: String,
        /// Password.
        password: String,
        /// Life of a token in seconds.
        token_seconds: u64,
        /// Pulling needs no login (but a token).
        anonymous_pull: bool,
    },
}

/// How the registry is set up.
#[derive(Debug, Clone, Default)]
pub struct RegistryOptions {
    /// Login.
    pub auth: Auth,
}

/// A running registry; it ends when this is dropped.
#[derive(Debug)]
pub struct RegistryHandle {
    /// Where it listens.
    pub address: SocketAddr,
}

impl RegistryHandle {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// The system's answer when no socket can be had.
    pub async fn start(options: RegistryOptions) -> std::io::Result<Self> {
        drop(options);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        Ok(Self { address: listener.local_addr()? })
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }
}
