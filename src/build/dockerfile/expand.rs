//! Variables and quotes in words, as BuildKit's `shell.Lex` treats them.

use super::glob;
use std::collections::BTreeSet;

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) enum Lookup {
    /// Its value.
    Value(String),
    /// It is not set.
    Unset,
    /// It may come from the base image, which was not read yet.
    Unknown,
}

/// A word with its variables replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::build) struct Word {
    /// The text; only a guess when `unknown`.
    pub(in crate::build) text: String,
    /// The text parted at blanks outside of quotes.
    pub(in crate::build) parts: Vec<String>,
    /// A variable that was not known had a part in it.
    pub(in crate::build) unknown: bool,
    /// Variables that were not set and had no default.
    pub(in crate::build) unset: BTreeSet<String>,
}

/// Replaces variables.
pub(in crate::build) struct Expander<'a> {
    /// `\` or `` ` ``.
    pub(in crate::build) escape: char,
    /// False inside documents, where quotes are plain characters.
    pub(in crate::build) quotes: bool,
    /// Looks a variable up.
    pub(in crate::build) lookup: &'a dyn Fn(&str) -> Lookup,
}

impl Expander<'_> {
    /// Replaces the variables of one word.
    ///
    /// # Errors
    /// What is wrong with the word, or the message of `${x:?message}`.
    pub(in crate::build) fn word(&self, text: &str) -> Result<Word, String> {
        let mut scan = Scan {
            expander: self,
            text: text.chars().collect(),
            at: 0,
            depth: 0,
            unknown: false,
            unset: BTreeSet::new(),
        };
        let (text, parts) = scan.until(None, false)?;
        Ok(Word { text, parts, unknown: scan.unknown, unset: scan.unset })
    }
}

/// A word does not grow beyond this: `ENV A=$A$A` a few dozen times would fill the memory.
const LENGTH: usize = 1024 * 1024;
/// Patterns are tried at every place of a value; longer ones take too long.
const PATTERN_LENGTH: usize = 4096;
/// Defaults inside defaults deeper than this are refused: nobody writes them, and each level
/// costs stack.
const DEPTH: usize = 50;

struct Scan<'a> {
    expander: &'a Expander<'a>,
    text: Vec<char>,
    at: usize,
    depth: usize,
    unknown: bool,
    unset: BTreeSet<String>,
}

/// Collects parts while characters come in.
#[derive(Default)]
struct Parts {
    done: Vec<String>,
    current: String,
}

impl Parts {
    fn soft(&mut self, text: &str) {
        for character in text.chars() {
            if !character.is_whitespace() {
                self.current.push(character);
            } else if !self.current.is_empty() {
                self.done.push(std::mem::take(&mut self.current));
            }
        }
    }

    fn hard(&mut self, text: &str) {
        self.current.push_str(text);
    }

    fn end(mut self) -> Vec<String> {
        if !self.current.is_empty() {
            self.done.push(self.current);
        }
        self.done
    }
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    /// Up to the end or to `stop`, which is taken. `raw` keeps escape characters, for patterns.
    fn until(&mut self, stop: Option<char>, raw: bool) -> Result<(String, Vec<String>), String> {
        let mut text = String::new();
        let mut parts = Parts::default();
        while let Some(character) = self.next() {
            if stop == Some(character) {
                return Ok((text, parts.end()));
            }
            let quotes = self.expander.quotes;
            let (piece, hard) = match character {
                '$' => (self.dollar()?, false),
                '\'' if quotes => (self.single_quoted()?, true),
                '"' if quotes => (self.double_quoted()?, true),
                _ if character == self.expander.escape => {
                    let mut piece = String::new();
                    if raw {
                        piece.push(character);
                    }
                    // An escape character at the very end escapes nothing.
                    piece.extend(self.next());
                    (piece, true)
                }
                _ => (character.to_string(), false),
            };
            text.push_str(&piece);
            if text.len() > LENGTH {
                return Err(format!("the text grows beyond {LENGTH} bytes"));
            }
            if hard {
                parts.hard(&piece);
            } else {
                parts.soft(&piece);
            }
        }
        match stop {
            None => Ok((text, parts.end())),
            Some(stop) => Err(format!("\"{stop}\" is missing at the end")),
        }
    }

    fn single_quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        while let Some(character) = self.next() {
            if character == '\'' {
                return Ok(text);
            }
            text.push(character);
        }
        Err("a single quote is not closed".to_owned())
    }

    fn double_quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        while let Some(character) = self.next() {
            match character {
                '"' => return Ok(text),
                '$' => text.push_str(&self.dollar()?),
                _ if character == self.expander.escape => match self.peek() {
                    None => {}
                    Some(next) if matches!(next, '"' | '$') || next == character => {
                        self.at += 1;
                        text.push(next);
                    }
                    // Inside double quotes the escape character stays before all others.
                    Some(_) => text.push(character),
                },
                _ => text.push(character),
            }
        }
        Err("a double quote is not closed".to_owned())
    }

    /// After the dollar sign.
    fn dollar(&mut self) -> Result<String, String> {
        if self.peek() != Some('{') {
            let name = self.name();
            return Ok(if name.is_empty() { "$".to_owned() } else { self.value(&name) });
        }
        self.at += 1;
        match self.peek() {
            None => return Err("\"}\" is missing at the end".to_owned()),
            Some('{' | '}' | ':') => return Err("bad substitution".to_owned()),
            Some(_) => {}
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("too many substitutions inside one another".to_owned());
        }
        let name = self.name();
        let replaced = self.modified(&name);
        self.depth -= 1;
        replaced
    }

    /// After `${name`.
    fn modified(&mut self, name: &str) -> Result<String, String> {
        match self.next() {
            Some('}') => Ok(self.value(name)),
            Some(':') => match self.next() {
                Some(modifier @ ('-' | '+' | '?')) => self.choice(name, modifier, true),
                other => Err(unsupported(&format!(":{}", other.unwrap_or_default()))),
            },
            Some(modifier @ ('-' | '+' | '?')) => self.choice(name, modifier, false),
            Some(side @ ('#' | '%')) => {
                let (pattern, _) = self.until(Some('}'), true)?;
                let (greedy, pattern) = match pattern.strip_prefix(side) {
                    Some(pattern) => (true, pattern),
                    None => (false, pattern.as_str()),
                };
                let value = self.short_value(name)?;
                Ok(if side == '#' {
                    glob::without_prefix(&value, pattern, greedy).to_owned()
                } else {
                    glob::without_suffix(&value, pattern, greedy).to_owned()
                })
            }
            Some('/') => {
                let all = self.peek() == Some('/');
                self.at += usize::from(all);
                let (pattern, _) = self.until(Some('/'), true)?;
                let (replacement, _) = self.until(Some('}'), true)?;
                Ok(glob::replaced(&self.short_value(name)?, &pattern, &replacement, all))
            }
            Some(other) => Err(unsupported(&other.to_string())),
            None => Err("\"}\" is missing at the end".to_owned()),
        }
    }

    /// `${name-word}`, `${name+word}`, `${name?word}`; with a colon an empty value is no value.
    fn choice(
        &mut self,
        name: &str,
        modifier: char,
        empty_is_unset: bool,
    ) -> Result<String, String> {
        let (word, _) = self.until(Some('}'), false)?;
        let value = match (self.expander.lookup)(name) {
            Lookup::Unknown => {
                self.unknown = true;
                return Ok(word);
            }
            Lookup::Value(value) if !(empty_is_unset && value.is_empty()) => Some(value),
            Lookup::Value(_) | Lookup::Unset => None,
        };
        match (modifier, value) {
            ('-', value) => Ok(value.unwrap_or(word)),
            ('+', Some(_)) => Ok(word),
            ('+', None) => Ok(String::new()),
            (_, Some(value)) => Ok(value),
            (_, None) if word.is_empty() => Err(format!("variable {name} is not set")),
            (_, None) => Err(format!("{name}: {word}")),
        }
    }

    fn short_value(&mut self, name: &str) -> Result<String, String> {
        let value = self.value(name);
        if value.len() > PATTERN_LENGTH {
            return Err(format!("the value of {name} is longer than {PATTERN_LENGTH} bytes"));
        }
        Ok(value)
    }

    fn value(&mut self, name: &str) -> String {
        match (self.expander.lookup)(name) {
            Lookup::Value(value) => value,
            Lookup::Unset => {
                let _new = self.unset.insert(name.to_owned());
                String::new()
            }
            Lookup::Unknown => {
                self.unknown = true;
                String::new()
            }
        }
    }

    /// Letters, digits and `_`; a number; or one special character, as in a shell.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.peek() {
            Some(first) if first.is_numeric() => {
                while let Some(digit) = self.peek().filter(|c| c.is_numeric()) {
                    self.at += 1;
                    name.push(digit);
                }
            }
            Some(special @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
                self.at += 1;
                name.push(special);
            }
            _ => {
                while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
                    self.at += 1;
                    name.push(c);
                }
            }
        }
        name
    }
}

fn unsupported(modifier: &str) -> String {
    format!("modifier \"{modifier}\" in a substitution is not known")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lookup(name: &str) -> Lookup {
        match name {
            "A" => Lookup::Value("one two".to_owned()),
            "E" => Lookup::Value(String::new()),
            "P" => Lookup::Value("a/b/c.tar.gz".to_owned()),
            "BASE" => Lookup::Unknown,
            _ => Lookup::Unset,
        }
    }

    fn expand(text: &str) -> Result<Word, String> {
        Expander { escape: '\\', quotes: true, lookup: &lookup }.word(text)
    }

    fn text(source: &str) -> String {
        expand(source).map_or_else(|error| format!("error: {error}"), |word| word.text)
    }

    #[test]
    fn variables_are_replaced_as_the_reference_says() {
        let cases = [
            ("$A-${A}x", "one two-one twox"),
            ("${X:-d} ${X-d} ${E:-d} ${E-d}", "d d d "),
            ("${A:+y}${X:+y}${E:+y}${E+y}", "yy"),
            ("${X:-${A}}", "one two"),
            (r"\$A \${A}", "$A ${A}"),
            ("'$A' \"$A\"", "$A one two"),
            (r#""a\"b\$c\d""#, r#"a"b$c\d"#),
            ("$ $% a$", "$ $% a$"),
            ("${P#*/} ${P##*/}", "b/c.tar.gz c.tar.gz"),
            ("${P%.*} ${P%%.*}", "a/b/c.tar a/b/c"),
            ("${P/\\//-} ${P//\\//-}", "a-b/c.tar.gz a-b-c.tar.gz"),
            ("a\\", "a"),
        ];
        for (source, wanted) in cases {
            assert_eq!(text(source), wanted, "{source}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_an_error() {
        let cases = [
            ("${A", "error: \"}\" is missing at the end"),
            ("${}", "error: bad substitution"),
            ("${A:=b}", "error: modifier \":=\" in a substitution is not known"),
            ("${X:?give X}", "error: X: give X"),
            ("${X?}", "error: variable X is not set"),
            ("'a", "error: a single quote is not closed"),
        ];
        for (source, wanted) in cases {
            assert_eq!(text(source), wanted, "{source}");
        }
    }

    #[test]
    fn words_are_parted_after_variables_and_not_inside_quotes() {
        let parts = |source: &str| expand(source).unwrap().parts;
        assert_eq!(parts("$A three"), ["one", "two", "three"]);
        assert_eq!(parts("\"$A\" x"), ["one two", "x"]);
    }

    #[test]
    fn an_unknown_variable_makes_the_word_unknown() {
        assert!(expand("x$BASE").unwrap().unknown && expand("${BASE:-d}").unwrap().unknown);
        assert_eq!(expand("$X").unwrap().unset, ["X".to_owned()].into());
    }

    proptest! {
        #[test]
        fn any_text_is_replaced_without_panic(
            text in "[\\PC]{0,40}|[${}:/#%A'\"\\\\?+*-]{0,40}", quotes: bool
        ) {
            drop(Expander { escape: '\\', quotes, lookup: &lookup }.word(&text));
        }
    }
}
