//! A small base image with what makes bases hard: whiteouts, an opaque directory, links,
//! owners, modes, users; pushed by plain requests.

use crate::http::{self, Request};
use crate::registry::{PASSWORD, Registry, USER};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use tar::{Builder, EntryType, Header};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Entries of one layer.
struct Layer(Builder<Vec<u8>>);

impl Layer {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn put(mut self, path: &str, attributes: (u32, u64), what: &What<'_>) -> Self {
        let mut header = Header::new_ustar();
        let (mode, owner) = attributes;
        header.set_mode(mode);
        header.set_uid(owner);
        header.set_gid(owner);
        header.set_mtime(1_600_000_000);
        let mut content: &[u8] = b"";
        let kind = match *what {
            What::Directory => EntryType::Directory,
            What::File(text) => {
                content = text.as_bytes();
                EntryType::Regular
            }
            What::Link(target) => {
                header.set_link_name(target).unwrap();
                EntryType::Symlink
            }
            What::Same(target) => {
                header.set_link_name(target).unwrap();
                EntryType::Link
            }
        };
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        self.0.append_data(&mut header, path, content).unwrap();
        self
    }

    fn directory(self, path: &str, mode: u32, owner: u64) -> Self {
        self.put(path, (mode, owner), &What::Directory)
    }

    fn file(self, path: &str, text: &str) -> Self {
        self.put(path, (0o644, 0), &What::File(text))
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.put(path, (0o777, 0), &What::Link(target))
    }
}

enum What<'a> {
    Directory,
    File(&'a str),
    Link(&'a str),
    /// A hard link.
    Same(&'a str),
}

fn layers() -> [Layer; 3] {
    let first = Layer::new()
        .directory("etc", 0o755, 0)
        .file("etc/passwd", "root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n")
        .file("etc/group", "root:x:0:\nstaff:x:50:\nweb:x:44:\n")
        .directory("usr", 0o755, 0)
        .directory("usr/bin", 0o755, 0)
        .put("usr/bin/tool", (0o4755, 0), &What::File("tool\n"))
        .put("usr/bin/same", (0o4755, 0), &What::Same("usr/bin/tool"))
        .link("bin", "usr/bin")
        .directory("tmp", 0o1777, 0)
        .directory("app", 0o750, 1000)
        .file("app/old.txt", "old\n")
        .directory("data", 0o755, 0)
        .directory("data/real", 0o2775, 5)
        .file("data/real/kept.txt", "kept\n")
        .directory("srv", 0o755, 0)
        .link("srv/relative", "../data/real")
        .link("srv/absolute", "/data/real")
        .link("srv/dangling", "nowhere/yet")
        .link("srv/file", "../opt/file")
        .directory("opt", 0o755, 0)
        .file("opt/file", "file\n")
        .file("opt/gone", "gone\n");
    let second = Layer::new()
        .directory("opt", 0o755, 0)
        .file("opt/.wh.gone", "")
        .directory("app", 0o750, 1000)
        .file("app/.wh..wh..opq", "")
        .put("app/new.txt", (0o640, 1000), &What::File("new\n"));
    let third = Layer::new().directory("data", 0o755, 0).directory("data/real", 0o700, 7);
    [first, second, third]
}

/// Pushes it as `base:1`.
pub(crate) fn push(registry: &Registry) -> String {
    let mut descriptors = Vec::new();
    let mut diff_ids = Vec::new();
    for layer in layers() {
        let plain = layer.0.into_inner().unwrap();
        diff_ids.push(digest(&plain));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&plain).unwrap();
        let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
        descriptors.push(blob(registry, media_type, &gzip.finish().unwrap()));
    }
    let config = json!({
        "created": "2020-01-01T00:00:00Z", "os": "linux", "architecture": "amd64",
        "config": {
            "Env": ["PATH=/usr/bin:/bin", "FROM_BASE=of the base", "EMPTY="],
            "Entrypoint": ["/usr/bin/tool"], "Cmd": ["serve"], "WorkingDir": "/app",
            "Labels": {"base": "yes"}, "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/cache": {}},
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created_by": "one"}, {"created_by": "two"}, {"created_by": "three"}],
    });
    let media_type = "application/vnd.oci.image.config.v1+json";
    let config = blob(registry, media_type, config.to_string().as_bytes());
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": descriptors,
    });
    let body = manifest.to_string();
    let put = Request {
        method: "PUT",
        path: "/v2/base/manifests/1",
        media_type: MANIFEST,
        body: body.as_bytes(),
    };
    assert_eq!(http::send(&registry.host(), (USER, PASSWORD), &put).status, 201);
    format!("{}/base:1", registry.host())
}

fn blob(registry: &Registry, media_type: &str, bytes: &[u8]) -> Value {
    let (host, login) = (registry.host(), (USER, PASSWORD));
    let path = "/v2/base/blobs/uploads/";
    let post = Request { method: "POST", path, media_type: "text/plain", body: b"" };
    let begun = http::send(&host, login, &post);
    let location = begun.header("location").unwrap();
    let path = location.trim_start_matches("http://").trim_start_matches(&host).to_owned();
    let digest = digest(bytes);
    let path = format!("{path}&digest={digest}");
    let media = "application/octet-stream";
    let put = Request { method: "PUT", path: &path, media_type: media, body: bytes };
    assert_eq!(http::send(&host, login, &put).status, 201);
    json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
