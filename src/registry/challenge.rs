//! `WWW-Authenticate`: how a registry wants to be logged in to. Pure.

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password with every request.
    Basic,
    /// A token from another address.
    /// Source: the distribution project's "Token Authentication Specification".
    Bearer {
        /// Where tokens are given out.
        realm: String,
        /// What to call the registry there.
        service: Option<String>,
    },
}

/// The best challenge that we can meet among all header values; bearer before basic.
pub(super) fn parse<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let mut basic = None;
    for header in headers {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            basic = Some(Challenge::Basic);
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            let mut parameters = parameters(rest);
            let mut take = |name: &str| {
                let at = parameters.iter().position(|(key, _)| key.eq_ignore_ascii_case(name))?;
                Some(parameters.swap_remove(at).1)
            };
            if let Some(realm) = take("realm") {
                return Some(Challenge::Bearer { realm, service: take("service") });
            }
        }
    }
    basic
}

/// `key="value",key=value`; values may hold commas and escaped quotes (RFC 9110, 11.2).
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([',', ' ']);
    while let Some((key, after)) = rest.split_once('=') {
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        found.push((key.trim().to_owned(), value));
        rest = tail.trim_start_matches([',', ' ']);
    }
    found
}

/// The text up to the closing quote, and what comes after it.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bearer(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) })
    }

    #[test]
    fn a_bearer_challenge_keeps_commas_inside_quotes() {
        let header =
            r#"Bearer realm="https://a.example/jwt/auth",service="container, registry",scope="x""#;
        let wanted = bearer("https://a.example/jwt/auth", Some("container, registry"));
        assert_eq!(parse([header].into_iter()), wanted);
    }

    #[test]
    fn bearer_is_taken_before_basic_and_basic_before_nothing() {
        let both = ["Basic realm=\"r\"", "bearer realm=https://a.example/t"];
        assert_eq!(parse(both.into_iter()), bearer("https://a.example/t", None));
        assert_eq!(parse(["basic"].into_iter()), Some(Challenge::Basic));
        assert_eq!(parse(["Negotiate abc", "Bearer service=\"x\""].into_iter()), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,80}") {
            drop(parse([text.as_str(), &format!("Bearer {text}")].into_iter()));
        }
    }
}
