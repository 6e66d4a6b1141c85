//! The table of `verify`.

use super::layout::{clean, wrap};
use crate::model::{Answer, CheckLine};

/// A line for each check, further ones and what to do below its text.
pub(super) fn table(checks: &[CheckLine]) -> String {
    let width = |of: fn(&CheckLine) -> &str| {
        checks.iter().map(|line| of(line).chars().count()).max().unwrap_or(0)
    };
    let (answers, names) = (width(|line| word(line.answer)), width(|line| &line.check));
    let mut text = String::new();
    for line in checks {
        let (answer, check) = (word(line.answer), &line.check);
        let found = clean(&line.text).collect::<Vec<_>>().join(" ");
        let subject = clean(&line.subject).collect::<String>();
        let indent = answers + names + 4;
        let mut rest = wrap(&format!("{subject}: {found}"), indent);
        if let Some(hint) = line.hint.as_ref().filter(|_| line.answer != Answer::Ok) {
            rest.extend(wrap(&format!("Hint: {hint}"), indent));
        }
        let mut rest = rest.into_iter();
        let first = rest.next().unwrap_or_default();
        text.push_str(&format!("{answer:<answers$}  {check:<names$}  {first}\n"));
        rest.for_each(|more| text.push_str(&format!("{:indent$}{more}\n", "")));
    }
    text
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Ok => "ok",
        Answer::Failed => "FAILED",
        Answer::CouldNotTell => "could not tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_is_a_line_and_only_bad_ones_have_a_hint() {
        let line = |what, answer, text: &str| CheckLine::new(what, answer, text);
        let checks = [
            line(("cluster", "prod"), Answer::Ok, "it exists").hinting("not shown"),
            line(("image", "app:1"), Answer::Failed, "its registry has no such image")
                .hinting("build it"),
            line(("role", "arn:aws:iam::1:role/x"), Answer::CouldNotTell, "access denied"),
        ];
        insta::assert_snapshot!(table(&checks), @r"
        ok              cluster  prod: it exists
        FAILED          image    app:1: its registry has no such image
                                 Hint: build it
        could not tell  role     arn:aws:iam::1:role/x: access denied
        ");
    }
}
