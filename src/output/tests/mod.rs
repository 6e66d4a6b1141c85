//! Shared by the tests: streams in memory, and a release.

mod data;
mod log;

use super::*;
use crate::model::{
    DeploymentArn, Event, Finding, LogLevel, Outcome, OutcomeKind, ReleaseOnService, Secret,
    ServiceName, StepRecord, TaskDefArn, Timestamp,
};
use crate::ports::Reporter as _;
use insta::assert_snapshot;

const GITLAB: Settings = Settings { form: Form::Text, color: false, gitlab_job: true };
const PLAIN: Settings = Settings { form: Form::Text, color: false, gitlab_job: false };
const JSON: Settings = Settings { form: Form::Json, color: false, gitlab_job: true };

/// Talk and data of these events; escape and carriage return are shown as `<e>` and `<r>`.
fn show(settings: Settings, events: Vec<Event>) -> (String, String) {
    let secrets = ["s3cret-key", "p@ss/word"].map(Secret::new);
    let now = || Timestamp::from_millis(1_795_442_400_000);
    let streams = (Vec::new(), Vec::new());
    let output = Output::new(settings, Redactor::new(secrets), now, streams);
    for event in events {
        output.emit(event);
    }
    let (talk, data) = output.into_streams();
    let visible = |bytes: Vec<u8>| {
        String::from_utf8(bytes).unwrap().replace('\u{1b}', "<e>").replace('\r', "<r>")
    };
    (visible(talk), visible(data))
}

fn talk(settings: Settings, events: Vec<Event>) -> String {
    show(settings, events).0
}

fn section(name: &str, title: &str) -> Event {
    Event::SectionStart { name: name.to_owned(), title: title.to_owned() }
}

fn section_end(name: &str, summary: &str) -> Event {
    Event::SectionEnd { name: name.to_owned(), summary: summary.to_owned() }
}

fn error(text: &str) -> Event {
    Event::Line { level: LogLevel::Error, text: text.to_owned() }
}

fn release(kind: OutcomeKind, exit_code: i32) -> Outcome {
    let digest = "sha256:3f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c43f9a12c4";
    Outcome {
        exit_code,
        service: Some(ServiceName::new("release")),
        deployment: Some(DeploymentArn::new("arn:aws:ecs:eu-west-1:1:service-deployment/p/r/d")),
        revision: Some("web:42".to_owned()),
        image: Some(format!("app/web@{digest}")),
        previous: Some(ReleaseOnService::new(&TaskDefArn::new("x/web:41"), None)),
        commit: Some("7be1d20c".to_owned()),
        seconds: 72.4,
        ..Outcome::new(kind)
    }
}
