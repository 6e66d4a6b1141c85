//! Variables of ecs-params. They are put into the text before it is YAML, as ecs-cli did with
//! Go's `os.ExpandEnv`: `subnets: [$SUBNETS]` may become several subnets. Places are those of
//! the text as it is written.

use crate::compose::input::{Dialect, SourceText};
use crate::compose::scope::Scope;
use crate::config::yaml::{self, Map, Node, Place, Value};
use crate::model::Finding;

/// Reads the file with its variables put in; `None` when a finding says why it cannot be.
pub(super) fn read(scope: &mut Scope<'_>, source: &SourceText) -> Option<Node> {
    let mut writer = Writer::new(&source.name, &source.text);
    while let Some(piece) = writer.next() {
        match piece {
            Piece::Text(text) => writer.keep(text),
            Piece::Variable(text) => {
                let value = value(scope, text, &writer.place());
                writer.replace(text, &value);
            }
        }
        if writer.text.len() > yaml::MAX_BYTES {
            scope
                .error(&writer.place(), "the file becomes too large once its variables are put in");
            return None;
        }
    }
    match yaml::read(&source.name, &writer.text) {
        Ok(mut root) => {
            writer.correct(&mut root);
            Some(root)
        }
        Err(findings) => {
            for finding in findings {
                scope.report(writer.corrected(finding));
            }
            None
        }
    }
}

/// The value of one `$...`, as the dialect reads it.
fn value(scope: &mut Scope<'_>, text: &str, at: &Place) -> String {
    match scope.input.dialect {
        Dialect::Native => by_compose(scope, text, at),
        Dialect::EcsCli => by_go(scope, text, at),
    }
}

fn by_compose(scope: &mut Scope<'_>, text: &str, at: &Place) -> String {
    let variables = &*scope;
    match yaml::expand(text, &|name| variables.variable(name)) {
        Ok(done) => {
            for name in &done.unset {
                let finding = at.error(format!("variable {name} is not set"));
                scope.strict(finding.hint(format!("Set it, or write ${{{name}:-default}}.")));
            }
            done.text
        }
        Err(error) => {
            scope.report(at.error(error.to_string()).hint("A dollar sign is written $$."));
            String::new()
        }
    }
}

/// As Go's `os.Expand`: the name is everything between the braces, there are no defaults, and
/// ecs-cli had no `.env` here.
fn by_go(scope: &mut Scope<'_>, text: &str, at: &Place) -> String {
    let name = text.strip_prefix("${").map(|rest| rest.strip_suffix('}').unwrap_or(rest));
    let name = name.unwrap_or(&text[1..]);
    if let Some(value) = (scope.input.lookup)(name) {
        return value;
    }
    let finding = match name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        None if !name.is_empty() => at.error(format!("variable {name} is not set")),
        _ => at.error(format!(
            "ecs-cli puts nothing in for \"{text}\": it knows only $NAME and ${{NAME}}"
        )),
    };
    scope.strict(finding);
    String::new()
}

/// A part of the text.
enum Piece<'t> {
    Text(&'t str),
    Variable(&'t str),
}

/// The text that is written anew, and where its parts come from.
struct Writer<'t> {
    file: std::rc::Rc<str>,
    rest: &'t str,
    text: String,
    /// Line and column, both from 1, in the text as it was written and in the new one.
    old: (u32, u32),
    new: (u32, u32),
    marks: Vec<Mark>,
    quote: Option<char>,
    comment: bool,
}

/// From `new` on, the text comes from `old`; all from the same place inside a variable's value.
struct Mark {
    new: (u32, u32),
    old: (u32, u32),
    fixed: bool,
}

impl<'t> Writer<'t> {
    fn new(file: &str, text: &'t str) -> Self {
        Self {
            file: std::rc::Rc::from(file),
            rest: text.trim_start_matches('\u{feff}'),
            text: String::with_capacity(text.len()),
            old: (1, 1),
            new: (1, 1),
            marks: Vec::new(),
            quote: None,
            comment: false,
        }
    }

    fn place(&self) -> Place {
        Place { file: std::rc::Rc::clone(&self.file), line: self.old.0, column: self.old.1 }
    }

    /// The next piece of the text; comments are no place for variables.
    fn next(&mut self) -> Option<Piece<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut before =
            if self.old.1 == 1 { ' ' } else { self.text.chars().last().unwrap_or(' ') };
        let mut end = self.rest.len();
        for (index, character) in self.rest.char_indices() {
            let length = variable(&self.rest[index..]);
            if character == '$' && !self.comment && length > 0 {
                if index == 0 {
                    return Some(Piece::Variable(self.take(length)));
                }
                end = index;
                break;
            }
            self.watch(before, character);
            before = character;
        }
        Some(Piece::Text(self.take(end)))
    }

    /// Follows quotes and comments of YAML, as far as one line tells them.
    fn watch(&mut self, before: char, character: char) {
        match (character, self.quote) {
            ('\n', _) => {
                self.quote = None;
                self.comment = false;
            }
            ('#', None) if before.is_whitespace() => self.comment = true,
            ('"' | '\'', None) if !before.is_alphanumeric() && !self.comment => {
                self.quote = Some(character);
            }
            (closing, Some(open)) if closing == open && before != '\\' => self.quote = None,
            _ => {}
        }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn keep(&mut self, text: &str) {
        self.mark(false);
        self.old = after(self.old, text);
        self.new = after(self.new, text);
        self.text.push_str(text);
    }

    fn replace(&mut self, written: &str, value: &str) {
        self.mark(true);
        self.old = after(self.old, written);
        self.new = after(self.new, value);
        self.text.push_str(value);
        self.mark(false);
    }

    fn mark(&mut self, fixed: bool) {
        self.marks.push(Mark { new: self.new, old: self.old, fixed });
    }

    /// Where `(line, column)` of the new text is written.
    fn written(&self, at: (u32, u32)) -> (u32, u32) {
        let behind = self.marks.partition_point(|mark| mark.new <= at);
        let Some(mark) = behind.checked_sub(1).and_then(|index| self.marks.get(index)) else {
            return at;
        };
        if mark.fixed {
            mark.old
        } else if mark.new.0 == at.0 {
            (mark.old.0, mark.old.1 + (at.1 - mark.new.1))
        } else {
            (mark.old.0 + (at.0 - mark.new.0), at.1)
        }
    }

    fn correct(&self, node: &mut Node) {
        self.move_to(&mut node.at);
        match &mut node.value {
            Value::List(items) => items.iter_mut().for_each(|item| self.correct(item)),
            Value::Map(Map { entries }) => {
                for entry in entries {
                    self.move_to(&mut entry.at);
                    self.correct(&mut entry.value);
                }
            }
            Value::Scalar { .. } => {}
        }
    }

    fn move_to(&self, place: &mut Place) {
        (place.line, place.column) = self.written((place.line, place.column));
    }

    fn corrected(&self, finding: Finding) -> Finding {
        let Some(at) = finding.location.clone() else { return finding };
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let (line, column) = self.written((number(at.line), number(at.column)));
        finding.at(&at.file, line as usize, column as usize)
    }
}

/// Where a text ends that starts at `at`.
fn after((line, column): (u32, u32), text: &str) -> (u32, u32) {
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    match text.rsplit_once('\n') {
        Some((before, last)) => {
            let lines = u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX);
            (line.saturating_add(lines).saturating_add(1), count(last).saturating_add(1))
        }
        None => (line, column.saturating_add(count(text))),
    }
}

/// The length of the `$...` at the start of `text`; 0 when a dollar sign stands for itself.
fn variable(text: &str) -> usize {
    let Some(rest) = text.strip_prefix('$') else { return 0 };
    if let Some(inner) = rest.strip_prefix('{') {
        let mut open = 1_usize;
        for (index, character) in inner.char_indices() {
            match character {
                '{' if inner[..index].ends_with('$') => open += 1,
                '}' => open -= 1,
                '\n' => break,
                _ => {}
            }
            if open == 0 {
                return "${".len() + index + 1;
            }
        }
        return "${".len();
    }
    // The names of one character that a shell has, `$$` among them.
    if rest.starts_with(|c: char| "*#$@!?-".contains(c) || c.is_ascii_digit()) {
        return "$".len() + 1;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = rest.find(|c| !word(c)).unwrap_or(rest.len());
    if name == 0 { 0 } else { "$".len() + name }
}

#[cfg(test)]
mod tests {
    use crate::compose::{ComposeInput, Dialect, SourceText, Translated, translate};
    use crate::model::Finding;

    fn translated(dialect: Dialect, params: &str) -> Result<Translated, Vec<Finding>> {
        let lookup = |name: &str| match name {
            "SUBNETS" => Some("subnet-1, subnet-2".to_owned()),
            "M" => Some("64m".to_owned()),
            "LINES" => Some("a\n  b".to_owned()),
            _ => None,
        };
        let file = SourceText::new("c.yml", "services: {web: {image: a}}\n");
        let mut input = ComposeInput::new("web", vec![file], &lookup);
        input.dialect = dialect;
        input.params = Some(SourceText::new("p.yml", params));
        translate(&input)
    }

    fn told(dialect: Dialect, params: &str) -> String {
        let findings = match translated(dialect, params) {
            Ok(done) => done.findings,
            Err(findings) => findings,
        };
        let findings = findings.iter().filter(|one| !one.message.contains("no memory limit:"));
        findings.map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_variable_may_hold_several_items_and_stand_in_braces() {
        let params = "version: 1\ntask_definition:\n  ecs_network_mode: awsvpc\n  services: {web: \
                      {mem_limit: ${M}}}\nrun_params:\n  network_configuration: \
                      {awsvpc_configuration: {subnets: [$SUBNETS]}}\n";
        for dialect in [Dialect::Native, Dialect::EcsCli] {
            let done = translated(dialect, params).expect("accepted");
            assert_eq!(
                done.create_extra["networkConfiguration"]["awsvpcConfiguration"]["subnets"],
                serde_json::json!(["subnet-1", "subnet-2"])
            );
            assert_eq!(done.task.containers().next().expect("one")["memory"], 64);
        }
    }

    #[test]
    fn places_are_those_of_the_text_as_it_is_written() {
        let params = "# ${COMMENT}\ntask_definition:\n  task_role_arn: \"$LINES\"\n  \
                      pid_mode: x$M # $OTHER\n  nonsense: 1\n";
        assert_eq!(
            told(Dialect::Native, params),
            "p.yml:4:13: \"pid_mode\" is \"x64m\"; host, task is wanted\n\
             p.yml:5:3: unknown key \"nonsense\" in task_definition"
        );
        let params = "task_definition:\n  task_role_arn: ab $NO cd\n  - $M: [\n";
        assert!(told(Dialect::Native, params).contains("p.yml:2:21: variable NO is not set"));
        assert!(
            told(Dialect::Native, params).contains("p.yml:3:"),
            "{}",
            told(Dialect::Native, params)
        );
    }

    #[test]
    fn by_the_name_ecs_cli_there_are_no_defaults_and_no_escapes() {
        let role = |text: &str| {
            let params = format!("task_definition: {{task_role_arn: \"a{text}z\"}}\n");
            let done = translated(Dialect::EcsCli, &params).expect("accepted");
            done.task.body().get("taskRoleArn").and_then(|role| role.as_str()).map(str::to_owned)
        };
        let values = ["$M.b", "${M}b", "${M:-d}", "${NO:-d}", "$$M", "$ ", "$.x", "$1"].map(role);
        let wanted = ["a64m.bz", "a64mbz", "az", "az", "aMz", "a$ z", "a$.xz", "az"];
        assert_eq!(values, wanted.map(|text| Some(text.to_owned())));
        assert_eq!(
            told(Dialect::EcsCli, "task_definition: {task_role_arn: \"${M:-d}\"}\n"),
            "p.yml:1:35: ecs-cli puts nothing in for \"${M:-d}\": it knows only $NAME and ${NAME}"
        );
    }
}
