//! The table of exit codes. They are a contract: `allow_failure: exit_codes` and
//! `retry: exit_codes` of a pipeline name them.

use super::Exit;
use crate::model::OutcomeKind;
use std::fmt::Write as _;

/// One line of the table.
#[derive(Debug)]
pub struct ExitCodeRow {
    /// The class.
    pub exit: Exit,
    /// The process's exit code.
    pub code: u8,
    /// A short name, shown beside the code.
    pub name: &'static str,
    /// Outcomes that end so; the first one stands for a failure without one of its own.
    pub outcomes: &'static [OutcomeKind],
    /// What it means, one sentence.
    pub meaning: &'static str,
    /// What to do next, one sentence; empty when there is nothing to do.
    pub next: &'static str,
}

/// Every exit code, ascending.
pub const EXIT_CODES: &[ExitCodeRow] = &[
    ExitCodeRow {
        exit: Exit::Success,
        code: 0,
        name: "success",
        outcomes: &[OutcomeKind::Succeeded, OutcomeKind::NoChange, OutcomeKind::Paused],
        meaning: "Done, nothing to change, or paused where the user asked to pause.",
        next: "",
    },
    ExitCodeRow {
        exit: Exit::Usage,
        code: 2,
        name: "usage",
        outcomes: &[OutcomeKind::Invalid],
        meaning: "The command line is wrong.",
        next: "run the command with --help",
    },
    ExitCodeRow {
        exit: Exit::File,
        code: 10,
        name: "file-wrong",
        outcomes: &[OutcomeKind::Invalid],
        meaning: "A file is wrong or missing; nothing was changed.",
        next: "correct the named line and push",
    },
    ExitCodeRow {
        exit: Exit::Preflight,
        code: 11,
        name: "preflight",
        outcomes: &[OutcomeKind::Refused],
        meaning: "A check before the first change forbids it, or AWS refused it as it stands.",
        next: "put right what the check names and run the job again",
    },
    ExitCodeRow {
        exit: Exit::OtherRelease,
        code: 12,
        name: "other-release",
        outcomes: &[OutcomeKind::Refused],
        meaning: "Another release is active, or this commit is older than what runs.",
        next: "wait for the other release to end, or release a newer commit",
    },
    ExitCodeRow {
        exit: Exit::CanaryTakenBack,
        code: 20,
        name: "judged-worse",
        outcomes: &[OutcomeKind::CanaryFailed],
        meaning: "The canary was judged bad and taken back.",
        next: "fix the application and push",
    },
    ExitCodeRow {
        exit: Exit::CanaryHeld,
        code: 21,
        name: "undecided-held",
        outcomes: &[OutcomeKind::CanaryUndecided],
        meaning: "No verdict or no data on the canary; it was left as it is.",
        next: "look at the canary, then promote it or take it back",
    },
    ExitCodeRow {
        exit: Exit::CanaryFrozen,
        code: 22,
        name: "judged-worse-frozen",
        outcomes: &[OutcomeKind::Frozen],
        meaning: "The canary was judged bad and left as it is.",
        next: "look at the canary, then take it back",
    },
    ExitCodeRow {
        exit: Exit::UndecidedTakenBack,
        code: 23,
        name: "undecided-taken-back",
        outcomes: &[OutcomeKind::CanaryUndecided],
        meaning: "No verdict or no data on the canary; it was taken back.",
        next: "release again when there is enough traffic for a verdict",
    },
    ExitCodeRow {
        exit: Exit::RolledBack,
        code: 30,
        name: "rolled-back",
        outcomes: &[OutcomeKind::FailedRolledBack],
        meaning: "The deployment failed; what ran before runs again.",
        next: "fix the named cause and push",
    },
    ExitCodeRow {
        exit: Exit::NotRolledBack,
        code: 31,
        name: "not-rolled-back",
        outcomes: &[OutcomeKind::FailedNotRolledBack],
        meaning: "The deployment failed and what ran before does not run again: a person is needed.",
        next: "look with `ecs-canary status`, then run `ecs-canary rollback`",
    },
    ExitCodeRow {
        exit: Exit::Superseded,
        code: 32,
        name: "superseded",
        outcomes: &[OutcomeKind::Superseded],
        meaning: "Another deployment took over while this one was under way.",
        next: "find out who deployed; put `resource_group` into the pipeline",
    },
    ExitCodeRow {
        exit: Exit::TimedOut,
        code: 33,
        name: "timed-out",
        outcomes: &[OutcomeKind::TimedOut],
        meaning: "The deadline passed, the deployment still goes on; or its end could not be told.",
        next: "look with `ecs-canary status`; running the job again goes on waiting",
    },
    ExitCodeRow {
        exit: Exit::Cancelled,
        code: 34,
        name: "cancelled",
        outcomes: &[OutcomeKind::Cancelled],
        meaning: "The job was cancelled; the log says what was left.",
        next: "run the job again to go on",
    },
    ExitCodeRow {
        exit: Exit::BuildFailed,
        code: 40,
        name: "build-failed",
        outcomes: &[OutcomeKind::Invalid],
        meaning: "The image could not be built or pushed.",
        next: "put right what the message names and push",
    },
    ExitCodeRow {
        exit: Exit::DigestNotConfirmed,
        code: 41,
        name: "digest-not-confirmed",
        outcomes: &[OutcomeKind::Unreachable],
        meaning: "The registry does not show the digest that was pushed.",
        next: "run the job again; if it stays so, look at the registry",
    },
    ExitCodeRow {
        exit: Exit::Denied,
        code: 50,
        name: "denied",
        outcomes: &[OutcomeKind::Denied],
        meaning: "AWS or the registry denied access, or the keys are missing or expired.",
        next: "give the job's role the named permission, or renew its keys",
    },
    ExitCodeRow {
        exit: Exit::Unreachable,
        code: 51,
        name: "unreachable",
        outcomes: &[OutcomeKind::Unreachable],
        meaning: "AWS, the registry or the job's driver was not reachable in time.",
        next: "look with `ecs-canary status` at what was left, then run the job again",
    },
    ExitCodeRow {
        exit: Exit::Policy,
        code: 60,
        name: "policy",
        outcomes: &[OutcomeKind::Refused],
        meaning: "The policy or the sandbox of the runner's host refuses it.",
        next: "ask the operator of the runner",
    },
    ExitCodeRow {
        exit: Exit::Internal,
        code: 70,
        name: "internal",
        outcomes: &[OutcomeKind::Internal],
        meaning: "A broken invariant of this program, or a fault of the runner's host.",
        next: "report it with this log",
    },
];

/// `docs/exit-codes.md`: the table for people, made from [`EXIT_CODES`].
pub fn exit_codes_page() -> String {
    let mut page = String::from(
        "# Exit codes\n\n\
         Of the job commands. `allow_failure: exit_codes` and `retry: exit_codes` of a pipeline \
         can name them.\nThe four stages of the executor end with GitLab Runner's own codes \
         instead.\n`ecs-canary task run` ends with the exit code of its command when that ran and \
         failed.\n\n\
         | Code | Name | `outcome` | Meaning | What to do |\n|---|---|---|---|---|\n",
    );
    for row in EXIT_CODES {
        let words: Vec<String> = row.outcomes.iter().map(|kind| word(*kind)).collect();
        let next = capital(row.next);
        // Writing to a String cannot fail.
        _ = writeln!(
            page,
            "| {} | {} | {} | {} | {next} |",
            row.code,
            row.name,
            words.join(", "),
            row.meaning
        );
    }
    page
}

fn word(kind: OutcomeKind) -> String {
    serde_json::to_string(&kind).map(|text| text.replace('"', "`")).unwrap_or_default()
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
