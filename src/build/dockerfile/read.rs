//! A whole Dockerfile: what comes before FROM, FROM, the stage, and the verdict.

use super::instruction::{Instruction, Kind, Refusal, instruction};
use super::lines::{Statement, statements};
use super::words;
use crate::model::{Finding, has_errors};
use std::collections::BTreeSet;

/// A Dockerfile that can be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) struct Dockerfile {
    /// `\` or `` ` ``.
    pub(in crate::build) escape: char,
    /// `ARG` before FROM, with their lines.
    pub(in crate::build) arguments: Vec<(usize, String, Option<String>)>,
    /// The one FROM.
    pub(in crate::build) from: From,
    /// What comes after it.
    pub(in crate::build) instructions: Vec<Instruction>,
}

impl Dockerfile {
    /// Names of all ARG lines.
    pub(in crate::build) fn declared_arguments(&self) -> BTreeSet<&str> {
        let before = self.arguments.iter().map(|(_, name, _)| name.as_str());
        let inside = self.instructions.iter().filter_map(|instruction| match &instruction.kind {
            Kind::Arg(pairs) => Some(pairs.iter().map(|(name, _)| name.as_str())),
            _ => None,
        });
        before.chain(inside.flatten()).collect()
    }
}

/// `FROM [--platform=P] IMAGE [AS NAME]`, variables not replaced yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) struct From {
    pub(in crate::build) line: usize,
    pub(in crate::build) image: String,
    pub(in crate::build) platform: Option<String>,
    pub(in crate::build) name: Option<String>,
}

/// Longer texts are no Dockerfiles; the largest that people write have some thousand lines.
const LENGTH: usize = 1024 * 1024;

/// Reads a Dockerfile and gives every instruction its verdict.
///
/// # Errors
/// Everything found, with file and line; at least one is an error.
pub(in crate::build) fn read(
    file: &str,
    text: &str,
) -> Result<(Dockerfile, Vec<Finding>), Vec<Finding>> {
    if text.len() > LENGTH {
        let message = format!("the file has {} bytes; wanted at most {LENGTH}", text.len());
        return Err(vec![Finding::error(message).at(file, 1, 1)]);
    }
    let statements = statements(text)
        .map_err(|wrong| vec![Finding::error(wrong.message).at(file, wrong.line, 1)])?;
    let mut reader = Reader { file, findings: Vec::new(), escape: statements.escape };
    for line in &statements.empty_continuations {
        let finding = Finding::warning("an empty line continues the instruction above it");
        reader.findings.push(finding.at(file, *line, 1));
    }
    if let Some((line, syntax)) = &statements.syntax {
        reader.syntax(*line, syntax);
    }
    let dockerfile = reader.stage(&statements.list);
    match dockerfile {
        Some(dockerfile) if !has_errors(&reader.findings) => Ok((dockerfile, reader.findings)),
        _ => Err(reader.findings),
    }
}

struct Reader<'a> {
    file: &'a str,
    findings: Vec<Finding>,
    escape: char,
}

impl Reader<'_> {
    fn refuse(&mut self, line: usize, refusal: Refusal) {
        let mut finding = Finding::error(refusal.message).at(self.file, line, 1);
        finding.hint = refusal.hint;
        self.findings.push(finding);
    }

    /// Only the frontend that this grammar is; another one could mean anything.
    fn syntax(&mut self, line: usize, syntax: &str) {
        let image = syntax.split_whitespace().next().unwrap_or_default();
        let image = image.strip_prefix("docker.io/").unwrap_or(image);
        let tag = image.strip_prefix("docker/dockerfile");
        let good = tag.is_some_and(|tag| {
            tag.is_empty() || tag == ":latest" || tag == ":labs" || tag.starts_with(":1")
        });
        if !good {
            let hint = "only docker/dockerfile:1 and its versions are; leave the line out";
            let finding = Finding::error(format!("syntax {syntax} is not supported"));
            self.findings.push(finding.at(self.file, line, 1).hint(hint));
        }
    }

    fn stage(&mut self, statements: &[Statement]) -> Option<Dockerfile> {
        let mut arguments = Vec::new();
        let mut from: Option<From> = None;
        let mut instructions = Vec::new();
        for statement in statements {
            let line = statement.line;
            if statement.keyword == "FROM" && from.is_none() {
                match self.from(statement) {
                    Ok(found) => from = Some(found),
                    Err(refusal) => {
                        self.refuse(line, refusal);
                        return None;
                    }
                }
                continue;
            }
            match (instruction(statement, self.escape), &from) {
                (Ok(Kind::Arg(pairs)), None) => {
                    arguments.extend(pairs.into_iter().map(|(name, value)| (line, name, value)));
                }
                (Ok(_), None) => {
                    let message = format!("{} stands before FROM", statement.keyword);
                    let hint = "only ARG may stand before FROM";
                    self.refuse(line, Refusal { message, hint: Some(hint.to_owned()) });
                }
                (Ok(kind), Some(_)) => instructions.push(Instruction { line, kind }),
                (Err(refusal), _) => self.refuse(line, refusal),
            }
        }
        let Some(from) = from else {
            let last = statements.last().map_or(1, |statement| statement.line);
            self.refuse(last, "the file has no FROM".to_owned().into());
            return None;
        };
        Some(Dockerfile { escape: self.escape, arguments, from, instructions })
    }

    fn from(&mut self, statement: &Statement) -> Result<From, Refusal> {
        let mut platform = None;
        for flag in &statement.flags {
            match flag.split_once('=') {
                Some(("--platform", value)) if platform.is_none() => {
                    platform = Some(value.to_owned());
                }
                _ => return Err(format!("FROM does not know the flag {flag}").into()),
            }
        }
        let words = words::by_blanks(&statement.rest);
        let (image, name) = match words.as_slice() {
            [image] => (image, None),
            [image, between, name] if between.eq_ignore_ascii_case("as") => {
                (image, Some(stage_name(name)?))
            }
            _ => return Err("FROM wants IMAGE or IMAGE AS NAME".to_owned().into()),
        };
        Ok(From { line: statement.line, image: image.clone(), platform, name })
    }
}

fn stage_name(name: &str) -> Result<String, Refusal> {
    let lower = name.to_ascii_lowercase();
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = lower.starts_with(|c: char| c.is_ascii_alphabetic()) && lower.chars().all(inner);
    if good {
        return Ok(lower);
    }
    Err(format!("stage name \"{name}\" wants a letter, then letters, digits and - _ .").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    fn told(text: &str) -> String {
        let findings = match read("Dockerfile", text) {
            Ok((_, findings)) => findings,
            Err(findings) => findings,
        };
        let line = |finding: &Finding| match &finding.hint {
            Some(hint) => format!("{finding} / {hint}"),
            None => finding.to_string(),
        };
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_example_is_supported() {
        let text = "FROM nginx:1.27\nCOPY conf/test.conf /etc/nginx/conf.d/default.conf\n\
                    COPY html /usr/share/nginx/html\n";
        let (dockerfile, findings) = read("Dockerfile", text).unwrap();
        assert_eq!((dockerfile.instructions.len(), findings.len()), (2, 0));
    }

    #[test]
    fn everything_unsupported_is_named_at_once_with_its_line() {
        let text = "FROM a AS build\nRUN make \\\n  all\nCOPY --from=x a b\nADD https://e/x /y\n\
                    ONBUILD RUN x\nFROM b\nCOPY a b\nFOO x\nADD --checksum=sha256:0 a b\n";
        assert_snapshot!(told(text), @r#"
        Dockerfile:2:1: RUN needs a container; the embedded engine starts none / do this step in the job's script and COPY its result, or use a base image that has it
        Dockerfile:4:1: COPY --from needs another stage or image; the embedded engine has one stage / produce the files in the job's script or in an earlier job, and COPY them from the build context
        Dockerfile:5:1: ADD of an address (https://e/x) is not supported / fetch it in the job's script, with a checksum, and COPY it
        Dockerfile:6:1: ONBUILD is not supported / write the instruction into the Dockerfiles that use this image
        Dockerfile:7:1: a second stage is not supported / build the parts in the job's script or in an earlier job, and COPY the results
        Dockerfile:9:1: "FOO" is no Dockerfile instruction
        Dockerfile:10:1: ADD --checksum is not supported
        "#);
    }

    #[test]
    fn malformed_instructions_say_what_is_wanted() {
        let text = "FROM a\nENV A\nENV A=1 B\nLABEL =x\nCOPY a\nHEALTHCHECK FOO\n\
                    HEALTHCHECK --interval=5 CMD x\nSHELL sh\nCMD [1]\nEXPOSE\nUSER --x=1 a\n\
                    COPY --chown a b\nARG\nWORKDIR\n";
        assert_snapshot!(told(text), @r#"
        Dockerfile:2:1: ENV wants name=value, found "A"
        Dockerfile:3:1: ENV wants name=value, found "B" / put a value with blanks into double quotes
        Dockerfile:4:1: LABEL has a value without a name
        Dockerfile:5:1: COPY wants at least one source and a destination
        Dockerfile:6:1: HEALTHCHECK wants CMD or NONE, found "FOO" / HEALTHCHECK CMD curl -f http://localhost/
        Dockerfile:7:1: --interval=5 is no time like 30s or 1m30s
        Dockerfile:8:1: SHELL wants a JSON array with at least one word / SHELL ["/bin/sh", "-c"]
        Dockerfile:9:1: a JSON array here may hold strings only
        Dockerfile:10:1: EXPOSE wants at least one argument
        Dockerfile:11:1: USER does not know the flag --x
        Dockerfile:12:1: the flag --chown wants a value
        Dockerfile:13:1: ARG wants at least one argument
        Dockerfile:14:1: WORKDIR wants one argument
        "#);
    }

    #[test]
    fn only_dockers_own_syntax_is_taken() {
        assert_snapshot!(told("# syntax=docker/dockerfile:1.7-labs\nFROM a\n"), @"");
        assert_snapshot!(told("# syntax=acme/frontend:2\nFROM a\n"), @"Dockerfile:1:1: syntax acme/frontend:2 is not supported / only docker/dockerfile:1 and its versions are; leave the line out");
    }

    #[test]
    fn from_is_wanted_once_and_first() {
        assert_snapshot!(told("ARG A=1\nCOPY a b\nFROM a\n"), @"Dockerfile:2:1: COPY stands before FROM / only ARG may stand before FROM");
        assert_snapshot!(told("ARG A=1\n"), @"Dockerfile:1:1: the file has no FROM");
        assert_snapshot!(told(""), @"Dockerfile:1:1: the file has no FROM");
        assert_snapshot!(told("FROM a as 1b\n"), @r#"Dockerfile:1:1: stage name "1b" wants a letter, then letters, digits and - _ ."#);
        assert_snapshot!(told("FROM a b\n"), @"Dockerfile:1:1: FROM wants IMAGE or IMAGE AS NAME");
    }

    const KEYWORDS: &str = "FROM|COPY|ADD|ARG|ENV|LABEL|EXPOSE|WORKDIR|USER|CMD|ENTRYPOINT|\
                            STOPSIGNAL|VOLUME|HEALTHCHECK|SHELL|MAINTAINER|RUN|ONBUILD|X|#";

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(?s).{0,200}") {
            drop(read("Dockerfile", &text));
        }

        #[test]
        fn any_arguments_are_read_without_panic(
            lines in prop::collection::vec(
                (KEYWORDS, "[ -~\\t<>\"'\\\\`\\[\\]${}=\\n-]{0,30}"), 0..8
            )
        ) {
            let text: String =
                lines.iter().map(|(keyword, rest)| format!("{keyword} {rest}\n")).collect();
            drop(read("Dockerfile", &text));
            drop(read("Dockerfile", &format!("FROM a\n{text}")));
        }

        #[test]
        fn every_finding_has_a_line_of_the_file(text in "(FROM a\n)?([A-Z]{1,5} [a-z\\\\]{0,5}\n){0,6}") {
            if let Err(findings) = read("Dockerfile", &text) {
                for finding in findings {
                    let line = finding.location.unwrap().line;
                    prop_assert!(line >= 1 && line <= text.lines().count().max(1));
                }
            }
        }
    }
}
