//! What is waited for, and why.

use super::parts::{Phase, RevisionRef};
use crate::journal::Holder;
use crate::model::{DeploymentArn, ListenerRuleArn, ServiceName, Timestamp, TrafficShare};
use crate::plan::Shortfall;
use crate::watch::Asked;
use std::fmt;

/// A wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// On which service.
    pub service: ServiceName,
    /// Forward or back.
    pub phase: Phase,
    /// For what.
    pub on: WaitingOn,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitingOn {
    /// The end of our own deployment; its end decides.
    OwnDeployment {
        /// The revision it brings.
        revision: RevisionRef,
        /// Its ARN where it is known already.
        deployment: Option<DeploymentArn>,
    },
    /// The end of a deployment that stands in the way; how it ends does not matter.
    Settled {
        /// Its ARN, where ECS tells it.
        deployment: Option<DeploymentArn>,
    },
    /// The running count.
    Count {
        /// Tasks wanted.
        desired: u32,
    },
    /// Whether a change whose answer was lost was made.
    LostAnswer {
        /// `ecs:UpdateService`, ...
        operation: String,
        /// When it is sent again unless it is seen, by AWS's clock.
        until: Timestamp,
    },
    /// The time of a share, while the canary stays well.
    Hold {
        /// Which step, from 1.
        step: u32,
        /// The canary's share; `None` = that of its tasks.
        share: Option<TrafficShare>,
        /// When it is over, by AWS's clock.
        until: Timestamp,
    },
    /// A verdict on the canary while it has its share and stays well.
    Verdict {
        /// Which step, from 1.
        step: u32,
        /// The canary's share; `None` = that of its tasks.
        share: Option<TrafficShare>,
        /// Since when the release's canary gets requests, by AWS's clock.
        since: Timestamp,
        /// Since when it has this share.
        share_since: Timestamp,
        /// Not before this time.
        until: Timestamp,
        /// To go on by itself, or because a person wants to.
        asked: Asked,
    },
    /// A person, while the canary has its last share and stays well.
    Gate {
        /// Which step, from 1.
        step: u32,
        /// The canary's share; `None` = that of its tasks.
        share: Option<TrafficShare>,
        /// Since when the release's canary gets requests, by AWS's clock.
        since: Timestamp,
        /// Since when it stands at the gate.
        gate_since: Timestamp,
        /// When the wait is over.
        until: Timestamp,
    },
    /// Weights that were sent, until they are read back.
    Weights {
        /// Of this rule.
        rule: ListenerRuleArn,
        /// The canary's share with them.
        share: TrafficShare,
    },
    /// A full service that is being replaced, until it can take all requests.
    FullService(Shortfall),
    /// The end of another release.
    Lease {
        /// Whose.
        holder: Holder,
        /// When its lease ends unless it is renewed, by AWS's clock.
        until: Timestamp,
    },
}

impl fmt::Display for Waiting {
    /// What is waited for and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.service;
        match &self.on {
            WaitingOn::OwnDeployment { revision, .. } => {
                write!(f, "wait until {service} runs {revision} and ECS calls it done")
            }
            WaitingOn::Settled { .. } => {
                write!(f, "wait for the end of the deployment that is under way on {service}")
            }
            WaitingOn::Count { desired } => write!(f, "wait until {service} runs {desired} tasks"),
            WaitingOn::LostAnswer { operation, .. } => {
                write!(f, "the answer of {operation} was lost: look whether it was done")
            }
            WaitingOn::Hold { share: Some(share), until, .. } => {
                write!(f, "hold {share} % on {service} until {until}: its tasks must stay well")
            }
            WaitingOn::Hold { share: None, until, .. } => {
                write!(f, "hold {service} as it is until {until}: its tasks must stay well")
            }
            WaitingOn::Verdict { share, asked, .. } => {
                match share {
                    Some(share) => write!(f, "{service} at {share} %: ")?,
                    None => write!(f, "{service}: ")?,
                }
                f.write_str(match asked {
                    Asked::ToGoOn => "goes on when it is judged healthy",
                    Asked::ByAPerson | Asked::MeanWhile => "a look before it is promoted",
                })
            }
            WaitingOn::Gate { until, .. } => {
                write!(f, "{service} waits for `ecs-canary promote` or `abort` until {until}")
            }
            WaitingOn::Weights { share, .. } => {
                write!(f, "wait until the rule shows {share} % for the canary")
            }
            WaitingOn::FullService(lacks) => {
                write!(f, "{service} has {lacks}: until then the canary keeps its share")
            }
            WaitingOn::Lease { holder, until } => {
                write!(f, "wait for {holder}, which holds {service} until {until}")
            }
        }
    }
}
