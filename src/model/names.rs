//! Names that AWS gives or takes, each a type of its own so that they cannot be swapped.

use serde::{Deserialize, Serialize};
use std::fmt;

// A function cannot make types: one macro instead of eight copies.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; limits of the API are checked by `check`.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as AWS spells it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type!(
    /// An ECS cluster, by short name or ARN.
    ClusterName
);
name_type!(
    /// An ECS service, by short name.
    ServiceName
);
name_type!(
    /// A container of a task definition.
    ContainerName
);
name_type!(
    /// `arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION`.
    TaskDefArn
);
name_type!(
    /// A service deployment, `arn:aws:ecs:REGION:ACCOUNT:service-deployment/CLUSTER/SERVICE/ID`.
    DeploymentArn
);
name_type!(
    /// An entry of a service's `deployments`, `ecs-svc/NUMBER`.
    DeploymentId
);
name_type!(
    /// An Elastic Load Balancing target group.
    TargetGroupArn
);
name_type!(
    /// A rule of an Elastic Load Balancing listener.
    ListenerRuleArn
);

impl ListenerRuleArn {
    /// False for a listener of a network load balancer, which has no rules.
    pub fn is_rule(&self) -> bool {
        self.0.contains(":listener-rule/")
    }
}

impl TaskDefArn {
    /// `FAMILY:REVISION`, as people say it; the whole text when it is not an ARN.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The family without the revision.
    pub fn family(&self) -> &str {
        let short = self.short();
        short.rsplit_once(':').map_or(short, |(family, _)| family)
    }

    /// The revision's number; `None` when the text has none.
    pub fn revision(&self) -> Option<u64> {
        self.short().rsplit_once(':')?.1.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_definition_arn_is_shortened_to_family_and_revision() {
        let arn = TaskDefArn::new("arn:aws:ecs:eu-west-1:111122223333:task-definition/web:42");
        assert_eq!((arn.short(), arn.family(), arn.revision()), ("web:42", "web", Some(42)));
    }
}
