//! Recognises local archives, which ADD would unpack.

use super::context::{Context, Node, select};
use super::recipe::{CopyStep, Step};
use crate::model::Finding;
use flate2::read::GzDecoder;
use std::collections::BTreeSet;
use std::io::Read as _;

/// As much of a file as is looked at: a tar header, compressed or not.
const LOOK: usize = 4096;
const HEADER: usize = 512;

/// First bytes of compressions whose inside cannot be seen here.
const OPAQUE: &[(&[u8], &str)] = &[
    (b"BZh", "bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
];

/// Refuses ADD of an archive, naming its line; docker would unpack it.
pub(super) fn refuse_archives(
    file: &str,
    steps: &[Step],
    context: &Context,
) -> Result<(), Finding> {
    for step in steps {
        if let Step::Copy(copy) = step
            && copy.unpack
            && let Some((source, kind)) = archive_in(copy, context)
        {
            let message = format!("ADD {source}: unpacking an archive ({kind}) is not supported");
            let hint = "unpack it in the job's script and COPY the directory; \
                        ADD --unpack=false or COPY takes the archive as it is";
            return Err(Finding::error(message).at(file, copy.line, 1).hint(hint));
        }
    }
    Ok(())
}

fn archive_in(copy: &CopyStep, context: &Context) -> Option<(String, &'static str)> {
    for source in &copy.sources {
        // A source that is not there is told with the others, later.
        let Ok(matches) = select(context.tree(), source, &mut BTreeSet::new()) else { continue };
        for (named, real) in matches {
            let Some(Node::File { size, data, .. }) = context.tree().get(&real) else { continue };
            let length = usize::try_from(*size).unwrap_or(LOOK).min(LOOK);
            let mut start = vec![0; length];
            let read = context.read_at(&mut start, *data).unwrap_or(0);
            if let Some(kind) = kind_of(&start[..read]) {
                return Some((named, kind));
            }
        }
    }
    None
}

fn kind_of(start: &[u8]) -> Option<&'static str> {
    if let Some((_, kind)) = OPAQUE.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(kind);
    }
    if start.starts_with(&[0x1f, 0x8b]) {
        let mut header = [0; HEADER];
        let whole = GzDecoder::new(start).read_exact(&mut header).is_ok();
        return (whole && is_tar_header(&header)).then_some("tar, gzip");
    }
    start.get(..HEADER).is_some_and(is_tar_header).then_some("tar")
}

/// The checksum of a tar header: the sum of its bytes with the sum's own place taken as blanks.
fn is_tar_header(header: &[u8]) -> bool {
    let Some(field) = header.get(148..156) else { return false };
    let text = String::from_utf8_lossy(field);
    let stated = u32::from_str_radix(text.trim_matches(|c| c == ' ' || c == '\0'), 8);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let own: u32 = field.iter().map(|byte| u32::from(*byte)).sum();
    stated == Ok(sum - own + 8 * u32::from(b' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    fn tar_with_a_file() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        builder.append_data(&mut header, "a", b"x".as_slice()).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn archives_are_known_by_their_content() {
        let tar = tar_with_a_file();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&tar).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(kind_of(&tar), Some("tar"));
        assert_eq!(kind_of(&gzip), Some("tar, gzip"));
        assert_eq!(kind_of(b"BZh91AY"), Some("bzip2"));
    }

    #[test]
    fn other_files_are_not() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&[b'x'; 2000]).unwrap();
        assert_eq!(kind_of(&gzip.finish().unwrap()), None);
        assert_eq!(kind_of(&[0; 600]), None);
        assert_eq!(kind_of(b"hello"), None);
    }
}
