//! From instructions to steps and a config: variables are replaced, settings are merged.
//! Pure; runs twice: before any work with a base that is not known yet, and with the base.

use super::dockerfile::{CommandLine, Copy, Expander, Instruction, Kind, Lookup, Pair, Word};
use super::image_config::ImageConfig;
use super::ports;
use crate::model::Finding;
use std::collections::BTreeMap;

/// What has to be done to the files, and the config that comes of it.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) steps: Vec<Step>,
    pub(super) config: ImageConfig,
    /// Lines of the history, each with the step that makes its layer.
    pub(super) history: Vec<(String, Option<usize>)>,
    /// Warnings.
    pub(super) findings: Vec<Finding>,
    /// False when a COPY source depends on a variable of the base.
    pub(super) sources_known: bool,
}

/// A change of the files.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Copy(CopyStep),
    /// WORKDIR: the directory is made when it is not there, for the image's user.
    Directory {
        line: usize,
        path: String,
        user: String,
    },
}

/// COPY or ADD with its variables replaced.
#[derive(Debug, Clone)]
pub(super) struct CopyStep {
    pub(super) line: usize,
    pub(super) keyword: String,
    pub(super) sources: Vec<String>,
    /// Documents: name and content.
    pub(super) documents: Vec<(String, Vec<u8>)>,
    /// Absolute; ends with a slash when it must be a directory.
    pub(super) dest: String,
    pub(super) chown: Option<String>,
    pub(super) mode: Option<u32>,
    pub(super) link: bool,
    pub(super) unpack: bool,
}

/// What the instructions are carried out against.
pub(super) struct Setting<'a> {
    pub(super) file: &'a str,
    pub(super) escape: char,
    pub(super) globals: &'a BTreeMap<String, String>,
    pub(super) build_args: &'a BTreeMap<String, String>,
    /// The base's config; `None` while it is not known.
    pub(super) base: Option<ImageConfig>,
    /// Stands in for the base as long as it is not known.
    pub(super) nothing: ImageConfig,
}

/// Carries the instructions out.
///
/// # Errors
/// What is wrong, with its line.
pub(super) fn recipe(
    setting: Setting<'_>,
    instructions: &[Instruction],
) -> Result<Recipe, Vec<Finding>> {
    let known = setting.base.is_some();
    let config = setting.base.unwrap_or(setting.nothing);
    let env = if known { config.env() } else { Vec::new() };
    let mut stage = Stage {
        file: setting.file,
        escape: setting.escape,
        globals: setting.globals,
        build_args: setting.build_args,
        base_known: known,
        variables: env.into_iter().map(|(name, value)| (name, Lookup::Value(value))).collect(),
        command_set: false,
        line: 0,
        recipe: Recipe {
            steps: Vec::new(),
            config,
            history: Vec::new(),
            findings: Vec::new(),
            sources_known: true,
        },
    };
    let mut errors = Vec::new();
    for instruction in instructions {
        stage.line = instruction.line;
        if let Err(message) = stage.carry_out(&instruction.kind) {
            errors.push(Finding::error(message).at(setting.file, instruction.line, 1));
        }
    }
    if errors.is_empty() { Ok(stage.recipe) } else { Err(errors) }
}

struct Stage<'a> {
    file: &'a str,
    escape: char,
    globals: &'a BTreeMap<String, String>,
    build_args: &'a BTreeMap<String, String>,
    base_known: bool,
    /// ENV of the base, then ENV and ARG in their order.
    variables: BTreeMap<String, Lookup>,
    command_set: bool,
    line: usize,
    recipe: Recipe,
}

impl Stage<'_> {
    fn carry_out(&mut self, kind: &Kind) -> Result<(), String> {
        match kind {
            Kind::Arg(pairs) => self.arg(pairs),
            Kind::Env(pairs) => self.env(pairs),
            Kind::Label(pairs) => self.label(pairs),
            Kind::Copy(copy) => self.copy(copy),
            Kind::Expose(words) => self.expose(words),
            Kind::Volume(words) => self.volume(words),
            Kind::User(text) => {
                let user = self.word(text)?.text;
                self.recipe.config.set("User", user.clone().into());
                self.settled(format!("USER {user}"))
            }
            Kind::Workdir(text) => self.workdir(text),
            Kind::Cmd(line) => {
                let words = self.command(line);
                self.command_set = true;
                self.settled(format!("CMD {words:?}"))?;
                self.recipe.config.set("Cmd", words.into());
                Ok(())
            }
            Kind::Entrypoint(line) => self.entrypoint(line),
            Kind::Shell(words) => {
                self.recipe.config.set("Shell", words.clone().into());
                self.settled(format!("SHELL {words:?}"))
            }
            Kind::StopSignal(text) => {
                let signal = self.word(text)?;
                if !signal.unknown && !ports::is_signal(&signal.text) {
                    return Err(format!("STOPSIGNAL {} is no signal", signal.text));
                }
                self.recipe.config.set("StopSignal", signal.text.clone().into());
                self.settled(format!("STOPSIGNAL {}", signal.text))
            }
            Kind::Healthcheck(health) => {
                self.recipe.config.set_health(health);
                self.settled(format!("HEALTHCHECK {:?}", health.test))
            }
            Kind::Maintainer(author) => {
                self.recipe.config.set_author(author);
                self.settled(format!("MAINTAINER {author}"))
            }
        }
    }

    /// A line of the history without a layer.
    fn settled(&mut self, by: String) -> Result<(), String> {
        self.recipe.history.push((by, None));
        Ok(())
    }

    fn arg(&mut self, pairs: &[(String, Option<String>)]) -> Result<(), String> {
        let mut told = Vec::new();
        for (name, default) in pairs {
            let given = self.build_args.get(name).cloned();
            let value = match (given, default) {
                (Some(value), _) => Some(Lookup::Value(value)),
                (None, Some(default)) => Some(value_of(self.word(default)?)),
                (None, None) => self.globals.get(name).cloned().map(Lookup::Value),
            };
            told.push(match &value {
                Some(Lookup::Value(value)) => format!("{name}={value}"),
                _ => name.clone(),
            });
            if let Some(value) = value {
                drop(self.variables.insert(name.clone(), value));
            }
        }
        self.settled(format!("ARG {}", told.join(" ")))
    }

    fn env(&mut self, pairs: &[Pair]) -> Result<(), String> {
        // All values see what was set before the line, not each other.
        let pairs = self.pairs(pairs)?;
        let mut told = Vec::new();
        for (name, value) in pairs {
            told.push(format!("{}={}", name.text, value.text));
            self.recipe.config.set_env(&name.text, &value.text);
            drop(self.variables.insert(name.text, value_of(value)));
        }
        self.settled(format!("ENV {}", told.join(" ")))
    }

    fn label(&mut self, pairs: &[Pair]) -> Result<(), String> {
        let mut told = Vec::new();
        for (name, value) in self.pairs(pairs)? {
            told.push(format!("{}={}", name.text, value.text));
            self.recipe.config.set_label(&name.text, &value.text);
        }
        self.settled(format!("LABEL {}", told.join(" ")))
    }

    fn pairs(&mut self, pairs: &[Pair]) -> Result<Vec<(Word, Word)>, String> {
        pairs.iter().map(|(name, value)| Ok((self.word(name)?, self.word(value)?))).collect()
    }

    fn expose(&mut self, words: &[String]) -> Result<(), String> {
        let mut told = Vec::new();
        for word in words {
            let word = self.word(word)?;
            if word.unknown {
                continue;
            }
            for port in word.parts {
                for port in ports::exposed(&port)? {
                    self.recipe.config.add_to_set("ExposedPorts", &port);
                    told.push(port);
                }
            }
        }
        self.settled(format!("EXPOSE {}", told.join(" ")))
    }

    fn volume(&mut self, words: &[String]) -> Result<(), String> {
        let mut told = Vec::new();
        for word in words {
            let word = self.word(word)?;
            let path = word.text.trim().to_owned();
            if path.is_empty() && !word.unknown {
                return Err("VOLUME wants a path, found nothing".to_owned());
            }
            self.recipe.config.add_to_set("Volumes", &path);
            told.push(path);
        }
        self.settled(format!("VOLUME {}", told.join(" ")))
    }

    fn workdir(&mut self, text: &str) -> Result<(), String> {
        let word = self.word(text)?;
        let path = absolute(&self.recipe.config.workdir(), &word.text);
        let path = path.trim_end_matches('/');
        let path = if path.is_empty() { "/" } else { path };
        self.recipe.config.set("WorkingDir", path.into());
        let mut step = None;
        if path != "/" {
            step = Some(self.recipe.steps.len());
            let user = self.recipe.config.user();
            let path = path.to_owned();
            self.recipe.steps.push(Step::Directory { line: self.line, path, user });
        }
        self.recipe.history.push((format!("WORKDIR {path}"), step));
        Ok(())
    }

    fn entrypoint(&mut self, line: &CommandLine) -> Result<(), String> {
        let words = self.command(line);
        // The base's command was written for the base's entry point.
        if !self.command_set {
            self.recipe.config.unset("Cmd");
        }
        self.settled(format!("ENTRYPOINT {words:?}"))?;
        if words.is_empty() {
            self.recipe.config.unset("Entrypoint");
        } else {
            self.recipe.config.set("Entrypoint", words.into());
        }
        Ok(())
    }

    fn command(&self, line: &CommandLine) -> Vec<String> {
        match line {
            CommandLine::Exec(words) => words.clone(),
            CommandLine::Shell(text) => [self.recipe.config.shell(), vec![text.clone()]].concat(),
        }
    }

    fn copy(&mut self, copy: &Copy) -> Result<(), String> {
        let mut by = copy.keyword.clone();
        let mut step = CopyStep {
            line: self.line,
            keyword: copy.keyword.clone(),
            sources: Vec::new(),
            documents: Vec::new(),
            dest: String::new(),
            chown: None,
            mode: None,
            link: copy.link,
            unpack: copy.unpack,
        };
        if let Some(chown) = &copy.chown {
            let chown = self.word(chown)?.text;
            by.push_str(&format!(" --chown={chown}"));
            step.chown = (!chown.is_empty()).then_some(chown);
        }
        if let Some(chmod) = &copy.chmod {
            let chmod = self.word(chmod)?;
            by.push_str(&format!(" --chmod={}", chmod.text));
            if !chmod.unknown && !chmod.text.is_empty() {
                step.mode = Some(octal(&chmod.text)?);
            }
        }
        for source in &copy.sources {
            let source = self.word(source)?;
            by.push_str(&format!(" {}", source.text));
            self.recipe.sources_known &= !source.unknown;
            step.sources.push(source.text);
        }
        for document in &copy.documents {
            by.push_str(&format!(" <<{}", document.name));
            let mut text = document.text();
            if document.expand {
                text = self.expand(&text, '\\', false)?.text;
            }
            step.documents.push((document.name.clone(), text.into_bytes()));
        }
        let dest = self.word(&copy.dest)?;
        by.push_str(&format!(" {}", dest.text));
        step.dest = absolute(&self.recipe.config.workdir(), &dest.text);
        let many = step.sources.len() + step.documents.len() > 1;
        if many && !dest.unknown && !step.dest.ends_with('/') {
            let message = "with more than one source the destination must end with a slash";
            return Err(format!("{} {}: {message}", copy.keyword, dest.text));
        }
        self.recipe.history.push((by, Some(self.recipe.steps.len())));
        self.recipe.steps.push(Step::Copy(step));
        Ok(())
    }

    fn word(&mut self, text: &str) -> Result<Word, String> {
        self.expand(text, self.escape, true)
    }

    fn expand(&mut self, text: &str, escape: char, quotes: bool) -> Result<Word, String> {
        let missing = if self.base_known { Lookup::Unset } else { Lookup::Unknown };
        let lookup =
            |name: &str| self.variables.get(name).cloned().unwrap_or_else(|| missing.clone());
        let word = Expander { escape, quotes, lookup: &lookup }.word(text)?;
        for name in &word.unset {
            let finding = Finding::warning(format!("variable {name} is not set"));
            self.recipe.findings.push(finding.at(self.file, self.line, 1));
        }
        Ok(word)
    }
}

fn value_of(word: Word) -> Lookup {
    if word.unknown { Lookup::Unknown } else { Lookup::Value(word.text) }
}

fn octal(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o7777 => Ok(mode),
        _ => Err(format!("--chmod={text} is no octal mode such as 755 or 0644")),
    }
}

/// A path against the working directory, cleaned; a slash or `/.` at the end stays as a slash,
/// and `.` or nothing is the working directory itself.
fn absolute(workdir: &str, path: &str) -> String {
    let directory = path.is_empty() || path == "." || path.ends_with('/') || path.ends_with("/.");
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{workdir}/{path}") };
    let mut parts = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let cleaned = format!("/{}", parts.join("/"));
    if directory && cleaned != "/" { cleaned + "/" } else { cleaned }
}

#[cfg(test)]
#[path = "recipe_tests.rs"]
mod tests;
