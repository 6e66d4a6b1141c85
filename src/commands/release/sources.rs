//! Where each value of a release comes from, for `plan`.

use super::Declared;
use crate::commands::Console;
use crate::config::{Judge, Mode, ReleaseFile, ReleaseService};
use crate::model::{
    AfterFull, BreakerRule, Event, GateAction, Located, OnCancel, Traffic, TrafficShare, Wanted,
};
use crate::watch::duration;

/// Where the file says nothing.
const DEFAULT: &str = "default";

/// File, cluster and region.
pub(in crate::commands) fn tell_place(declared: &Declared, console: Console<'_>) {
    tell(console, "file", &declared.name.value, &declared.name.by);
    tell(console, "cluster", declared.cluster.value.as_str(), &declared.cluster.by);
    if let Some(region) = &declared.region {
        tell(console, "region", &region.value, &region.by);
    }
    if let Some(role) = &declared.file.role {
        tell(console, "role", &role.value, &role.at.to_string());
    }
}

/// The services of the release file that the wish names.
pub(in crate::commands) fn tell_services(
    file: &ReleaseFile,
    wanted: &Wanted,
    console: Console<'_>,
) {
    let written = || [&file.full, &file.canary].into_iter().flatten();
    for service in wanted.full.iter().chain(&wanted.canary) {
        if let Some(one) = written().find(|one| one.name.value == service.name) {
            tell(console, "service", service.name.as_str(), &one.name.at.to_string());
            tell_service(one, console);
        }
    }
}

fn tell_service(service: &ReleaseService, console: Console<'_>) {
    let name = &service.name.value;
    if let Some(tasks) = &service.desired {
        let text = format!("{name}: {}", tasks.value);
        tell(console, "tasks", &text, &tasks.at.to_string());
    }
    if let Some(percents) = &service.percents {
        let text = format!("{name}: {} per cent", percents.value);
        tell(console, "healthy", &text, &percents.at.to_string());
    }
    if let Some(group) = &service.target_group {
        let text = format!("{name}: {}", short(group.value.as_str(), ":targetgroup/"));
        tell(console, "targets", &text, &group.at.to_string());
    }
}

/// How the release goes its way.
pub(in crate::commands) fn tell_course(file: &ReleaseFile, wanted: &Wanted, console: Console<'_>) {
    let said = |label: &str, text: &str, at: Option<String>| {
        tell(console, label, text, at.as_deref().unwrap_or(DEFAULT));
    };
    let mode = file.mode.as_ref().map_or(Mode::Twin, |mode| mode.value);
    said("mode", mode_word(mode), at(file.mode.as_ref()));
    if let Some(rule) = &file.listener_rule {
        said("rule", short(&rule.value, ":listener-rule/"), Some(rule.at.to_string()));
    }
    if let Traffic::Weighted(_) = wanted.course.traffic {
        let steps: Vec<String> = wanted.course.steps.iter().map(TrafficShare::to_string).collect();
        let text = format!("{} %", steps.join(", "));
        said("steps", &text, at(file.steps.first()));
    }
    said("hold", &duration(wanted.course.hold), at(file.hold.as_ref()));
    said("after", after_word(wanted.after_full), at(file.after_full.as_ref()));
    said("cancel", &cancel_words(wanted), at(file.on_cancel.as_ref()));
    let breaker = file.breaker.as_ref().map_or(BreakerRule::Keep, |breaker| breaker.value);
    said("breaker", breaker_word(breaker), at(file.breaker.as_ref()));
    if let Some(grace) = &file.health_grace {
        said("grace", &duration(grace.value), Some(grace.at.to_string()));
    }
    let judge = file.judge.as_ref();
    said("judge", judge.map_or("off", |judge| judge_word(&judge.value)), at(judge));
    let gate = wanted.course.gate.map_or("none".to_owned(), |gate| {
        format!("waits {} for a person, then {}", duration(gate.timeout), gate_word(gate.then))
    });
    said("gate", &gate, at(file.gate.as_ref()));
}

pub(in crate::commands) fn tell(console: Console<'_>, label: &str, value: &str, by: &str) {
    console.reporter.emit(Event::fact(label, format!("{value}  ({by})")));
}

fn at<T>(written: Option<&Located<T>>) -> Option<String> {
    written.map(|written| written.at.to_string())
}

/// An ARN without what all of an account have in common.
fn short<'a>(arn: &'a str, kind: &str) -> &'a str {
    arn.split_once(kind).map_or(arn, |(_, name)| name)
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Twin => "twin",
        Mode::Weighted => "weighted",
        Mode::Native => "native",
    }
}

fn after_word(after: AfterFull) -> &'static str {
    match after {
        AfterFull::Keep => "keep",
        AfterFull::Zero => "zero",
        AfterFull::Remove => "remove",
    }
}

fn cancel_words(wanted: &Wanted) -> String {
    let word = |policy: OnCancel| match policy {
        OnCancel::Stop => "stop",
        OnCancel::Leave => "leave",
    };
    let policy = wanted.on_cancel;
    if policy.canary == policy.full {
        return word(policy.full).to_owned();
    }
    format!("canary {}, full {}", word(policy.canary), word(policy.full))
}

fn breaker_word(breaker: BreakerRule) -> &'static str {
    match breaker {
        BreakerRule::Keep => "keep",
        BreakerRule::Set(set) if set.enabled && set.rollback => "on, with rollback",
        BreakerRule::Set(set) if set.enabled => "on, without rollback",
        BreakerRule::Set(_) => "off",
    }
}

fn judge_word(judge: &Judge) -> &'static str {
    match judge {
        Judge::Off => "off",
        Judge::On(_) => "on",
    }
}

fn gate_word(then: GateAction) -> &'static str {
    match then {
        GateAction::Rollback => "rollback",
        GateAction::Hold => "hold",
        GateAction::Promote => "promote",
    }
}
