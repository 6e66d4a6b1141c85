//! Scripted trouble: which calls go wrong, and how. Owns the list and its counters; never
//! carries a fault out.

use serde::{Deserialize, Serialize};

/// One kind of trouble for matching calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Calls it is for; `*` stands for any text: `UpdateService`, `Describe*`.
    pub action: String,
    /// `ecs`, `elasticloadbalancing`, `sts`; absent = any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Only calls with this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// So many matching calls pass first.
    #[serde(default)]
    pub skip: u32,
    /// Then so many are hit; absent = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Share of calls that are hit, 0 to 1; absent = all. Seeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What happens to a call that a fault hits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// AccessDeniedException.
    Deny,
    /// As an emulator answers that does not have the action: UnknownOperationException.
    MissingAction,
    /// ExpiredTokenException.
    ExpiredToken,
    /// ThrottlingException, HTTP 400.
    Throttle,
    /// 500 InternalFailure or 503 ServiceUnavailable.
    ServerError {
        /// HTTP status.
        status: u16,
    },
    /// An error with code and words of its own.
    Error {
        /// HTTP status.
        status: u16,
        /// The service's code.
        code: String,
        /// Words for people.
        message: String,
    },
    /// The connection stays open and no answer comes.
    NoAnswer {
        /// The change is made all the same.
        applied: bool,
    },
    /// As with `NoAnswer`, and no later call is answered or carried out either, until the faults
    /// are cleared: the caller is killed at this call, however long its end takes.
    Silence {
        /// The change is made all the same.
        applied: bool,
    },
    /// The connection is closed without an answer.
    Close {
        /// The change is made before.
        applied: bool,
    },
    /// After each change, reads answer for so long what was true before it.
    StaleReads {
        /// Virtual seconds.
        seconds: f64,
    },
    /// The answer comes late.
    Slow {
        /// Virtual seconds.
        seconds: f64,
    },
}

impl Fault {
    /// A fault for every call of `action`.
    pub fn always(action: &str, kind: FaultKind) -> Self {
        Self {
            action: action.to_owned(),
            service: None,
            access_key: None,
            skip: 0,
            times: None,
            probability: None,
            kind,
        }
    }

    /// A fault for the next `times` calls of `action`.
    pub fn times(action: &str, times: u32, kind: FaultKind) -> Self {
        Self { times: Some(times), ..Self::always(action, kind) }
    }

    /// The same after `skip` calls that pass.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    /// The same for calls with this key only.
    #[must_use]
    pub fn for_key(self, access_key: &str) -> Self {
        Self { access_key: Some(access_key.to_owned()), ..self }
    }

    /// True when the call is one that this fault is for, used up or not.
    fn concerns(&self, service: &str, action: &str, access_key: Option<&str>) -> bool {
        super::principals::glob(&self.action, action)
            && self.service.as_deref().is_none_or(|wanted| wanted == service)
            && self.access_key.as_deref().is_none_or(|wanted| Some(wanted) == access_key)
    }
}

/// The faults that are set, with what is left of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    set: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.set.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.set.clear();
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.set
    }

    /// The kinds that hit this call; counts it. `dice` gives a number in 0..1.
    pub(crate) fn hit(
        &mut self,
        service: &str,
        action: &str,
        access_key: Option<&str>,
        mut dice: impl FnMut() -> f64,
    ) -> Vec<FaultKind> {
        let mut kinds = Vec::new();
        for fault in &mut self.set {
            if fault.times == Some(0) || !fault.concerns(service, action, access_key) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if fault.probability.is_some_and(|share| dice() >= share) {
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            kinds.push(fault.kind.clone());
        }
        kinds
    }

    /// True when a refusal of `action` is set for this key; counts nothing. For permissions
    /// that a call needs besides its own (tags at creation, passing a role).
    pub(crate) fn denies(&self, service: &str, action: &str, access_key: Option<&str>) -> bool {
        self.set.iter().any(|fault| {
            fault.kind == FaultKind::Deny
                && fault.times != Some(0)
                && fault.concerns(service, action, access_key)
        })
    }

    /// The longest stale window that any fault asks for, in seconds.
    pub(crate) fn stale_seconds(&self) -> Option<f64> {
        self.set
            .iter()
            .filter(|fault| fault.times != Some(0))
            .filter_map(|fault| match fault.kind {
                FaultKind::StaleReads { seconds } => Some(seconds),
                _ => None,
            })
            .reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultKind, Faults};

    #[test]
    fn a_fault_hits_after_its_skips_and_as_often_as_told() {
        let mut faults = Faults::default();
        faults.add(Fault::times("UpdateService", 2, FaultKind::Throttle).after(1));
        let hits: Vec<usize> =
            (0..5).map(|_| faults.hit("ecs", "UpdateService", None, || 0.0).len()).collect();
        assert_eq!(hits, [0, 1, 1, 0, 0]);
        assert!(faults.hit("ecs", "DescribeServices", None, || 0.0).is_empty());
    }

    #[test]
    fn a_fault_is_spelled_as_flat_json() {
        let text = r#"{"action":"Describe*","kind":"close","applied":true}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault, Fault::always("Describe*", FaultKind::Close { applied: true }));
    }
}
