//! A job's log: one buffer with a size limit, written by the runner's own lines and by the executor's streams.
//! Every text goes through a masker; only section markers do not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::mask::Masker;

const CLEAR: &str = "\x1b[0K";
const RESET: &str = "\x1b[0;m";
const GREEN: &str = "\x1b[32;1m";
const CYAN: &str = "\x1b[36;1m";
const RED: &str = "\x1b[31;1m";
const YELLOW: &str = "\x1b[0;33m";

/// The bytes of a job's log.
#[derive(Debug)]
pub(crate) struct Log {
    buffer: Mutex<Buffer>,
    masks: Mutex<Masks>,
}

#[derive(Debug, Default)]
struct Masks {
    values: Vec<String>,
    prefixes: Vec<String>,
}

#[derive(Debug)]
struct Buffer {
    bytes: Vec<u8>,
    limit: usize,
    cut: bool,
}

impl Log {
    /// A log that takes `limit` bytes.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            buffer: Mutex::new(Buffer { bytes: Vec::new(), limit, cut: false }),
            masks: Mutex::new(Masks::default()),
        })
    }

    /// From now on `values` are hidden, and tokens with `prefixes`.
    pub(crate) fn mask(&self, values: Vec<String>, prefixes: Vec<String>) {
        *locked(&self.masks) = Masks { values, prefixes };
    }

    /// A line of the runner.
    pub(crate) fn line(&self, text: &str) {
        self.masked(&format!("{CLEAR}{text}{RESET}\n"));
    }

    /// The headline of a stage.
    pub(crate) fn headline(&self, text: &str) {
        self.line(&format!("{CLEAR}{CYAN}{text}{RESET}"));
    }

    /// A green line.
    pub(crate) fn info(&self, text: &str) {
        self.masked(&format!("{GREEN}{text}{RESET}\n"));
    }

    /// A yellow line.
    pub(crate) fn warning(&self, text: &str) {
        self.masked(&format!("{YELLOW}WARNING: {text}{RESET}\n"));
    }

    /// A red line.
    pub(crate) fn error(&self, text: &str) {
        self.masked(&format!("{RED}ERROR: {text}{RESET}\n"));
    }

    /// Opens a section.
    pub(crate) fn section_start(&self, name: &str) {
        self.append(format!("section_start:{}:{name}\r{CLEAR}", unix_now()).as_bytes());
    }

    /// Closes a section.
    pub(crate) fn section_end(&self, name: &str) {
        self.append(format!("section_end:{}:{name}\r{CLEAR}", unix_now()).as_bytes());
    }

    /// A stream of a program; its own masker, as each stream has in the real runner.
    pub(crate) fn stream(self: &Arc<Self>) -> Stream {
        Stream { log: Arc::clone(self), masker: Box::new(self.masker()) }
    }

    /// The bytes from `from` on, at most `limit` of them.
    pub(crate) fn bytes(&self, from: usize, limit: usize) -> Vec<u8> {
        let buffer = locked(&self.buffer);
        let end = buffer.bytes.len().min(from.saturating_add(limit));
        buffer.bytes.get(from..end).unwrap_or_default().to_vec()
    }

    /// The number of bytes so far.
    pub(crate) fn size(&self) -> usize {
        locked(&self.buffer).bytes.len()
    }

    /// CRC-32 of all bytes as the coordinator is told: `crc32:` and eight hex digits.
    pub(crate) fn checksum(&self) -> String {
        let mut crc = flate2::Crc::new();
        crc.update(&locked(&self.buffer).bytes);
        format!("crc32:{:08x}", crc.sum())
    }

    fn masked(&self, text: &str) {
        let mut masker = self.masker();
        let mut shown = masker.push(text.as_bytes());
        shown.extend(masker.finish());
        self.append(&shown);
    }

    fn masker(&self) -> Masker {
        let masks = locked(&self.masks);
        Masker::new(
            masks.values.iter().map(String::as_str),
            masks.prefixes.iter().map(String::as_str),
        )
    }

    fn append(&self, bytes: &[u8]) {
        let mut buffer = locked(&self.buffer);
        if buffer.cut {
            return;
        }
        let room = buffer.limit.saturating_sub(buffer.bytes.len());
        buffer.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            buffer.cut = true;
            let limit = buffer.limit;
            let notice = format!(
                "\n\x1b[33;1mJob's log exceeded limit of {limit} bytes.\n\
                 Job execution will continue but no more output will be collected.{RESET}\n"
            );
            buffer.bytes.extend_from_slice(notice.as_bytes());
        }
    }
}

/// One output stream of a program.
#[derive(Debug)]
pub(crate) struct Stream {
    log: Arc<Log>,
    masker: Box<Masker>,
}

impl Stream {
    /// Takes output.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let shown = self.masker.push(bytes);
        self.log.append(&shown);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let shown = self.masker.finish();
        self.log.append(&shown);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_too_long_is_cut_with_a_notice() {
        let log = Log::new(10);
        log.stream().write(b"0123456789abc");
        log.stream().write(b"LATER");
        let text = String::from_utf8(log.bytes(0, 1000)).unwrap();
        assert!(text.starts_with("0123456789\n\x1b[33;1mJob's log exceeded limit of 10 bytes."));
        assert!(!text.contains("LATER"));
    }

    #[test]
    fn the_runners_own_lines_are_masked_too() {
        let log = Log::new(1000);
        log.mask(vec!["hunter2".into()], vec![]);
        log.error("Job failed: hunter2");
        assert!(!String::from_utf8(log.bytes(0, 1000)).unwrap().contains("hunter2"));
    }
}
