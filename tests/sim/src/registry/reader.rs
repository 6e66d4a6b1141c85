//! Pulls an image over HTTP, as an ECS agent does, and lays its layers on one another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body_util::{BodyExt as _, Empty};
use hyper::header::{ACCEPT, AUTHORIZATION, WWW_AUTHENTICATE};
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use tar::EntryType;

const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// Why an image could not be pulled; the text says what, in the words of an agent's
/// `CannotPullContainerError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PullError(pub String);

/// A pulled image.
#[derive(Debug, Clone)]
pub struct PulledImage {
    /// Digest of what the reference stood for: manifest or index.
    pub digest: String,
    /// Digest of the platform's manifest.
    pub manifest_digest: String,
    /// The manifest.
    pub manifest: Value,
    /// The image config.
    pub config: Value,
    /// What a container would see, by path without a leading slash.
    pub files: BTreeMap<String, FileNode>,
}

/// One file of a pulled image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNode {
    /// `file`, `directory`, `link` or the tar type.
    pub kind: String,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
    /// Seconds since 1970.
    pub mtime: u64,
    /// Content of a file, target of a link.
    pub content: Vec<u8>,
}

/// Reads images from registries without TLS on loopback.
#[derive(Debug, Clone)]
pub struct ImageReader {
    http: Client<HttpConnector, Empty<Bytes>>,
    login: Option<(String, String)>,
    architecture: String,
}

impl ImageReader {
    /// A reader for `linux/amd64` images, with an optional login.
    pub fn new(login: Option<(&str, &str)>) -> Self {
        Self {
            http: Client::builder(TokioExecutor::new()).build_http(),
            login: login.map(|(user, password)| (user.to_owned(), password.to_owned())),
            architecture: "amd64".to_owned(),
        }
    }

    /// The same reader for another architecture.
    pub fn for_architecture(mut self, architecture: &str) -> Self {
        architecture.clone_into(&mut self.architecture);
        self
    }

    /// Pulls `HOST:PORT/REPOSITORY[:TAG][@DIGEST]`.
    ///
    /// # Errors
    /// [`PullError`] when it is not there, not allowed, or not what its digest says.
    pub async fn pull(&self, reference: &str) -> Result<PulledImage, PullError> {
        let (host, repository, name) = split(reference)?;
        let bytes = self.get(&format!("http://{host}/v2/{repository}/manifests/{name}")).await?;
        let digest = verified(&bytes, name.starts_with("sha256:").then_some(name))?;
        let mut manifest = json(&bytes)?;
        let mut manifest_digest = digest.clone();
        if let Some(entries) = manifest.get("manifests").and_then(Value::as_array) {
            manifest_digest = self.choose(entries)?;
            let url = format!("http://{host}/v2/{repository}/manifests/{manifest_digest}");
            let bytes = self.get(&url).await?;
            drop(verified(&bytes, Some(&manifest_digest))?);
            manifest = json(&bytes)?;
        }
        let blobs = format!("http://{host}/v2/{repository}/blobs");
        let config = json(&self.blob(&blobs, &manifest["config"]).await?)?;
        let mut files = BTreeMap::new();
        let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
        let diff_ids = config["rootfs"]["diff_ids"].as_array().cloned().unwrap_or_default();
        if layers.len() != diff_ids.len() {
            return Err(PullError("manifest and config disagree on the layers".to_owned()));
        }
        for (layer, diff_id) in layers.iter().zip(&diff_ids) {
            let tar = unpack(&self.blob(&blobs, layer).await?)?;
            drop(verified(&tar, diff_id.as_str())?);
            apply(&tar, &mut files).map_err(|error| PullError(format!("layer: {error}")))?;
        }
        Ok(PulledImage { digest, manifest_digest, manifest, config, files })
    }

    fn choose(&self, entries: &[Value]) -> Result<String, PullError> {
        let fits = |entry: &&Value| {
            entry["platform"]["os"] == "linux"
                && entry["platform"]["architecture"] == self.architecture.as_str()
        };
        let found = entries.iter().find(fits).and_then(|entry| entry["digest"].as_str());
        let missing = || PullError(format!("no image for linux/{}", self.architecture));
        found.map(str::to_owned).ok_or_else(missing)
    }

    async fn blob(&self, base: &str, descriptor: &Value) -> Result<Bytes, PullError> {
        let digest = descriptor["digest"].as_str().unwrap_or_default();
        let bytes = self.get(&format!("{base}/{digest}")).await?;
        drop(verified(&bytes, Some(digest))?);
        Ok(bytes)
    }

    async fn get(&self, url: &str) -> Result<Bytes, PullError> {
        let failed = |why: String| PullError(format!("pull {url}: {why}"));
        let mut authorization = None;
        for _ in 0..2 {
            let mut request = Request::get(url).header(ACCEPT, ACCEPTED);
            if let Some(value) = &authorization {
                request = request.header(AUTHORIZATION, value);
            }
            let request = request.body(Empty::new()).map_err(|e| failed(e.to_string()))?;
            let answer = self.http.request(request).await.map_err(|e| failed(e.to_string()))?;
            if answer.status() == StatusCode::UNAUTHORIZED && authorization.is_none() {
                let challenge = answer.headers().get(WWW_AUTHENTICATE);
                let challenge = challenge.and_then(|value| value.to_str().ok()).unwrap_or("");
                authorization = Some(Box::pin(self.log_in(challenge)).await?);
                continue;
            }
            if !answer.status().is_success() {
                return Err(failed(answer.status().to_string()));
            }
            let body = answer.into_body().collect().await.map_err(|e| failed(e.to_string()))?;
            return Ok(body.to_bytes());
        }
        Err(failed("not authorised".to_owned()))
    }

    async fn log_in(&self, challenge: &str) -> Result<String, PullError> {
        let basic = self.login.as_ref().map(|(user, password)| {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        });
        let Some(parameters) = challenge.strip_prefix("Bearer ") else {
            return basic.ok_or_else(|| PullError("the registry wants a login".to_owned()));
        };
        let value = |name: &str| {
            let start = parameters.find(&format!("{name}=\""))? + name.len() + 2;
            parameters[start..].split('"').next()
        };
        let realm = value("realm").unwrap_or_default();
        let (service, scope) = (value("service").unwrap_or(""), value("scope").unwrap_or(""));
        let scope = scope.replace(' ', "&scope=");
        let url = format!("{realm}?service={service}&scope={scope}");
        let mut request = Request::get(&url);
        if let Some(basic) = basic {
            request = request.header(AUTHORIZATION, basic);
        }
        let failed = |why: String| PullError(format!("token: {why}"));
        let request = request.body(Empty::new()).map_err(|e| failed(e.to_string()))?;
        let answer = self.http.request(request).await.map_err(|e| failed(e.to_string()))?;
        let body = answer.into_body().collect().await.map_err(|e| failed(e.to_string()))?;
        let token = json(&body.to_bytes())?;
        Ok(format!("Bearer {}", token["token"].as_str().unwrap_or_default()))
    }
}

fn split(reference: &str) -> Result<(&str, &str, &str), PullError> {
    let malformed = || PullError(format!("invalid reference {reference}"));
    let (host, rest) = reference.split_once('/').ok_or_else(malformed)?;
    let (named, digest) = match rest.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (rest, None),
    };
    let (repository, tag) = named.rsplit_once(':').unwrap_or((named, "latest"));
    Ok((host, repository, digest.unwrap_or(tag)))
}

fn verified(bytes: &[u8], wanted: Option<&str>) -> Result<String, PullError> {
    let digest = super::state::digest_of(bytes);
    match wanted {
        Some(wanted) if wanted != digest => {
            Err(PullError(format!("content is {digest}, wanted {wanted}")))
        }
        _ => Ok(digest),
    }
}

fn json(bytes: &[u8]) -> Result<Value, PullError> {
    serde_json::from_slice(bytes).map_err(|error| PullError(format!("not JSON: {error}")))
}

fn unpack(blob: &[u8]) -> Result<Vec<u8>, PullError> {
    let mut tar = Vec::new();
    if blob.starts_with(&[0x1f, 0x8b]) {
        let read = GzDecoder::new(blob).read_to_end(&mut tar);
        let _bytes = read.map_err(|error| PullError(format!("gzip: {error}")))?;
    } else {
        tar.extend_from_slice(blob);
    }
    Ok(tar)
}

/// Lays one layer on the files below it, whiteouts included.
fn apply(tar: &[u8], files: &mut BTreeMap<String, FileNode>) -> std::io::Result<()> {
    let mut archive = tar::Archive::new(tar);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = path.trim_start_matches("./").trim_matches('/').to_owned();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name == ".wh..wh..opq" {
            let inside = format!("{folder}/");
            files.retain(|path, _| !path.starts_with(&inside));
            continue;
        }
        if let Some(removed) = name.strip_prefix(".wh.") {
            let removed =
                if folder.is_empty() { removed.to_owned() } else { format!("{folder}/{removed}") };
            remove(files, &removed);
            continue;
        }
        let (mode, uid, gid) =
            (entry.header().mode()?, entry.header().uid()?, entry.header().gid()?);
        let mtime = entry.header().mtime()?;
        let mut content = Vec::new();
        let kind = match entry.header().entry_type() {
            EntryType::Regular => {
                let _bytes = entry.read_to_end(&mut content)?;
                "file".to_owned()
            }
            EntryType::Directory => "directory".to_owned(),
            EntryType::Symlink => {
                content = entry.link_name_bytes().unwrap_or_default().into_owned();
                "link".to_owned()
            }
            EntryType::Link => {
                let target = entry.link_name_bytes().unwrap_or_default().into_owned();
                let target = String::from_utf8_lossy(&target).trim_matches('/').to_owned();
                content = files.get(&target).map(|node| node.content.clone()).unwrap_or_default();
                "file".to_owned()
            }
            other => format!("{other:?}"),
        };
        if kind != "directory" {
            remove(files, &path);
        }
        drop(files.insert(path, FileNode { kind, mode, uid, gid, mtime, content }));
    }
    Ok(())
}

fn remove(files: &mut BTreeMap<String, FileNode>, path: &str) {
    let inside = format!("{path}/");
    files.retain(|other, _| other != path && !other.starts_with(&inside));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Auth, RegistryHandle, RegistryOptions};

    #[tokio::test]
    async fn the_seeded_nginx_can_be_pulled_with_a_token() {
        let auth = Auth::Bearer {
            user: "ci".to_owned(),
            password: "secret".to_owned(),
            token_uses: 0,
            anonymous_pull: false,
        };
        let options = RegistryOptions { auth, ..RegistryOptions::default() };
        let registry = RegistryHandle::start(options).await.unwrap();
        let digest = registry.seed_nginx();
        let reference = format!("{}/library/nginx:1.27", registry.host());
        let reader = ImageReader::new(Some(("ci", "secret")));
        let image = reader.pull(&reference).await.unwrap();
        assert_eq!(image.digest, digest);
        assert_eq!(image.config["config"]["Cmd"][0], "nginx");
        assert!(image.files.contains_key("usr/share/nginx/html/index.html"));
        assert!(ImageReader::new(None).pull(&reference).await.is_err());
    }
}
