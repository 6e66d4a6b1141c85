//! `build`: the image of a Dockerfile, pushed, with its record.

use super::bundle::ContextTar;
use super::{Bundle, Caller, Console};
use crate::build::{self, BuildRequest, Checked, Context, ContextLimits, ImageRecord, Store};
use crate::failure::{Exit, Failure};
use crate::model::{CommitSha, Event, Finding, ImageReference, Outcome, OutcomeKind, Timestamp};
use crate::registry::{self, Client, ProxySettings};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Entries of one build context; a large repository with its dependencies has 300 000.
const CONTEXT_ENTRIES: usize = 2_000_000;

/// Arguments of `build`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct BuildArgs {
    /// The build context
    #[arg(value_name = "CONTEXT", default_value = ".")]
    pub context: String,
    /// The Dockerfile; CONTEXT/Dockerfile when left out
    #[arg(long, short, value_name = "PATH")]
    pub file: Option<String>,
    /// Where to push; may be given several times. When left out:
    /// $CI_REGISTRY_IMAGE with the Git tag or the short commit
    #[arg(long, short, value_name = "REPO:TAG")]
    pub tag: Vec<String>,
    /// Build without pushing
    #[arg(long)]
    pub no_push: bool,
    /// A value for an ARG of the Dockerfile; the environment's when only the key is given
    #[arg(long, value_name = "KEY=VALUE")]
    pub build_arg: Vec<String>,
    /// The platform of the image; this host's when left out
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
}

/// What any way of asking for a build comes down to.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish<'a> {
    pub(super) context: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) tags: &'a [String],
    pub(super) build_args: &'a [String],
    pub(super) labels: &'a [String],
    pub(super) platform: Option<&'a str>,
    pub(super) target: Option<&'a str>,
    pub(super) push: bool,
    pub(super) no_cache: bool,
}

impl BuildArgs {
    pub(super) fn wish(&self) -> Wish<'_> {
        Wish {
            context: &self.context,
            file: self.file.as_deref(),
            tags: &self.tag,
            build_args: &self.build_arg,
            platform: self.platform.as_deref(),
            target: self.target.as_deref(),
            push: !self.no_push,
            ..Wish::default()
        }
    }
}

impl Wish<'_> {
    /// The Dockerfile's path, as messages name it.
    pub(super) fn dockerfile(&self) -> String {
        match (self.file, self.context.trim_end_matches('/')) {
            (Some(file), _) => file.to_owned(),
            (None, "." | "") => "Dockerfile".to_owned(),
            (None, context) => format!("{context}/Dockerfile"),
        }
    }

    /// The request for this Dockerfile.
    ///
    /// # Errors
    /// A tag, label or build argument that is none; no tag and none to be had.
    pub(super) fn request(
        &self,
        dockerfile_text: String,
        origin: &Origin<'_>,
    ) -> Result<BuildRequest, Vec<Finding>> {
        let mut findings = Vec::new();
        let tags = self.references(origin, &mut findings);
        let labels = pairs("--label", self.labels, |_| Some(String::new()), &mut findings);
        let look = |key: &str| origin.variables.get(key).cloned();
        let build_args = pairs("--build-arg", self.build_args, look, &mut findings);
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(BuildRequest {
            dockerfile_name: self.dockerfile(),
            dockerfile_text,
            build_args,
            platform: self.platform.map(str::to_owned),
            target: self.target.map(str::to_owned),
            labels,
            tags,
            push: self.push,
            created: origin.created(),
            commit: origin.commit.clone(),
            no_cache: self.no_cache,
        })
    }

    fn references(&self, origin: &Origin<'_>, findings: &mut Vec<Finding>) -> Vec<ImageReference> {
        let names = match (self.tags, self.push) {
            ([], true) => match origin.default_tag() {
                Ok(tag) => vec![tag],
                Err(finding) => {
                    findings.push(finding);
                    Vec::new()
                }
            },
            (tags, _) => tags.to_vec(),
        };
        let parsed = names.iter().filter_map(|name| match name.parse::<ImageReference>() {
            Ok(reference) => Some(reference),
            Err(error) => {
                findings.push(tag_finding(name, &error.to_string()));
                None
            }
        });
        parsed.collect()
    }
}

fn tag_finding(name: &str, problem: &str) -> Finding {
    let finding = Finding::error(problem.to_owned());
    if name.ends_with(':') || name.starts_with(':') {
        finding.hint("Is the variable of the tag set? In a branch pipeline $CI_COMMIT_TAG is not.")
    } else {
        finding.hint("Write it as registry.example.com/group/app:tag.")
    }
}

/// `KEY=VALUE` words; a bare key takes what `look` gives, and is left out where that is nothing.
fn pairs(
    flag: &str,
    words: &[String],
    look: impl Fn(&str) -> Option<String>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for word in words {
        match word.split_once('=') {
            Some(("", _)) => findings.push(
                Finding::error(format!("{flag} {word}: the key is empty")).hint("Write KEY=VALUE."),
            ),
            Some((key, value)) => drop(found.insert(key.to_owned(), value.to_owned())),
            None => found.extend(look(word).map(|value| (word.clone(), value))),
        }
    }
    found
}

/// What a build takes from where it is run.
#[derive(Debug, Clone)]
pub(super) struct Origin<'a> {
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) commit: Option<CommitSha>,
    pub(super) committed_at: Option<Timestamp>,
}

impl<'a> Origin<'a> {
    /// By GitLab's variables, which a job may have set: enough to see which files are needed.
    pub(super) fn of_variables(variables: &'a BTreeMap<String, String>) -> Self {
        let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
        let commit = set("CI_COMMIT_SHA").map(CommitSha::new);
        Self { variables, commit, committed_at: None }
    }

    /// The time that the image carries: `SOURCE_DATE_EPOCH`, the commit's, else 1970, so that
    /// the same files always give the same bytes.
    fn created(&self) -> Timestamp {
        let epoch = self.variables.get("SOURCE_DATE_EPOCH").and_then(|text| text.parse().ok());
        let seconds = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
        epoch.map(seconds).or(self.committed_at).unwrap_or(Timestamp::from_millis(0))
    }

    fn default_tag(&self) -> Result<String, Finding> {
        let set = |name: &str| self.variables.get(name).filter(|value| !value.is_empty());
        let repository = set("CI_REGISTRY_IMAGE").ok_or_else(|| {
            Finding::error("no --tag is given and $CI_REGISTRY_IMAGE is not set").hint(
                "Give --tag REPO:TAG, or switch on the container registry of the GitLab project.",
            )
        })?;
        let tag = set("CI_COMMIT_TAG").map(String::as_str);
        match tag.or(self.commit.as_ref().map(CommitSha::short)) {
            Some(tag) => Ok(format!("{repository}:{tag}")),
            None => Err(Finding::error("no --tag is given and the commit is not known")
                .hint("Give --tag REPO:TAG, or set CI_COMMIT_SHA.")),
        }
    }
}

impl Caller {
    pub(super) fn origin(&self) -> Origin<'_> {
        Origin {
            variables: &self.variables,
            commit: self.identity.commit.clone(),
            committed_at: self.committed_at,
        }
    }

    /// A client for all registries, with the caller's logins.
    pub(super) fn registry(&self) -> Client {
        let network = &self.host.network;
        let proxy = network
            .proxy
            .as_ref()
            .map(|proxy| ProxySettings { address: proxy.clone(), no_proxy: self.no_proxy() });
        Client::new(registry::Access {
            credentials: self.credentials.clone(),
            plain_http: self.host.registry.plain_http.clone(),
            mirrors: self.host.registry.mirrors.clone(),
            ca_file: network.ca_file.clone(),
            proxy,
            patience: registry::Patience::default(),
        })
    }

    /// Hosts without the proxy. A job has no say in the host's network.
    pub(super) fn no_proxy(&self) -> String {
        let said = ["NO_PROXY", "no_proxy"].iter().find_map(|name| self.variable(name));
        said.filter(|_| !self.inside_job).unwrap_or_default().to_owned()
    }

    /// Images that were built and not pushed yet.
    pub(super) fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.state_dir.join("images"))?)
    }
}

/// Builds what was asked for.
pub(super) async fn execute(
    args: &BuildArgs,
    bundle: Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let record = make(&args.wish(), bundle, caller, console).await?;
    if !args.no_push {
        console.records.record("image.json", record.json().into_bytes());
        console.records.record("image.env", record.image_env().into_bytes());
    }
    let kind = OutcomeKind::Succeeded;
    Ok(Outcome { image: Some(record.image.to_string()), ..Outcome::new(kind) })
}

/// Checks and builds; pushes when the wish says so.
pub(super) async fn make(
    wish: &Wish<'_>,
    mut bundle: Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<ImageRecord, Failure> {
    let checked = check(wish, &bundle, caller)?;
    for finding in checked.findings() {
        console.reporter.emit(Event::Finding { finding: finding.clone() });
    }
    let context = context(wish, bundle.take_context(), caller)?;
    let (client, store) = (caller.registry(), caller.store()?);
    let record =
        build::run(&checked, context, &client, &store, console.reporter, console.cancel).await?;
    Ok(record)
}

fn check(wish: &Wish<'_>, bundle: &Bundle, caller: &Caller) -> Result<Checked, Failure> {
    let name = wish.dockerfile();
    let text = bundle.text(&name, "Give it with --file, or name the directory that it is in.")?;
    let request = wish
        .request(text, &caller.origin())
        .map_err(|findings| Failure::findings(Exit::Usage, findings))?;
    build::check(request).map_err(|findings| Failure::findings(Exit::File, findings))
}

fn context(wish: &Wish<'_>, tar: Option<ContextTar>, caller: &Caller) -> Result<Context, Failure> {
    let limits =
        ContextLimits { bytes: caller.host.job.max_request_bytes, entries: CONTEXT_ENTRIES };
    match tar {
        Some(ContextTar::Packed(tar)) => Ok(Context::from_tar(tar, limits)?),
        Some(ContextTar::Unreadable(problem)) => Err(Failure::findings(
            Exit::File,
            vec![
                Finding::error(format!("build context {}: {problem}", wish.context))
                    .hint("Name a directory that exists and can be read."),
            ],
        )),
        None => Err(Failure::new(Exit::Internal, "the request came without its build context")),
    }
}
