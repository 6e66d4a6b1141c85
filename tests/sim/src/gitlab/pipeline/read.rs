//! The top level of the file: `stages`, `variables`, `default`, and the jobs with `extends` merged.

use serde_json::{Map, Value};

use super::definition::Definition;
use super::job;
use super::value::{PipelineError, mapping, only_keys, word, words, wrong};

/// Keywords that are no jobs.
const GLOBAL: [&str; 8] = [
    "stages",
    "variables",
    "default",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
];
/// Keywords that would change the pipeline and are not implemented.
const REFUSED: [&str; 4] = ["include", "workflow", "spec", "pages"];
/// What `default:` may hold; the old global keywords are the same.
const DEFAULTS: [&str; 8] = [
    "image",
    "services",
    "before_script",
    "after_script",
    "tags",
    "interruptible",
    "timeout",
    "artifacts",
];
/// How deep `extends` may go, as in GitLab.
const EXTENDS_DEPTH: usize = 11;

impl Definition {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is no YAML, or holds anything that is wrong or not understood.
    pub fn read(text: &str) -> Result<Self, PipelineError> {
        let file: Map<String, Value> =
            serde_saphyr::from_str(text).map_err(|cause| PipelineError::Yaml(cause.to_string()))?;
        if let Some(key) = file.keys().find(|key| REFUSED.contains(&key.as_str())) {
            return wrong(key, "not understood here");
        }
        if file.contains_key("cache") {
            return wrong("cache", "not understood here");
        }
        let defaults = defaults(&file)?;
        let mut definition = Self {
            stages: stages(&file)?,
            variables: file
                .get("variables")
                .map_or(Ok(Vec::new()), |v| variables("variables", v))?,
            jobs: Vec::new(),
        };
        for (name, value) in &file {
            if GLOBAL.contains(&name.as_str()) || name.starts_with('.') {
                continue;
            }
            let merged = extended(&file, name, value, 0)?;
            let job = job::read(name, &merged, &defaults)?;
            if !definition.stages.contains(&job.stage) {
                let stages = definition.stages.join(", ");
                return wrong(
                    &format!("job `{name}`"),
                    format!("stage `{}` is none of {stages}", job.stage),
                );
            }
            definition.jobs.push(job);
        }
        for job in &definition.jobs {
            check_needs(&definition, job)?;
        }
        Ok(definition)
    }
}

fn check_needs(definition: &Definition, job: &super::JobDefinition) -> Result<(), PipelineError> {
    let exists = |name: &str| definition.jobs.iter().any(|other| other.name == name);
    let needed = job.needs.iter().flatten().filter(|need| !need.optional).map(|need| &need.job);
    match needed.chain(job.dependencies.iter().flatten()).find(|name| !exists(name)) {
        Some(missing) => {
            wrong(&format!("job `{}`", job.name), format!("needs `{missing}`, which is no job"))
        }
        None => Ok(()),
    }
}

fn stages(file: &Map<String, Value>) -> Result<Vec<String>, PipelineError> {
    let mut all = match file.get("stages") {
        Some(list) => words("stages", list)?,
        None => ["build", "test", "deploy"].map(String::from).to_vec(),
    };
    all.insert(0, ".pre".into());
    all.push(".post".into());
    Ok(all)
}

fn defaults(file: &Map<String, Value>) -> Result<Map<String, Value>, PipelineError> {
    let mut all = Map::new();
    for key in ["image", "services", "before_script", "after_script"] {
        if let Some(value) = file.get(key) {
            all.insert(key.into(), value.clone());
        }
    }
    if let Some(value) = file.get("default") {
        let given = mapping("default", value)?;
        only_keys("default", given, &DEFAULTS)?;
        all.extend(given.clone());
    }
    Ok(all)
}

/// `variables:`; a value may be a mapping with `value` and `description`.
pub(super) fn variables(
    place: &str,
    value: &Value,
) -> Result<Vec<(String, String)>, PipelineError> {
    let entries = mapping(place, value)?.iter().map(|(key, value)| {
        let place = format!("{place}: `{key}`");
        let value = match value {
            Value::Object(map) => {
                only_keys(&place, map, &["value", "description"])?;
                map.get("value").unwrap_or(&Value::Null)
            }
            other => other,
        };
        Ok((key.clone(), word(&place, value)?))
    });
    entries.collect()
}

/// The job with everything that it extends below it: mappings are merged, everything else is replaced.
fn extended(
    file: &Map<String, Value>,
    name: &str,
    value: &Value,
    depth: usize,
) -> Result<Map<String, Value>, PipelineError> {
    let place = format!("job `{name}`");
    if depth > EXTENDS_DEPTH {
        return wrong(&place, "`extends` is nested too deep");
    }
    let mut own = mapping(&place, value)?.clone();
    let Some(bases) = own.shift_remove("extends") else {
        return Ok(own);
    };
    let mut merged = Map::new();
    for base in words(&place, &bases)? {
        let Some(value) = file.get(&base) else {
            return wrong(&place, format!("extends `{base}`, which does not exist"));
        };
        merge(&mut merged, extended(file, &base, value, depth + 1)?);
    }
    merge(&mut merged, own);
    Ok(merged)
}

fn merge(below: &mut Map<String, Value>, above: Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}
