//! The git part of a job's scripts: fetch by refspecs, check out the commit, clean, and keep the token out of the
//! project's own configuration.

use crate::gitlab::runner::variables::{is_on, value};

use super::bash::{Bash, quote};
use super::script::Facts;

const CREDENTIALS_FILE: &str = ".gitlab-runner.ext.conf";
/// The file that `GIT_CONFIG_GLOBAL` names with [`WITHOUT_TOKENS`].
pub(super) const SEED_FILE: &str = ".glr.gconf";
/// The flag that takes the token out of git's configuration: a helper reads it from the environment.
pub(super) const WITHOUT_TOKENS: &str = "FF_GIT_URLS_WITHOUT_TOKENS";
const HELPER: &str =
    r#"!f(){ if [ "$1" = "get" ] ; then echo "password=${CI_JOB_TOKEN}" ; fi ; } ; f"#;

/// `get_sources`, by `GIT_STRATEGY`.
pub(super) fn get_sources(bash: &mut Bash, facts: &Facts<'_>) -> bool {
    bash.line("export GIT_TERMINAL_PROMPT=0");
    bash.line("export GCM_INTERACTIVE=Never");
    if is_on(facts.variables, WITHOUT_TOKENS) {
        seed(bash);
        if matches!(value(facts.variables, "GIT_STRATEGY"), "none" | "empty") {
            let credentials = bash.temp_file(CREDENTIALS_FILE);
            bash.remove_file(&credentials);
            helper(bash, facts, &credentials);
        }
    }
    hooks(bash, facts, "pre_get_sources_script");
    bash.line("export GIT_LFS_SKIP_SMUDGE=1");
    let strategy = value(facts.variables, "GIT_STRATEGY");
    let strategy = match strategy {
        "" if facts.job.allow_git_fetch => "fetch",
        "" => "clone",
        other => other,
    };
    match strategy {
        "none" => {
            bash.notice("Skipping Git repository setup");
            bash.command(&["mkdir", "-p", facts.project_dir]);
        }
        "empty" => {
            bash.notice("Skipping Git repository setup and creating an empty build directory");
            bash.remove_folder(facts.project_dir);
            bash.command(&["mkdir", "-p", facts.project_dir]);
        }
        _ => fetch(bash, facts, strategy == "clone"),
    }
    if value(facts.variables, "GIT_CHECKOUT") == "false" || matches!(strategy, "none" | "empty") {
        bash.notice("Skipping Git checkout");
    } else {
        check_out(bash, facts);
    }
    bash.notice("Skipping Git submodules setup");
    hooks(bash, facts, "post_get_sources_script");
    true
}

fn hooks(bash: &mut Bash, facts: &Facts<'_>, name: &str) {
    for hook in facts.job.hooks.iter().filter(|hook| hook.name == name) {
        bash.commands(&hook.script);
    }
}

fn fetch(bash: &mut Bash, facts: &Facts<'_>, fresh: bool) {
    clean_up(bash, facts);
    let remote = set_up_template(bash, facts);
    if fresh {
        bash.remove_folder(facts.project_dir);
    }
    let depth = depth(facts);
    match &depth {
        Some(depth) => bash.notice(&format!("Fetching changes with git depth set to {depth}...")),
        None => bash.notice("Fetching changes..."),
    }
    let template = bash.temp_file("git-template");
    bash.command(&["git", "init", facts.project_dir, "--template", &template]);
    bash.command(&["cd", facts.project_dir]);
    bash.if_command(&["git", "remote", "add", "origin", &remote]);
    bash.notice("Created fresh repository.");
    bash.or_else();
    bash.command(&["git", "remote", "set-url", "origin", &remote]);
    let include = [
        "git",
        "config",
        "--file",
        ".git/config",
        "--replace-all",
        "include.path",
        "$GLR_EXT_GIT_CONFIG_PATH",
        ".gitlab-runner.ext.conf$",
    ];
    bash.expanding_command(&include);
    bash.end_if();
    let agent = format!("http.userAgent=gitlab-runner {} linux/amd64", super::super::VERSION);
    let mut words = vec!["git", "-c", &agent, "fetch", "origin", "--no-recurse-submodules"];
    words.extend(facts.job.git_info.refspecs.iter().map(String::as_str));
    if let Some(depth) = &depth {
        words.extend(["--depth", depth]);
    }
    words.extend(["--prune", "--quiet"]);
    if depth.is_some() {
        bash.command(&words);
        return;
    }
    bash.if_path("-e", ".git/shallow");
    let mut all: Vec<&str> = words.clone();
    all.push("--unshallow");
    bash.command(&all);
    bash.or_else();
    bash.command(&words);
    bash.end_if();
}

fn depth(facts: &Facts<'_>) -> Option<String> {
    let asked = value(facts.variables, "GIT_DEPTH").parse().unwrap_or(facts.job.git_info.depth);
    (asked > 0).then(|| asked.to_string())
}

/// The template of the project's `.git`, which includes a file outside of it that holds the token. Returns the URL
/// without the token.
fn set_up_template(bash: &mut Bash, facts: &Facts<'_>) -> String {
    let template = bash.temp_file("git-template");
    let config = format!("{template}/config");
    let credentials = bash.temp_file(CREDENTIALS_FILE);
    bash.command(&["mkdir", "-p", &template]);
    let settings = [
        ("init.defaultBranch", "none"),
        ("fetch.recurseSubmodules", "false"),
        ("credential.interactive", "never"),
        ("gc.autoDetach", "false"),
    ];
    for (key, setting) in settings {
        bash.command(&["git", "config", "-f", &config, key, setting]);
    }
    bash.remove_file(&credentials);
    let with = &facts.job.git_info.repo_url;
    let without = without_user(with);
    if is_on(facts.variables, WITHOUT_TOKENS) {
        helper(bash, facts, &credentials);
    } else if *with != without {
        let key = format!("url.{with}.insteadOf");
        let pattern = format!("^{}$", without.replace('.', r"\."));
        let words =
            ["git", "config", "--file", &credentials, "--replace-all", &key, &without, &pattern];
        bash.expanding_command(&words);
    }
    let words = [
        "git",
        "config",
        "--file",
        &config,
        "--replace-all",
        "include.path",
        &credentials,
        ".gitlab-runner.ext.conf$",
    ];
    bash.expanding_command(&words);
    bash.line(&format!("export GLR_EXT_GIT_CONFIG_PATH=\"{credentials}\""));
    without
}

/// The file that every git of the job reads: the user's own configuration and the one with the helper.
fn seed(bash: &mut Bash) {
    let seed = bash.temp_file(SEED_FILE);
    let credentials = bash.temp_file(CREDENTIALS_FILE);
    bash.remove_file(&seed);
    for own in ["$HOME/.gitconfig", "$HOME/.config/git/config"] {
        bash.if_path("-r", own);
        bash.expanding_command(&["git", "config", "--file", &seed, "--add", "include.path", own]);
        bash.end_if();
    }
    let words = ["git", "config", "--file", &seed, "--add", "include.path", &credentials];
    bash.expanding_command(&words);
}

/// The credential helper for the repository's host.
fn helper(bash: &mut Bash, facts: &Facts<'_>, file: &str) {
    let url = without_user(&facts.job.git_info.repo_url);
    let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    let section = format!("credential.{}", &url[..end]);
    let (key, user) = (quote(&format!("{section}.helper")), quote(&format!("{section}.username")));
    let git = format!("git config -f \"{file}\"");
    bash.line(&format!(
        "{git} --replace-all {key} \"\" && {git} --add {key} {} && {git} {user} gitlab-ci-token",
        quote(HELPER)
    ));
}

fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.split_once('@')) {
        (Some((scheme, _)), Some((user, rest))) if !user[scheme.len() + 3..].contains('/') => {
            format!("{scheme}://{rest}")
        }
        _ => url.to_owned(),
    }
}

fn check_out(bash: &mut Bash, facts: &Facts<'_>) {
    let git = &facts.job.git_info;
    let short: String = git.sha.chars().take(8).collect();
    bash.notice(&format!("Checking out {short} as detached HEAD (ref is {})...", git.ref_name));
    bash.command(&["git", "-c", "submodule.recurse=false", "checkout", "-f", "-q", &git.sha]);
    let flags = match value(facts.variables, "GIT_CLEAN_FLAGS") {
        "" => "-ffdx",
        other => other,
    };
    if flags != "none" {
        let flags: Vec<String> = flags.split_whitespace().map(quote).collect();
        bash.line(&format!("git clean {}", flags.join(" ")));
    }
}

/// `clear_worktree`: before a second try.
pub(super) fn clear_worktree(bash: &mut Bash, facts: &Facts<'_>) -> bool {
    bash.notice("Deleting tracked and untracked files...");
    bash.if_path("-d", facts.project_dir);
    bash.command(&["cd", facts.project_dir]);
    bash.command(&["git", "rm", "-rf", "--ignore-unmatch", "--quiet", "."]);
    bash.command(&["git", "clean", "-ffdx", "-q"]);
    bash.end_if();
    true
}

/// Removes locks and everything in `.git` that could run a program.
pub(super) fn clean_up(bash: &mut Bash, facts: &Facts<'_>) {
    let git = format!("{}/.git", facts.project_dir);
    for name in ["index.lock", "shallow.lock", "HEAD.lock", "hooks/post-checkout", "config.lock"] {
        bash.remove_file(&format!("{git}/{name}"));
    }
    bash.remove_files_below(&format!("{git}/refs"), "*.lock");
    if value(facts.variables, "GIT_STRATEGY") == "none" {
        return;
    }
    for folder in [bash.temp_file("git-template"), git] {
        bash.remove_file(&format!("{folder}/config"));
        bash.remove_folder(&format!("{folder}/hooks"));
    }
}

#[cfg(test)]
mod tests {
    use super::without_user;

    #[test]
    fn the_token_is_taken_out_of_the_remote() {
        let url = "http://gitlab-ci-token:x@127.0.0.1:80/g/p.git";
        assert_eq!(without_user(url), "http://127.0.0.1:80/g/p.git");
        assert_eq!(without_user("/srv/p@1.git"), "/srv/p@1.git");
        assert_eq!(without_user("http://h/a@b.git"), "http://h/a@b.git");
    }
}
