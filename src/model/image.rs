//! Image references and pinned images.
//!
//! The grammar is that of the distribution project's `reference` package; written by hand
//! because compiling its regular expression costs more than a whole unchanged build.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// A reference in the spelling of people: registry and tag may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// Host and port; `docker.io` when none was written.
    pub registry: String,
    /// Path below the registry; `library/` is put before a single name of docker.io.
    pub repository: String,
    /// The tag as written; `None` means `latest` unless there is a digest.
    pub tag: Option<String>,
    /// The digest as written.
    pub digest: Option<Digest>,
}

/// Bytes, not a tag: the only image that the release side takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PinnedImage {
    repository: String,
    digest: Digest,
}

/// The image of a task definition: pinned, or a tag that the user asked to leave alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskImage {
    /// `repo@sha256:...`
    Pinned(PinnedImage),
    /// `--resolve off`: the text as written; the log says that the bytes are not pinned.
    Unresolved(String),
}

/// Why a text is no reference, digest or pinned image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is no image reference: {problem}")]
pub struct ImageParseError {
    /// The text as written.
    pub found: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Digest {
    /// Of a SHA-256 hash.
    pub fn from_sha256(hash: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in hash {
            for half in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
            }
        }
        Self(text)
    }

    /// The text, `sha256:...`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 64 digits without the algorithm.
    pub fn hex(&self) -> &str {
        self.0.strip_prefix("sha256:").unwrap_or(&self.0)
    }

    /// `sha256:` and the first twelve digits: enough for a person.
    pub fn short(&self) -> &str {
        self.0.get(..19).unwrap_or(&self.0)
    }
}

impl FromStr for Digest {
    type Err = ImageParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.strip_prefix("sha256:").unwrap_or("");
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hex.len() == 64 && hex.bytes().all(lower_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(fault(text, "a digest is sha256: and 64 lower-case hexadecimal digits"))
        }
    }
}

impl FromStr for ImageReference {
    type Err = ImageParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse()?)),
            None => (text, None),
        };
        let after_slash = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest.get(after_slash..).and_then(|last| last.find(':')) {
            Some(colon) => {
                let (name, tag) = rest.split_at(after_slash + colon);
                (name, Some(&tag[1..]))
            }
            None => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(fault(text, "the tag is empty, too long or has a wrong character"));
        }
        let (registry, path) = split_registry(name);
        if path.is_empty() || !path.split('/').all(is_path_component) {
            return Err(fault(text, "a repository is lower-case words, parted by slashes"));
        }
        let repository = if registry == "docker.io" && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        Ok(Self { registry: registry.to_owned(), repository, tag: tag.map(str::to_owned), digest })
    }
}

impl ImageReference {
    /// `registry/repository` without tag or digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// What the registry is asked for: the digest, else the tag, else `latest`.
    pub fn wanted(&self) -> &str {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.as_str(),
            (None, Some(tag)) => tag,
            (None, None) => "latest",
        }
    }

    /// The bytes behind this reference, once `digest` is known.
    pub fn pinned(&self, digest: Digest) -> PinnedImage {
        PinnedImage { repository: self.name(), digest }
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{}", digest.as_str())?;
        }
        Ok(())
    }
}

impl PinnedImage {
    /// `registry/repository` without the digest.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The digest of the manifest or index.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl FromStr for PinnedImage {
    type Err = ImageParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let reference: ImageReference = text.parse()?;
        match reference.digest.clone() {
            Some(digest) => Ok(reference.pinned(digest)),
            None => Err(fault(text, "a pinned image ends with @sha256:...")),
        }
    }
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest.as_str())
    }
}

impl fmt::Display for TaskImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pinned(image) => image.fmt(f),
            Self::Unresolved(text) => f.write_str(text),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = ImageParseError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl TryFrom<String> for PinnedImage {
    type Error = ImageParseError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PinnedImage> for String {
    fn from(image: PinnedImage) -> Self {
        image.to_string()
    }
}

/// The first component is a registry when it has a dot or colon or is `localhost`.
fn split_registry(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => match first {
            "index.docker.io" | "registry-1.docker.io" => ("docker.io", rest),
            _ => (first, rest),
        },
        _ => ("docker.io", name),
    }
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= 128
        && bytes.next().is_some_and(word)
        && bytes.all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

fn is_path_component(component: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| edge(byte) || matches!(byte, b'.' | b'_' | b'-');
    component.bytes().all(inner)
        && component.bytes().next().is_some_and(edge)
        && component.bytes().last().is_some_and(edge)
}

fn fault(found: &str, problem: &'static str) -> ImageParseError {
    ImageParseError { found: found.to_owned(), problem }
}

/// An image in a line of text: without its registry, and twelve digits of its digest.
/// `app/web@sha256:3f9a12c43f9a`.
pub fn short_image(image: &str) -> String {
    let name = match image.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) => rest,
        _ => image,
    };
    match name.split_once("@sha256:") {
        Some((name, hex)) => format!("{name}@sha256:{}", hex.get(..12).unwrap_or(hex)),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match text.parse::<ImageReference>() {
            Ok(reference) => reference.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn short_names_belong_to_docker_io() {
        assert_eq!(read("nginx:1.27"), "docker.io/library/nginx:1.27");
        assert_eq!(read("group/app"), "docker.io/group/app");
    }

    #[test]
    fn a_port_is_not_taken_for_a_tag() {
        assert_eq!(read("127.0.0.1:5000/app"), "127.0.0.1:5000/app");
        assert_eq!(read("localhost:5000/app:1"), "localhost:5000/app:1");
    }

    #[test]
    fn an_empty_tag_is_refused() {
        assert_eq!(
            read("registry.example.com/app:"),
            "\"registry.example.com/app:\" is no image reference: the tag is empty, too long or has a wrong character"
        );
    }

    #[test]
    fn a_tag_is_not_a_pinned_image() {
        assert!("app:1".parse::<PinnedImage>().is_err());
        let digest = format!("sha256:{}", "a".repeat(64));
        let pinned: Result<PinnedImage, _> = format!("r.example/app:1@{digest}").parse();
        assert_eq!(pinned.map(|image| image.to_string()), Ok(format!("r.example/app@{digest}")));
    }
}
