//! The words after `ecs-cli`.

use super::parse::{Meant, Work, invocation, with_program};
use super::view::ViewArgs;
use crate::commands::{Call, EcsCliCall};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;

/// ecs-cli, as far as it releases compose files; done by ecs-canary
#[derive(Debug, Parser)]
#[command(
    name = "ecs-cli",
    version = concat!("version 1.21.0 (ecs-canary ", env!("CARGO_PKG_VERSION"), ")"),
    disable_help_subcommand = true,
    disable_version_flag = true,
    max_term_width = 100
)]
pub(super) struct EcsCli {
    /// Show the version
    #[arg(short, long, action = clap::ArgAction::Version)]
    version: Option<bool>,
    #[command(subcommand)]
    command: EcsCliCommand,
}

#[derive(Debug, Subcommand)]
enum EcsCliCommand {
    #[command(flatten)]
    Call(Box<EcsCliCall>),
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

pub(super) fn parse(words: Vec<OsString>, view: ViewArgs) -> Meant {
    let words = words.into_iter().map(two_dashes).collect();
    match EcsCli::try_parse_from(with_program("ecs-cli", words)) {
        Ok(EcsCli { command: EcsCliCommand::Call(call), .. }) => {
            invocation(view, Work::Call(Call::EcsCli(call)))
        }
        Ok(EcsCli { command: EcsCliCommand::Other(words), .. }) => {
            let word = words.first().map(|word| word.to_string_lossy().into_owned());
            let error = EcsCli::command()
                .error(ErrorKind::InvalidSubcommand, refusal(&word.unwrap_or_default()));
            Meant::Say(Box::new(error))
        }
        Err(error) => Meant::Say(Box::new(error)),
    }
}

/// ecs-cli's option parser (Go's `flag`) takes one dash for two: `-cluster prod`.
fn two_dashes(word: OsString) -> OsString {
    let Some(text) = word.to_str() else { return word };
    let long = text.strip_prefix('-').filter(|rest| {
        let name = rest.split('=').next().unwrap_or_default();
        name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic())
    });
    match long {
        Some(rest) => OsString::from(format!("--{rest}")),
        None => word,
    }
}

/// Why a command of the real ecs-cli is not here, and what to use.
fn refusal(word: &str) -> String {
    let instead = match word {
        "configure" => {
            "it keeps no configuration: give --cluster and --region, or set AWS_REGION and the \
             AWS keys as variables of the job"
        }
        "up" | "down" | "scale" | "ps" | "check-attributes" => {
            "it does not manage clusters: use your infrastructure code or the aws command"
        }
        "images" => "`docker images` lists those of the job, the aws command those of ECR",
        "logs" => "use CloudWatch Logs, or `aws logs tail`",
        "registry-creds" | "local" | "license" => "there is nothing in its place",
        _ => "see `ecs-cli --help` for what there is",
    };
    format!("`ecs-cli {word}` is not offered by ecs-canary: {instead}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dash_is_taken_for_two_but_short_options_stay() {
        let read = |word: &str| two_dashes(OsString::from(word)).to_string_lossy().into_owned();
        assert_eq!(read("-cluster"), "--cluster");
        assert_eq!(read("-cluster=prod"), "--cluster=prod");
        assert_eq!(["-p", "--file", "-1", "up"].map(read), ["-p", "--file", "-1", "up"]);
    }
}
