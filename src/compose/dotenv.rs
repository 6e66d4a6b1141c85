//! `.env` and `env_file`. Two grammars: the Compose Specification's (quotes, comments behind a
//! value, variables) and docker/cli's, which ecs-cli has (everything behind `=` as it is).

use super::input::Dialect;
use crate::config::yaml;
use crate::model::Finding;

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The variable.
    pub name: String,
    /// Its value; `None` for a line that has no `=`: the variable is passed through.
    pub value: Option<String>,
}

/// Reads the lines of `text`. `lookup` gives variables for values of the Compose grammar.
///
/// # Errors
/// Findings with lines.
pub(super) fn read(
    file: &str,
    text: &str,
    dialect: Dialect,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Assignment>, Vec<Finding>> {
    let mut reader = Reader { file, lookup, done: Vec::new(), findings: Vec::new() };
    let text = text.trim_start_matches('\u{feff}');
    match dialect {
        Dialect::EcsCli => reader.verbatim(text),
        Dialect::Native => reader.specification(text),
    }
    if reader.findings.is_empty() { Ok(reader.done) } else { Err(reader.findings) }
}

struct Reader<'a> {
    file: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    done: Vec<Assignment>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn verbatim(&mut self, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = match line.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (line.trim_end(), None),
            };
            self.add(number + 1, name, value);
        }
    }

    fn specification(&mut self, text: &str) {
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").map_or(line, str::trim_start);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                self.add(index + 1, line.trim_end(), None);
                continue;
            };
            let value = value.trim_start();
            let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
            let value = match quote {
                None => self.expanded(index + 1, unquoted(value)),
                Some(quote) => {
                    let mut whole = value[1..].to_owned();
                    while closing_quote(&whole, quote).is_none() {
                        let Some((_, next)) = lines.next() else { break };
                        whole.push('\n');
                        whole.push_str(next);
                    }
                    self.quoted(index + 1, &whole, quote)
                }
            };
            self.add(index + 1, name.trim_end(), Some(value));
        }
    }

    fn quoted(&mut self, line: usize, text: &str, quote: char) -> String {
        let Some(end) = closing_quote(text, quote) else {
            self.fault(line, format!("the quote {quote} has no end"));
            return String::new();
        };
        let inner = &text[..end];
        if quote == '\'' {
            return inner.to_owned();
        }
        let expanded = self.expanded(line, inner);
        expanded
            .replace("\\n", "\n")
            .replace("\\t", "\t")
            .replace("\\\"", "\"")
            .replace("\\\\", "\\")
    }

    fn expanded(&mut self, line: usize, text: &str) -> String {
        let done = &self.done;
        let earlier = |name: &str| {
            let found = done.iter().rev().find(|assignment| assignment.name == name);
            (self.lookup)(name).or_else(|| found.and_then(|found| found.value.clone()))
        };
        match yaml::expand(text, &earlier) {
            Ok(expanded) => expanded.text,
            Err(error) => {
                self.fault(line, error.to_string());
                String::new()
            }
        }
    }

    fn add(&mut self, line: usize, name: &str, value: Option<String>) {
        if name.is_empty() || name.contains(char::is_whitespace) {
            self.fault(line, format!("\"{name}\" is no name of a variable"));
        } else {
            self.done.push(Assignment { name: name.to_owned(), value });
        }
    }

    fn fault(&mut self, line: usize, message: String) {
        self.findings.push(Finding::error(message).at(self.file, line, 1));
    }
}

/// A value without quotes ends before ` #`.
fn unquoted(value: &str) -> &str {
    let comment = value.find(" #").or_else(|| value.find("\t#")).unwrap_or(value.len());
    value[..comment].trim_end()
}

/// The index of the quote that closes; a backslash hides a double quote.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(index, character)| {
        let closes = character == quote && !(escaped && quote == '"');
        escaped = character == '\\' && !escaped;
        closes.then_some(index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, dialect: Dialect) -> String {
        let lookup = |name: &str| (name == "HOME").then(|| "/root".to_owned());
        match read("a.env", text, dialect, &lookup) {
            Ok(done) => {
                let lines = done.iter().map(|assignment| match &assignment.value {
                    Some(value) => format!("{}={value}", assignment.name),
                    None => assignment.name.clone(),
                });
                lines.collect::<Vec<_>>().join("|")
            }
            Err(findings) => findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"),
        }
    }

    const TEXT: &str = "# c\nA=1 # one\nexport B=\"x ${A}\\ty\"\nC='$A'\nPASS\n\nD=a=b\n";

    #[test]
    fn the_specification_knows_quotes_comments_and_variables() {
        assert_eq!(shown(TEXT, Dialect::Native), "A=1|B=x 1\ty|C=$A|PASS|D=a=b");
        assert_eq!(shown("A=\"one\ntwo\"\nB=${HOME}/x", Dialect::Native), "A=one\ntwo|B=/root/x");
    }

    #[test]
    fn ecs_cli_takes_everything_as_it_is() {
        let text = "A=1 # one\nB=\"q\"\nPASS\n";
        assert_eq!(shown(text, Dialect::EcsCli), "A=1 # one|B=\"q\"|PASS");
        assert_eq!(shown("A B=1", Dialect::EcsCli), "a.env:1:1: \"A B\" is no name of a variable");
    }

    #[test]
    fn an_open_quote_is_named_with_its_line() {
        assert_eq!(shown("A=1\nB=\"x\n", Dialect::Native), "a.env:2:1: the quote \" has no end");
    }
}
