//! Options of ecs-cli that cannot be honoured.

use super::{ComposeOptions, TaskOptions, UpOptions, WaitOptions};
use crate::failure::{Exit, Failure};

fn refused(option: &str, hint: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{option} is not carried out by ecs-canary")).hint(hint)
}

/// Options of `compose`.
pub(super) fn options(options: &ComposeOptions) -> Result<(), Failure> {
    if options.registry_creds.is_some() {
        let hint = "write repository_credentials in the ecs-params file";
        return Err(refused("--registry-creds", hint));
    }
    if options.cluster_config.is_some() || options.ecs_profile.is_some() {
        let hint = "give --cluster and --region, and the AWS keys as variables";
        return Err(refused("--cluster-config and --ecs-profile", hint));
    }
    if options.aws_profile.is_some() {
        return Err(refused("--aws-profile", "set AWS_PROFILE, or the AWS keys as variables"));
    }
    Ok(())
}

/// Options of the task definition.
pub(super) fn task(task: &TaskOptions) -> Result<(), Failure> {
    if task.create_log_groups {
        let hint = "create the log group once with your infrastructure code, or write \
                    awslogs-create-group: \"true\" under logging.options";
        return Err(refused("--create-log-groups", hint));
    }
    Ok(())
}

/// Options of `up` and `create`.
pub(super) fn up(up: &UpOptions) -> Result<(), Failure> {
    task(&up.task)?;
    if up.discovery.is_asked_for() {
        let hint = "create the Cloud Map service with your infrastructure code; a service that \
                    has service discovery keeps it";
        return Err(refused("service discovery", hint));
    }
    Ok(())
}

/// Options of commands that change nothing but a count.
pub(super) fn count(wait: &WaitOptions) -> Result<(), Failure> {
    let percents = wait.deployment_max_percent.or(wait.deployment_min_healthy_percent);
    if percents.is_some() || wait.force_deployment {
        let hint = "a count changes nothing else: give them to `service up`";
        return Err(refused("--deployment-... and --force-deployment with a count", hint));
    }
    Ok(())
}
