//! How the registry is set up, and the ways in which it can be made to misbehave.

use std::time::Duration;

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
    /// A token from the registry's own `/token`, for user name and password; the scopes of
    /// the token are checked on every request.
    Bearer {
        /// User name.
        user: String,
        /// Password.
        password: String,
        /// How many requests a token is good for; 0 = any number. Expiry that needs no clock.
        token_uses: u32,
        /// Pulling needs a token, but no login.
        anonymous_pull: bool,
    },
}

/// How the registry is set up.
#[derive(Debug, Clone, Default)]
pub struct RegistryOptions {
    /// Login.
    pub auth: Auth,
    /// Lasting habits.
    pub behaviour: Behaviour,
}

/// Lasting habits of real registries.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// Mounts are answered with 202 and an upload, as the specification allows.
    pub decline_mounts: bool,
    /// A tag that exists takes no other manifest (ECR's IMMUTABLE); the same one is refused
    /// too, as ECR does.
    pub immutable_tags: bool,
    /// Bodies of PATCH requests after the first one of an upload are thrown away, as ECR does.
    pub lose_patches: bool,
    /// Blob uploads are completed with 202 instead of 201.
    pub accepted_uploads: bool,
    /// The `Location` of an upload is an absolute address.
    pub absolute_locations: bool,
    /// The `Location` of an upload carries a query of its own.
    pub query_in_locations: bool,
    /// Repositories to which this login has no right.
    pub denied: Vec<String>,
    /// Wait before each answer.
    pub delay: Duration,
    /// Bytes per second of blob bodies, in both directions; 0 = no limit.
    pub bytes_per_second: u64,
    /// Manifests are answered with other bytes than those asked for.
    pub corrupt_manifests: bool,
    /// Blobs are answered with other bytes than those asked for.
    pub corrupt_blobs: bool,
    /// After a push the tag still shows what it showed before.
    pub forget_manifests: bool,
}

/// Something that goes wrong for the next `times` matching requests.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The method; empty = any.
    pub method: &'static str,
    /// A part of the path; empty = any.
    pub path_has: &'static str,
    /// How often; 0 = always.
    pub times: u32,
    /// What.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// This status, with an error body.
    Status(u16),
    /// 401 with the challenge, as when a token expired.
    Unauthorized,
    /// The connection ends without an answer.
    Drop,
    /// The connection ends in the middle of the request's or the answer's body.
    DropInBody,
    /// No answer comes.
    Stall,
}
