//! The shape of the table: a key, the formats that have it, and what becomes of it.

use super::format::{Format, Formats, V3};
use super::service::Container;
use crate::config::yaml::Node;
use crate::model::Severity;

/// Translates the value of one key of a service.
pub(super) type Translate = fn(&mut Container<'_, '_>, &str, &Node);

/// A key of a service.
pub(super) struct Key {
    /// Its name.
    pub name: &'static str,
    /// The formats that have it.
    pub formats: Formats,
    /// What becomes of it.
    pub fate: Fate,
    /// What ecs-cli did with it, for files that ecs-cli read.
    pub ecs_cli: EcsCli,
    /// Where it belongs in formats that do not have it; empty = nowhere.
    pub moved: &'static str,
}

/// What becomes of a key.
pub(super) enum Fate {
    /// Translated to a field of the task definition (for people), by a function.
    Field(&'static str, Translate),
    /// Left out, with a finding of this severity and the reason.
    Ignored(Severity, &'static str),
}

/// What ecs-cli did with a key that ECS has a field for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EcsCli {
    /// It translated it (or refused the file, where we need not be equal).
    Translated,
    /// It skipped it with a warning.
    Skipped,
    /// It skipped it in version 3 only.
    SkippedInV3,
}

/// A key below a service's or the file's key: `logging.driver`, ...
pub(super) struct SubKey {
    /// Its name.
    pub name: &'static str,
    /// What it becomes, or why it is left out.
    pub fate: SubFate,
}

/// What becomes of a key below another one.
pub(super) enum SubFate {
    /// Translated to this.
    Field(&'static str),
    /// Left out, with a finding and the reason.
    Ignored(Severity, &'static str),
}

/// A key that is translated.
pub(super) const fn field(
    name: &'static str,
    formats: Formats,
    to: &'static str,
    by: Translate,
) -> Key {
    let fate = Fate::Field(to, by);
    Key { name, formats, fate, ecs_cli: EcsCli::Translated, moved: "" }
}

/// A key that loses nothing on ECS when it is left out.
pub(super) const fn noted(name: &'static str, formats: Formats, why: &'static str) -> Key {
    let fate = Fate::Ignored(Severity::Note, why);
    Key { name, formats, fate, ecs_cli: EcsCli::Skipped, moved: "" }
}

/// A key whose effect is missing on ECS.
pub(super) const fn lost(name: &'static str, formats: Formats, why: &'static str) -> Key {
    let fate = Fate::Ignored(Severity::Warning, why);
    Key { name, formats, fate, ecs_cli: EcsCli::Skipped, moved: "" }
}

/// A sub key that is translated.
pub(super) const fn sub(name: &'static str, to: &'static str) -> SubKey {
    SubKey { name, fate: SubFate::Field(to) }
}

/// A sub key that is left out.
pub(super) const fn left(name: &'static str, severity: Severity, why: &'static str) -> SubKey {
    SubKey { name, fate: SubFate::Ignored(severity, why) }
}

impl Key {
    /// ecs-cli skipped it.
    pub(super) const fn skipped(mut self) -> Self {
        self.ecs_cli = EcsCli::Skipped;
        self
    }

    /// ecs-cli skipped it in version 3.
    pub(super) const fn skipped_in_v3(mut self) -> Self {
        self.ecs_cli = EcsCli::SkippedInV3;
        self
    }

    /// Where version 3 has it.
    pub(super) const fn moved(mut self, to: &'static str) -> Self {
        self.moved = to;
        self
    }

    /// True when ecs-cli left it out of a file of `format`.
    pub(super) fn skipped_by_ecs_cli(&self, format: Format) -> bool {
        match self.ecs_cli {
            EcsCli::Translated => false,
            EcsCli::Skipped => true,
            EcsCli::SkippedInV3 => format.set() == V3,
        }
    }
}
