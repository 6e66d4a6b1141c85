//! What is asked for, and the check before any work.

use super::dockerfile::{Dockerfile, Expander, Lookup, read};
use super::image_config::ImageConfig;
use super::platform;
use super::recipe::{Recipe, Setting, Step, recipe};
use crate::model::{CommitSha, Finding, ImageReference, Timestamp, has_errors};
use crate::registry::Platform;
use std::collections::BTreeMap;

/// One build.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The Dockerfile's name as the user wrote it: messages name it.
    pub dockerfile_name: String,
    /// Its text.
    pub dockerfile_text: String,
    /// Values for `ARG`; the caller has looked up those that were given by name only.
    pub build_args: BTreeMap<String, String>,
    /// `linux/arm64`; this host's platform when left out.
    pub platform: Option<String>,
    /// A stage; there is only one to choose.
    pub target: Option<String>,
    /// Labels besides the Dockerfile's; they win over it.
    pub labels: BTreeMap<String, String>,
    /// Names for the image; at least one when it is pushed. The first one's repository is that
    /// of the pinned image.
    pub tags: Vec<ImageReference>,
    /// Push to every tag; otherwise the image stays in the store.
    pub push: bool,
    /// The time that the image carries: of the commit, or SOURCE_DATE_EPOCH.
    pub created: Timestamp,
    /// The commit, for the record.
    pub commit: Option<CommitSha>,
    /// Forget what is remembered about the base image.
    pub no_cache: bool,
}

/// A request whose Dockerfile was read and can be built.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(super) request: BuildRequest,
    pub(super) base: Base,
    /// The platform to build for, and whether somebody asked for it.
    pub(super) platform: Platform,
    pub(super) platform_asked_for: bool,
    dockerfile: Dockerfile,
    globals: BTreeMap<String, String>,
    findings: Vec<Finding>,
    sources: Option<Vec<String>>,
}

/// What FROM names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    Scratch,
    Image { reference: Box<ImageReference>, line: usize },
}

/// Build arguments that docker takes without a declaration.
const PREDEFINED: &[&str] =
    &["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "SOURCE_DATE_EPOCH"];

impl Checked {
    /// Warnings and notes.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The request.
    pub fn request(&self) -> &BuildRequest {
        &self.request
    }

    /// What FROM names: an image as it is written, or `scratch`.
    pub fn base(&self) -> String {
        match &self.base {
            Base::Scratch => "scratch".to_owned(),
            Base::Image { reference, .. } => reference.to_string(),
        }
    }

    /// The platform to build for, `linux/amd64`.
    pub fn platform(&self) -> String {
        platform::shown(&self.platform)
    }

    /// What COPY and ADD name, as far as it is known without the base; else everything.
    pub(super) fn sources(&self) -> Vec<String> {
        self.sources.clone().unwrap_or_else(|| vec![".".to_owned()])
    }

    /// The steps on top of a base with this config.
    pub(super) fn recipe(&self, base: ImageConfig) -> Result<Recipe, Vec<Finding>> {
        let mut recipe = self.carry_out(Some(base))?;
        for (name, value) in &self.request.labels {
            recipe.config.set_label(name, value);
        }
        Ok(recipe)
    }

    fn carry_out(&self, base: Option<ImageConfig>) -> Result<Recipe, Vec<Finding>> {
        let setting = Setting {
            file: &self.request.dockerfile_name,
            escape: self.dockerfile.escape,
            globals: &self.globals,
            build_args: &self.request.build_args,
            base,
            nothing: ImageConfig::scratch(&self.platform),
        };
        recipe(setting, &self.dockerfile.instructions)
    }
}

/// Reads the Dockerfile and gives every instruction a verdict; nothing is opened or asked.
///
/// # Errors
/// All findings, one of them an error: what is wrong or not supported, with file and line.
pub fn check(request: BuildRequest) -> Result<Checked, Vec<Finding>> {
    let (dockerfile, mut findings) = read(&request.dockerfile_name, &request.dockerfile_text)?;
    if request.push && request.tags.is_empty() {
        findings.push(Finding::error("the image has no name").hint("give one by --tag"));
    }
    let host = platform::of_this_host();
    let asked = match request.platform.as_deref().map(platform::parse).transpose() {
        Ok(asked) => asked,
        Err(message) => return Err(vec![Finding::error(message)]),
    };
    let mut from = FromLine { request: &request, dockerfile: &dockerfile, findings };
    let globals = from.globals(&host, asked.as_ref().unwrap_or(&host));
    let base = from.base(&globals);
    let own = from.platform(&globals);
    from.target();
    from.unused_arguments(&globals);
    findings = from.findings;
    let (Some(base), false) = (base, has_errors(&findings)) else { return Err(findings) };
    let platform_asked_for = own.is_some() || asked.is_some();
    let platform = own.or(asked).unwrap_or(host);
    let mut checked = Checked {
        request,
        base,
        platform,
        platform_asked_for,
        dockerfile,
        globals,
        findings: Vec::new(),
        sources: None,
    };
    match checked.carry_out(None) {
        Ok(recipe) => checked.sources = recipe.sources_known.then(|| sources_of(&recipe)),
        Err(errors) => findings.extend(errors),
    }
    if has_errors(&findings) {
        return Err(findings);
    }
    checked.findings = findings;
    Ok(checked)
}

fn sources_of(recipe: &Recipe) -> Vec<String> {
    let copies = recipe.steps.iter().filter_map(|step| match step {
        Step::Copy(copy) => Some(copy.sources.clone()),
        Step::Directory { .. } => None,
    });
    copies.flatten().collect()
}

/// What can be said of a Dockerfile from what stands up to its FROM.
struct FromLine<'a> {
    request: &'a BuildRequest,
    dockerfile: &'a Dockerfile,
    findings: Vec<Finding>,
}

impl FromLine<'_> {
    fn refuse(&mut self, line: usize, message: String) {
        let finding = Finding::error(message).at(&self.request.dockerfile_name, line, 1);
        self.findings.push(finding);
    }

    fn expand(&mut self, text: &str, globals: &BTreeMap<String, String>, line: usize) -> String {
        let lookup = |name: &str| globals.get(name).cloned().map_or(Lookup::Unset, Lookup::Value);
        let expander = Expander { escape: self.dockerfile.escape, quotes: true, lookup: &lookup };
        match expander.word(text) {
            Ok(word) => word.text,
            Err(message) => {
                self.refuse(line, message);
                String::new()
            }
        }
    }

    /// The platform arguments that docker sets, and ARG before FROM.
    fn globals(&mut self, host: &Platform, target: &Platform) -> BTreeMap<String, String> {
        let mut globals = BTreeMap::new();
        for (side, platform) in [("BUILD", host), ("TARGET", target)] {
            let variant = platform.variant.clone().unwrap_or_default();
            for (what, value) in [
                ("PLATFORM", platform::shown(platform)),
                ("OS", platform.os.clone()),
                ("ARCH", platform.architecture.clone()),
                ("VARIANT", variant),
            ] {
                let name = format!("{side}{what}");
                let given = self.request.build_args.get(&name).cloned();
                drop(globals.insert(name, given.unwrap_or(value)));
            }
        }
        for (line, name, default) in &self.dockerfile.arguments {
            let value = match (self.request.build_args.get(name), default) {
                (Some(given), _) => given.clone(),
                (None, Some(default)) => self.expand(default, &globals, *line),
                (None, None) => continue,
            };
            drop(globals.insert(name.clone(), value));
        }
        globals
    }

    fn base(&mut self, globals: &BTreeMap<String, String>) -> Option<Base> {
        let from = &self.dockerfile.from;
        let (line, written) = (from.line, from.image.clone());
        let name = self.expand(&written, globals, line);
        if name == "scratch" {
            return Some(Base::Scratch);
        }
        if name.is_empty() {
            self.refuse(line, format!("FROM {written} stands for nothing; set its ARG"));
            return None;
        }
        match name.parse() {
            Ok(reference) => Some(Base::Image { reference: Box::new(reference), line }),
            Err(error) => {
                self.refuse(line, error.to_string());
                None
            }
        }
    }

    fn platform(&mut self, globals: &BTreeMap<String, String>) -> Option<Platform> {
        let from = &self.dockerfile.from;
        let (line, written) = (from.line, from.platform.clone()?);
        let text = self.expand(&written, globals, line);
        match platform::parse(&text) {
            Ok(platform) => Some(platform),
            Err(message) => {
                self.refuse(line, message);
                None
            }
        }
    }

    fn target(&mut self) {
        let Some(target) = &self.request.target else { return };
        let from = &self.dockerfile.from;
        let named = from.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(target));
        if !named && target != "0" {
            self.refuse(from.line, format!("there is no stage \"{target}\""));
        }
    }

    fn unused_arguments(&mut self, globals: &BTreeMap<String, String>) {
        let declared = self.dockerfile.declared_arguments();
        for name in self.request.build_args.keys() {
            let upper = name.to_ascii_uppercase();
            let known = declared.contains(name.as_str())
                || globals.contains_key(name)
                || PREDEFINED.contains(&upper.as_str())
                || upper.starts_with("BUILDKIT_");
            if !known {
                let message = format!("build argument {name} has no ARG in the file");
                self.findings.push(Finding::warning(message));
            }
        }
    }
}
