//! What YAML makes of a scalar without quotes, for places where a text is wanted and compose
//! prints numbers its own way (`1.10` becomes `1.1`).

use crate::config::yaml::{Node, Tag, Value};

/// A scalar as a Go YAML reader types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scalar {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool,
    /// `yes`, `no`, `on`, `off`, `y`, `n`: booleans in YAML 1.1, which ecs-cli reads.
    OldBool,
    /// A number, as Go prints it.
    Number(String),
    /// A text.
    Text,
}

/// What the scalar of `node` is; lists and mappings are `None`.
pub(super) fn classify(node: &Node) -> Option<Scalar> {
    let Value::Scalar { text, plain } = &node.value else { return None };
    Some(if !plain || node.tag == Tag::Text {
        Scalar::Text
    } else if node.is_null() {
        Scalar::Null
    } else if node.is_bool() {
        Scalar::Bool
    } else if is_old_bool(text) {
        Scalar::OldBool
    } else {
        number(text).map_or(Scalar::Text, Scalar::Number)
    })
}

/// `true`, `false`, and without quotes the booleans of YAML 1.1, which ecs-cli and Compose read.
pub(super) fn boolean(node: &Node) -> Option<bool> {
    if classify(node) != Some(Scalar::OldBool) {
        return node.as_bool();
    }
    node.as_text().map(|text| matches!(text.to_ascii_lowercase().as_str(), "yes" | "on" | "y"))
}

fn is_old_bool(text: &str) -> bool {
    const WORDS: [&str; 6] = ["yes", "no", "on", "off", "y", "n"];
    let lower = text.to_ascii_lowercase();
    let cased = text == lower || text == text.to_ascii_uppercase() || {
        let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
        first == first.to_ascii_uppercase() && rest == rest.to_ascii_lowercase()
    };
    cased && WORDS.contains(&lower.as_str())
}

/// The number's text as Go's `fmt` prints it; `None` when the text is no number.
fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    let by_radix = |digits: &str, radix| i64::from_str_radix(digits, radix).ok();
    let whole = if let Some(hex) = plain.strip_prefix("0x") {
        by_radix(hex, 16)
    } else if let Some(octal) = plain.strip_prefix("0o") {
        by_radix(octal, 8)
    } else if let Some(binary) = plain.strip_prefix("0b") {
        by_radix(binary, 2)
    } else if plain.len() > 1 && plain.starts_with('0') && by_radix(&plain, 8).is_some() {
        by_radix(&plain, 8)
    } else {
        plain.parse().ok()
    };
    if let Some(whole) = whole {
        return Some((whole.checked_mul(sign)?).to_string());
    }
    // Go holds what is above i64 in a uint64, which keeps every digit.
    if sign > 0
        && let Ok(whole) = plain.parse::<u64>()
    {
        return Some(whole.to_string());
    }
    let float = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if !plain.chars().all(float) || !plain.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let value: f64 = plain.parse().ok()?;
    value.is_finite().then(|| go_float(if sign < 0 { -value } else { value }))
}

/// Go's `%v` of a float64: the shortest digits, with an exponent below -4 or from 6 on.
fn go_float(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-4..1e6).contains(&size) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = match exponent.strip_prefix('-') {
                Some(digits) => ('-', digits),
                None => ('+', exponent),
            };
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::read;

    fn class(text: &str) -> Scalar {
        let node = read("f.yml", text).expect("a scalar");
        classify(&node).expect("a scalar")
    }

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        let shown = |text| match class(text) {
            Scalar::Number(number) => number,
            other => format!("{other:?}"),
        };
        assert_eq!(shown("1.10"), "1.1");
        assert_eq!(shown("0777"), "511");
        assert_eq!(shown("0x1F"), "31");
        assert_eq!(shown("1_000"), "1000");
        assert_eq!(shown("-5"), "-5");
        assert_eq!(shown("12345678901234567890123"), "1.2345678901234568e+22");
        assert_eq!(shown("12345678901234567890"), "12345678901234567890");
        assert_eq!((shown("1e20"), shown("1500000.5")), ("1e+20".into(), "1.5000005e+06".into()));
        assert_eq!((shown("123456.5"), shown("1e-5")), ("123456.5".into(), "1e-05".into()));
        assert_eq!(shown("1.2.3"), "Text");
        assert_eq!(shown("\"1\""), "Text");
    }

    #[test]
    fn old_booleans_are_told_apart() {
        assert_eq!(
            (class("yes"), class("Off"), class("oN")),
            (Scalar::OldBool, Scalar::OldBool, Scalar::Text)
        );
        let value = |text| boolean(&read("f.yml", text).expect("a scalar"));
        let plain = ["yes", "On", "true", "no", "OFF"].map(value);
        assert_eq!(plain, [Some(true), Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!((value("'yes'"), value("oN"), value("~")), (None, None, None));
        assert_eq!((class("true"), class("~")), (Scalar::Bool, Scalar::Null));
    }
}
