//! The expressions of `rules: if`: variables, strings, `==`, `!=`, `&&`, `||`, parentheses, `null`. Patterns (`=~`) are
//! not understood and are an error. Pure.

/// A read expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// `$NAME`
    Variable(String),
    /// `"text"`
    Text(String),
    /// `null`
    Null,
    /// `a == b`
    Equal(Box<Expression>, Box<Expression>),
    /// `a != b`
    Different(Box<Expression>, Box<Expression>),
    /// `a && b`
    And(Box<Expression>, Box<Expression>),
    /// `a || b`
    Or(Box<Expression>, Box<Expression>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Variable(String),
    Text(String),
    Null,
    Sign(&'static str),
}

const SIGNS: [&str; 6] = ["==", "!=", "&&", "||", "(", ")"];

impl Expression {
    /// Reads the text.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0 };
        let expression = parser.or()?;
        match parser.tokens.get(parser.at) {
            None => Ok(expression),
            Some(token) => Err(format!("{token:?} was not expected")),
        }
    }

    /// Whether it holds; a variable that is missing or empty does not.
    pub(super) fn holds(&self, lookup: &dyn Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::Equal(left, right) => left.value(lookup) == right.value(lookup),
            Self::Different(left, right) => left.value(lookup) != right.value(lookup),
            Self::And(left, right) => left.holds(lookup) && right.holds(lookup),
            Self::Or(left, right) => left.holds(lookup) || right.holds(lookup),
            Self::Variable(_) | Self::Text(_) | Self::Null => {
                self.value(lookup).is_some_and(|value| !value.is_empty())
            }
        }
    }

    fn value(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        match self {
            Self::Variable(name) => lookup(name),
            Self::Text(text) => Some(text.clone()),
            Self::Null => None,
            other => Some(other.holds(lookup).to_string()),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else if first == '$' {
            let name = rest[1..].split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).next();
            let name = name.filter(|name| !name.is_empty()).ok_or("a name is missing after $")?;
            tokens.push(Token::Variable(name.into()));
            name.len() + 1
        } else if first == '"' || first == '\'' {
            let end = rest[1..].find(first).ok_or("a quote is not closed")?;
            tokens.push(Token::Text(rest[1..=end].into()));
            end + 2
        } else if rest.starts_with("null") {
            tokens.push(Token::Null);
            4
        } else {
            return Err(format!("`{rest}` is not understood here"));
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(match_sign(sign)));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Expression, String> {
        let mut left = self.and()?;
        while self.take("||") {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, String> {
        let mut left = self.comparison()?;
        while self.take("&&") {
            left = Expression::And(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        let left = self.operand()?;
        if self.take("==") {
            return Ok(Expression::Equal(Box::new(left), Box::new(self.operand()?)));
        }
        if self.take("!=") {
            return Ok(Expression::Different(Box::new(left), Box::new(self.operand()?)));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.or()?;
            return match self.take(")") {
                true => Ok(inner),
                false => Err("a parenthesis is not closed".into()),
            };
        }
        let token = self.tokens.get(self.at).ok_or("it ends too early")?;
        self.at += 1;
        match token {
            Token::Variable(name) => Ok(Expression::Variable(name.clone())),
            Token::Text(text) => Ok(Expression::Text(text.clone())),
            Token::Null => Ok(Expression::Null),
            Token::Sign(sign) => Err(format!("`{sign}` was not expected")),
        }
    }
}

fn match_sign(sign: &str) -> &'static str {
    SIGNS.into_iter().find(|known| *known == sign).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> Result<bool, String> {
        let lookup = |name: &str| match name {
            "CI_COMMIT_TAG" => Some("1.0.0".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        Ok(Expression::read(text)?.holds(&lookup))
    }

    #[test]
    fn expressions_of_release_pipelines_are_judged() {
        assert_eq!(holds("$CI_COMMIT_TAG"), Ok(true));
        assert_eq!(holds("$EMPTY || $MISSING"), Ok(false));
        assert_eq!(holds("$MISSING == null && $CI_COMMIT_TAG != \"2.0.0\""), Ok(true));
        assert_eq!(holds("($CI_COMMIT_TAG == '1.0.0' || $X) && $Y"), Ok(false));
    }

    #[test]
    fn a_pattern_is_an_error_and_not_a_guess() {
        assert!(holds("$CI_COMMIT_TAG =~ /^v/").is_err());
        assert!(holds("$A == ").is_err());
        assert!(holds("($A").is_err());
    }
}
