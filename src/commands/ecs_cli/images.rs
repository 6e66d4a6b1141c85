//! `ecs-cli push` and `pull`: images of the job's store and the account's ECR.

use crate::aws;
use crate::commands::docker::{DockerCall, PullArgs, PushArgs, TagArgs};
use crate::commands::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::Outcome;
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `ecs-cli push` and `ecs-cli pull`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct EcrImageArgs {
    /// The image, without a registry: that of ECR is put before it
    #[arg(value_name = "NAME[:TAG]")]
    pub image: String,
    /// The account of the ECR registry; the caller's own when left out
    #[arg(long, value_name = "ACCOUNT")]
    pub registry_id: Option<String>,
    /// The AWS region
    #[arg(long, short, value_name = "REGION")]
    pub region: Option<String>,
}

/// Which way an image goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `push`
    Push,
    /// `pull`
    Pull,
}

/// Carries it out with the login that the job has.
pub(super) async fn transfer(
    args: &EcrImageArgs,
    way: Way,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let name = name(args, caller).await?;
    let docker = match way {
        Way::Pull => {
            DockerCall::Pull(PullArgs { platform: None, quiet: false, name: name.clone() })
        }
        Way::Push => {
            if name != args.image {
                let tag = TagArgs { source: args.image.clone(), target: name.clone() };
                let tag = DockerCall::Tag(tag);
                drop(Box::pin(tag.execute(Bundle::default(), caller, console)).await?);
            }
            DockerCall::Push(PushArgs { all_tags: false, quiet: false, name: name.clone() })
        }
    };
    let done = Box::pin(docker.execute(Bundle::default(), caller, console)).await;
    done.map_err(|failure| match failure.exit() {
        Exit::Denied => {
            let host = name.split('/').next().unwrap_or_default();
            failure.hint(format!(
                "the repository has to exist, and a login: aws ecr get-login-password | docker \
                 login --username AWS --password-stdin {host}"
            ))
        }
        _ => failure,
    })
}

async fn name(args: &EcrImageArgs, caller: &Caller) -> Result<String, Failure> {
    if args.image.contains(".dkr.ecr.") {
        return Ok(args.image.clone());
    }
    let variable = |name: &str| caller.variable(name).map(str::to_owned);
    let region = args.region.clone().or_else(|| variable("AWS_REGION"));
    let Some(region) = region.or_else(|| variable("AWS_DEFAULT_REGION")) else {
        return Err(Failure::new(Exit::Usage, "no AWS region is known")
            .hint("give --region, or set AWS_REGION"));
    };
    let account = match &args.registry_id {
        Some(account) => account.clone(),
        None => {
            let cloud = aws::connect(&caller.aws(Some(region.clone()), None)?).await?;
            cloud.caller_identity().await?.account
        }
    };
    Ok(ecr(&account, &region, &args.image))
}

fn ecr(account: &str, region: &str, image: &str) -> String {
    let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("{account}.dkr.ecr.{region}.{end}/{image}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_that_of_the_account_and_region() {
        assert_eq!(
            ecr("111122223333", "eu-west-1", "group/app:1"),
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/group/app:1"
        );
        assert!(ecr("1", "cn-north-1", "a").contains("cn-north-1.amazonaws.com.cn/"));
    }
}
