//! Whether something may be put behind what a stream said last. Pure.
//!
//! At the start of a line it may. Inside a line (a prompt, a row of dots) it may as well, unless
//! it could cut what the Runner or GitLab know as a whole: a character, an escape sequence, a
//! section marker, a value that must be masked, a token that is known by its first letters, or
//! the parameters of a URL. The Runner masks by exact comparison in each stream, so one byte
//! inside a value would show it.

use crate::model::Secret;

/// First letters of GitLab's own tokens (common/buildlogger/internal/tokensanitizer of the
/// Runner), without the shared `gl`.
const TOKENS: [&str; 13] = [
    "glpat-",
    "gloas-",
    "gldt-",
    "glrt-",
    "glrtr-",
    "glcbt-",
    "glptt-",
    "glft-",
    "glimt-",
    "glagent-",
    "glsoat-",
    "glffct-",
    "_gitlab_session=",
];
/// What stands before a section's name in GitLab's log.
const SECTION: &[u8] = b"section_";
/// Shortest tail that is remembered: a word longer than that is not judged.
const REMEMBERED: usize = 512;

/// The end of one stream.
#[derive(Debug)]
pub(super) struct Seam {
    tail: Vec<u8>,
    kept: usize,
    masked: Vec<Secret>,
}

/// What may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// The start of a line.
    Line,
    /// Between two characters of a line.
    Inside,
    /// Nothing but what the script writes.
    None,
}

impl Seam {
    /// Nothing was written; `masked` are the values that the Runner hides.
    pub(super) fn new(masked: Vec<Secret>) -> Self {
        let longest = masked.iter().map(|value| value.expose().len()).max().unwrap_or(0);
        Self { tail: Vec::new(), kept: longest.max(REMEMBERED), masked }
    }

    /// These bytes were written.
    pub(super) fn wrote(&mut self, bytes: &[u8]) {
        let new = &bytes[bytes.len().saturating_sub(self.kept)..];
        let old = (self.tail.len() + new.len()).saturating_sub(self.kept);
        self.tail.drain(..old);
        self.tail.extend_from_slice(new);
    }

    /// What may follow now.
    pub(super) fn gap(&self) -> Gap {
        if self.is_inside_masked() {
            Gap::None
        } else if self.tail.last().is_none_or(|last| matches!(last, b'\n' | b'\r')) {
            Gap::Line
        } else if self.is_inside_character() || self.is_inside_word() {
            Gap::None
        } else {
            Gap::Inside
        }
    }

    /// A masked value began, and may go on.
    fn is_inside_masked(&self) -> bool {
        self.masked.iter().any(|value| {
            let value = value.expose().as_bytes();
            (1..value.len()).any(|length| self.tail.ends_with(&value[..length]))
        })
    }

    /// The last bytes are the start of a character of several bytes (UTF-8, RFC 3629).
    fn is_inside_character(&self) -> bool {
        match std::str::from_utf8(&self.tail[self.tail.len().saturating_sub(3)..]) {
            Ok(_) => false,
            // `None` is an unexpected end; anything else is no UTF-8 from the start.
            Err(_) => {
                let start = self.tail.iter().rposition(|byte| *byte & 0xC0 != 0x80);
                let last = &self.tail[start.unwrap_or(0)..];
                std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none())
            }
        }
    }

    /// The last word is, or may become, something that is known as a whole.
    fn is_inside_word(&self) -> bool {
        let is_space = |byte: &u8| byte.is_ascii_whitespace();
        let start = self.tail.iter().rposition(is_space).map_or(0, |space| space + 1);
        let word = &self.tail[start..];
        let escape = word.iter().rposition(|byte| *byte == 0x1b);
        let open = escape.is_some_and(|at| is_open_sequence(&word[at + 1..]));
        let has = |part: &[u8]| word.windows(part.len()).any(|found| found == part);
        let begins = |whole: &[u8]| {
            has(whole) || (2..whole.len()).any(|length| word.ends_with(&whole[..length]))
        };
        let is_long = start == 0 && self.tail.len() == self.kept;
        let is_url = has(b"?") && has(b"=");
        open || is_long
            || is_url
            || begins(SECTION)
            || TOKENS.iter().any(|one| begins(one.as_bytes()))
    }
}

/// An escape sequence without its last byte (ECMA-48, 5.4).
fn is_open_sequence(after_escape: &[u8]) -> bool {
    match after_escape.split_first() {
        None => true,
        Some((b'[', rest)) => !rest.iter().any(|byte| (0x40..=0x7e).contains(byte)),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(text: &[u8]) -> Gap {
        let mut seam =
            Seam::new(vec![Secret::new("hunter22-long"), Secret::new("line one\nline two")]);
        text.chunks(7).for_each(|piece| seam.wrote(piece));
        seam.gap()
    }

    #[test]
    fn a_line_that_ended_and_a_prompt_leave_a_gap() {
        for text in ["", "done\n", "90%\r"] {
            assert_eq!(gap(text.as_bytes()), Gap::Line, "{text:?}");
        }
        for text in [
            "Password: ",
            "Continue? [y/N] ",
            "prompt",
            "downloading...",
            "ünï",
            "\x1b[31mred\x1b[0m",
            "hunter22-lon ",
            "https://example.org/a",
        ] {
            assert_eq!(gap(text.as_bytes()), Gap::Inside, "{text:?}");
        }
    }

    #[test]
    fn what_is_known_as_a_whole_is_not_cut() {
        let texts: [&[u8]; 12] = [
            b"pass: h",
            b"pass: hunter22-lon",
            b"line one\n",
            b"caf\xc3",
            b"\xe2\x82",
            b"\xf0\x9f\x98",
            b"red \x1b",
            b"red \x1b[3",
            b"token glpat-abc",
            b"token glpa",
            b"https://s3.example/x?X-Amz-Signature=ab",
            b"section_start:17",
        ];
        for text in texts {
            assert_eq!(gap(text), Gap::None, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_no_half_character() {
        assert_eq!(gap(b"\xff"), Gap::Inside);
        assert_eq!(gap(b"x\x80"), Gap::Inside);
    }

    #[test]
    fn a_word_without_end_is_not_judged() {
        assert_eq!(gap(&[b'a'; 4096]), Gap::None);
        let mut text = vec![b'a'; 4096];
        text.push(b' ');
        assert_eq!(gap(&text), Gap::Inside);
    }
}
