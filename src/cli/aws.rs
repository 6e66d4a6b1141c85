//! The words after `aws`. One command is ours; everything else belongs to a real aws, if there
//! is one.

use super::parse::{Meant, Work, invocation};
use super::view::{self, ViewArgs};
use crate::commands::{Call, IdentityArgs};
use crate::failure::{Exit, Failure};
use crate::host::{Environment, become_program, own_executable, program_in};
use crate::model::Event;
use crate::ports::Reporter as _;
use clap::Parser;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "aws sts get-caller-identity", no_binary_name = true, disable_help_flag = true)]
struct Identity {
    #[command(flatten)]
    args: IdentityArgs,
    /// No effect: nothing is paged
    #[arg(long)]
    no_cli_pager: bool,
}

pub(super) fn parse(words: Vec<OsString>, view: ViewArgs) -> Meant {
    // Options may stand before the two words too: `aws --output text sts get-caller-identity`.
    let mut options = words.clone();
    let service = options.iter().position(|word| word == "sts");
    if let Some(at) = service.filter(|at| options.get(at + 1).is_some_and(is_identity)) {
        drop(options.drain(at..at + 2));
        if let Ok(Identity { args, .. }) = Identity::try_parse_from(options) {
            return invocation(view, Work::Call(Call::CallerIdentity(args)));
        }
    }
    Meant::HandOver(words)
}

fn is_identity(word: &OsString) -> bool {
    word == "get-caller-identity"
}

/// Becomes the real aws that stands later in PATH; says so when there is none. It runs where
/// we were started, with the caller's own rights.
pub(super) fn hand_over(words: &[OsString]) -> ExitCode {
    let environment = Environment::capture();
    let path = environment.text("PATH").unwrap_or_default();
    let failure = match another(path, "aws") {
        Some(program) => {
            let cause = become_program(&program, words);
            Failure::new(
                Exit::Internal,
                format!("{} could not be started: {cause}", program.display()),
            )
        }
        None => Failure::new(
            Exit::Usage,
            "by the name `aws`, ecs-canary offers `aws sts get-caller-identity` only, and there \
             is no other aws in PATH",
        )
        .hint("install the AWS command line on the runner's host, or remove the line"),
    };
    let output = view::output(&ViewArgs::default(), &environment);
    let outcome = failure.tell(&output);
    let exit_code = outcome.exit_code;
    output.emit(Event::Outcome { outcome: Box::new(outcome) });
    view::exit_code(exit_code)
}

/// The first program of that name in PATH that is not this one.
fn another(path: &str, name: &str) -> Option<PathBuf> {
    let own = own_executable().ok()?;
    path.split(':').find_map(|directory| {
        let found = program_in(directory, name)?;
        let real = std::fs::canonicalize(&found).ok()?;
        (real != own).then_some(found)
    })
}
