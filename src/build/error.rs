//! Why a build or a push did not come to its end.

use crate::model::{CallError, CallErrorKind, Finding, ImageReference};

/// A build, push, pull or tag that failed. No text holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Dockerfile or the request is wrong or needs what is not supported.
    #[error("{} cannot be built: {}", .file, first(.findings))]
    Invalid {
        /// The Dockerfile's name.
        file: String,
        /// What was found; at least one is an error.
        findings: Vec<Finding>,
    },
    /// An instruction failed: a COPY source is missing, ...
    #[error("{finding}")]
    Instruction {
        /// What, with its place.
        finding: Box<Finding>,
    },
    /// The base image is not there.
    #[error("{file}:{line}: base image {reference} does not exist")]
    BaseMissing {
        /// The Dockerfile's name.
        file: String,
        /// The line of FROM.
        line: usize,
        /// The image.
        reference: Box<ImageReference>,
        /// The registry's answer.
        #[source]
        cause: Box<CallError>,
    },
    /// A registry did not do what was asked.
    #[error("{what}")]
    Registry {
        /// What was tried, with the place.
        what: String,
        /// The registry's answer.
        #[source]
        cause: Box<CallError>,
    },
    /// The registry took the image and then shows another one.
    #[error("{reference} was pushed as {wanted}, but the registry shows {found}")]
    NotConfirmed {
        /// Where.
        reference: Box<ImageReference>,
        /// The digest that was pushed.
        wanted: String,
        /// The digest that was read back.
        found: String,
    },
    /// The tar of the build context is broken, too large or not to be trusted.
    #[error("the build context is not usable: {0}")]
    Context(String),
    /// The store has no such image.
    #[error("no image {0} was built or pulled in this job")]
    NoSuchImage(Box<ImageReference>),
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A file of ours could not be written or read.
    #[error("{what}")]
    Storage {
        /// What was tried.
        what: String,
        /// The system's answer.
        #[source]
        cause: std::io::Error,
    },
    /// A broken invariant of ours.
    #[error("internal: {0}")]
    Internal(String),
}

/// What kind of end an error is; `failure` gives each its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// A file or an argument is wrong.
    Invalid,
    /// The image could not be built.
    BuildFailed,
    /// The pushed digest was not confirmed.
    NotConfirmed,
    /// A registry denied access.
    Denied,
    /// A registry could not be reached in time.
    Unreachable,
    /// Asked to stop.
    Cancelled,
    /// Our host or our bug.
    Internal,
}

impl From<Finding> for Error {
    fn from(finding: Finding) -> Self {
        Self::Instruction { finding: Box::new(finding) }
    }
}

impl Error {
    /// A registry did not do `what`.
    pub(super) fn registry(what: String, cause: CallError) -> Self {
        Self::Registry { what, cause: Box::new(cause) }
    }

    /// The kind of end.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Invalid { .. } => ErrorClass::Invalid,
            Self::Instruction { .. }
            | Self::BaseMissing { .. }
            | Self::Context(_)
            | Self::NoSuchImage(_) => ErrorClass::BuildFailed,
            Self::Registry { cause, .. } => class_of(cause.kind),
            Self::NotConfirmed { .. } => ErrorClass::NotConfirmed,
            Self::Cancelled => ErrorClass::Cancelled,
            Self::Storage { .. } | Self::Internal(_) => ErrorClass::Internal,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Invalid { findings, .. } => {
                findings.iter().find_map(|finding| finding.hint.clone())
            }
            Self::Instruction { finding } => finding.hint.clone(),
            Self::BaseMissing { cause, .. } | Self::Registry { cause, .. } => {
                crate::registry::hint(cause)
            }
            Self::NotConfirmed { .. } => {
                Some("somebody else may push the same tag; run the build again".to_owned())
            }
            Self::NoSuchImage(_) => Some("build it in this job, or pull it first".to_owned()),
            Self::Context(_) | Self::Cancelled | Self::Storage { .. } | Self::Internal(_) => None,
        }
    }
}

fn class_of(kind: CallErrorKind) -> ErrorClass {
    match kind {
        CallErrorKind::Denied | CallErrorKind::Credentials | CallErrorKind::NoCredentials => {
            ErrorClass::Denied
        }
        CallErrorKind::Throttled | CallErrorKind::NoAnswer => ErrorClass::Unreachable,
        CallErrorKind::NotFound | CallErrorKind::Refused | CallErrorKind::Unsupported => {
            ErrorClass::BuildFailed
        }
    }
}

fn first(findings: &[Finding]) -> String {
    findings
        .iter()
        .find(|finding| crate::model::has_errors(std::slice::from_ref(finding)))
        .or(findings.first())
        .map(ToString::to_string)
        .unwrap_or_default()
}
