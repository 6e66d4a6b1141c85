//! Lines of a script, as far as it takes to know which programs they call. What goes beyond
//! words, pipes and lists of commands is not taken apart.

use std::ops::Range;

/// One command or pipeline between `&&`, `;` and line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
    /// The words of each command of the pipeline, quotes taken off.
    pub(super) commands: Vec<Vec<String>>,
    /// The same words as written.
    pub(super) raw: Vec<Vec<String>>,
    /// Commands are joined by `||` somewhere.
    pub(super) fallback: bool,
}

const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "function", "select", "{", "}", "[[", "!", "trap",
];

/// The statements of a text; `None` when it has constructs that are not taken apart.
pub(super) fn statements(text: &str) -> Option<Vec<Statement>> {
    let mut reader = Reader { text, at: 0, found: Vec::new(), open: None };
    while reader.at < text.len() {
        reader.step()?;
    }
    reader.end();
    let keyword = |s: &Statement| {
        let heads = s.commands.iter().filter_map(|words| words.first());
        heads.into_iter().any(|head| KEYWORDS.contains(&head.as_str()))
    };
    (!reader.found.iter().any(keyword)).then_some(reader.found)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Statement>,
    open: Option<Statement>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn step(&mut self) -> Option<()> {
        let rest = self.rest();
        let length = match rest.as_bytes() {
            [b' ' | b'\t' | b'\r', ..] => 1,
            [b'\\', b'\n', ..] => 2,
            [b'\\', b'\r', b'\n', ..] => 3,
            [b'&', b'&', ..] => return self.separator(2),
            [b'\n' | b';', ..] => return self.separator(1),
            [b'|', b'|', ..] => return self.pipe(2),
            [b'|', ..] => return self.pipe(1),
            [b'#', ..] => rest.find('\n').unwrap_or(rest.len()),
            [b'&' | b'(' | b')', ..] => return None,
            _ => return self.word(),
        };
        self.at += length;
        Some(())
    }

    fn separator(&mut self, length: usize) -> Option<()> {
        self.end();
        self.at += length;
        Some(())
    }

    fn pipe(&mut self, length: usize) -> Option<()> {
        let open = self.open.as_mut()?;
        open.fallback |= length == 2;
        open.commands.push(Vec::new());
        open.raw.push(Vec::new());
        self.at += length;
        Some(())
    }

    fn end(&mut self) {
        self.found.extend(self.open.take());
    }

    fn word(&mut self) -> Option<()> {
        let length = word_length(self.rest())?;
        let (start, end) = (self.at, self.at + length);
        let raw = self.text[start..end].to_owned();
        let statement = self.open.get_or_insert_with(|| Statement {
            range: start..end,
            commands: vec![Vec::new()],
            raw: vec![Vec::new()],
            fallback: false,
        });
        statement.range.end = end;
        let word = unquoted(&raw);
        statement.commands.last_mut()?.push(word);
        statement.raw.last_mut()?.push(raw);
        self.at = end;
        Some(())
    }
}

/// How long the word at the start is; `None` for a here-document or an open quote.
fn word_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' => at += 2 + text[at + 1..].find('\'')?,
            b'"' => at += double_quoted(&text[at..])?,
            b'`' => at += 2 + text[at + 1..].find('`')?,
            b'$' if bytes.get(at + 1) == Some(&b'(') => at += 1 + balanced(&text[at + 1..])?,
            b'$' if bytes.get(at + 1) == Some(&b'{') => at += 2 + text[at + 1..].find('}')?,
            b'<' if bytes.get(at + 1) == Some(&b'<') => return None,
            b'>' if bytes.get(at + 1) == Some(&b'&') => at += 2,
            b'&' if bytes.get(at + 1) == Some(&b'>') => at += 2,
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'(' | b')' => break,
            _ => at += 1,
        }
    }
    text.is_char_boundary(at.min(text.len())).then_some(at.min(text.len())).filter(|at| *at > 0)
}

fn double_quoted(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            b'$' if bytes.get(at + 1) == Some(&b'(') => at += 1 + balanced(&text[at + 1..])?,
            _ => at += 1,
        }
    }
}

/// The length of `(...)`, parentheses inside counted, quotes not looked at.
fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn unquoted(raw: &str) -> String {
    raw.chars().filter(|c| !matches!(c, '"' | '\'')).collect()
}

/// Commands by a rough reading, also of constructs that are not taken apart: enough to see
/// that a program is called, with the words behind it.
pub(super) fn rough(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let pieces = joined.split([';', '&', '|', '\n', '(', ')', '`']);
    let words = pieces.map(|piece| {
        let words = piece.split_whitespace().map(unquoted).filter(|word| !word.is_empty());
        let words = words.skip_while(|word| KEYWORDS.contains(&word.as_str()));
        words.take_while(|word| !word.starts_with('#')).collect::<Vec<_>>()
    });
    words.map(|words| stripped(&words).to_vec()).filter(|words| !words.is_empty()).collect()
}

/// Without `sudo`, `exec` and assignments before the program.
pub(super) fn stripped(words: &[String]) -> &[String] {
    let before = |word: &String| {
        matches!(word.as_str(), "sudo" | "-E" | "exec" | "command" | "time")
            || word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            })
    };
    let count = words.iter().take_while(|word| before(word)).count();
    &words[count..]
}

/// The program's name without its directory.
pub(super) fn program(words: &[String]) -> &str {
    let first = words.first().map(String::as_str).unwrap_or_default();
    if first.starts_with('.') { first } else { first.rsplit('/').next().unwrap_or(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match statements(text) {
            None => "not taken apart".to_owned(),
            Some(found) => {
                let each = found.iter().map(|s| {
                    let commands: Vec<String> = s.commands.iter().map(|w| w.join("·")).collect();
                    commands.join(" | ")
                });
                each.collect::<Vec<_>>().join(" ; ")
            }
        }
    }

    #[test]
    fn lists_and_pipes_are_taken_apart() {
        assert_eq!(
            shown("apk add curl && pip install 'a b'; ls"),
            "apk·add·curl ; pip·install·a b ; ls"
        );
        assert_eq!(shown("curl -s \"$URL\" | sh # c\nx \\\n y"), "curl·-s·$URL | sh ; x·y");
        assert_eq!(shown("echo \"$(date; id)\" > f 2>&1"), "echo·$(date; id)·>·f·2>&1");
    }

    #[test]
    fn constructs_are_not() {
        for text in ["if true; then x; fi", "cat <<E\nx\nE", "(cd x)", "x &", "echo 'a", "! x"] {
            assert_eq!(shown(text), "not taken apart", "{text}");
        }
        let found = rough("if ! docker info; then sudo X=1 docker run $(cat f); fi");
        let shown: Vec<String> = found.iter().map(|words| words.join(" ")).collect();
        assert_eq!(shown, ["docker info", "docker run $", "cat f"]);
    }
}
