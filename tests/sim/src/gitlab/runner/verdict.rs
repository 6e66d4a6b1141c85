//! What the end of an executor's program means: the exit-code rules of GitLab Runner's custom executor. Pure.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::context::Cause;

/// Why a stage or a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The job's own fault (or a known reason): reported with `reason` and `exit_code`.
    Build {
        /// Text of the log's last line.
        message: String,
        /// Failure reason as GitLab knows it.
        reason: &'static str,
        /// 0 = none.
        exit_code: i32,
    },
    /// Everything else: `runner_system_failure`, retried where there are retries.
    System(String),
    /// The context ended; the job's context says what that means.
    Ended(Cause),
}

impl Failure {
    /// The text of the log's last line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Build { message, .. } | Self::System(message) => message.clone(),
            Self::Ended(Cause::Canceled) => "context canceled".into(),
            Self::Ended(Cause::DeadlineExceeded) => "context deadline exceeded".into(),
        }
    }

    /// The job was cancelled.
    pub(crate) fn canceled() -> Self {
        Self::Build { message: "canceled".into(), reason: "job_canceled", exit_code: 0 }
    }

    /// The job's time is over.
    pub(crate) fn timed_out(seconds: u64) -> Self {
        Self::Build {
            message: format!("execution took longer than {} seconds", go_duration(seconds)),
            reason: "job_execution_timeout",
            exit_code: 0,
        }
    }

    /// The runner or the executor is configured wrongly.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::Build { message: message.into(), reason: "runner_configuration_error", exit_code: 0 }
    }
}

/// `90` becomes `1m30s`, as Go prints durations.
fn go_duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// The end of a program of the executor. `code_file` is the content of the exit code file, `None` if there is none.
pub(crate) fn of_exit(status: ExitStatus, code_file: Option<&str>) -> Result<(), Failure> {
    match status.code() {
        Some(0) => Ok(()),
        Some(1) => Err(build_failure(code_file)),
        Some(2) => Err(Failure::System("exit status 2".into())),
        Some(other) => Err(unknown(other, &format!("exit status {other}"))),
        None => {
            let name = status.signal().map_or("unknown", signal_name);
            Err(unknown(-1, &format!("signal: {name}")))
        }
    }
}

fn build_failure(code_file: Option<&str>) -> Failure {
    let Some(content) = code_file else {
        return script_failure(1);
    };
    match content.lines().next().unwrap_or("").parse::<i32>() {
        Ok(code) => script_failure(code),
        Err(_) => unknown(2, "exit status 1"),
    }
}

fn script_failure(code: i32) -> Failure {
    Failure::Build {
        message: format!("exit status {code}"),
        reason: "script_failure",
        exit_code: code,
    }
}

fn unknown(code: i32, inner: &str) -> Failure {
    Failure::System(format!(
        "unknown Custom executor executable exit code {code}; executable execution terminated with: {inner}"
    ))
}

fn signal_name(number: i32) -> &'static str {
    match number {
        1 => "hangup",
        2 => "interrupt",
        6 => "aborted",
        9 => "killed",
        11 => "segmentation fault",
        15 => "terminated",
        _ => "another signal",
    }
}

/// The reason as a GitLab that knows `supported` accepts it.
pub(crate) fn supported_reason<'a>(reason: &'a str, supported: &[String]) -> &'a str {
    const ALWAYS: [&str; 3] = ["script_failure", "runner_system_failure", "job_execution_timeout"];
    if ALWAYS.contains(&reason) || supported.iter().any(|known| known == reason) {
        return reason;
    }
    match reason {
        "image_pull_failure" | "runner_external_dependency_failure" => "runner_system_failure",
        "runner_configuration_error" => "script_failure",
        _ => "unknown_failure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(raw: i32, code_file: Option<&str>) -> String {
        match of_exit(ExitStatus::from_raw(raw), code_file) {
            Ok(()) => "passed".into(),
            Err(Failure::Build { reason, exit_code, .. }) => format!("{reason} {exit_code}"),
            Err(other) => format!("system: {}", other.message()),
        }
    }

    #[test]
    fn only_exit_one_is_the_scripts_fault_and_the_file_names_its_code() {
        let exit = |code: i32| code << 8;
        let table = [
            told(exit(0), Some("42")),
            told(exit(1), None),
            told(exit(1), Some("42\n")),
            told(exit(1), Some("0")),
            told(exit(1), Some("")),
            told(exit(1), Some("forty-two")),
            told(exit(2), Some("42")),
            told(exit(3), None),
            told(9, None),
        ];
        let unknown = "system: unknown Custom executor executable exit code";
        let ended = "executable execution terminated with:";
        assert_eq!(
            table,
            [
                "passed".to_owned(),
                "script_failure 1".into(),
                "script_failure 42".into(),
                "script_failure 0".into(),
                format!("{unknown} 2; {ended} exit status 1"),
                format!("{unknown} 2; {ended} exit status 1"),
                "system: exit status 2".into(),
                format!("{unknown} 3; {ended} exit status 3"),
                format!("{unknown} -1; {ended} signal: killed"),
            ]
        );
    }

    #[test]
    fn a_reason_that_gitlab_does_not_know_is_mapped() {
        let known = vec!["job_canceled".to_owned()];
        assert_eq!(supported_reason("job_canceled", &known), "job_canceled");
        assert_eq!(supported_reason("job_canceled", &[]), "unknown_failure");
        assert_eq!(supported_reason("runner_configuration_error", &[]), "script_failure");
    }
}
