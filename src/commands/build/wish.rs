//! What any way of asking for a build comes down to: `build`, `docker build`.

use crate::build::BuildRequest;
use crate::model::{CommitSha, Finding, ImageReference, Timestamp};
use std::collections::BTreeMap;

/// What any way of asking for a build comes down to.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Wish<'a> {
    pub(in crate::commands) context: &'a str,
    pub(in crate::commands) file: Option<&'a str>,
    pub(in crate::commands) tags: &'a [String],
    pub(in crate::commands) build_args: &'a [String],
    pub(in crate::commands) labels: &'a [String],
    pub(in crate::commands) platform: Option<&'a str>,
    pub(in crate::commands) target: Option<&'a str>,
    pub(in crate::commands) push: bool,
    pub(in crate::commands) no_cache: bool,
}

impl Wish<'_> {
    /// The Dockerfile's path, as messages name it.
    pub(in crate::commands) fn dockerfile(&self) -> String {
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
    pub(in crate::commands) fn request(
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
pub(in crate::commands) struct Origin<'a> {
    pub(in crate::commands) variables: &'a BTreeMap<String, String>,
    pub(in crate::commands) commit: Option<CommitSha>,
    pub(in crate::commands) committed_at: Option<Timestamp>,
}

impl<'a> Origin<'a> {
    /// By GitLab's variables, which a job may have set: enough to see which files are needed.
    pub(in crate::commands) fn of_variables(variables: &'a BTreeMap<String, String>) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(
        wish: &Wish<'_>,
        variables: &[(&str, &str)],
        commit: Option<&str>,
    ) -> Result<BuildRequest, String> {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables = variables.iter().map(pair).collect();
        let commit = commit.map(CommitSha::new);
        let origin = Origin { variables: &variables, commit, committed_at: None };
        let told = |findings: Vec<Finding>| findings[0].message.clone();
        wish.request(String::new(), &origin).map_err(told)
    }

    fn tag(variables: &[(&str, &str)], commit: Option<&str>) -> Result<String, String> {
        let wish = Wish { push: true, ..Wish::default() };
        Ok(request(&wish, variables, commit)?.tags[0].to_string())
    }

    #[test]
    fn the_usual_tag_is_the_git_tag_or_the_short_commit() {
        let image = ("CI_REGISTRY_IMAGE", "r.example/app");
        let git_tag = ("CI_COMMIT_TAG", "1.4.0");
        let commit = Some("7be1d20c4f5e");
        assert_eq!(tag(&[image, git_tag], commit), Ok("r.example/app:1.4.0".to_owned()));
        assert_eq!(tag(&[image], commit), Ok("r.example/app:7be1d20c".to_owned()));
        assert!(tag(&[git_tag], commit).unwrap_err().contains("$CI_REGISTRY_IMAGE is not set"));
        assert!(tag(&[image], None).unwrap_err().contains("the commit is not known"));
    }

    #[test]
    fn an_image_carries_the_epoch_then_the_commits_time() {
        let created = |variables: &[(&str, &str)]| {
            request(&Wish::default(), variables, None).unwrap().created.as_seconds()
        };
        assert_eq!(created(&[("SOURCE_DATE_EPOCH", "1700000000")]), 1_700_000_000);
        assert_eq!(created(&[]), 0);
    }

    #[test]
    fn a_build_argument_by_name_takes_the_environments_value() {
        let words = ["A=1".to_owned(), "B".to_owned(), "C".to_owned(), "D=x=y".to_owned()];
        let wish = Wish { build_args: &words, ..Wish::default() };
        let request = request(&wish, &[("B", "2")], None).unwrap();
        let found: Vec<_> = request.build_args.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(found, ["A=1", "B=2", "D=x=y"]);
    }

    #[test]
    fn the_dockerfile_is_in_the_context_unless_it_is_named() {
        let path = |context, file| Wish { context, file, ..Wish::default() }.dockerfile();
        assert_eq!(path(".", None), "Dockerfile");
        assert_eq!(path("web/", None), "web/Dockerfile");
        assert_eq!(path("web", Some("ops/Dockerfile")), "ops/Dockerfile");
    }
}
