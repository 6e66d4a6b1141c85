//! Errors of other modules, class by class.

use super::{Exit, Failure};
use crate::model::{CallError, CallErrorKind, Finding};
use crate::{aws, build, job, sandbox};

impl From<CallErrorKind> for Exit {
    fn from(kind: CallErrorKind) -> Self {
        match kind {
            CallErrorKind::Denied | CallErrorKind::Credentials | CallErrorKind::NoCredentials => {
                Self::Denied
            }
            CallErrorKind::Throttled | CallErrorKind::NoAnswer => Self::Unreachable,
            CallErrorKind::NotFound | CallErrorKind::Refused | CallErrorKind::Unsupported => {
                Self::Preflight
            }
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let failure = Self::from_error(error.kind.into(), &error);
        match hint_for(&error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<aws::Error> for Failure {
    fn from(error: aws::Error) -> Self {
        let exit = match &error {
            aws::Error::NoRegion | aws::Error::Role { .. } => Exit::File,
            aws::Error::NoCredentials
            | aws::Error::HalfKeys { .. }
            | aws::Error::BrokenKey { .. }
            | aws::Error::NoToken { .. }
            | aws::Error::NoRoleForToken => Exit::Denied,
            aws::Error::Endpoint { .. }
            | aws::Error::EmptyEndpoint { .. }
            | aws::Error::Proxy { .. }
            | aws::Error::Ca { .. } => Exit::File,
        };
        Self::from_error(exit, &error).hint(error.hint())
    }
}

impl From<build::Error> for Failure {
    fn from(error: build::Error) -> Self {
        let exit = match error.class() {
            build::ErrorClass::Invalid => Exit::File,
            build::ErrorClass::BuildFailed => Exit::BuildFailed,
            build::ErrorClass::NotConfirmed => Exit::DigestNotConfirmed,
            build::ErrorClass::Denied => Exit::Denied,
            build::ErrorClass::Unreachable => Exit::Unreachable,
            build::ErrorClass::Cancelled => Exit::Cancelled,
            build::ErrorClass::Internal => Exit::Internal,
        };
        let hint = error.hint();
        let failure = match error {
            build::Error::Invalid { findings, .. } => Self::findings(exit, findings),
            error => Self::from_error(exit, &error),
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<job::Error> for Failure {
    /// The Runner gave it to us: never the fault of whoever wrote the job.
    fn from(error: job::Error) -> Self {
        Self::from_error(Exit::Internal, &error)
            .hint("is the Runner's version supported? the README names them")
    }
}

impl From<sandbox::Error> for Failure {
    /// A profile that the operator wants and the host cannot give is a refusal; the rest is
    /// the host's fault.
    fn from(error: sandbox::Error) -> Self {
        let exit = match &error {
            sandbox::Error::ProfileNotAvailable { .. } => Exit::Policy,
            sandbox::Error::ProgramMissing { .. }
            | sandbox::Error::Start { .. }
            | sandbox::Error::Launch(_) => Exit::Internal,
        };
        Self::from_error(exit, &error)
    }
}

impl From<Vec<Finding>> for Failure {
    /// What a reader of files found (`config`, `compose`); at least one is an error.
    fn from(findings: Vec<Finding>) -> Self {
        Self::findings(Exit::File, findings)
    }
}

/// What to do about a failed call; `None` when its class says enough.
fn hint_for(error: &CallError) -> Option<String> {
    match error.kind {
        CallErrorKind::Denied => Some(if error.operation.starts_with("registry") {
            "is the registry user allowed to do this?".to_owned()
        } else {
            let action = error.denied_action();
            format!("allow {action} to the job's role; docs/iam.md has the whole policy")
        }),
        CallErrorKind::Credentials => {
            Some("renew the keys; expired or unknown keys are not a missing permission".to_owned())
        }
        CallErrorKind::NoCredentials => Some(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (docs/iam.md has their permissions)"
                .to_owned(),
        ),
        CallErrorKind::NotFound => Some("is the name right, and the region?".to_owned()),
        CallErrorKind::Unsupported => Some("does the endpoint belong to this service?".to_owned()),
        // Images are looked up before the first change: there is nothing left to look for.
        CallErrorKind::NoAnswer if error.operation.starts_with("registry") => {
            Some("check the network and the registry's name, then run it again".to_owned())
        }
        CallErrorKind::Throttled | CallErrorKind::Refused | CallErrorKind::NoAnswer => None,
    }
}
