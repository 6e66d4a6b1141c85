//! A target group of the load balancer, as far as a release needs it.

use super::TargetGroupArn;

/// What DescribeTargetGroups says of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: TargetGroupArn,
    /// `HTTP`, `TCP`, ... as sent.
    pub protocol: String,
    /// `HTTP1`, `HTTP2`, `GRPC`, as sent; absent for groups of TCP and the like.
    pub protocol_version: Option<String>,
    /// The port of targets that name none.
    pub port: Option<u16>,
    /// Its VPC.
    pub vpc: Option<String>,
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
    /// `HTTP`, `TCP`, ... as sent.
    pub protocol: String,
    /// Seconds from one check to the next, and until one without an answer has failed.
    pub seconds: (Option<u32>, Option<u32>),
    /// Checks in a row until a target is healthy, and until it is not.
    pub threshold: (Option<u32>, Option<u32>),
}

impl TargetGroup {
    /// In what it is set up otherwise than `other`, in words.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (mine, theirs) = (self.settings(), other.settings());
        let pairs = mine.into_iter().zip(theirs).filter(|(mine, theirs)| mine != theirs);
        let words = pairs.map(|((name, mine), (_, theirs))| format!("{name} {mine}, not {theirs}"));
        words.collect()
    }

    fn settings(&self) -> [(&'static str, String); 12] {
        let check = &self.health_check;
        let or_none = |text: Option<&String>| text.map_or("none", String::as_str).to_owned();
        let number = |number: Option<u32>| number.map_or("none".to_owned(), |one| one.to_string());
        [
            ("target type", self.target_type.clone()),
            ("protocol", self.protocol.clone()),
            ("protocol version", or_none(self.protocol_version.as_ref())),
            ("port", number(self.port.map(u32::from))),
            ("VPC", or_none(self.vpc.as_ref())),
            ("health check protocol", check.protocol.clone()),
            ("health check path", or_none(check.path.as_ref())),
            ("health check port", check.port.clone()),
            ("health check codes", or_none(check.codes.as_ref())),
            ("health check interval", number(check.seconds.0)),
            ("healthy after", number(check.threshold.0)),
            ("unhealthy after", number(check.threshold.1)),
        ]
    }
}
