//! `--format`: the few forms of Go's templates that pipelines use to read one field.

use serde_json::Value;

/// The text is no form that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    /// A form of Go's templates that is not read here.
    #[error("--format {{{{{found}}}}} is not read here")]
    Form {
        /// What stands between the braces.
        found: String,
    },
    /// The value has no such field.
    #[error("--format {{{{{found}}}}}: there is no such field")]
    Field {
        /// What stands between the braces.
        found: String,
    },
    /// `{{` without `}}`.
    #[error("--format has {{{{ without }}}}")]
    Open,
}

/// Puts the fields of `value` into the template's text.
pub(super) fn fill(template: &str, value: &Value) -> Result<String, TemplateError> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (action, behind) = after.split_once("}}").ok_or(TemplateError::Open)?;
        filled.push_str(before);
        filled.push_str(&evaluate(action.trim(), value)?);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// `.A.B`, `json .A`, `index .A 0`, `index .A "key"`, and these in parentheses.
fn evaluate(action: &str, value: &Value) -> Result<String, TemplateError> {
    let form = || TemplateError::Form { found: action.to_owned() };
    let field = || TemplateError::Field { found: action.to_owned() };
    if let Some(path) = action.strip_prefix("json ") {
        return Ok(find(path.trim(), value).ok_or_else(field)?.to_string());
    }
    let found = match action.strip_prefix("index ") {
        Some(rest) => {
            let (path, key) = rest.trim().split_once(' ').ok_or_else(form)?;
            let within = find(path, value).ok_or_else(field)?;
            let key = key.trim();
            match (key.parse::<usize>(), key.strip_prefix('"').and_then(|k| k.strip_suffix('"'))) {
                (Ok(number), _) => within.get(number).ok_or_else(field)?,
                (Err(_), Some(name)) => within.get(name).unwrap_or(&Value::Null),
                (Err(_), None) => return Err(form()),
            }
        }
        None if action.starts_with('.') && !action.contains(' ') => {
            find(action, value).ok_or_else(field)?
        }
        None => return Err(form()),
    };
    Ok(match found {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    })
}

fn find<'a>(path: &str, value: &'a Value) -> Option<&'a Value> {
    let names = path.strip_prefix('.')?.split('.').filter(|name| !name.is_empty());
    names.into_iter().try_fold(value, |within, name| within.get(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(template: &str) -> String {
        let image = json!({
            "Id": "sha256:1",
            "RepoDigests": ["a@sha256:2"],
            "Config": {"Labels": {"x.y": "z"}, "Env": ["A=1"]},
        });
        fill(template, &image).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn the_forms_that_pipelines_use_are_read() {
        assert_eq!(filled("{{.Id}}"), "sha256:1");
        assert_eq!(filled("digest {{ index .RepoDigests 0 }}!"), "digest a@sha256:2!");
        assert_eq!(filled("{{json .Config.Env}}"), "[\"A=1\"]");
        assert_eq!(filled("{{index .Config.Labels \"x.y\"}}"), "z");
    }

    #[test]
    fn what_is_not_read_is_said() {
        assert_eq!(
            filled("{{range .Config.Env}}"),
            "--format {{range .Config.Env}} is not read here"
        );
        assert_eq!(filled("{{.Missing}}"), "--format {{.Missing}}: there is no such field");
        assert_eq!(filled("{{.Id"), "--format has {{ without }}");
    }
}
