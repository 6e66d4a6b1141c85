//! Path patterns: those of Go's `filepath.Match`, which COPY sources follow, and the wider
//! ones of `.dockerignore`.

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`: one character, not a slash.
    One,
    /// `*`: any characters, no slash.
    Some,
    /// `[a-z]`, `[^a-z]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `**/`: nothing, or any folders with their slash. Two tokens: the choice, and the inside.
    FoldersOrNot,
    Folders,
    /// `**` at the end: anything.
    Rest,
}

/// Which stars have a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stars {
    /// `**` is the same as `*`.
    Single,
    /// `**` goes over slashes.
    Double,
}

impl Pattern {
    /// As `filepath.Match` reads it.
    ///
    /// # Errors
    /// What is malformed.
    pub(super) fn path(text: &str) -> Result<Self, &'static str> {
        parse(text, Stars::Single).map(Self)
    }

    /// As moby's `patternmatcher` reads a line of `.dockerignore`.
    ///
    /// # Errors
    /// What is malformed.
    pub(super) fn ignore(text: &str) -> Result<Self, &'static str> {
        parse(text, Stars::Double).map(Self)
    }

    /// True when the whole text fits. Its cost grows with the product of both lengths, never
    /// faster: patterns come from strangers.
    pub(super) fn fits(&self, text: &str) -> bool {
        let mut now = vec![false; self.0.len() + 1];
        let mut next = now.clone();
        self.reach(&mut now, 0);
        for character in text.chars() {
            next.fill(false);
            for (at, token) in self.0.iter().enumerate().filter(|(at, _)| now[*at]) {
                if token.stays(character) {
                    self.reach(&mut next, at);
                }
                if token.passes(character) {
                    self.reach(&mut next, at + 1);
                }
            }
            std::mem::swap(&mut now, &mut next);
        }
        now[self.0.len()]
    }

    /// Marks a state and those that need no character after it.
    fn reach(&self, states: &mut [bool], mut at: usize) {
        loop {
            if states[at] {
                return;
            }
            states[at] = true;
            match self.0.get(at) {
                Some(Token::Some | Token::Rest) => at += 1,
                Some(Token::FoldersOrNot) => {
                    states[at + 1] = true;
                    at += 2;
                }
                _ => return,
            }
        }
    }
}

impl Token {
    /// True when the same token goes on after this character.
    fn stays(&self, character: char) -> bool {
        match self {
            Self::Some => character != '/',
            Self::Folders | Self::Rest => true,
            _ => false,
        }
    }

    /// True when the next token's turn comes after this character.
    fn passes(&self, character: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == character,
            Self::One => character != '/',
            Self::Class { negated, ranges } => {
                let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
                inside != *negated
            }
            Self::Folders => character == '/',
            Self::Some | Self::Rest | Self::FoldersOrNot => false,
        }
    }
}

/// True when a text has a character with a meaning of its own in a pattern.
pub(super) fn has_wildcard(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

fn parse(text: &str, stars: Stars) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' if stars == Stars::Double && characters.next_if_eq(&'*').is_some() => {
                // `**/` is taken as `**`.
                let _slash = characters.next_if_eq(&'/');
                if characters.peek().is_none() {
                    tokens.push(Token::Rest);
                } else {
                    tokens.extend([Token::FoldersOrNot, Token::Folders]);
                }
            }
            '*' => tokens.push(Token::Some),
            '?' => tokens.push(Token::One),
            '[' => tokens.push(class(&mut characters)?),
            '\\' => {
                let escaped = characters.next().ok_or("it ends with a backslash")?;
                tokens.push(Token::Literal(escaped));
            }
            _ => tokens.push(Token::Literal(character)),
        }
    }
    Ok(tokens)
}

/// After `[`.
fn class(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, &'static str> {
    let negated = characters.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && characters.next_if_eq(&']').is_some() {
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_character(characters)?;
        let high = match characters.next_if_eq(&'-') {
            Some(_) => class_character(characters)?,
            None => low,
        };
        ranges.push((low, high));
    }
}

fn class_character(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result<char, &'static str> {
    const OPEN: &str = "a [ is not closed by ]";
    match characters.next().ok_or(OPEN)? {
        '\\' => characters.next().ok_or(OPEN),
        '-' | ']' => Err("a - or ] inside [] has no character before it"),
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cases of Go's own tests of `filepath.Match`.
    #[test]
    fn copy_sources_follow_filepath_match() {
        let cases = [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^b-d]", "abc", false),
            ("ab[^e-g]", "abc", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("a[^a]b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            ("*[a-ζ]", "A", false),
            ("a?b", "a/b", false),
            ("[\\]a]", "]", true),
            ("[\\-]", "-", true),
            ("[x\\-]", "z", false),
            ("**", "a", true),
        ];
        for (pattern, text, wanted) in cases {
            let found = Pattern::path(pattern).unwrap().fits(text);
            assert_eq!(found, wanted, "{pattern} {text}");
        }
        for malformed in ["[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[", "a\\"]
        {
            assert!(Pattern::path(malformed).is_err(), "{malformed}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time_to_speak_of() {
        let pattern = Pattern::ignore(&"**/a*".repeat(200)).unwrap();
        assert!(!pattern.fits(&"a/".repeat(2000)));
    }

    proptest! {
        #[test]
        fn any_pattern_is_tried_without_panic(pattern in "[\\PC]{0,30}|[*?/\\[\\]^a\\\\-]{0,20}", text in "\\PC{0,30}") {
            for pattern in [Pattern::path(&pattern), Pattern::ignore(&pattern)].into_iter().flatten() {
                let _fits = pattern.fits(&text);
            }
        }
    }
}
