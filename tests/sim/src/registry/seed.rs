//! Images made by code, the same bytes every time.

use super::state::{Manifest, State, digest_of};
use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use std::io::Write as _;
use tar::{Builder, EntryType, Header};

/// The tag under which the small nginx is seeded.
pub const NGINX_TAG: &str = "1.27";

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// One entry of a layer.
#[derive(Debug, Clone)]
pub enum SeedFile {
    /// A directory with its mode and owner.
    Directory(&'static str, u32, u64),
    /// A file with its mode and content.
    File(&'static str, u32, Vec<u8>),
    /// A symbolic link and where it leads.
    Link(&'static str, &'static str),
}

/// An image to put into the registry.
#[derive(Debug, Clone)]
pub struct SeedImage {
    /// Entries of each layer, lowest first.
    pub layers: Vec<Vec<SeedFile>>,
    /// The `config` object of the image config, in OCI spelling.
    pub config: Value,
    /// One makes a plain manifest, more an index.
    pub architectures: Vec<&'static str>,
    /// Docker's media types instead of OCI's.
    pub docker_types: bool,
    /// An attestation entry in the index, as BuildKit adds it.
    pub attestation: bool,
}

impl Default for SeedImage {
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            config: json!({}),
            architectures: vec!["amd64"],
            docker_types: false,
            attestation: false,
        }
    }
}

impl SeedImage {
    pub(super) fn put(&self, state: &mut State, repository: &str, tag: &str) -> String {
        let layers: Vec<Layer> = self.layers.iter().map(|files| Layer::new(files)).collect();
        for layer in &layers {
            drop(state.put_blob(repository, layer.gzip.clone()));
        }
        let single = self.architectures.len() == 1;
        let mut entries = Vec::new();
        for &architecture in &self.architectures {
            let (digest, size) =
                self.put_platform(state, repository, architecture, &layers, single.then_some(tag));
            if single {
                return digest;
            }
            entries.push(json!({
                "mediaType": self.manifest_type(), "digest": digest, "size": size,
                "platform": {"architecture": architecture, "os": "linux"}
            }));
        }
        if self.attestation {
            entries.push(put_attestation(state, repository, &entries[0]));
        }
        let media_type = if self.docker_types { DOCKER_INDEX } else { OCI_INDEX };
        let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": entries});
        put_manifest(state, repository, tag, media_type, &index).0
    }

    fn put_platform(
        &self,
        state: &mut State,
        repository: &str,
        architecture: &str,
        layers: &[Layer],
        tag: Option<&str>,
    ) -> (String, usize) {
        let diff_ids: Vec<&String> = layers.iter().map(|layer| &layer.diff_id).collect();
        let history: Vec<Value> = layers
            .iter()
            .map(|_| json!({"created": "2025-04-16T14:50:31Z", "created_by": "seeded layer"}))
            .collect();
        let config = json!({
            "created": "2025-04-16T14:50:31Z", "architecture": architecture, "os": "linux",
            "config": self.config, "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": history
        });
        let config = Bytes::from(config.to_string());
        let (config_type, layer_type) =
            if self.docker_types { (DOCKER_CONFIG, DOCKER_LAYER) } else { (OCI_CONFIG, OCI_LAYER) };
        let layers: Vec<Value> = layers
            .iter()
            .map(|layer| {
                let digest = digest_of(&layer.gzip);
                json!({"mediaType": layer_type, "digest": digest, "size": layer.gzip.len()})
            })
            .collect();
        let size = config.len();
        let digest = state.put_blob(repository, config);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": self.manifest_type(),
            "config": {"mediaType": config_type, "digest": digest, "size": size},
            "layers": layers
        });
        put_manifest(state, repository, tag.unwrap_or_default(), self.manifest_type(), &manifest)
    }

    fn manifest_type(&self) -> &'static str {
        if self.docker_types { DOCKER_MANIFEST } else { OCI_MANIFEST }
    }
}

fn put_manifest(
    state: &mut State,
    repository: &str,
    tag: &str,
    media_type: &str,
    manifest: &Value,
) -> (String, usize) {
    let bytes = Bytes::from(manifest.to_string());
    let size = bytes.len();
    let digest = digest_of(&bytes);
    let name = if tag.is_empty() { digest.as_str() } else { tag };
    let kept = Manifest { media_type: media_type.to_owned(), bytes };
    (state.put_manifest(repository, name, kept), size)
}

/// An entry that is no image: taking it for one is a mistake this registry makes visible.
fn put_attestation(state: &mut State, repository: &str, subject: &Value) -> Value {
    let config = state.put_blob(repository, Bytes::from_static(b"{}"));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": config, "size": 2}, "layers": []
    });
    let (digest, size) = put_manifest(state, repository, "", OCI_MANIFEST, &manifest);
    json!({
        "mediaType": OCI_MANIFEST, "digest": digest, "size": size,
        "platform": {"architecture": "unknown", "os": "unknown"},
        "annotations": {
            "vnd.docker.reference.digest": subject["digest"],
            "vnd.docker.reference.type": "attestation-manifest"
        }
    })
}

struct Layer {
    gzip: Bytes,
    diff_id: String,
}

impl Layer {
    fn new(files: &[SeedFile]) -> Self {
        let tar = layer_tar(files);
        let diff_id = digest_of(&tar);
        let mut encoder = GzBuilder::new().write(Vec::new(), Compression::new(6));
        let written = encoder.write_all(&tar).and_then(|()| encoder.finish());
        // Writing into memory does not fail.
        Self { gzip: written.unwrap_or_default().into(), diff_id }
    }
}

fn layer_tar(files: &[SeedFile]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for file in files {
        let mut header = Header::new_ustar();
        header.set_mtime(1_744_814_000);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        let added = match file {
            SeedFile::Directory(path, mode, owner) => {
                header.set_entry_type(EntryType::Directory);
                header.set_mode(*mode);
                header.set_uid(*owner);
                header.set_gid(*owner);
                builder.append_data(&mut header, format!("{path}/"), std::io::empty())
            }
            SeedFile::File(path, mode, content) => {
                header.set_entry_type(EntryType::Regular);
                header.set_mode(*mode);
                header.set_size(content.len() as u64);
                builder.append_data(&mut header, path, content.as_slice())
            }
            SeedFile::Link(path, target) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_mode(0o777);
                builder.append_link(&mut header, path, target)
            }
        };
        debug_assert!(added.is_ok(), "writing into memory does not fail");
    }
    builder.into_inner().unwrap_or_default()
}

/// `library/nginx:1.27`, as small as it can be and still look like the one of docker.io.
pub(super) fn nginx(state: &mut State) -> String {
    use SeedFile::{Directory, File, Link};
    let system = vec![
        Link("bin", "usr/bin"),
        Directory("etc", 0o755, 0),
        Link("lib", "usr/lib"),
        Directory("root", 0o700, 0),
        Directory("tmp", 0o1777, 0),
        Directory("usr", 0o755, 0),
        Directory("usr/bin", 0o755, 0),
        Directory("usr/lib", 0o755, 0),
        Directory("usr/sbin", 0o755, 0),
        Directory("usr/share", 0o755, 0),
        Directory("var", 0o755, 0),
        Directory("var/cache", 0o755, 0),
    ];
    let server = b"server {\n    listen 80;\n    root /usr/share/nginx/html;\n}\n".to_vec();
    let program = b"#!/bin/sh\n# stands for the nginx binary\n".to_vec();
    let entrypoint = b"#!/bin/sh\nexec \"$@\"\n".to_vec();
    let page = b"<!DOCTYPE html>\n<title>Welcome to nginx!</title>\n".to_vec();
    let nginx = vec![
        File("docker-entrypoint.sh", 0o755, entrypoint),
        Directory("etc/nginx", 0o755, 0),
        Directory("etc/nginx/conf.d", 0o755, 0),
        File("etc/nginx/conf.d/default.conf", 0o644, server),
        File("usr/sbin/nginx", 0o755, program),
        Directory("usr/share/nginx", 0o755, 0),
        Directory("usr/share/nginx/html", 0o755, 0),
        File("usr/share/nginx/html/50x.html", 0o644, b"<h1>An error occurred.</h1>\n".to_vec()),
        File("usr/share/nginx/html/index.html", 0o644, page),
        Directory("var/cache/nginx", 0o755, 101),
    ];
    let config = json!({
        "ExposedPorts": {"80/tcp": {}},
        "Env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "NGINX_VERSION=1.27.5"
        ],
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Cmd": ["nginx", "-g", "daemon off;"],
        "Labels": {"maintainer": "simulated"},
        "StopSignal": "SIGQUIT"
    });
    let image = SeedImage {
        layers: vec![system, nginx],
        config,
        architectures: vec!["amd64", "arm64"],
        docker_types: false,
        attestation: true,
    };
    image.put(state, "library/nginx", NGINX_TAG)
}
