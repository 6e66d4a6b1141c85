//! The driver's own few words. Cleanup's go to the Runner's log without masking, so none of
//! them ever holds a variable's value or the name of a file that a job chose.

use super::Error;
use crate::host::{self, stdio};
use crate::model::{Event, LogLevel, Secret};
use crate::output::{Output, Redactor, Settings};
use crate::ports::{Clock as _, Reporter};
use std::fs::File;
use std::io::{self, Write as _};

/// Where the words go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    /// The job's log in GitLab, which shows colours.
    JobLog,
    /// The Runner's own log.
    RunnerLog,
}

/// The driver's voice on its standard streams.
pub(super) fn voice(
    listener: Listener,
    secrets: impl IntoIterator<Item = Secret>,
) -> io::Result<Output<File, File>> {
    let job_log = listener == Listener::JobLog;
    let settings = Settings { color: job_log, gitlab_job: job_log, ..Settings::default() };
    let clock = host::Clock::real();
    let streams = (stdio::stderr()?, stdio::stdout()?);
    Ok(Output::new(settings, Redactor::new(secrets), move || clock.now(), streams))
}

/// The answer of a stage that answers with data.
pub(super) fn data(text: &str) -> io::Result<()> {
    stdio::stdout()?.write_all(format!("{text}\n").as_bytes())
}

/// An error with its causes, findings and hint.
pub(super) fn error(reporter: &dyn Reporter, error: &Error) {
    let text = crate::failure::chain(error);
    reporter.emit(Event::Line { level: LogLevel::Error, text });
    for finding in error.findings() {
        reporter.emit(Event::Finding { finding: finding.clone() });
    }
    if let Some(hint) = error.hint() {
        reporter.emit(Event::line(format!("Hint: {hint}.")));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::Timestamp;

    /// What `tell` says, as it would stand in a log without colours.
    pub(in crate::driver) fn heard(tell: impl FnOnce(&dyn Reporter)) -> String {
        let settings = Settings { gitlab_job: true, ..Settings::default() };
        let streams = (Vec::new(), Vec::new());
        let now = || Timestamp::from_millis(0);
        let output = Output::new(settings, Redactor::default(), now, streams);
        tell(&output);
        let (talk, data) = output.into_streams();
        String::from_utf8([talk, data].concat()).unwrap()
    }

    #[test]
    fn an_error_is_told_with_cause_and_hint() {
        let cause = io::Error::from(io::ErrorKind::StorageFull);
        let full = Error::Make { what: "directory", path: "/b/7".into(), cause };
        insta::assert_snapshot!(heard(|reporter| error(reporter, &full)), @"
        Error: directory /b/7 cannot be made: no storage space
        Hint: the disk is full: make room; what old jobs left is below builds_dir of the host's config.
        ");
    }
}
