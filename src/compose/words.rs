//! Splits a command line into words as a shell does, without expanding anything.

/// The words of `text`. Quotes and backslashes work as in a POSIX shell.
///
/// # Errors
/// What is wrong: a quote or backslash without its end.
pub fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next().ok_or("a ' has no end")? {
                        '\'' => break,
                        inner => word.push(inner),
                    }
                }
            }
            '"' => double_quoted(&mut characters, word.get_or_insert_default())?,
            '\\' => {
                let escaped = characters.next().ok_or("a \\ ends the text")?;
                word.get_or_insert_default().push(escaped);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

/// `text` up to a `;`, `&`, `|`, `<` or `>` without quotes: what docker/cli's word splitter of
/// 2019 (go-shellwords) took for a command.
pub(super) fn first_command(text: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    for (index, character) in text.char_indices() {
        match (character, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('\'' | '"' | '`', None) => quote = Some(character),
            (closing, Some(open)) if closing == open => quote = None,
            (';' | '&' | '|' | '<' | '>', None) => return &text[..index],
            _ => {}
        }
    }
    text
}

fn double_quoted(
    characters: &mut std::str::Chars<'_>,
    word: &mut String,
) -> Result<(), &'static str> {
    let unclosed = "a \" has no end";
    loop {
        match characters.next().ok_or(unclosed)? {
            '"' => return Ok(()),
            '\\' => {
                let escaped = characters.next().ok_or(unclosed)?;
                // Inside double quotes a backslash is itself, but before these.
                if !matches!(escaped, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            inner => word.push(inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_does() {
        let words = split(r#"nginx -g "daemon off;" 'a b'\ c "" --x="1 \"2\"""#);
        let wanted = ["nginx", "-g", "daemon off;", "a b c", "", "--x=1 \"2\""];
        assert_eq!(words, Ok(wanted.map(str::to_owned).to_vec()));
        assert_eq!(split(""), Ok(Vec::new()));
        assert_eq!(split("echo 'x"), Err("a ' has no end"));
    }

    #[test]
    fn the_old_splitter_ends_at_an_operator_of_the_shell() {
        assert_eq!(first_command("npm start && echo x"), "npm start ");
        assert_eq!(first_command("sh -c 'a && b' \\; \"c|d\""), "sh -c 'a && b' \\; \"c|d\"");
    }
}
