//! Cache and artifacts in a job's scripts: all by the literal command `gitlab-runner`, which must be in the PATH of the
//! job's environment. Where it is missing the script says so and goes on, as with the real runner.

use crate::gitlab::payload::{Artifact, Cache};
use crate::gitlab::runner::variables::{expand, value};

use super::bash::Bash;
use super::script::Facts;

const RUNNER: &str = "gitlab-runner";

/// `download_artifacts`.
pub(super) fn download(bash: &mut Bash, facts: &Facts<'_>) -> bool {
    let jobs = facts.job.dependencies.iter();
    let jobs: Vec<_> = jobs.filter(|job| !job.artifacts_file.filename.is_empty()).collect();
    if jobs.is_empty() {
        return false;
    }
    guarded(bash, "Artifacts downloading", |bash| {
        for job in jobs {
            let id = job.id.to_string();
            bash.notice(&format!("Downloading artifacts for {} ({id})...", job.name));
            let words =
                ["artifacts-downloader", "--url", facts.url, "--token", &job.token, "--id", &id];
            bash.command(&[&[RUNNER], &words[..]].concat());
        }
    });
    true
}

/// `upload_artifacts_on_success` and `_on_failure`.
pub(super) fn upload(bash: &mut Bash, facts: &Facts<'_>, success: bool) -> bool {
    let mut any = false;
    for artifact in &facts.job.artifacts {
        let nothing = artifact.paths.is_empty() && !artifact.untracked;
        if nothing || !wanted(&artifact.when, success) {
            continue;
        }
        any = true;
        guarded(bash, "Uploading artifacts", |bash| {
            bash.notice("Uploading artifacts...");
            let words = upload_words(facts, artifact);
            bash.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
        });
    }
    any
}

fn wanted(when: &str, success: bool) -> bool {
    match when {
        "always" => true,
        "on_failure" => !success,
        _ => success,
    }
}

fn upload_words(facts: &Facts<'_>, artifact: &Artifact) -> Vec<String> {
    let mut words: Vec<String> = [RUNNER, "artifacts-uploader"].map(String::from).to_vec();
    let mut option = |name: &str, text: &str| {
        if !text.is_empty() {
            words.extend([format!("--{name}"), text.to_owned()]);
        }
    };
    option("url", facts.url);
    option("token", &facts.job.token);
    option("id", &facts.job.id.to_string());
    option("timeout", "1h0m0s");
    option("response-header-timeout", "10m0s");
    for path in &artifact.paths {
        option("path", path);
    }
    for path in &artifact.exclude {
        option("exclude", path);
    }
    if artifact.untracked {
        words.push("--untracked".into());
    }
    let mut option = |name: &str, text: &str| {
        if !text.is_empty() {
            words.extend([format!("--{name}"), text.to_owned()]);
        }
    };
    option("name", &artifact.name);
    option("expire-in", &artifact.expire_in);
    option("artifact-format", &artifact.artifact_format);
    option("artifact-type", &artifact.artifact_type);
    words
}

/// `restore_cache`.
pub(super) fn restore_cache(bash: &mut Bash, facts: &Facts<'_>) -> bool {
    let mut any = false;
    for cache in facts.job.cache.iter().filter(|cache| has_files(cache)) {
        any = true;
        let key = cache_key(facts, cache);
        if expand(&cache.policy, facts.variables) == "push" {
            bash.notice(&format!("Not downloading cache {key} due to policy"));
            continue;
        }
        guarded(bash, "Extracting cache", |bash| {
            bash.notice(&format!("Checking cache for {key}..."));
            let file = format!("{}/{key}/cache.zip", facts.cache_dir);
            let words = [RUNNER, "cache-extractor", "--file", &file, "--timeout", "10"];
            bash.if_shown_command(&words);
            bash.notice("Successfully extracted cache");
            bash.or_else();
            bash.warning("Failed to extract cache");
            bash.end_if();
        });
    }
    any
}

/// `archive_cache` and `archive_cache_on_failure`.
pub(super) fn save_cache(bash: &mut Bash, facts: &Facts<'_>, success: bool) -> bool {
    let mut any = false;
    for cache in facts.job.cache.iter().filter(|cache| has_files(cache)) {
        if !wanted(&cache.when, success) {
            continue;
        }
        any = true;
        let key = cache_key(facts, cache);
        if expand(&cache.policy, facts.variables) == "pull" {
            bash.notice(&format!("Not uploading cache {key} due to policy"));
            continue;
        }
        guarded(bash, "Creating cache", |bash| {
            bash.notice(&format!("Creating cache {key}..."));
            let file = format!("{}/{key}/cache.zip", facts.cache_dir);
            let mut words = vec![RUNNER, "cache-archiver", "--file", &file, "--timeout", "10"];
            for path in &cache.paths {
                words.extend(["--path", path]);
            }
            bash.if_shown_command(&words);
            bash.notice("Created cache");
            bash.or_else();
            bash.warning("Failed to create cache");
            bash.end_if();
        });
    }
    any
}

fn has_files(cache: &Cache) -> bool {
    !cache.paths.is_empty() || cache.untracked
}

fn cache_key(facts: &Facts<'_>, cache: &Cache) -> String {
    if cache.key.is_empty() {
        let job = &facts.job;
        return format!("{}/{}", job.job_info.name, job.git_info.ref_name);
    }
    let key = expand(&cache.key, facts.variables);
    if key.is_empty() { value(facts.variables, "CI_JOB_NAME").to_owned() } else { key }
}

fn guarded(bash: &mut Bash, action: &str, inside: impl FnOnce(&mut Bash)) {
    bash.if_command(&[RUNNER, "--version"]);
    inside(bash);
    bash.or_else();
    bash.warning(&format!("Missing {RUNNER}. {action} is disabled."));
    bash.end_if();
}
