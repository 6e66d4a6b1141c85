//! Application Auto Scaling of a service's count, in our words.

use std::fmt;

/// A service whose count Application Auto Scaling sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScalableTarget {
    /// Fewest tasks.
    pub least: u32,
    /// Most tasks.
    pub most: u32,
    /// Whether its policies may take tasks away.
    pub scale_in: ScaleIn,
}

/// Whether scaling policies may take tasks away
/// (`SuspendedState.DynamicScalingInSuspended`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleIn {
    /// They may.
    On,
    /// Not until somebody resumes it.
    Suspended,
}

impl fmt::Display for ScalableTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "autoscaled {} to {}", self.least, self.most)
    }
}
