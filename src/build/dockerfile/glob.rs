//! Shell patterns of `${name#pattern}` and its kin: `?`, `*` and `\`.

/// True when the whole text fits the pattern.
fn fits(pattern: &[char], text: &[char]) -> bool {
    // The usual walk with one point to return to: the last star seen.
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some('?') => {
                p += 1;
                t += 1;
                continue;
            }
            Some('\\') if pattern.get(p + 1) == Some(&text[t]) => {
                p += 2;
                t += 1;
                continue;
            }
            Some(literal) if *literal != '\\' && *literal == text[t] => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        let Some((at, taken)) = star else { return false };
        star = Some((at, taken + 1));
        (p, t) = (at + 1, taken + 1);
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

/// The text without the shortest (`greedy`: longest) beginning that fits.
pub(super) fn without_prefix<'a>(text: &'a str, pattern: &str, greedy: bool) -> &'a str {
    let pattern: Vec<char> = pattern.chars().collect();
    let fit = |cut: &usize| fits(&pattern, &text[..*cut].chars().collect::<Vec<_>>());
    let mut cuts = cuts(text);
    let cut = if greedy { cuts.rev().find(fit) } else { cuts.find(fit) };
    &text[cut.unwrap_or(0)..]
}

/// The text without the shortest (`greedy`: longest) end that fits.
pub(super) fn without_suffix<'a>(text: &'a str, pattern: &str, greedy: bool) -> &'a str {
    let pattern: Vec<char> = pattern.chars().collect();
    let fit = |cut: &usize| fits(&pattern, &text[*cut..].chars().collect::<Vec<_>>());
    let mut cuts = cuts(text);
    let cut = if greedy { cuts.find(fit) } else { cuts.rev().find(fit) };
    &text[..cut.unwrap_or(text.len())]
}

/// The text with the first (`all`: every) longest piece that fits replaced.
pub(super) fn replaced(text: &str, pattern: &str, replacement: &str, all: bool) -> String {
    let pattern: Vec<char> = pattern.chars().collect();
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    let mut done = pattern.is_empty();
    while at < characters.len() {
        let longest = (at + 1..=characters.len())
            .rev()
            .find(|end| !done && fits(&pattern, &characters[at..*end]));
        match longest {
            Some(end) => {
                out.push_str(replacement);
                at = end;
                done = !all;
            }
            None => {
                out.push(characters[at]);
                at += 1;
            }
        }
    }
    out
}

/// Every place where a text can be cut, from its start to its end.
fn cuts(text: &str) -> impl DoubleEndedIterator<Item = usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        let fit = |pattern: &str, text: &str| {
            fits(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
        };
        assert!(fit("a*c", "abbc") && fit("a?c", "abc") && fit("*", "") && fit(r"\*", "*"));
        assert!(!fit("a*c", "abcd") && !fit("a?c", "ac") && !fit(r"\*", "x"));
    }

    #[test]
    fn pieces_are_replaced_once_or_everywhere() {
        assert_eq!(replaced("a.b.c", ".", "-", false), "a-b.c");
        assert_eq!(replaced("a.b.c", ".", "-", true), "a-b-c");
        assert_eq!(replaced("a.b.c", "", "-", true), "a.b.c");
    }
}
