//! What a command needs from its caller's side: its files, read there and then.

use super::bundle::{Bundle, ContextTar, FileContent};
use super::{Call, TaskAction, build, release};
use crate::build::{self as engine, Checked};
use std::collections::BTreeMap;

/// Reads files on the caller's side, with the caller's rights.
pub trait Files {
    /// The working directory: a label for names and messages.
    fn directory(&self) -> String;

    /// The content of a file, by the name that the user wrote.
    fn read(&self, name: &str) -> FileContent;

    /// Names of files in the working directory that begin with `start`, in their order.
    fn beginning(&self, start: &str) -> Vec<String>;

    /// The tar of a build context.
    fn pack(&self, directory: &str, ignore: &str, checked: &Checked) -> ContextTar;
}

/// A command with everything that its caller gives to it.
#[derive(Debug)]
pub struct Materials {
    /// The command.
    pub call: Call,
    /// The caller's environment.
    pub variables: BTreeMap<String, String>,
    /// The files.
    pub bundle: Bundle,
}

/// Collects files by name, each once.
pub(super) struct Gathering<'a> {
    pub(super) variables: &'a BTreeMap<String, String>,
    files: &'a dyn Files,
    bundle: Bundle,
}

impl Materials {
    /// Reads what `call` names. A file that is missing or wrong is told by the command itself:
    /// here it only ends the search for the files that it would have named.
    pub fn gather(call: Call, mut variables: BTreeMap<String, String>, files: &dyn Files) -> Self {
        add_token(&mut variables, files);
        let mut gathering =
            Gathering { variables: &variables, files, bundle: Bundle::of(files.directory()) };
        match &call {
            Call::Build(args) if args.dry_run => {
                drop(gathering.text(&args.wish().dockerfile()));
            }
            Call::Build(args) => gathering.context(&args.wish()),
            Call::Docker(docker) => docker.gather(&mut gathering),
            Call::EcsCli(ecs_cli) => ecs_cli.gather(&mut gathering),
            Call::Deploy(args) => release::gather(&mut gathering, &args.bring.place),
            Call::Verify(args) => release::gather(&mut gathering, &args.place),
            Call::Plan(args) => release::gather(&mut gathering, &args.place),
            Call::Promote(args) => release::gather(&mut gathering, &args.bring.place),
            Call::Abort(args) => release::gather(&mut gathering, &args.place),
            Call::Gc(args) => release::gather(&mut gathering, &args.place),
            Call::Release(args) => release::gather(&mut gathering, &args.bring.place),
            Call::Task(args) => {
                let TaskAction::Run(args) = &args.action;
                release::gather(&mut gathering, &args.place);
            }
            Call::Rollback(args) => release::gather(&mut gathering, &args.place),
            Call::Scale(args) => release::gather(&mut gathering, &args.place),
            Call::Status(args) => release::gather(&mut gathering, &args.place),
            Call::Render(args) => {
                release::gather(&mut gathering, &args.place);
                args.live.iter().for_each(|live| drop(gathering.text(live)));
            }
            Call::Replay(args) => release::gather(&mut gathering, &args.place),
            Call::CallerIdentity(_) => {}
        }
        let bundle = gathering.bundle;
        Self { call, variables, bundle }
    }
}

/// The driver opens no file of the job's: an ID token travels as its content.
fn add_token(variables: &mut BTreeMap<String, String>, files: &dyn Files) {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    if set("AWS_WEB_IDENTITY_TOKEN").is_some() {
        return;
    }
    let Some(path) = set("AWS_WEB_IDENTITY_TOKEN_FILE") else { return };
    if let FileContent::Present(bytes) = files.read(path)
        && let Ok(token) = String::from_utf8(bytes)
    {
        drop(variables.insert("AWS_WEB_IDENTITY_TOKEN".to_owned(), token.trim().to_owned()));
    }
}

impl Gathering<'_> {
    /// The caller's working directory.
    pub(super) fn directory(&self) -> &str {
        self.bundle.directory()
    }

    /// Takes a file along; its text, when it is there and is text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        if self.bundle.file(name).is_none() {
            self.bundle.insert(name, self.files.read(name));
        }
        self.bundle.optional_text(name).ok()?
    }

    /// The last one of the files that begin with `start` and end with `end`.
    pub(super) fn last(&self, start: &str, end: &str) -> Option<String> {
        self.files.beginning(start).into_iter().rfind(|name| name.ends_with(end))
    }

    /// Takes a Dockerfile and its build context along.
    pub(super) fn context(&mut self, wish: &build::Wish<'_>) {
        let dockerfile = wish.dockerfile();
        let Some(text) = self.text(&dockerfile) else { return };
        let origin = build::Origin::of_variables(self.variables);
        // What is wrong with the request is found again, and told, by the command.
        let Ok(request) = wish.request(text, &origin) else { return };
        let Ok(checked) = engine::check(request) else { return };
        let packed = match self.ignore(&dockerfile, wish.context) {
            Ok(ignore) => self.files.pack(wish.context, &ignore, &checked),
            Err(problem) => ContextTar::Unreadable(problem),
        };
        self.bundle.set_context(packed);
    }

    /// The text of the first ignore file that is there. One that cannot be read is never
    /// taken for none: what it leaves out may be secret.
    fn ignore(&self, dockerfile: &str, context: &str) -> Result<String, String> {
        let [own, usual] = engine::dockerignore_names(dockerfile);
        let usual = format!("{}/{usual}", context.trim_end_matches('/'));
        for name in [own, usual] {
            match self.files.read(&name) {
                FileContent::Present(bytes) => {
                    return Ok(String::from_utf8_lossy(&bytes).into_owned());
                }
                FileContent::Unreadable(problem) => return Err(format!("{name}: {problem}")),
                FileContent::Absent => {}
            }
        }
        Ok(String::new())
    }
}
