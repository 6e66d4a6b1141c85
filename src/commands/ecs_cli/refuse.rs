//! Options of ecs-cli that cannot be honoured.

use super::{ComposeOptions, TaskOptions, UpOptions, WaitOptions};
use crate::failure::{Exit, Failure};

fn refused(option: &str, hint: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{option} is not carried out by ecs-canary")).hint(hint)
}

/// Options of `compose`.
pub(super) fn options(options: &ComposeOptions) -> Result<(), Failure> {
    if options.cluster_config.is_some() || options.ecs_profile.is_some() {
        let hint = "give --cluster and --region, and the AWS keys as variables";
        return Err(refused("--cluster-config and --ecs-profile", hint));
    }
    if options.aws_profile.is_some() {
        return Err(refused("--aws-profile", "set AWS_PROFILE, or the AWS keys as variables"));
    }
    Ok(())
}

/// `--launch-type`: ECS's own words, in any case.
pub(super) fn launch_type(task: &TaskOptions) -> Result<Option<String>, Failure> {
    let Some(kind) = task.launch_type.as_ref().map(|kind| kind.to_uppercase()) else {
        return Ok(None);
    };
    if matches!(kind.as_str(), "EC2" | "FARGATE" | "EXTERNAL") {
        return Ok(Some(kind));
    }
    let message = format!("--launch-type {kind}: EC2, FARGATE or EXTERNAL is wanted");
    Err(Failure::new(Exit::Usage, message))
}

/// Options of `up` and `create`.
pub(super) fn up(up: &UpOptions) -> Result<(), Failure> {
    if up.discovery.is_asked_for() {
        let hint = "create the Cloud Map service with your infrastructure code; a service that \
                    has service discovery keeps it";
        return Err(refused("service discovery", hint));
    }
    Ok(())
}

/// Options of `stop`.
pub(super) fn stop(wait: &WaitOptions) -> Result<(), Failure> {
    start(wait)?;
    scale(wait)
}

/// Options of `start`.
pub(super) fn start(wait: &WaitOptions) -> Result<(), Failure> {
    match wait.deployment_max_percent.or(wait.deployment_min_healthy_percent) {
        None => Ok(()),
        Some(_) => Err(refused("--deployment-... here", "give it to `service up` or `scale`")),
    }
}

/// Options of `scale`.
pub(super) fn scale(wait: &WaitOptions) -> Result<(), Failure> {
    match wait.force_deployment {
        false => Ok(()),
        true => Err(refused("--force-deployment here", "give it to `service up` or `start`")),
    }
}
