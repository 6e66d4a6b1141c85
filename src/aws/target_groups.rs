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

fn of_sdk(arn: &TargetGroupArn, group: types::TargetGroup) -> TargetGroup {
    TargetGroup {
        arn: arn.clone(),
        protocol: group.protocol.map(|one| one.as_str().to_owned()).unwrap_or_default(),
        target_type: group.target_type.map(|one| one.as_str().to_owned()).unwrap_or_default(),
        health_check: HealthCheck {
            path: group.health_check_path,
            port: group.health_check_port.unwrap_or_default(),
            codes: group.matcher.and_then(|matcher| matcher.http_code),
        },
        load_balancers: group.load_balancer_arns.unwrap_or_default(),
    }
}
