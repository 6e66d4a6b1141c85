//! Project and source of a pipeline, and GitLab's predefined variables for a job.

use crate::gitlab::payload::Variable;

use super::definition::JobDefinition;

/// A project on this GitLab.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Its number.
    pub id: u64,
    /// `group/project`.
    pub path: String,
    /// `https://gitlab.example`: what the interface's links begin with.
    pub server_url: String,
    /// Host and port of the registry, without scheme.
    pub registry: String,
    /// Settings, CI/CD, Variables.
    pub variables: Vec<ProjectVariable>,
}

/// A variable of the project's settings.
#[derive(Clone, Debug, Default)]
pub struct ProjectVariable {
    /// Key, value, masked, file, raw.
    pub variable: Variable,
    /// Only for protected branches and tags.
    pub protected: bool,
}

/// What the pipeline is for.
#[derive(Clone, Debug)]
pub struct Source {
    /// Branch or tag.
    pub ref_name: String,
    /// Whether it is a tag.
    pub is_tag: bool,
    /// Whether it is protected.
    pub protected: bool,
    /// The commit, 40 hex digits.
    pub sha: String,
    /// Its time, seconds since 1970, UTC.
    pub commit_time: u64,
    /// Its message.
    pub message: String,
}

impl Source {
    /// Whether a word of `only:` means this pipeline.
    pub(super) fn is(&self, reference: &str) -> bool {
        match reference {
            "tags" => self.is_tag,
            "branches" => !self.is_tag,
            "pushes" => true,
            // Other pipelines than those of a push.
            "triggers" | "schedules" | "web" | "api" | "pipelines" | "merge_requests" => false,
            name => name == self.ref_name,
        }
    }

    fn short_sha(&self) -> &str {
        self.sha.get(..8).unwrap_or(&self.sha)
    }

    fn slug(&self) -> String {
        slug(&self.ref_name)
    }
}

/// Lower case, only letters, digits and `-`, at most 63.
fn slug(text: &str) -> String {
    let slug: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(63)
        .collect();
    slug.trim_matches('-').to_owned()
}

/// Seconds since 1970 as ISO 8601 in UTC.
pub(super) fn iso(seconds: u64) -> String {
    let (days, rest) = (seconds / 86400, seconds % 86400);
    // Civil date from days (proleptic Gregorian calendar, years from March).
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// What GitLab says about the job that runs: number, token, registry login. The lowest precedence of all.
pub(super) fn of_job(
    project: &Project,
    source: &Source,
    job: &JobDefinition,
    run: &super::JobRun,
    pipeline_id: u64,
) -> Vec<Variable> {
    let public = |key: &str, value: &str| Variable::public(key, value);
    let registry_image = format!("{}/{}", project.registry, project.path.to_lowercase());
    let job_url = format!("{}/{}/-/jobs/{}", project.server_url, project.path, run.id);
    let mut all = vec![
        public("CI_PIPELINE_ID", &pipeline_id.to_string()),
        public(
            "CI_PIPELINE_URL",
            &format!("{}/{}/-/pipelines/{pipeline_id}", project.server_url, project.path),
        ),
        public("CI_JOB_ID", &run.id.to_string()),
        public("CI_JOB_URL", &job_url),
        Variable::masked("CI_JOB_TOKEN", &run.token),
        public("CI_JOB_STARTED_AT", &iso(run.started)),
        public("CI_REGISTRY_USER", "gitlab-ci-token"),
        Variable::masked("CI_REGISTRY_PASSWORD", &run.token),
        Variable::masked(
            "CI_REPOSITORY_URL",
            format!("{}{}.git", with_token(&project.server_url, &run.token), project.path),
        ),
        public("CI_JOB_NAME", &job.name),
        public("CI_JOB_NAME_SLUG", &slug(&job.name)),
        public("CI_JOB_STAGE", &job.stage),
        public("CI_NODE_TOTAL", "1"),
        public("CI", "true"),
        public("GITLAB_CI", "true"),
        public("CI_API_V4_URL", &format!("{}/api/v4", project.server_url)),
        public("CI_REGISTRY", &project.registry),
        public("CI_REGISTRY_IMAGE", &registry_image),
    ];
    all.extend(of_instance(project));
    all.extend(of_project(project));
    all.extend(of_commit(source));
    if job.when == super::When::Manual {
        all.push(public("CI_JOB_MANUAL", "true"));
    }
    all
}

fn with_token(url: &str, token: &str) -> String {
    match url.split_once("://") {
        Some((scheme, host)) => format!("{scheme}://gitlab-ci-token:{token}@{host}/"),
        None => format!("{url}/"),
    }
}

fn of_instance(project: &Project) -> Vec<Variable> {
    let host = project.server_url.split_once("://").map_or("", |(_, host)| host);
    let name = host.split(':').next().unwrap_or(host);
    let list = [
        ("CI_SERVER_URL", project.server_url.as_str()),
        ("CI_SERVER_HOST", name),
        ("CI_SERVER_FQDN", host),
        ("CI_SERVER_NAME", "GitLab"),
        ("CI_SERVER_VERSION", "19.3.0"),
        ("CI_SERVER_VERSION_MAJOR", "19"),
        ("GITLAB_USER_LOGIN", "dana"),
        ("GITLAB_USER_NAME", "Dana Dev"),
        ("GITLAB_USER_ID", "4"),
    ];
    list.into_iter().map(|(key, value)| Variable::public(key, value)).collect()
}

fn of_project(project: &Project) -> Vec<Variable> {
    let (group, name) = project.path.rsplit_once('/').unwrap_or(("", &project.path));
    let list = [
        ("CI_PROJECT_ID", project.id.to_string()),
        ("CI_PROJECT_NAME", name.to_owned()),
        ("CI_PROJECT_TITLE", name.to_owned()),
        ("CI_PROJECT_PATH", project.path.clone()),
        ("CI_PROJECT_PATH_SLUG", slug(&project.path)),
        ("CI_PROJECT_NAMESPACE", group.to_owned()),
        ("CI_PROJECT_ROOT_NAMESPACE", group.split('/').next().unwrap_or(group).to_owned()),
        ("CI_PROJECT_URL", format!("{}/{}", project.server_url, project.path)),
        ("CI_PROJECT_VISIBILITY", "private".to_owned()),
        ("CI_DEFAULT_BRANCH", "main".to_owned()),
        ("CI_CONFIG_PATH", ".gitlab-ci.yml".to_owned()),
    ];
    list.into_iter().map(|(key, value)| Variable::public(key, value)).collect()
}

fn of_commit(source: &Source) -> Vec<Variable> {
    let title = source.message.lines().next().unwrap_or("");
    let mut list = vec![
        ("CI_PIPELINE_SOURCE", "push".to_owned()),
        ("CI_COMMIT_SHA", source.sha.clone()),
        ("CI_COMMIT_SHORT_SHA", source.short_sha().to_owned()),
        ("CI_COMMIT_BEFORE_SHA", "0".repeat(40)),
        ("CI_COMMIT_REF_NAME", source.ref_name.clone()),
        ("CI_COMMIT_REF_SLUG", source.slug()),
        ("CI_COMMIT_MESSAGE", source.message.clone()),
        ("CI_COMMIT_TITLE", title.to_owned()),
        ("CI_COMMIT_REF_PROTECTED", source.protected.to_string()),
        ("CI_COMMIT_TIMESTAMP", iso(source.commit_time)),
        ("CI_COMMIT_AUTHOR", "Dana Dev <dana@example.com>".to_owned()),
    ];
    let by_kind = if source.is_tag { "CI_COMMIT_TAG" } else { "CI_COMMIT_BRANCH" };
    list.push((by_kind, source.ref_name.clone()));
    list.into_iter().map(|(key, value)| Variable::public(key, value)).collect()
}

/// What GitLab says about the job's environment: above everything else.
pub(super) fn of_environment(
    definition: Option<&super::EnvironmentDefinition>,
    name: &str,
    url: &str,
) -> Vec<Variable> {
    let Some(definition) = definition else {
        return Vec::new();
    };
    let tier = match definition.tier.as_str() {
        "" if name.starts_with("prod") => "production",
        "" => "other",
        tier => tier,
    };
    let mut list = vec![
        ("CI_ENVIRONMENT_NAME", name.to_owned()),
        ("CI_ENVIRONMENT_SLUG", slug(name)),
        ("CI_ENVIRONMENT_ACTION", definition.action.clone()),
        ("CI_ENVIRONMENT_TIER", tier.to_owned()),
    ];
    if !url.is_empty() {
        list.push(("CI_ENVIRONMENT_URL", url.to_owned()));
    }
    list.into_iter().map(|(key, value)| Variable::public(key, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn times_are_written_as_gitlab_writes_them() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso(1_763_935_845), "2025-11-23T22:10:45Z");
    }
}
