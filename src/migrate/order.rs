//! What an `ecs-cli compose` line asks for, in words that may still hold variables.

use super::shell::stripped;
use std::collections::BTreeMap;

/// An order of ecs-cli.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) action: Action,
    values: BTreeMap<&'static str, Vec<String>>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Up,
    Scale(String),
    Ps,
}

/// Options with a value that the release file or the command can say.
const VALUES: &[(&str, &str)] = &[
    ("project-name", "p"),
    ("file", "f"),
    ("cluster", "c"),
    ("region", "r"),
    ("ecs-params", ""),
    ("task-role-arn", ""),
    ("launch-type", ""),
    ("deployment-max-percent", ""),
    ("deployment-min-healthy-percent", ""),
    ("timeout", ""),
    ("target-group-arn", ""),
    ("container-name", ""),
    ("container-port", ""),
    ("health-check-grace-period", ""),
    ("desired-count", ""),
];

/// Reads the words of one command.
///
/// # Errors
/// Why it has no counterpart, as a fragment for people.
pub(super) fn read(words: &[String]) -> Result<Order, String> {
    if words.iter().any(|word| word.contains("$[[")) {
        return Err("it has an input of GitLab ($[[ ... ]])".to_owned());
    }
    let mut values: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut plain = Vec::new();
    let mut rest = stripped(words).iter().skip(1);
    if words.iter().any(|word| word.contains(['`', '*', '>', '<']) || word.contains("$(")) {
        return Err("it has a part that only the shell knows".to_owned());
    }
    while let Some(word) = rest.next() {
        let Some(option) = word.strip_prefix('-') else {
            plain.push(word.as_str());
            continue;
        };
        let option = option.trim_start_matches('-');
        let (name, given) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        if matches!(name, "verbose" | "debug") {
            continue;
        }
        let known = VALUES.iter().find(|(long, short)| *long == name || *short == name);
        let Some((long, _)) = known.filter(|_| !name.is_empty()) else {
            return Err(format!("--{name} has no place in the release file"));
        };
        let value = given.or_else(|| rest.next().cloned());
        values.entry(long).or_default().push(value.unwrap_or_default());
    }
    let action = match plain.as_slice() {
        ["compose", "service", "up"] => Action::Up,
        ["compose", "service", "scale", count] => Action::Scale((*count).to_owned()),
        ["compose", "service", "ps" | "list"] => Action::Ps,
        other => return Err(format!("`ecs-cli {}` has no counterpart", other.join(" "))),
    };
    Ok(Order { action, values })
}

impl Order {
    /// The last value of an option.
    pub(super) fn get(&self, option: &str) -> Option<&str> {
        self.values.get(option)?.last().map(String::as_str)
    }

    /// All values of an option.
    pub(super) fn all(&self, option: &str) -> &[String] {
        self.values.get(option).map(Vec::as_slice).unwrap_or_default()
    }

    /// The order with variables that the pipeline itself sets put in.
    pub(super) fn filled(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let fill = |value: &String| fill(value, lookup, 0);
        let values =
            self.values.iter().map(|(name, values)| (*name, values.iter().map(fill).collect()));
        let action = match &self.action {
            Action::Scale(count) => Action::Scale(fill(count)),
            other => other.clone(),
        };
        Self { action, values: values.collect() }
    }
}

/// GitLab expands nested variables; a circle ends here.
const DEEPEST: usize = 10;

/// `$NAME` and `${NAME}` replaced where they are known, and written `${NAME}` where not.
fn fill(text: &str, lookup: &dyn Fn(&str) -> Option<String>, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let braced = rest.starts_with('{');
        let body = if braced { &rest[1..] } else { rest };
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name: String = body.chars().take_while(|c| word(*c)).collect();
        let end = usize::from(braced) + name.len();
        let closed = !braced || rest[end..].starts_with('}');
        if name.is_empty() || !closed {
            out.push('$');
            continue;
        }
        rest = &rest[end + usize::from(braced)..];
        match lookup(&name).filter(|_| depth < DEEPEST) {
            Some(value) => out.push_str(&fill(&value, lookup, depth + 1)),
            None => out.push_str(&format!("${{{name}}}")),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_count_wherever_they_stand() {
        let text = "ecs-cli compose -p $NAME --file=a.yml -f b.yml service up -cluster ${C}";
        let lookup = |name: &str| match name {
            "NAME" => Some("canary-$KIND".to_owned()),
            "KIND" => Some("web".to_owned()),
            _ => None,
        };
        let order = read(&words(text)).expect("an order").filled(&lookup);
        assert_eq!(order.get("project-name"), Some("canary-web"));
        assert_eq!(order.all("file"), ["a.yml", "b.yml"]);
        assert_eq!(order.get("cluster"), Some("${C}"));
    }

    #[test]
    fn what_has_no_counterpart_says_why() {
        let why = |text: &str| read(&words(text)).expect_err("declined");
        assert_eq!(
            why("ecs-cli compose service rm"),
            "`ecs-cli compose service rm` has no counterpart"
        );
        assert_eq!(
            why("ecs-cli compose service up --vpc x"),
            "--vpc has no place in the release file"
        );
        assert_eq!(why("ecs-cli compose -p $(x) up"), "it has a part that only the shell knows");
    }

    #[test]
    fn a_circle_of_variables_ends() {
        let lookup = |_: &str| Some("$A".to_owned());
        assert_eq!(fill("$A", &lookup, 0), "${A}");
    }
}
