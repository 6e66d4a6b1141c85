//! Hides masked values and GitLab tokens in a stream of bytes, also when a value is split between two writes. Pure.
//! Finds exact values only: an encoded or split secret passes, as it does with the real runner.

/// Prefixes after which a token follows.
const TOKEN_PREFIXES: [&str; 11] = [
    "glpat-", "gloas-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-",
    "glagent-", "glsoat-",
];
const MASK: &[u8] = b"[MASKED]";

/// The state of one stream.
#[derive(Debug)]
pub(crate) struct Masker {
    phrases: Vec<Phrase>,
    starts: [bool; 256],
    held: Vec<u8>,
    in_token: bool,
}

#[derive(Debug)]
struct Phrase {
    text: Vec<u8>,
    is_prefix: bool,
}

impl Masker {
    /// Hides `values` (empty ones are ignored) and tokens with the built-in or `more_prefixes`.
    pub(crate) fn new<'a>(
        values: impl Iterator<Item = &'a str>,
        more_prefixes: impl Iterator<Item = &'a str>,
    ) -> Self {
        let values = values.filter(|v| !v.is_empty()).map(|v| (v, false));
        let prefixes = TOKEN_PREFIXES.into_iter().chain(more_prefixes).map(|p| (p, true));
        let mut phrases: Vec<Phrase> = values
            .chain(prefixes)
            .map(|(text, is_prefix)| Phrase { text: text.as_bytes().to_vec(), is_prefix })
            .collect();
        phrases.sort_by_key(|p| (std::cmp::Reverse(p.text.len()), p.is_prefix));
        let mut starts = [false; 256];
        for phrase in &phrases {
            if let Some(first) = phrase.text.first() {
                starts[usize::from(*first)] = true;
            }
        }
        Self { phrases, starts, held: Vec::new(), in_token: false }
    }

    /// Takes the next bytes and returns those that are safe to show.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        self.take(true)
    }

    /// Returns what was held back: the stream is over.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.take(false)
    }

    fn take(&mut self, more_may_come: bool) -> Vec<u8> {
        let input = std::mem::take(&mut self.held);
        let mut out = Vec::with_capacity(input.len());
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            if self.in_token {
                let length = rest.iter().position(|b| !is_token_byte(*b));
                self.in_token = length.is_none();
                at += length.unwrap_or(rest.len());
                continue;
            }
            if !self.starts[usize::from(rest[0])] {
                out.push(rest[0]);
                at += 1;
                continue;
            }
            if more_may_come && self.may_continue(rest) {
                self.held = rest.to_vec();
                break;
            }
            match self.phrases.iter().find(|p| rest.starts_with(&p.text)) {
                Some(phrase) => {
                    if phrase.is_prefix {
                        out.extend_from_slice(&phrase.text);
                        self.in_token = true;
                    }
                    out.extend_from_slice(MASK);
                    at += phrase.text.len();
                }
                None => {
                    out.push(rest[0]);
                    at += 1;
                }
            }
        }
        out
    }

    /// Whether more bytes could still complete a phrase that begins here.
    fn may_continue(&self, rest: &[u8]) -> bool {
        self.phrases.iter().any(|p| p.text.len() > rest.len() && p.text.starts_with(rest))
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.=-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[&str], writes: &[&str]) -> String {
        let mut masker = Masker::new(values.iter().copied(), std::iter::empty());
        let mut out = Vec::new();
        for write in writes {
            out.extend(masker.push(write.as_bytes()));
        }
        out.extend(masker.finish());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_value_split_between_writes_is_hidden() {
        assert_eq!(shown(&["s3cret"], &["a s3", "cr", "et b s3cre"]), "a [MASKED] b s3cre");
    }

    #[test]
    fn the_longest_value_wins_and_other_text_is_untouched() {
        assert_eq!(shown(&["abc", "abcdef"], &["abcdef abcd ab"]), "[MASKED] [MASKED]d ab");
    }

    #[test]
    fn a_token_is_hidden_after_its_prefix() {
        assert_eq!(shown(&[], &["x glrt-abc", "DEF_1 y"]), "x glrt-[MASKED] y");
    }
}
