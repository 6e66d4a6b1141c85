//! From text to statements: parser directives, comments, continued lines, heredocs.

use super::heredoc::{self, Heredoc};
use super::words;

/// One instruction as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Line of its first word, from 1.
    pub(super) line: usize,
    /// The instruction in capitals.
    pub(super) keyword: String,
    /// `--name=value` words, unquoted.
    pub(super) flags: Vec<String>,
    /// What comes after the flags, joined to one line.
    pub(super) rest: String,
    /// The documents that it names, in order.
    pub(super) heredocs: Vec<Heredoc>,
}

/// The statements of a file and what its directives say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statements {
    pub(super) list: Vec<Statement>,
    /// `\` or `` ` ``.
    pub(super) escape: char,
    /// `# syntax=`, with its line.
    pub(super) syntax: Option<(usize, String)>,
    /// Lines of empty continuations, which docker warns about.
    pub(super) empty_continuations: Vec<usize>,
}

/// What is wrong with the text, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) message: String,
}

/// Instructions that may be followed by documents.
const WITH_HEREDOCS: &[&str] = &["ADD", "COPY", "RUN"];

pub(super) fn statements(text: &str) -> Result<Statements, Wrong> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        lines: text.split_inclusive('\n').collect(),
        next: 0,
        directives: Directives::default(),
    };
    let mut found = Statements {
        list: Vec::new(),
        escape: '\\',
        syntax: None,
        empty_continuations: Vec::new(),
    };
    while let Some((line, start)) = reader.logical_line(&mut found.empty_continuations)? {
        let mut statement = split(&line, start, reader.directives.escape());
        for document in heredocs_of(&statement, &line) {
            let document = reader.document(document, start)?;
            statement.heredocs.push(document);
        }
        found.list.push(statement);
    }
    found.escape = reader.directives.escape();
    found.syntax = reader.directives.syntax;
    Ok(found)
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    next: usize,
    directives: Directives,
}

impl Reader<'_> {
    /// The next instruction with its continuations, and the line it starts on.
    fn logical_line(&mut self, empty: &mut Vec<usize>) -> Result<Option<(String, usize)>, Wrong> {
        while let Some(raw) = self.lines.get(self.next) {
            self.next += 1;
            let start = self.next;
            let line = without_newline(raw).trim_start();
            self.directives.see(line, start)?;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some(begun) = continued(line, self.directives.escape()) else {
                return Ok(Some((line.to_owned(), start)));
            };
            let whole = self.continuations(begun.to_owned(), empty);
            if whole.trim().is_empty() {
                continue;
            }
            return Ok(Some((whole, start)));
        }
        Ok(None)
    }

    fn continuations(&mut self, mut whole: String, empty: &mut Vec<usize>) -> String {
        while let Some(raw) = self.lines.get(self.next) {
            self.next += 1;
            let line = without_newline(raw);
            if line.trim_start().starts_with('#') {
                continue;
            }
            if line.trim().is_empty() {
                empty.push(self.next);
                continue;
            }
            match continued(line, self.directives.escape()) {
                Some(part) => whole.push_str(part),
                None => {
                    whole.push_str(line);
                    break;
                }
            }
        }
        whole
    }

    /// Takes the lines of a document up to its terminator.
    fn document(&mut self, mut document: Heredoc, start: usize) -> Result<Heredoc, Wrong> {
        while let Some(raw) = self.lines.get(self.next) {
            self.next += 1;
            let line = without_newline(raw);
            let candidate = if document.chomp { line.trim_start_matches('\t') } else { line };
            if candidate == document.name {
                return Ok(document);
            }
            document.content.push_str(raw);
        }
        let message = format!("the document <<{} has no end", document.name);
        Err(Wrong { line: start, message })
    }
}

/// `# name=value` lines at the top of the file, before anything else.
#[derive(Default)]
struct Directives {
    done: bool,
    escape: Option<char>,
    syntax: Option<(usize, String)>,
    check: bool,
}

impl Directives {
    fn escape(&self) -> char {
        self.escape.unwrap_or('\\')
    }

    fn see(&mut self, line: &str, number: usize) -> Result<(), Wrong> {
        if self.done {
            return Ok(());
        }
        let directive = line.strip_prefix('#').and_then(directive);
        let Some((name, value)) = directive else {
            self.done = true;
            return Ok(());
        };
        let wrong = |message: String| Err(Wrong { line: number, message });
        let twice = match name.as_str() {
            "escape" => self.escape.is_some(),
            "syntax" => self.syntax.is_some(),
            "check" => self.check,
            _ => {
                self.done = true;
                return Ok(());
            }
        };
        if twice {
            return wrong(format!("only one {name} parser directive can be used"));
        }
        match (name.as_str(), value) {
            ("escape", "\\") => self.escape = Some('\\'),
            ("escape", "`") => self.escape = Some('`'),
            ("escape", other) => {
                return wrong(format!("escape is \"{other}\"; wanted \\ or `"));
            }
            ("syntax", _) => self.syntax = Some((number, value.to_owned())),
            _ => self.check = true,
        }
        Ok(())
    }
}

/// `name=value` of a directive, the name in lower case.
fn directive(comment: &str) -> Option<(String, &str)> {
    let (name, value) = comment.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !value.is_empty();
    good.then(|| (name.to_ascii_lowercase(), value))
}

/// The line without its continuation mark; `None` when it ends here. A doubled escape
/// character is no mark.
fn continued(line: &str, escape: char) -> Option<&str> {
    let before = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before)
}

fn without_newline(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

fn split(line: &str, number: usize, escape: char) -> Statement {
    let trimmed = line.trim();
    let end = trimmed.find(words::is_blank).unwrap_or(trimmed.len());
    let (keyword, rest) = trimmed.split_at(end);
    let (flags, rest) = words::flags(rest, escape);
    Statement {
        line: number,
        keyword: keyword.to_ascii_uppercase(),
        flags,
        rest: rest.trim().to_owned(),
        heredocs: Vec::new(),
    }
}

fn heredocs_of(statement: &Statement, line: &str) -> Vec<Heredoc> {
    let mut keyword = statement.keyword.clone();
    let mut rest = statement.rest.as_str();
    if keyword == "ONBUILD" {
        let end = rest.find(words::is_blank).unwrap_or(rest.len());
        keyword = rest[..end].to_ascii_uppercase();
        rest = rest[end..].trim();
    }
    let may = WITH_HEREDOCS.contains(&keyword.as_str()) && line.contains("<<");
    if !may || words::json_strings(rest).is_some() {
        return Vec::new();
    }
    heredoc::in_line(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use std::fmt::Write as _;

    fn told(text: &str) -> String {
        let mut out = String::new();
        match statements(text) {
            Err(wrong) => writeln!(out, "{}: {}", wrong.line, wrong.message).unwrap(),
            Ok(found) => {
                for s in found.list {
                    write!(out, "{} {} {:?} {}", s.line, s.keyword, s.flags, s.rest).unwrap();
                    for doc in s.heredocs {
                        write!(out, " <<{}:{:?}", doc.name, doc.content).unwrap();
                    }
                    out.push('\n');
                }
            }
        }
        out
    }

    #[test]
    fn continued_lines_are_joined_and_comments_inside_are_left_out() {
        let text = "FROM a\nLABEL x=1 \\\n  # not part of it\n\n  y=2\nCMD b\n";
        assert_snapshot!(told(text), @r"
        1 FROM [] a
        2 LABEL [] x=1   y=2
        6 CMD [] b
        ");
    }

    #[test]
    fn the_escape_directive_changes_the_continuation_mark() {
        let text = "# escape=`\nFROM a\nENV P=c:\\ `\n Q=d\n";
        assert_snapshot!(told(text), @r"
        2 FROM [] a
        3 ENV [] P=c:\  Q=d
        ");
        assert_snapshot!(told("# escape=x\nFROM a"), @r#"1: escape is "x"; wanted \ or `"#);
    }

    #[test]
    fn a_directive_after_a_comment_is_a_comment() {
        assert_eq!(statements("# hello\n# escape=`\nFROM a\n").unwrap().escape, '\\');
        let twice = statements("#syntax=a\n# SYNTAX = b\n").unwrap_err();
        assert_eq!((twice.line, twice.message.contains("only one syntax")), (2, true));
    }

    #[test]
    fn documents_belong_to_their_statement() {
        let text = "FROM a\nCOPY <<one <<-'two' /x/\n1\none\n\t2\n\ttwo\nCMD c\n";
        assert_snapshot!(told(text), @r#"
        1 FROM [] a
        2 COPY [] <<one <<-'two' /x/ <<one:"1\n" <<two:"\t2\n"
        7 CMD [] c
        "#);
        assert_snapshot!(told("RUN <<EOF\nx\n"), @"1: the document <<EOF has no end");
    }

    #[test]
    fn flags_are_taken_from_the_front_only() {
        assert_snapshot!(
            told("COPY --from=a --chown=1:2 b --x c"),
            @r#"1 COPY ["--from=a", "--chown=1:2"] b --x c"#
        );
    }
}
