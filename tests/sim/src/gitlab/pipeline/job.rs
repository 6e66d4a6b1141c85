//! One job's keywords.

use serde_json::{Map, Value};

use crate::gitlab::payload::{Artifact, Image};

use super::definition::{
    AllowFailure, ArtifactsDefinition, EnvironmentDefinition, JobDefinition, Need, When,
};
use super::read::variables;
use super::rules::Conditions;
use super::value::{PipelineError, flag, mapping, only_keys, script, word, words, wrong};

const KEYWORDS: [&str; 23] = [
    "stage",
    "script",
    "before_script",
    "after_script",
    "variables",
    "tags",
    "image",
    "services",
    "environment",
    "when",
    "allow_failure",
    "artifacts",
    "needs",
    "dependencies",
    "resource_group",
    "interruptible",
    "timeout",
    "rules",
    "only",
    "except",
    "id_tokens",
    "inherit",
    "retry",
];
/// Reports that are uploaded as one compressed file each.
const REPORTS: [&str; 5] = ["dotenv", "junit", "annotations", "metrics", "terraform"];

type Keywords = Map<String, Value>;

/// Reads a job; `defaults` fill in what it does not say.
pub(super) fn read(
    name: &str,
    keywords: &Keywords,
    defaults: &Keywords,
) -> Result<JobDefinition, PipelineError> {
    let place = format!("job `{name}`");
    only_keys(&place, keywords, &KEYWORDS)?;
    for key in ["inherit", "retry"] {
        if keywords.contains_key(key) {
            return wrong(&place, format!("keyword `{key}` is not understood here"));
        }
    }
    let reader = Reader { place, keywords, defaults };
    let job = JobDefinition {
        name: name.into(),
        stage: reader.word("stage")?.unwrap_or_else(|| "test".into()),
        script: [reader.script("before_script")?, reader.own_script()?].concat(),
        after_script: reader.script("after_script")?,
        variables: reader.with("variables", variables)?.unwrap_or_default(),
        tags: reader.with("tags", words)?.unwrap_or_default(),
        image: reader.with("image", image)?.unwrap_or_default(),
        services: reader.with("services", services)?.unwrap_or_default(),
        environment: reader.with("environment", environment)?,
        when: reader.with("when", when)?.unwrap_or_default(),
        allow_failure: reader.allow_failure()?,
        artifacts: reader.with("artifacts", artifacts)?.unwrap_or_default(),
        needs: reader.with("needs", needs)?,
        dependencies: reader.with("dependencies", words)?,
        resource_group: reader.word("resource_group")?,
        interruptible: reader.with("interruptible", flag)?.unwrap_or(false),
        timeout: reader.with("timeout", timeout)?,
        conditions: Conditions::read(&reader.place, keywords)?,
    };
    Ok(job)
}

struct Reader<'a> {
    place: String,
    keywords: &'a Keywords,
    defaults: &'a Keywords,
}

impl Reader<'_> {
    fn with<T>(
        &self,
        key: &str,
        read: impl Fn(&str, &Value) -> Result<T, PipelineError>,
    ) -> Result<Option<T>, PipelineError> {
        let value = self.keywords.get(key).or_else(|| self.defaults.get(key));
        value.map(|value| read(&format!("{}: `{key}`", self.place), value)).transpose()
    }

    fn word(&self, key: &str) -> Result<Option<String>, PipelineError> {
        self.with(key, word)
    }

    fn script(&self, key: &str) -> Result<Vec<String>, PipelineError> {
        Ok(self.with(key, script)?.unwrap_or_default())
    }

    fn own_script(&self) -> Result<Vec<String>, PipelineError> {
        match self.keywords.contains_key("script") {
            true => self.script("script"),
            false => wrong(&self.place, "`script` is missing"),
        }
    }

    /// A manual job may fail unless it says otherwise (or has rules).
    fn allow_failure(&self) -> Result<AllowFailure, PipelineError> {
        let manual = self.keywords.get("when").is_some_and(|when| when == "manual");
        match self.with("allow_failure", allow_failure)? {
            Some(said) => Ok(said),
            None if manual => Ok(AllowFailure::Yes),
            None => Ok(AllowFailure::No),
        }
    }
}

fn image(place: &str, value: &Value) -> Result<Image, PipelineError> {
    match value {
        Value::Object(map) => {
            only_keys(place, map, &["name", "alias", "entrypoint", "command"])?;
            let list = |key: &str| map.get(key).map_or(Ok(Vec::new()), |v| words(place, v));
            let text = |key: &str| map.get(key).map_or(Ok(String::new()), |v| word(place, v));
            Ok(Image {
                name: text("name")?,
                alias: text("alias")?,
                command: list("command")?,
                entrypoint: list("entrypoint")?,
                ..Image::default()
            })
        }
        other => Ok(Image { name: word(place, other)?, ..Image::default() }),
    }
}

fn services(place: &str, value: &Value) -> Result<Vec<Image>, PipelineError> {
    match value {
        Value::Array(list) => list.iter().map(|item| image(place, item)).collect(),
        other => wrong(place, format!("a list is wanted, found {other}")),
    }
}

fn environment(place: &str, value: &Value) -> Result<EnvironmentDefinition, PipelineError> {
    let Value::Object(map) = value else {
        let name = word(place, value)?;
        return Ok(EnvironmentDefinition { name, action: "start".into(), ..Default::default() });
    };
    only_keys(place, map, &["name", "url", "action", "deployment_tier"])?;
    let text = |key: &str| map.get(key).map_or(Ok(String::new()), |v| word(place, v));
    let action = text("action")?;
    Ok(EnvironmentDefinition {
        name: text("name")?,
        url: text("url")?,
        action: if action.is_empty() { "start".into() } else { action },
        tier: text("deployment_tier")?,
    })
}

pub(super) fn when(place: &str, value: &Value) -> Result<When, PipelineError> {
    match word(place, value)?.as_str() {
        "on_success" => Ok(When::OnSuccess),
        "manual" => Ok(When::Manual),
        "always" => Ok(When::Always),
        "on_failure" => Ok(When::OnFailure),
        "never" => Ok(When::Never),
        other => wrong(place, format!("`{other}` is not understood here")),
    }
}

fn allow_failure(place: &str, value: &Value) -> Result<AllowFailure, PipelineError> {
    match value {
        Value::Bool(true) => Ok(AllowFailure::Yes),
        Value::Bool(false) => Ok(AllowFailure::No),
        Value::Object(map) => {
            only_keys(place, map, &["exit_codes"])?;
            let listed = words(place, map.get("exit_codes").unwrap_or(&Value::Null))?;
            let codes: Result<Vec<i32>, _> = listed.iter().map(|code| code.parse()).collect();
            codes.map(AllowFailure::ExitCodes).or_else(|_| wrong(place, "exit codes are numbers"))
        }
        other => wrong(place, format!("true, false or exit_codes is wanted, found {other}")),
    }
}

fn artifacts(place: &str, value: &Value) -> Result<ArtifactsDefinition, PipelineError> {
    let map = mapping(place, value)?;
    only_keys(
        place,
        map,
        &["paths", "exclude", "name", "when", "expire_in", "reports", "untracked"],
    )?;
    let list = |key: &str| map.get(key).map_or(Ok(Vec::new()), |v| words(place, v));
    let text = |key: &str| map.get(key).map_or(Ok(String::new()), |v| word(place, v));
    let (when, expire_in) = (text("when")?, text("expire_in")?);
    let mut entries = Vec::new();
    let paths = list("paths")?;
    let untracked = map.get("untracked").map_or(Ok(false), |v| flag(place, v))?;
    if !paths.is_empty() || untracked {
        entries.push(Artifact {
            name: text("name")?,
            untracked,
            paths,
            exclude: list("exclude")?,
            when,
            artifact_type: "archive".into(),
            artifact_format: "zip".into(),
            expire_in: expire_in.clone(),
        });
    }
    let none = Value::Object(Map::new());
    for (kind, value) in mapping(place, map.get("reports").unwrap_or(&none))? {
        if !REPORTS.contains(&kind.as_str()) {
            return wrong(place, format!("report `{kind}` is not understood here"));
        }
        entries.push(Artifact {
            name: format!("{kind}.{}", if kind == "junit" { "xml" } else { "json" }),
            paths: words(place, value)?,
            // Reports are uploaded whether the job failed or not.
            when: "always".into(),
            artifact_type: kind.clone(),
            artifact_format: "gzip".into(),
            expire_in: expire_in.clone(),
            ..Artifact::default()
        });
    }
    Ok(ArtifactsDefinition { entries })
}

fn needs(place: &str, value: &Value) -> Result<Vec<Need>, PipelineError> {
    let Value::Array(list) = value else {
        return wrong(place, format!("a list is wanted, found {value}"));
    };
    let entries = list.iter().map(|item| {
        let Value::Object(map) = item else {
            return Ok(Need { job: word(place, item)?, artifacts: true, optional: false });
        };
        only_keys(place, map, &["job", "artifacts", "optional"])?;
        Ok(Need {
            job: word(place, map.get("job").unwrap_or(&Value::Null))?,
            artifacts: map.get("artifacts").map_or(Ok(true), |v| flag(place, v))?,
            optional: map.get("optional").map_or(Ok(false), |v| flag(place, v))?,
        })
    });
    entries.collect()
}

/// `1h 30m`, `90 minutes`, seconds without a unit.
fn timeout(place: &str, value: &Value) -> Result<u64, PipelineError> {
    let text = word(place, value)?;
    let bad = || wrong(place, format!("a duration like `1h 30m` is wanted, found {text:?}"));
    let mut total = 0;
    let mut number = None;
    let spaced: String = text
        .chars()
        .scan(false, |was_digit, c| {
            let split = *was_digit && c.is_alphabetic();
            *was_digit = c.is_ascii_digit();
            Some(if split { format!(" {c}") } else { c.to_string() })
        })
        .collect();
    for part in spaced.split_whitespace() {
        let unit = match part.trim_end_matches('s') {
            "" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hr" | "hour" => 3600,
            "d" | "day" => 86400,
            digits => match (number, digits.parse::<u64>()) {
                (None, Ok(value)) => {
                    number = Some(value);
                    continue;
                }
                _ => return bad(),
            },
        };
        let Some(count) = number.take() else { return bad() };
        total += count * unit;
    }
    match total + number.unwrap_or(0) {
        0 => bad(),
        seconds => Ok(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_in_gitlabs_words() {
        let seconds = |text: &str| timeout("x", &Value::String(text.into()));
        assert_eq!(seconds("1h 30m"), Ok(5400));
        assert_eq!(seconds("90 minutes"), Ok(5400));
        assert_eq!(seconds("3600"), Ok(3600));
        assert!(seconds("soon").is_err());
    }
}
