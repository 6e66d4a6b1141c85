//! `${...}` as the Compose Specification has it: `$V`, `${V}`, `${V:-d}` `${V-d}`, `${V:?e}`
//! `${V?e}`, `${V:+r}` `${V+r}`, nested, and `$$` for a dollar sign.

/// The deepest nesting of `${...}` in a default.
const MAX_DEPTH: usize = 32;
/// A depth that means: take the word as it is written.
const LITERAL: usize = 1000;
/// The longest text that one value may become: longer than any field of ECS (64 KiB for a whole
/// task definition), shorter than what hurts.
const MAX_EXPANDED: usize = 1 << 20;

/// Which `$` forms a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grammar {
    /// The Compose Specification's.
    #[default]
    Compose,
    /// docker/cli's of 2019, which ecs-cli holds for version 3: without braces too, `$V-text`
    /// is V with the default `text`.
    DockerCli2019,
    /// libcompose's, which ecs-cli holds for versions 1 and 2: `-` counts for empty variables
    /// too, as `:-` does.
    Libcompose,
}

/// A text with its variables put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The text; a variable without value and default left nothing.
    pub text: String,
    /// Variables that were used, are not set and have no default, in order.
    pub unset: Vec<String>,
    /// Variables without braces that took the text behind them for an operator
    /// (`Grammar::DockerCli2019` only).
    pub swallowed: Vec<String>,
}

/// A variable that the text says must be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingVariable {
    /// Its name.
    pub name: String,
    /// The text after `?`; may be empty.
    pub message: String,
}

/// Why a text could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterpolationError {
    /// `${V:?message}` and V is not set.
    #[error("variable {} must be set{}", .0.name, after_colon(&.0.message))]
    Required(MissingVariable),
    /// `${` without end, `$` before something that is no name, and the like.
    #[error("\"{found}\" is no variable: {problem}")]
    Syntax {
        /// The part of the text.
        found: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The values put in are longer than this program takes.
    #[error("the value becomes longer than 1 MiB once its variables are put in")]
    TooLong,
}

/// Puts the variables of `text` in.
///
/// # Errors
/// A wrong `${...}`, a required variable that is missing, or a result over 1 MiB.
pub fn expand(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded, InterpolationError> {
    expand_as(Grammar::Compose, text, lookup)
}

/// `expand` with another grammar.
///
/// # Errors
/// As `expand`.
pub fn expand_as(
    grammar: Grammar,
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded, InterpolationError> {
    let mut run = Run { lookup, grammar, unset: Vec::new(), swallowed: Vec::new() };
    let text = if text.contains('$') { run.text(text, 0)? } else { text.to_owned() };
    Ok(Expanded { text, unset: run.unset, swallowed: run.swallowed })
}

struct Run<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    grammar: Grammar,
    unset: Vec<String>,
    swallowed: Vec<String>,
}

impl Run<'_> {
    fn text(&mut self, text: &str, depth: usize) -> Result<String, InterpolationError> {
        if depth > LITERAL {
            return Ok(text.to_owned());
        }
        if depth > MAX_DEPTH {
            return Err(syntax(text, "${...} is nested too deeply"));
        }
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            done.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            rest = if let Some(tail) = after.strip_prefix('$') {
                done.push('$');
                tail
            } else if let Some(tail) = after.strip_prefix('{') {
                let end = closing(tail)
                    .ok_or_else(|| syntax(&rest[dollar..], "the closing brace is missing"))?;
                done.push_str(&self.braced(&tail[..end], depth)?);
                &tail[end + 1..]
            } else {
                let name = name_at_start(after);
                if name.is_empty() {
                    let problem = "write $$ for a dollar sign";
                    return Err(syntax(&rest[dollar..], problem));
                }
                let length = name.len() + self.swallowed(&after[name.len()..]);
                // The old grammar did not look into a default.
                let depth = if length > name.len() { LITERAL } else { depth };
                done.push_str(&self.braced(&after[..length], depth)?);
                &after[length..]
            };
            if done.len() > MAX_EXPANDED {
                return Err(InterpolationError::TooLong);
            }
        }
        done.push_str(rest);
        Ok(done)
    }

    /// How much of `tail`, behind a name without braces, belongs to the variable.
    fn swallowed(&mut self, tail: &str) -> usize {
        let operator = tail.strip_prefix(':').unwrap_or(tail).starts_with(['-', '?']);
        if self.grammar != Grammar::DockerCli2019 || !operator {
            return 0;
        }
        let length = tail.find('}').unwrap_or(tail.len());
        self.swallowed.push(tail[..length].to_owned());
        length
    }

    fn plain(&mut self, name: &str) -> String {
        (self.lookup)(name).unwrap_or_else(|| {
            self.unset.push(name.to_owned());
            String::new()
        })
    }

    /// The part between the braces.
    fn braced(&mut self, inner: &str, depth: usize) -> Result<String, InterpolationError> {
        let name = name_at_start(inner);
        let written = || format!("${{{inner}}}");
        if name.is_empty() {
            return Err(syntax(&written(), "a name starts with a letter or _"));
        }
        let rest = &inner[name.len()..];
        if rest.is_empty() {
            return Ok(self.plain(name));
        }
        let (also_empty, operator) = match rest.strip_prefix(':') {
            Some(operator) => (true, operator),
            None => (false, rest),
        };
        let also_empty = also_empty || self.grammar == Grammar::Libcompose;
        let value = (self.lookup)(name).filter(|value| !(also_empty && value.is_empty()));
        let mut characters = operator.chars();
        let kind = characters.next();
        let word = characters.as_str();
        match (kind, value) {
            (Some('-' | '?'), Some(value)) => Ok(value),
            (Some('-'), None) | (Some('+'), Some(_)) => self.text(word, depth + 1),
            (Some('+'), None) => Ok(String::new()),
            (Some('?'), None) => {
                let (name, message) = (name.to_owned(), self.text(word, depth + 1)?);
                Err(InterpolationError::Required(MissingVariable { name, message }))
            }
            _ => Err(syntax(&written(), "the operators are :- - :? ? :+ +")),
        }
    }
}

/// The index of the brace that closes, with `${...}` in between skipped.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut open) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'$' if bytes.get(at + 1) == Some(&b'$') => at += 1,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                open += 1;
                at += 1;
            }
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

fn name_at_start(text: &str) -> &str {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return "";
    }
    &text[..text.find(|c| !word(c)).unwrap_or(text.len())]
}

fn syntax(found: &str, problem: &'static str) -> InterpolationError {
    let found = found.lines().next().unwrap_or("").chars().take(60).collect();
    InterpolationError::Syntax { found, problem }
}

fn after_colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let lookup = |name: &str| match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        match expand(text, &lookup) {
            Ok(expanded) if expanded.unset.is_empty() => expanded.text,
            Ok(expanded) => format!("{} (unset: {})", expanded.text, expanded.unset.join(" ")),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_operator_does_what_the_specification_says() {
        assert_eq!(shown("a $SET ${SET}b $$SET"), "a value valueb $SET");
        assert_eq!(shown("[${EMPTY:-d}|${EMPTY-d}|${NO-d}]"), "[d||d]");
        assert_eq!(shown("[${EMPTY:+r}|${EMPTY+r}|${NO+r}|${SET:+r}]"), "[|r||r]");
        assert_eq!(shown("${NO:?is needed}"), "variable NO must be set: is needed");
        assert_eq!(shown("${EMPTY?}${SET?}"), "value");
    }

    #[test]
    fn defaults_nest_and_an_unused_default_is_not_looked_at() {
        assert_eq!(shown("${NO:-${ALSO_NO:-x${SET}}}"), "xvalue");
        assert_eq!(shown("${SET:-${NO}}"), "value");
        assert_eq!(shown("${NO} and $NO2"), " and  (unset: NO NO2)");
    }

    #[test]
    fn the_grammar_of_2019_takes_what_follows_for_an_operator() {
        let lookup = |name: &str| (name == "SET").then(|| "s".to_owned());
        let old = |text| expand_as(Grammar::DockerCli2019, text, &lookup).map(|done| done.text);
        assert_eq!(old("pre-$SET-post"), Ok("pre-s".to_owned()));
        assert_eq!(old("$NO-x ${SET}"), Ok("x ${SET}".to_owned()));
        assert_eq!(shown("pre-$SET-post"), "pre-value-post");
    }

    #[test]
    fn a_wrong_form_is_shown() {
        assert_eq!(shown("a${SET"), "\"${SET\" is no variable: the closing brace is missing");
        assert_eq!(shown("costs 5$"), "\"$\" is no variable: write $$ for a dollar sign");
        assert_eq!(
            shown("${SET!x}"),
            "\"${SET!x}\" is no variable: the operators are :- - :? ? :+ +"
        );
    }

    #[test]
    fn values_that_grow_without_end_are_refused() {
        let lookup = |_: &str| Some("x".repeat(1 << 16));
        assert_eq!(expand(&"$A".repeat(100), &lookup), Err(InterpolationError::TooLong));
    }
}
