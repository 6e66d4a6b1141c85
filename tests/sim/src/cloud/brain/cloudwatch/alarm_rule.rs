//! The rule of a composite alarm as it is written: `ALARM("errors") AND NOT OK(slow)`. Owns the
//! grammar and when a rule holds; how alarms are stored is not its business.

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    /// `ALARM(name)`, `OK(name)`, `INSUFFICIENT_DATA(name)`.
    Is(&'static str, String),
    /// `TRUE`, `FALSE`.
    Always(bool),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

const STATES: [&str; 3] = ["ALARM", "OK", "INSUFFICIENT_DATA"];

impl Rule {
    /// Reads a rule; the error is what is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let rule = any_of(&mut rest)?;
        if rest.trim().is_empty() { Ok(rule) } else { Err(rest.trim().to_owned()) }
    }

    /// True when it holds; `state` tells the state of an alarm.
    pub(super) fn holds(&self, state: &dyn Fn(&str) -> &'static str) -> bool {
        match self {
            Self::Is(wanted, name) => state(name) == *wanted,
            Self::Always(holds) => *holds,
            Self::Not(rule) => !rule.holds(state),
            Self::And(one, other) => one.holds(state) && other.holds(state),
            Self::Or(one, other) => one.holds(state) || other.holds(state),
        }
    }

    /// The alarms that it names, in order.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Is(_, name) => vec![name],
            Self::Always(_) => Vec::new(),
            Self::Not(rule) => rule.names(),
            Self::And(one, other) | Self::Or(one, other) => [one.names(), other.names()].concat(),
        }
    }
}

fn any_of(rest: &mut &str) -> Result<Rule, String> {
    let mut rule = all_of(rest)?;
    while take(rest, "OR") {
        rule = Rule::Or(Box::new(rule), Box::new(all_of(rest)?));
    }
    Ok(rule)
}

fn all_of(rest: &mut &str) -> Result<Rule, String> {
    let mut rule = single(rest)?;
    while take(rest, "AND") {
        rule = Rule::And(Box::new(rule), Box::new(single(rest)?));
    }
    Ok(rule)
}

fn single(rest: &mut &str) -> Result<Rule, String> {
    if take(rest, "NOT") {
        return Ok(Rule::Not(Box::new(single(rest)?)));
    }
    if take(rest, "(") {
        let rule = any_of(rest)?;
        return close(rest).map(|()| rule);
    }
    for (word, holds) in [("TRUE", true), ("FALSE", false)] {
        if take(rest, word) {
            return Ok(Rule::Always(holds));
        }
    }
    for state in STATES {
        if take(rest, state) {
            return named(rest).map(|name| Rule::Is(state, name));
        }
    }
    Err((*rest).to_owned())
}

/// `(name)` or `("name")`; the ARN of an alarm names it as well.
fn named(rest: &mut &str) -> Result<String, String> {
    if !take(rest, "(") {
        return Err((*rest).to_owned());
    }
    let is_quoted = take(rest, "\"");
    let end = rest.find(if is_quoted { '"' } else { ')' }).ok_or_else(|| (*rest).to_owned())?;
    let (name, after) = rest.split_at(end);
    *rest = if is_quoted { &after[1..] } else { after };
    close(rest)?;
    let name = name.trim();
    Ok(name.rsplit_once(":alarm:").map_or(name, |(_, name)| name).to_owned())
}

/// Takes a word or sign when it comes next. A word ends where a letter cannot go on.
fn take(rest: &mut &str, word: &str) -> bool {
    let trimmed = rest.trim_start();
    let Some(after) = trimmed.strip_prefix(word) else { return false };
    let goes_on =
        |text: &str| text.starts_with(|one: char| one.is_ascii_alphanumeric() || one == '_');
    if goes_on(word) && goes_on(after) {
        return false;
    }
    *rest = after;
    true
}

fn close(rest: &mut &str) -> Result<(), String> {
    if take(rest, ")") { Ok(()) } else { Err((*rest).to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    fn holds(rule: &str) -> bool {
        let state = |name: &str| match name {
            "errors" => "ALARM",
            "slow ones" => "OK",
            _ => "INSUFFICIENT_DATA",
        };
        Rule::parse(rule).unwrap().holds(&state)
    }

    #[test]
    fn a_rule_binds_not_before_and_before_or() {
        assert!(holds("ALARM(errors)") && holds("OK(\"slow ones\")"));
        assert!(holds("ALARM(none) AND ALARM(none) OR ALARM(errors)"));
        assert!(!holds("ALARM(none) AND (ALARM(none) OR ALARM(errors))"));
        assert!(holds("NOT ALARM(none) AND NOT FALSE"));
        assert!(holds("INSUFFICIENT_DATA(arn:aws:cloudwatch:eu-west-1:1:alarm:none) AND TRUE"));
    }

    #[test]
    fn what_is_no_rule_is_told() {
        assert_eq!(Rule::parse("ALARM(a) XOR ALARM(b)").unwrap_err(), "XOR ALARM(b)");
        assert_eq!(Rule::parse("ALARMED(a)").unwrap_err(), "ALARMED(a)");
        assert_eq!(Rule::parse("(OK(a)").unwrap_err(), "");
    }
}
