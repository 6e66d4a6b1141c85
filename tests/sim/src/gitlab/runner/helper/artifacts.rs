//! `artifacts-uploader` and `artifacts-downloader`.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::Method;

use crate::gitlab::http::{Answer, Http};

use super::args::Args;
use super::files;
use super::zip::{self, Entry};

/// Tries of a call that the coordinator did not answer well.
const TRIES: usize = 3;
const SYMLINK: u32 = 0o120_000;
const FILE_TYPE: u32 = 0o170_000;

/// Packs the chosen files and sends them.
pub(super) fn upload(args: &Args) -> Result<(), String> {
    let root = here()?;
    let (files, lines) = files::chosen(&root, args.all("path"), args.all("exclude"));
    for line in lines {
        say(&line);
    }
    if files.is_empty() {
        say("ERROR: No files to upload");
        return Ok(());
    }
    let files: Vec<PathBuf> = files.into_iter().collect();
    let (name, content) = packed(&root, &files, args)?;
    let kind = args.one("artifact-type");
    let boundary = "contract-runner-artifact";
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(&content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let query = [
        ("artifact_format", args.one("artifact-format")),
        ("artifact_type", kind),
        ("expire_in", args.one("expire-in")),
    ];
    let query: Vec<String> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", value.replace(' ', "+")))
        .collect();
    let call = format!("artifacts?{}", query.join("&"));
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let answer = send(args, &Method::POST, &call, &content_type, &body)?;
    let id = args.one("id");
    let told =
        if kind.is_empty() { "artifacts".into() } else { format!("artifacts as \"{kind}\"") };
    match answer.status.as_u16() {
        201 => {
            say(&format!("Uploading {told} to coordinator... 201 Created  id={id}"));
            Ok(())
        }
        status => {
            let text = String::from_utf8_lossy(&answer.body);
            say(&format!("ERROR: Uploading {told} to coordinator... {status} {text}  id={id}"));
            Err("FATAL: invalid argument".into())
        }
    }
}

/// Name and bytes as the format wants them.
fn packed(root: &Path, files: &[PathBuf], args: &Args) -> Result<(String, Vec<u8>), String> {
    let or =
        |text: &str, default: &str| if text.is_empty() { default.into() } else { text.to_owned() };
    let name = or(args.one("name"), "artifacts");
    match args.one("artifact-format") {
        "gzip" => {
            let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
            for file in files {
                packer.write_all(&content(root, file)?).map_err(|cause| cause.to_string())?;
            }
            let bytes = packer.finish().map_err(|cause| cause.to_string())?;
            Ok((format!("{name}.gz"), bytes))
        }
        "raw" => Ok((name, content(root, &files[0])?)),
        _ => Ok((format!("{name}.zip"), archive(root, files)?)),
    }
}

/// A zip archive of the files.
pub(super) fn archive(root: &Path, files: &[PathBuf]) -> Result<Vec<u8>, String> {
    let mut entries = Vec::new();
    for file in files {
        let path = root.join(file);
        let about =
            path.symlink_metadata().map_err(|cause| format!("{}: {cause}", file.display()))?;
        let name = file.to_string_lossy().into_owned();
        let mode = about.permissions().mode();
        let content = if about.is_symlink() {
            let target = std::fs::read_link(&path).map_err(|cause| cause.to_string())?;
            target.into_os_string().into_encoded_bytes()
        } else {
            content(root, file)?
        };
        entries.push(Entry { name, mode, content });
    }
    zip::write(&entries)
}

fn content(root: &Path, file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(root.join(file)).map_err(|cause| format!("{}: {cause}", file.display()))
}

/// Fetches another job's archive and extracts it here.
pub(super) fn download(args: &Args) -> Result<(), String> {
    let root = here()?;
    let answer = send(args, &Method::GET, "artifacts?direct_download=true", "text/plain", &[])?;
    let id = args.one("id");
    match answer.status.as_u16() {
        200 => say(&format!(
            "Downloading artifacts from coordinator... ok  id={id} responseStatus=200 OK"
        )),
        404 => return Err("FATAL: file does not exist".into()),
        401 | 403 => return Err("FATAL: permission denied".into()),
        status => return Err(format!("FATAL: invalid argument ({status})")),
    }
    extract(&root, &answer.body)
}

/// Writes an archive's files below `root`; an entry that points elsewhere is refused.
pub(super) fn extract(root: &Path, archive: &[u8]) -> Result<(), String> {
    for entry in zip::read(archive)? {
        let path = Path::new(&entry.name);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(format!("{} is outside of the project's directory", entry.name));
        }
        write(&root.join(path), &entry).map_err(|cause| format!("{}: {cause}", entry.name))?;
    }
    Ok(())
}

fn write(path: &Path, entry: &Entry) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if entry.name.ends_with('/') {
        return std::fs::create_dir_all(path);
    }
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    if entry.mode & FILE_TYPE == SYMLINK {
        let target = String::from_utf8_lossy(&entry.content).into_owned();
        return std::os::unix::fs::symlink(target, path);
    }
    std::fs::write(path, &entry.content)?;
    let mode = if entry.mode & 0o777 == 0 { 0o644 } else { entry.mode & 0o777 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

fn send(
    args: &Args,
    method: &Method,
    call: &str,
    content_type: &str,
    body: &[u8],
) -> Result<Answer, String> {
    let url =
        format!("{}/api/v4/jobs/{}/{call}", args.one("url").trim_end_matches('/'), args.one("id"));
    let headers = [("job-token", args.one("token")), ("content-type", content_type)];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| cause.to_string())?;
    runtime.block_on(async {
        let http = Http::new();
        let mut tries = 1;
        loop {
            let answer = http.send(method.clone(), &url, &headers, body.to_vec()).await;
            match answer {
                Ok(answer) if answer.status.as_u16() < 500 || tries == TRIES => return Ok(answer),
                Err(cause) if tries == TRIES => return Err(format!("FATAL: {cause}")),
                _ => tries += 1,
            }
        }
    })
}

pub(super) fn here() -> Result<PathBuf, String> {
    std::env::current_dir().map_err(|cause| format!("no working directory: {cause}"))
}

/// The helpers talk on stderr, as the real runner's do.
pub(super) fn say(line: &str) {
    // A closed pipe means that nobody listens any more.
    writeln!(std::io::stderr(), "{line}").ok();
}
