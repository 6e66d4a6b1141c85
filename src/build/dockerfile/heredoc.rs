//! Documents inside a Dockerfile: `COPY <<EOF /file`.

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) struct Heredoc {
    /// Its terminator, which is also the name of the file that it becomes.
    pub(in crate::build) name: String,
    /// Variables in it are replaced: the terminator was not quoted.
    pub(in crate::build) expand: bool,
    /// Tabs at the start of its lines are left out: `<<-`.
    pub(in crate::build) chomp: bool,
    /// Its lines.
    pub(in crate::build) content: String,
}

impl Heredoc {
    /// The content as it goes into the file, before variables are replaced.
    pub(in crate::build) fn text(&self) -> String {
        if !self.chomp {
            return self.content.clone();
        }
        self.content.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
    }
}

/// The documents that a line announces, in order, still without content.
pub(super) fn in_line(line: &str) -> Vec<Heredoc> {
    raw_words(line).iter().filter_map(|word| in_word(word)).collect()
}

/// `[fd]<<[-]NAME`, where NAME may be quoted.
pub(super) fn in_word(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let quoted = rest.trim_start();
    if quoted.is_empty() || quoted.contains('<') {
        return None;
    }
    let name: String = unquoted(quoted)?;
    let expand = name.len() == quoted.len();
    (!name.is_empty()).then(|| Heredoc { name, expand, chomp, content: String::new() })
}

/// The text without quotes and escapes; `None` when a quote is not closed or when it is more
/// than one word.
fn unquoted(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match quote {
            Some(open) if open == character => quote = None,
            Some(_) => name.push(character),
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None if character.is_whitespace() => return None,
            None if character == '\\' => name.extend(characters.next()),
            None => name.push(character),
        }
    }
    quote.is_none().then_some(name)
}

/// Words as a shell would part them, quotes kept; blanks after `<<` do not end a word.
fn raw_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match quote {
            Some(open) if open == character => quote = None,
            Some(_) => {}
            None if character.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None if character == '\\' => {
                word.push(character);
                word.extend(characters.next());
                continue;
            }
            None => {}
        }
        word.push(character);
        if quote.is_none() && word.ends_with("<<") {
            while characters.next_if(|next| next.is_whitespace()).is_some() {}
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(line: &str) -> Vec<(String, bool, bool)> {
        in_line(line).into_iter().map(|doc| (doc.name, doc.expand, doc.chomp)).collect()
    }

    #[test]
    fn a_quoted_terminator_turns_expansion_off() {
        assert_eq!(names("COPY <<EOF /a"), [("EOF".to_owned(), true, false)]);
        assert_eq!(names("COPY <<-'E F' /a"), [("E F".to_owned(), false, true)]);
        assert_eq!(names("RUN cat 3<< X"), [("X".to_owned(), true, false)]);
    }

    #[test]
    fn a_here_string_and_a_lone_arrow_are_no_documents() {
        assert_eq!(names("RUN cat <<<word"), []);
        assert_eq!(names("RUN a << "), []);
        assert_eq!(names("RUN echo '<<EOF'"), []);
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "\\PC{0,60}") {
            drop(in_line(&line));
            drop(in_line(&format!("COPY <<{line}")));
        }
    }
}
