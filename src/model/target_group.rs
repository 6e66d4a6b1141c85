//! A target group of the load balancer, as far as a release needs it.

use super::TargetGroupArn;

/// What DescribeTargetGroups says of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: TargetGroupArn,
    /// `HTTP`, `TCP`, ... as sent.
    pub protocol: String,
    /// `instance`, `ip`, `lambda`, `alb`, as sent.
    pub target_type: String,
    /// How targets are asked whether they are well.
    pub health_check: HealthCheck,
    /// Load balancers that send requests to it.
    pub load_balancers: Vec<String>,
}

/// A target group's health check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthCheck {
    /// Its path; absent for groups of TCP and the like.
    pub path: Option<String>,
    /// `traffic-port` or a number, as sent.
    pub port: String,
    /// Codes that count as healthy, as sent: `200`, `200-299`.
    pub codes: Option<String>,
}
