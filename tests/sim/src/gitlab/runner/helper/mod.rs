//! The commands that a job's scripts call by the name `gitlab-runner`: upload and download of artifacts, the cache.
//! They run inside the job's environment. The real runner's own commands with the same arguments do the same.

mod args;
mod artifacts;
mod cache;
mod files;
mod zip;

use args::Args;

/// Runs a helper command. `None`: it is none. The result's error is its last line on stderr.
pub(crate) fn run(words: &[String]) -> Option<Result<(), String>> {
    let (command, rest) = words.split_first()?;
    let action = match command.as_str() {
        "artifacts-uploader" => artifacts::upload,
        "artifacts-downloader" => artifacts::download,
        "cache-archiver" => cache::save,
        "cache-extractor" => cache::extract,
        _ => return None,
    };
    Some(Args::read(rest).and_then(|args| action(&args)))
}
