//! Writes events to two streams.

use super::json;
use super::redactor::Redactor;
use super::sections::Folding;
use super::text::{Shown, Text};
use crate::model::{Event, Timestamp};
use crate::ports::Reporter;
use std::cell::RefCell;
use std::io::Write;

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// For people.
    #[default]
    Text,
    /// `--json`: one object per line on standard output, the outcome last.
    Json,
}

/// How to show events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// Text or JSON.
    pub form: Form,
    /// Colours, see [`ColorChoice::is_on`](super::ColorChoice::is_on).
    pub color: bool,
    /// The log of a GitLab job: sections, and heartbeats that keep it moving.
    pub gitlab_job: bool,
}

/// Takes events and writes them: talk to one stream, data to the other.
pub struct Output<T: Write, D: Write> {
    state: RefCell<State<T, D>>,
    now: Box<dyn Fn() -> Timestamp>,
    redactor: Redactor,
    settings: Settings,
}

struct State<T, D> {
    text: Text,
    talk: T,
    data: D,
}

impl<T: Write, D: Write> Output<T, D> {
    /// Talk goes to `talk` (standard error), data to `data` (standard output); `now` dates the
    /// sections.
    pub fn new(
        settings: Settings,
        redactor: Redactor,
        now: impl Fn() -> Timestamp + 'static,
        (talk, data): (T, D),
    ) -> Self {
        let folding = if settings.gitlab_job { Folding::GitLab } else { Folding::Indent };
        let text = Text::new(settings.color, folding);
        let state = RefCell::new(State { text, talk, data });
        Self { state, now: Box::new(now), redactor, settings }
    }

    /// Gives the streams back.
    pub fn into_streams(self) -> (T, D) {
        let state = self.state.into_inner();
        (state.talk, state.data)
    }

    fn shown(&self, event: &Event, text: &mut Text) -> Shown {
        let shown = match (self.settings.form, event) {
            (Form::Text, event) => text.show(event, (self.now)()),
            (Form::Json, Event::Heartbeat | Event::JsonLines { .. }) => {
                text.show(event, (self.now)())
            }
            (Form::Json, event) => {
                let line = json::line(event, &self.redactor);
                let data = line.map(|line| format!("{line}\n")).unwrap_or_default();
                return Shown { data, talk: String::new() };
            }
        };
        Shown {
            talk: self.redactor.text(&shown.talk).into_owned(),
            data: self.redactor.text(&shown.data).into_owned(),
        }
    }
}

impl<T: Write, D: Write> Reporter for Output<T, D> {
    /// A stream that cannot be written any more is not worth ending a release for.
    fn emit(&self, event: Event) {
        let state = &mut *self.state.borrow_mut();
        let shown = self.shown(&event, &mut state.text);
        write_now(&mut state.talk, &shown.talk).unwrap_or_default();
        write_now(&mut state.data, &shown.data).unwrap_or_default();
    }
}

fn write_now(stream: &mut impl Write, text: &str) -> std::io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
