//! `linux/arm64/v8` and its spellings. Pure.

use crate::registry::{IndexEntry, Platform};

/// Reads `os/arch[/variant]` or an architecture alone.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str) -> Result<Platform, String> {
    let wanted = "wanted os/architecture such as linux/arm64";
    let parts: Vec<&str> = text.trim().split('/').collect();
    let (os, architecture, variant) = match parts.as_slice() {
        [architecture] => ("linux", *architecture, None),
        [os, architecture] => (*os, *architecture, None),
        [os, architecture, variant] => (*os, *architecture, Some(*variant)),
        _ => return Err(format!("platform \"{text}\": {wanted}")),
    };
    if text.contains(',') {
        return Err(format!("platform \"{text}\": one image is built at a time, {wanted}"));
    }
    if os != "linux" {
        return Err(format!("platform \"{text}\": only linux images are built"));
    }
    let (architecture, own) = match architecture {
        "x86_64" | "x86-64" | "amd64" => ("amd64", None),
        "aarch64" | "arm64" => ("arm64", None),
        "armhf" => ("arm", Some("v7")),
        "armel" => ("arm", Some("v6")),
        "i386" | "386" => ("386", None),
        other if !other.is_empty() && other.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            (other, None)
        }
        _ => return Err(format!("platform \"{text}\": {wanted}")),
    };
    let variant = variant.or(own).filter(|variant| !is_default(architecture, variant));
    Ok(Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
        variant: variant.map(str::to_owned),
    })
}

/// The platform of this machine.
pub(super) fn of_this_host() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    Platform { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
}

/// `linux/arm64`, as people write it.
pub(super) fn shown(platform: &Platform) -> String {
    let variant = platform.variant.as_ref().map(|variant| format!("/{variant}"));
    format!("{}/{}{}", platform.os, platform.architecture, variant.unwrap_or_default())
}

/// True when an image for `found` is one for `wanted`.
pub(super) fn fits(found: &Platform, wanted: &Platform) -> bool {
    let variant = |platform: &Platform| {
        let variant = platform.variant.clone();
        variant.filter(|variant| !is_default(&platform.architecture, variant))
    };
    found.os == wanted.os
        && found.architecture == wanted.architecture
        && (wanted.variant.is_none() || variant(found) == variant(wanted))
}

/// The image of an index for a platform.
pub(super) fn choose<'a>(entries: &'a [IndexEntry], wanted: &Platform) -> Option<&'a IndexEntry> {
    let fitting = |entry: &&IndexEntry| {
        entry.platform.as_ref().is_some_and(|platform| fits(platform, wanted))
    };
    let exact = |entry: &&IndexEntry| entry.platform.as_ref() == Some(wanted);
    entries.iter().find(exact).or_else(|| entries.iter().find(fitting))
}

/// A variant that goes without saying.
fn is_default(architecture: &str, variant: &str) -> bool {
    matches!((architecture, variant), ("arm64", "v8") | ("amd64", "v1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_read_in_their_spellings() {
        let cases = [
            ("linux/amd64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("arm64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("armhf", "linux/arm/v7"),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text).map(|platform| shown(&platform)), Ok(wanted.to_owned()));
        }
        for wrong in ["", "linux/", "windows/amd64", "a/b/c/d", "linux/amd64,linux/arm64"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
