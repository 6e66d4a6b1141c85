//! Options of ecs-cli that cannot be honoured.

use super::{ComposeOptions, TaskOptions, UpOptions, WaitOptions};
use crate::failure::{Exit, Failure};

fn refused(option: &str, hint: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{option} is not carried out by ecs-canary")).hint(hint)
}

/// Options of `compose`.
pub(super) fn options(options: &ComposeOptions) -> Result<(), Failure> {
    let given = [
        ("--cluster-config", &options.cluster_config, "give --cluster and --region"),
        ("--ecs-profile", &options.ecs_profile, "set the AWS keys as variables of the job"),
        ("--aws-profile", &options.aws_profile, "set AWS_PROFILE, or the AWS keys as variables"),
    ];
    match given.into_iter().find(|(_, value, _)| value.is_some()) {
        Some((option, _, hint)) => Err(refused(option, hint)),
        None => Ok(()),
    }
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
    let given = [
        ("--deployment-max-percent", wait.deployment_max_percent),
        ("--deployment-min-healthy-percent", wait.deployment_min_healthy_percent),
    ];
    match given.into_iter().find(|(_, value)| value.is_some()) {
        None => Ok(()),
        Some((option, _)) => Err(refused(
            &format!("{option} of this command"),
            "give it to `ecs-cli compose service up` or `scale`",
        )),
    }
}

/// Options of `scale`.
pub(super) fn scale(wait: &WaitOptions) -> Result<(), Failure> {
    match wait.force_deployment {
        false => Ok(()),
        true => Err(refused(
            "--force-deployment of this command",
            "give it to `ecs-cli compose service up` or `start`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_that_was_given_is_named() {
        let told = |options: &ComposeOptions| super::options(options).unwrap_err().to_string();
        let one = ComposeOptions { ecs_profile: Some("p".into()), ..ComposeOptions::default() };
        assert_eq!(told(&one), "--ecs-profile is not carried out by ecs-canary");
        let one = ComposeOptions { cluster_config: Some("c".into()), ..ComposeOptions::default() };
        assert_eq!(told(&one), "--cluster-config is not carried out by ecs-canary");
        assert!(super::options(&ComposeOptions::default()).is_ok());
    }
}
