//! Relative bind mounts of files that are included or extended: they start at that file's
//! directory, those of the project at the first file's.

use crate::config::yaml::{Map, Node, Value};

/// Makes the relative sources in `volumes` of a service start where those of `first` start.
pub(super) fn rebase(service: &mut Map, base: &str, first: &str) {
    let Some(prefix) = between(first, base) else { return };
    let volumes = service.entries.iter_mut().find(|entry| entry.key == "volumes");
    let Some(Value::List(items)) = volumes.map(|entry| &mut entry.value.value) else { return };
    for item in items {
        let source = match &mut item.value {
            Value::Map(long) => long.entries.iter_mut().find(|entry| entry.key == "source"),
            Value::Scalar { text, .. } => {
                rebased(text, &prefix);
                continue;
            }
            Value::List(_) => None,
        };
        if let Some(Node { value: Value::Scalar { text, .. }, .. }) =
            source.map(|entry| &mut entry.value)
        {
            rebased(text, &prefix);
        }
    }
}

fn rebased(source: &mut String, prefix: &str) {
    if source.starts_with('.') {
        let rest = source.strip_prefix("./").unwrap_or(source);
        *source = format!("{prefix}/{rest}");
    }
}

/// The way from the directory of `first` to that of `base`; `None` when they are the same.
fn between(first: &str, base: &str) -> Option<String> {
    let directory = |path: &str| path.rsplit_once('/').map_or("", |(before, _)| before).to_owned();
    let (start, end) = (directory(first), directory(base));
    if start == end {
        return None;
    }
    let inner = match end.strip_prefix(&start) {
        Some(inner) if start.is_empty() => inner,
        Some(inner) => inner.strip_prefix('/').unwrap_or(&end),
        None => &end,
    };
    Some(if inner.starts_with(['/', '.']) { inner.to_owned() } else { format!("./{inner}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_from_the_first_file_to_the_other() {
        let way = |first, base| between(first, base);
        assert_eq!(way("compose.yml", "other.yml"), None);
        assert_eq!(way("compose.yml", "inc/a.yml").as_deref(), Some("./inc"));
        assert_eq!(way("deploy/c.yml", "deploy/inc/a.yml").as_deref(), Some("./inc"));
        assert_eq!(way("deploy/c.yml", "deploy/../common/a.yml").as_deref(), Some("../common"));
        assert_eq!(way("deploy/c.yml", "/srv/a.yml").as_deref(), Some("/srv"));
    }
}
