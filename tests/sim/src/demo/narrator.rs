//! Tells what happens: text for people, or one JSON object for each step. The only place of the demo that writes.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::gitlab::coordinator::JobRecord;

use super::judged::Harm;
use super::log_view::{self, Style};
use super::options::DemoError;
use super::table::{self, ServiceRow, Traffic};

const RULE: usize = 96;

/// Writes text or JSON.
pub(super) struct Narrator {
    json: bool,
    style: Style,
    out: Mutex<Box<dyn Write + Send>>,
}

/// A job that ran, for the report of its step.
#[derive(Clone, Debug)]
pub(super) struct JobReport {
    /// What GitLab knows.
    pub(super) record: JobRecord,
    /// Seconds, real ones.
    pub(super) seconds: f64,
}

/// One step that was played.
#[derive(Debug)]
pub(super) struct StepReport<'a> {
    /// `native` or `2018`.
    pub(super) part: &'static str,
    /// Number within the part.
    pub(super) number: usize,
    /// What it does.
    pub(super) title: &'a str,
    /// Its jobs.
    pub(super) jobs: &'a [JobReport],
    /// The services after it.
    pub(super) rows: &'a [ServiceRow],
    /// What users see after it.
    pub(super) traffic: Option<Traffic>,
    /// What a bad version cost them.
    pub(super) harm: Option<Harm>,
}

impl Narrator {
    /// Writes to `out`.
    pub(super) fn new(json: bool, style: Style, out: Box<dyn Write + Send>) -> Self {
        Self { json, style, out: Mutex::new(out) }
    }

    /// A paragraph for people only.
    pub(super) fn say(&self, lines: &[String]) -> Result<(), DemoError> {
        if self.json {
            return Ok(());
        }
        self.write(&lines.join("\n"))
    }

    /// What stays up, for people or for a program.
    pub(super) fn offer(&self, lines: &[String], same: &Value) -> Result<(), DemoError> {
        if self.json { self.write(&same.to_string()) } else { self.say(lines) }
    }

    /// The headline of a step, before its jobs run.
    pub(super) fn begin(&self, number: usize, title: &str) -> Result<(), DemoError> {
        let head = format!("--- {number}. {title} ");
        self.say(&[String::new(), self.bold(&format!("{head:-<RULE$}"))])
    }

    /// A job's log, as soon as the job ended.
    pub(super) fn job(&self, report: &JobReport) -> Result<(), DemoError> {
        let record = &report.record;
        let info = &record.payload.job_info;
        let mut lines = vec![self.bold(&format!(
            "job {} #{}, {} in {:.1} s",
            info.name,
            record.payload.id,
            record.status.word(),
            report.seconds
        ))];
        let log = log_view::lines(&record.trace_text(), self.style);
        lines.extend(log.into_iter().map(|line| format!("  | {line}")));
        self.say(&lines)
    }

    /// The end of a step.
    pub(super) fn end(&self, step: &StepReport<'_>) -> Result<(), DemoError> {
        if self.json {
            return self.write(&self.step_json(step).to_string());
        }
        let mut lines = table::lines(step.rows, step.traffic);
        lines.extend(step.harm.iter().flat_map(|harm| harm.lines()));
        self.say(&lines.into_iter().map(|line| format!("  {line}")).collect::<Vec<_>>())
    }

    /// The end of the demo.
    pub(super) fn finish(&self, steps: usize, seconds: f64) -> Result<(), DemoError> {
        if self.json {
            let end = json!({"outcome": "ok", "steps": steps, "seconds": rounded(seconds)});
            return self.write(&end.to_string());
        }
        let text = format!("all {steps} steps as expected, {seconds:.0} s");
        self.say(&[String::new(), self.bold(&text)])
    }

    fn step_json(&self, step: &StepReport<'_>) -> Value {
        let style = Style { color: false, ..self.style };
        let jobs: Vec<Value> = step
            .jobs
            .iter()
            .map(|job| {
                json!({
                    "name": job.record.payload.job_info.name,
                    "id": job.record.payload.id,
                    "ref": job.record.payload.git_info.ref_name,
                    "status": job.record.status.word(),
                    "failure_reason": job.record.failure_reason,
                    "exit_code": job.record.exit_code,
                    "seconds": rounded(job.seconds),
                    "log": log_view::lines(&job.record.trace_text(), style),
                })
            })
            .collect();
        json!({
            "part": step.part,
            "step": step.number,
            "title": step.title,
            "jobs": jobs,
            "services": step.rows,
            "traffic": step.traffic,
            "harm": step.harm,
        })
    }

    fn bold(&self, text: &str) -> String {
        if self.style.color { format!("\x1b[1m{text}\x1b[0m") } else { text.into() }
    }

    fn write(&self, text: &str) -> Result<(), DemoError> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(out, "{text}").and_then(|()| out.flush()).map_err(DemoError::Output)
    }
}

impl fmt::Debug for Narrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Narrator").field("json", &self.json).finish_non_exhaustive()
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}
