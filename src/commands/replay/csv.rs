//! Lines of a CSV file (RFC 4180, without line breaks inside a field).

use std::borrow::Cow;

/// The fields of one line, without the spaces around them. A field may stand in quotes, in which
/// two quotes are one.
pub(super) struct Fields<'a> {
    rest: Option<&'a str>,
}

impl<'a> Fields<'a> {
    /// The line's fields; its end may be that of any system.
    pub(super) fn of(line: &'a str) -> Self {
        Self { rest: Some(line.trim_end_matches('\r')) }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let rest = self.rest.take()?;
        if let Some(quoted) = rest.trim_start().strip_prefix('"') {
            let (field, rest) = until_quote(quoted);
            self.rest = rest;
            return Some(field);
        }
        match rest.split_once(',') {
            Some((field, rest)) => {
                self.rest = Some(rest);
                Some(Cow::Borrowed(field.trim()))
            }
            None => Some(Cow::Borrowed(rest.trim())),
        }
    }
}

/// The field up to its closing quote, and what follows the next comma.
fn until_quote(text: &str) -> (Cow<'_, str>, Option<&str>) {
    let mut from = 0;
    while let Some(at) = text[from..].find('"').map(|at| from + at) {
        if text[at + 1..].starts_with('"') {
            from = at + 2;
            continue;
        }
        let field = &text[..at];
        let field = match field.contains("\"\"") {
            true => Cow::Owned(field.replace("\"\"", "\"")),
            false => Cow::Borrowed(field),
        };
        return (field, text[at + 1..].split_once(',').map(|(_, rest)| rest));
    }
    (Cow::Borrowed(text), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_commas_outside_quotes() {
        let fields: Vec<_> = Fields::of("a, 1 ,\"x, \"\"y\"\"\",,\"z\" ,\r").collect();
        assert_eq!(fields, ["a", "1", "x, \"y\"", "", "z", ""]);
    }
}
