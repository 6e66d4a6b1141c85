//! Hides what looks like a secret in a line that somebody else's program wrote. A net with
//! holes: nobody can know what an application takes for secret.

/// What stands in place of a secret.
const SHOWN: &str = "***";
/// Endings of names whose value is a secret.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "private_key",
    "authorization",
    "credential",
    "credentials",
];
/// Words that are followed by one.
const SCHEMES: &[&str] = &["bearer", "basic"];

/// The line with `***` for values of secret names, keys of AWS, tokens and passwords in URLs.
pub fn masked(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut hides = Hides::Nothing;
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if hides == Hides::Next && matches!(first, '"' | '\'') {
            let inside = rest.get(1..).unwrap_or_default();
            let end = inside.find(first).map_or(rest.len(), |end| end + 2);
            let closing = if end == rest.len() && !inside.ends_with(first) { "" } else { "\"" };
            shown.push_str(&format!("\"{SHOWN}{closing}"));
            rest = rest.get(end..).unwrap_or_default();
            hides = Hides::Nothing;
            continue;
        }
        if is_between(first) {
            shown.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let end = rest.find(is_between).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let (text, next) = hides.word(word);
        shown.push_str(&text);
        // `"password": "x"`: the quote that ends a name is not the one that begins its value.
        let ends_name = after
            .strip_prefix(['"', '\''])
            .filter(|value| is_secret_name(word) && value.trim_start().starts_with([':', '=']));
        if let Some(value) = ends_name {
            shown.push('"');
            rest = value;
            hides = Hides::Next;
            continue;
        }
        rest = after;
        hides = next;
    }
    shown
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hides {
    Nothing,
    /// The value of a name, behind its `:` or `=`.
    Next,
}

impl Hides {
    fn word(self, word: &str) -> (String, Self) {
        let small = word.to_ascii_lowercase();
        if SCHEMES.contains(&small.as_str()) {
            return (word.to_owned(), Self::Next);
        }
        if matches!(word, ":" | "=") {
            return (word.to_owned(), self);
        }
        if self == Self::Next {
            // `token required` is a sentence; `token=abc` and `Bearer abc` are not.
            return (SHOWN.to_owned(), Self::Nothing);
        }
        if let Some(hidden) = url(word) {
            return (hidden, Self::Nothing);
        }
        if let Some((at, separator)) = word.char_indices().find(|(_, c)| matches!(c, '=' | ':')) {
            let (name, value) = word.split_at(at);
            if is_secret_name(name) {
                return match value.get(1..).unwrap_or_default() {
                    "" => (word.to_owned(), Self::Next),
                    _ => (format!("{name}{separator}{SHOWN}"), Self::Nothing),
                };
            }
        }
        let shown = if is_key(word) { SHOWN.to_owned() } else { word.to_owned() };
        (shown, Self::Nothing)
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&' | '?' | '{' | '}' | '(' | ')')
}

fn is_secret_name(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    NAMES.iter().any(|known| small.ends_with(known))
}

/// An access key id of AWS, or a JSON web token.
fn is_key(word: &str) -> bool {
    let is_id = word.len() == 20
        && ["AKIA", "ASIA"].iter().any(|start| word.starts_with(start))
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    is_id || (word.starts_with("eyJ") && word.matches('.').count() == 2)
}

/// `scheme://user:password@host` without its password.
fn url(word: &str) -> Option<String> {
    let (scheme, rest) = word.split_once("://")?;
    let authority = rest.split('/').next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, _) = user.split_once(':')?;
    let after = rest.get(user.len()..)?;
    Some(format!("{scheme}://{name}:{SHOWN}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_names_are_hidden_and_the_rest_stays() {
        for (line, shown) in [
            ("DB_PASSWORD=hunter2 host=db", "DB_PASSWORD=*** host=db"),
            ("password: hunter2, user: bob", "password: ***, user: bob"),
            (r#"{"user":"bob","apiKey":"a b c","n":1}"#, r#"{"user":"bob","apiKey":"***","n":1}"#),
            (r#"{"token": "abc"}"#, r#"{"token": "***"}"#),
            ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
            ("postgres://app:hunter2@db:5432/x", "postgres://app:***@db:5432/x"),
            ("GET /?token=abc&n=1", "GET /?token=***&n=1"),
            ("key AKIAIOSFODNN7EXAMPLE is old", "key *** is old"),
            ("got eyJhbGciOi.eyJzdWIi.c2ln", "got ***"),
            ("no token required", "no token required"),
            ("listening on :80, path=/health", "listening on :80, path=/health"),
            ("", ""),
        ] {
            assert_eq!(masked(line), shown);
        }
    }

    #[test]
    fn any_text_comes_to_an_end() {
        for line in ["password=\"", "password='é", "token=", "a://b:c@", "é: secret:", "\"\"\"'"]
        {
            drop(masked(line));
        }
    }
}
