//! `cache-archiver` and `cache-extractor`: a zip file in the cache directory of this host.

use std::path::{Path, PathBuf};

use super::args::Args;
use super::artifacts::{archive, extract as extract_archive, here, say};
use super::files;

/// Packs the chosen files into `--file`.
pub(super) fn save(args: &Args) -> Result<(), String> {
    let root = here()?;
    let (files, lines) = files::chosen(&root, args.all("path"), args.all("exclude"));
    for line in lines {
        say(&line);
    }
    let files: Vec<PathBuf> = files.into_iter().collect();
    let file = Path::new(args.one("file"));
    let folder = file.parent().ok_or("--file names no file")?;
    let content = archive(&root, &files)?;
    // Written beside and renamed: another job may read the cache at the same time.
    let fresh = file.with_extension(format!("{}.new", std::process::id()));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&fresh, content))
        .and_then(|()| std::fs::rename(&fresh, file))
        .map_err(|cause| format!("{}: {cause}", file.display()))
}

/// Extracts `--file` here.
pub(super) fn extract(args: &Args) -> Result<(), String> {
    let file = args.one("file");
    let content = std::fs::read(file).map_err(|cause| format!("FATAL: {file}: {cause}"))?;
    extract_archive(&here()?, &content)
}
