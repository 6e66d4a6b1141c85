//! A project's repository, made and changed by the `git` program in a sealed environment: fixed author, given times, no
//! configuration of the machine. The same files and times give the same commits everywhere.

use std::path::{Path, PathBuf};
use std::process::Command;

/// git is missing or failed.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The program could not be started.
    #[error("git could not be started (is it installed?)")]
    Start(#[source] std::io::Error),
    /// It ended with an error.
    #[error("git {command} failed: {stderr}")]
    Failed {
        /// The arguments.
        command: String,
        /// What it said.
        stderr: String,
    },
    /// A file of the work tree could not be written.
    #[error("{path} could not be written")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

/// A commit that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// 40 hex digits.
    pub sha: String,
    /// Its time, seconds since 1970, UTC.
    pub time: u64,
    /// Its message.
    pub message: String,
}

/// A bare repository that is served, and the work tree that changes it.
#[derive(Debug)]
pub struct Repository {
    path: String,
    bare: PathBuf,
    tree: PathBuf,
}

impl Repository {
    /// `<root>/<path>.git`, empty, with a work tree below `work`.
    ///
    /// # Errors
    /// When git is missing or fails.
    pub fn create(root: &Path, path: &str, work: &Path) -> Result<Self, RepositoryError> {
        let bare = root.join(format!("{path}.git"));
        let tree = work.join(path);
        for folder in [&bare, &tree] {
            std::fs::create_dir_all(folder)
                .map_err(|cause| RepositoryError::File { path: folder.clone(), cause })?;
        }
        let made = Self { path: path.into(), bare, tree };
        made.git(&["init", "--quiet", "--bare", "--initial-branch=main", &made.bare_text()], 0)?;
        made.git(&["init", "--quiet", "--initial-branch=main", "."], 0)?;
        made.git(&["remote", "add", "origin", &made.bare_text()], 0)?;
        Ok(made)
    }

    /// `group/project`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The folder of the bare repository.
    #[must_use]
    pub fn bare(&self) -> &Path {
        &self.bare
    }

    /// Writes the files, commits everything at `time` (seconds since 1970) and pushes.
    ///
    /// # Errors
    /// When a file cannot be written or git fails.
    pub fn commit(
        &self,
        files: &[(&str, &[u8])],
        message: &str,
        time: u64,
    ) -> Result<Commit, RepositoryError> {
        for (name, content) in files {
            let path = self.tree.join(name);
            let folder = path.parent().unwrap_or(&self.tree);
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, content))
                .map_err(|cause| RepositoryError::File { path: path.clone(), cause })?;
        }
        self.git(&["add", "--all"], time)?;
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message], time)?;
        self.git(&["push", "--quiet", "origin", "HEAD:refs/heads/main"], time)?;
        let sha = self.git(&["rev-parse", "HEAD"], time)?.trim().to_owned();
        Ok(Commit { sha, time, message: message.into() })
    }

    /// Tags the last commit and pushes the tag.
    ///
    /// # Errors
    /// When git fails.
    pub fn tag(&self, name: &str) -> Result<(), RepositoryError> {
        self.git(&["tag", name], 0)?;
        self.git(&["push", "--quiet", "origin", &format!("refs/tags/{name}")], 0)?;
        Ok(())
    }

    fn bare_text(&self) -> String {
        self.bare.display().to_string()
    }

    fn git(&self, args: &[&str], time: u64) -> Result<String, RepositoryError> {
        let when = format!("{time} +0000");
        let run = sealed_git(&self.tree)
            .args(args)
            .current_dir(&self.tree)
            .envs([("GIT_AUTHOR_NAME", "Dana Dev"), ("GIT_AUTHOR_EMAIL", "dana@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Dana Dev"), ("GIT_COMMITTER_EMAIL", "dana@example.com")])
            .envs([("GIT_AUTHOR_DATE", &when), ("GIT_COMMITTER_DATE", &when)])
            .output()
            .map_err(RepositoryError::Start)?;
        if !run.status.success() {
            let stderr = String::from_utf8_lossy(&run.stderr).trim().to_owned();
            return Err(RepositoryError::Failed { command: args.join(" "), stderr });
        }
        Ok(String::from_utf8_lossy(&run.stdout).into_owned())
    }
}

/// `git` without anything of this machine's or this user's configuration.
pub(super) fn sealed_git(home: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()))
        .env("HOME", home)
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(std::process::Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_and_time_give_the_same_commit() {
        let sha = || {
            let folder = tempfile::tempdir().unwrap();
            let work = folder.path().join("work");
            let repository = Repository::create(folder.path(), "group/app", &work).unwrap();
            let commit = repository.commit(&[("a/b.txt", b"hi")], "Add b", 1_700_000_000).unwrap();
            repository.tag("1.0.0").unwrap();
            commit.sha
        };
        assert_eq!(sha(), sha());
    }
}
