//! Target groups as they are set up.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use crate::model::{CallError, CallErrorKind, HealthCheck, TargetGroup, TargetGroupArn};
use aws_sdk_elasticloadbalancingv2::types;

impl AwsCloud {
    pub(super) async fn describe_target_group(
        &self,
        arn: &TargetGroupArn,
    ) -> Result<Option<TargetGroup>, CallError> {
        let exchange = Exchange::new();
        let call = self.elb().describe_target_groups().target_group_arns(arn.as_str());
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        match self.checked("elasticloadbalancing:DescribeTargetGroups", &exchange, answer) {
            Ok(answer) => {
                let found = answer.target_groups.unwrap_or_default().into_iter().next();
                Ok(found.map(|group| of_sdk(arn, group)))
            }
            Err(error) if error.kind == CallErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn count(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}

fn of_sdk(arn: &TargetGroupArn, group: types::TargetGroup) -> TargetGroup {
    TargetGroup {
        arn: arn.clone(),
        protocol: group.protocol.map(|one| one.as_str().to_owned()).unwrap_or_default(),
        protocol_version: group.protocol_version,
        port: group.port.and_then(|port| u16::try_from(port).ok()),
        vpc: group.vpc_id,
        target_type: group.target_type.map(|one| one.as_str().to_owned()).unwrap_or_default(),
        health_check: HealthCheck {
            path: group.health_check_path,
            port: group.health_check_port.unwrap_or_default(),
            codes: group.matcher.and_then(|matcher| matcher.http_code),
            protocol: group
                .health_check_protocol
                .map(|one| one.as_str().to_owned())
                .unwrap_or_default(),
            seconds: (
                count(group.health_check_interval_seconds),
                count(group.health_check_timeout_seconds),
            ),
            threshold: (
                count(group.healthy_threshold_count),
                count(group.unhealthy_threshold_count),
            ),
        },
        load_balancers: group.load_balancer_arns.unwrap_or_default(),
    }
}
