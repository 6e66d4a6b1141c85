//! Zip archives, written and read: the format of artifacts and caches. Pure over bytes. Knows deflate and stored
//! entries and Unix modes; archives over 4 GiB are refused.

use std::io::{Read as _, Write as _};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const DEFLATE: u16 = 8;

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Path with `/`.
    pub(super) name: String,
    /// Unix mode with the file type.
    pub(super) mode: u32,
    /// Content; a symbolic link's target.
    pub(super) content: Vec<u8>,
}

/// Writes an archive.
pub(super) fn write(entries: &[Entry]) -> Result<Vec<u8>, String> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = size(archive.len())?;
        let mut crc = Crc::new();
        crc.update(&entry.content);
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&entry.content).map_err(|cause| cause.to_string())?;
        let packed = packer.finish().map_err(|cause| cause.to_string())?;
        let mut common = Vec::new();
        number(&mut common, 0x0800, 2); // names are UTF-8
        number(&mut common, DEFLATE.into(), 2);
        number(&mut common, 0, 2); // time
        number(&mut common, 0x21, 2); // 1980-01-01
        number(&mut common, crc.sum(), 4);
        number(&mut common, size(packed.len())?, 4);
        number(&mut common, size(entry.content.len())?, 4);
        number(&mut common, size(entry.name.len())?, 2);
        number(&mut common, 0, 2); // extra field
        number(&mut archive, LOCAL, 4);
        number(&mut archive, 20, 2);
        archive.extend_from_slice(&common);
        archive.extend_from_slice(entry.name.as_bytes());
        archive.extend_from_slice(&packed);
        number(&mut directory, CENTRAL, 4);
        number(&mut directory, 0x0314, 2); // made on Unix
        number(&mut directory, 20, 2);
        directory.extend_from_slice(&common);
        number(&mut directory, 0, 2); // comment
        number(&mut directory, 0, 2); // disk
        number(&mut directory, 0, 2); // internal attributes
        number(&mut directory, entry.mode << 16, 4);
        number(&mut directory, offset, 4);
        directory.extend_from_slice(entry.name.as_bytes());
    }
    let start = size(archive.len())?;
    let count = size(entries.len())?;
    archive.extend_from_slice(&directory);
    number(&mut archive, END, 4);
    number(&mut archive, 0, 4);
    number(&mut archive, count, 2);
    number(&mut archive, count, 2);
    number(&mut archive, size(directory.len())?, 4);
    number(&mut archive, start, 4);
    number(&mut archive, 0, 2);
    Ok(archive)
}

fn size(length: usize) -> Result<u32, String> {
    u32::try_from(length).map_err(|_| "archives over 4 GiB are not supported".into())
}

fn number(to: &mut Vec<u8>, value: u32, bytes: usize) {
    to.extend_from_slice(&value.to_le_bytes()[..bytes]);
}

/// Reads an archive by its central directory.
pub(super) fn read(archive: &[u8]) -> Result<Vec<Entry>, String> {
    let end =
        (0..archive.len().saturating_sub(21)).rev().find(|at| long(archive, *at) == Some(END));
    let end = end.ok_or("not a zip archive")?;
    let count = short(archive, end + 10).ok_or("cut short")?;
    let mut at = long(archive, end + 16).ok_or("cut short")? as usize;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (entry, next) = entry(archive, at).ok_or("a broken entry")?;
        entries.push(entry);
        at = next;
    }
    Ok(entries)
}

fn entry(archive: &[u8], at: usize) -> Option<(Entry, usize)> {
    if long(archive, at)? != CENTRAL {
        return None;
    }
    let lengths = [28, 30, 32].map(|field| short(archive, at + field));
    let [name_length, extra, comment] = lengths;
    let (name_length, extra, comment) = (name_length?, extra?, comment?);
    let name = archive.get(at + 46..at + 46 + name_length)?;
    let local = long(archive, at + 42)? as usize;
    let data = local + 30 + short(archive, local + 26)? + short(archive, local + 28)?;
    let packed = archive.get(data..data + long(archive, at + 20)? as usize)?;
    let mut content = Vec::new();
    match short(archive, at + 10)? {
        0 => content.extend_from_slice(packed),
        8 => {
            flate2::read::DeflateDecoder::new(packed).read_to_end(&mut content).ok()?;
        }
        _ => return None,
    }
    let mut crc = Crc::new();
    crc.update(&content);
    if crc.sum() != long(archive, at + 16)? {
        return None;
    }
    let mode = long(archive, at + 38)? >> 16;
    let name = String::from_utf8_lossy(name).into_owned();
    Some((Entry { name, mode, content }, at + 46 + name_length + extra + comment))
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let part = bytes.get(at..at + 2)?;
    Some(usize::from(u16::from_le_bytes([part[0], part[1]])))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    let part = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes([part[0], part[1], part[2], part[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_read_back_with_names_modes_and_content() {
        let entries = vec![
            Entry { name: "image.json".into(), mode: 0o100_644, content: b"{}".repeat(500) },
            Entry { name: "a/ü".into(), mode: 0o100_755, content: vec![] },
        ];
        assert_eq!(read(&write(&entries).unwrap()).unwrap(), entries);
    }

    #[test]
    fn a_broken_archive_is_an_error() {
        let mut archive =
            write(&[Entry { name: "x".into(), mode: 0o100_644, content: b"hello".to_vec() }])
                .unwrap();
        archive[33] ^= 0xff;
        assert!(read(&archive).is_err());
        assert!(read(b"hello").is_err());
    }
}
