//! Events as lines of text.

use super::checks;
use super::layout::{Paint, Painter, labelled, plain};
use super::sections::{Folding, Sections};
use super::services;
use super::summary::summary;
use crate::model::{Event, FailureReport, Finding, LogLevel, Severity, Timestamp};
use crate::watch::{headline, report_lines};

/// What one event adds to the two streams.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// For standard error.
    pub(super) talk: String,
    /// For standard output.
    pub(super) data: String,
}

/// Turns events into text; remembers the open sections.
#[derive(Debug)]
pub(super) struct Text {
    painter: Painter,
    sections: Sections,
    keep_moving: bool,
}

impl Text {
    pub(super) fn new(color: bool, folding: Folding) -> Self {
        Self {
            painter: Painter { color },
            sections: Sections::new(folding),
            keep_moving: folding == Folding::GitLab,
        }
    }

    pub(super) fn show(&mut self, event: &Event, now: Timestamp) -> Shown {
        let painter = self.painter;
        match event {
            Event::Fact { label, text } => {
                self.inside(&labelled(painter, label, Paint::Bold, text))
            }
            Event::Line { level: LogLevel::Info, text } => {
                self.inside(&plain(painter, Paint::Plain, text))
            }
            Event::Line { level: LogLevel::Warning, text } => {
                let lines = plain(painter, Paint::Yellow, &format!("Warning: {text}"));
                self.sections.warn(&lines);
                self.inside(&lines)
            }
            Event::Line { level: LogLevel::Error, text } => {
                self.outside(&plain(painter, Paint::Red, &format!("Error: {text}")), now)
            }
            Event::Finding { finding } => self.finding(finding, now),
            Event::SectionStart { name, title } => self.section_start(name, title, now),
            Event::SectionEnd { name, summary } => self.section_end(name, summary, now),
            Event::Output { text } | Event::JsonLines { text } => {
                Shown { data: format!("{text}\n"), talk: String::new() }
            }
            Event::Services { services, release } => {
                let mut data = services::table(services);
                data.push_str(&services::history(services));
                data.extend(release.as_deref().map(services::standing));
                Shown { data, talk: String::new() }
            }
            Event::Checks { checks } => Shown { data: checks::table(checks), talk: String::new() },
            Event::Failure { report } => self.failure(report, now),
            Event::Heartbeat => {
                let talk = if self.keep_moving { "\u{1b}[0m" } else { "" };
                Shown { talk: talk.to_owned(), data: String::new() }
            }
            Event::Outcome { outcome } => self.outside(&summary(outcome, painter), now),
        }
    }

    fn finding(&mut self, finding: &Finding, now: Timestamp) -> Shown {
        let (word, paint) = match finding.severity {
            Severity::Error => ("error", Paint::Red),
            Severity::Warning => ("warning", Paint::Yellow),
            Severity::Note => ("note", Paint::Plain),
            Severity::CouldNotTell => ("could not tell", Paint::Yellow),
        };
        let text = match &finding.location {
            Some(place) => format!("{place}: {word}: {}", finding.message),
            None => format!("{word}: {}", finding.message),
        };
        let mut lines = plain(self.painter, paint, &text);
        if let Some(hint) = &finding.hint {
            lines.extend(plain(self.painter, Paint::Plain, &format!("  Hint: {hint}")));
        }
        match finding.severity {
            Severity::Error => self.outside(&lines, now),
            Severity::Warning | Severity::CouldNotTell => {
                self.sections.warn(&lines);
                self.inside(&lines)
            }
            Severity::Note => self.inside(&lines),
        }
    }

    /// The cause on top and open; what explains it below.
    fn failure(&mut self, report: &FailureReport, now: Timestamp) -> Shown {
        let painter = self.painter;
        let mut lines = plain(painter, Paint::Red, &format!("Error: {}", headline(report)));
        for (label, text) in report_lines(report) {
            lines.extend(labelled(painter, label, Paint::Bold, &text));
        }
        self.outside(&lines, now)
    }

    fn section_start(&mut self, name: &str, title: &str, now: Timestamp) -> Shown {
        let indent = self.sections.indent();
        let mark = self.sections.start(name, now);
        let title = plain(self.painter, Paint::Cyan, title).join(" ");
        Shown { talk: format!("{:indent$}{mark}{title}\n", ""), data: String::new() }
    }

    /// The summary stands below the folded section, where it is read.
    fn section_end(&mut self, name: &str, summary: &str, now: Timestamp) -> Shown {
        let (marks, warnings) = self.sections.end(name, now).unwrap_or_default();
        let mut lines = plain(self.painter, Paint::Plain, summary);
        lines.extend(warnings);
        let mut shown = self.inside(&lines);
        if lines.is_empty() && !marks.is_empty() {
            shown.talk.push('\n');
        }
        shown.talk.insert_str(0, &marks);
        shown
    }

    /// Lines at the present depth.
    fn inside(&self, lines: &[String]) -> Shown {
        let indent = self.sections.indent();
        let talk = lines.iter().map(|line| format!("{:indent$}{line}\n", "")).collect();
        Shown { talk, data: String::new() }
    }

    /// Lines that must not be folded away: open sections end first.
    fn outside(&mut self, lines: &[String], now: Timestamp) -> Shown {
        let (marks, warnings) = self.sections.end_all(now);
        let mut shown = self.inside(&warnings);
        shown.talk.push_str(&self.inside(lines).talk);
        shown.talk.insert_str(0, &marks);
        shown
    }
}
