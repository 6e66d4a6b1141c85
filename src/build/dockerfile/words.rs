//! From the text of a statement to its words.

/// White space between words of a statement.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// Words parted by blanks, quotes not counted.
pub(super) fn by_blanks(text: &str) -> Vec<String> {
    text.split(is_blank).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A JSON array of strings; `None` when the text is something else. An array that holds other
/// things is `Some(Err)`: docker refuses it instead of taking it for words.
pub(super) fn json_strings(text: &str) -> Option<Result<Vec<String>, &'static str>> {
    let text = text.trim_start();
    if !text.starts_with('[') {
        return None;
    }
    let values: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    let strings = values.into_iter().map(|value| match value {
        serde_json::Value::String(text) => Ok(text),
        _ => Err("a JSON array here may hold strings only"),
    });
    Some(strings.collect())
}

/// Words of `ENV`, `LABEL` and `ARG`: parted by white space, quotes and escapes kept for the
/// expansion that comes later.
pub(super) fn quoted(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut blank_is_a_word = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if quote.is_none() && character.is_whitespace() {
            if blank_is_a_word || !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            blank_is_a_word = false;
            continue;
        }
        if character == escape && quote != Some('\'') {
            // An escape character at the very end escapes nothing.
            if let Some(escaped) = characters.next() {
                word.extend([character, escaped]);
            }
            continue;
        }
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '\'' | '"') => {
                quote = Some(character);
                blank_is_a_word = true;
            }
            _ => {}
        }
        word.push(character);
    }
    if blank_is_a_word || !word.is_empty() {
        words.push(word);
    }
    words
}

/// The `--name=value` words at the front, unquoted, and the text after them.
pub(super) fn flags(text: &str, escape: char) -> (Vec<String>, &str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        let (word, tail) = flag(rest, escape);
        rest = tail.trim_start();
        if word == "--" {
            break;
        }
        found.push(word);
    }
    (found, rest)
}

fn flag(text: &str, escape: char) -> (String, &str) {
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match quote {
            None if character.is_whitespace() => return (word, &text[at..]),
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(open) if open == character => quote = None,
            _ if character == escape => {
                word.extend(characters.next().map(|(_, escaped)| escaped));
            }
            _ => word.push(character),
        }
    }
    (word, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quoted_words_keep_their_quotes() {
        assert_eq!(quoted(r#"a="b c" d\ e 'f"g'"#, '\\'), [r#"a="b c""#, r"d\ e", r#"'f"g'"#]);
        assert_eq!(quoted(r#"a="" "#, '\\'), [r#"a="""#]);
    }

    #[test]
    fn a_broken_array_is_taken_for_words_and_a_mixed_one_is_refused() {
        assert_eq!(json_strings("[\"a\", \"b\"]"), Some(Ok(vec!["a".to_owned(), "b".to_owned()])));
        assert_eq!(json_strings("[ab"), None);
        assert!(json_strings("[1]").is_some_and(|found| found.is_err()));
    }

    #[test]
    fn flags_end_at_the_first_other_word() {
        let (found, rest) = flags(" --a='b c' -- --d", '\\');
        assert_eq!((found, rest), (vec!["--a=b c".to_owned()], "--d"));
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_panic(text in "\\PC{0,60}") {
            drop(quoted(&text, '\\'));
            drop(flags(&text, '`'));
            drop(json_strings(&text));
        }
    }
}
