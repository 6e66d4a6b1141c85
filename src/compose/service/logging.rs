//! `logging`, and `log_driver` with `log_opt` of version 1.

use super::Container;
use crate::compose::table::LOGGING;
use crate::config::yaml::Node;
use serde_json::{Map, Value};

/// `logging`.
pub(in crate::compose) fn logging(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(map) = c.scope.sub(key, node, LOGGING) else { return };
    let driver = map.get("driver").and_then(|driver| c.scope.text("logging.driver", driver));
    match (driver, map.get("options")) {
        (Some(driver), options) => {
            set_driver(c, driver, node);
            if let Some(options) = options {
                log_opt(c, "logging.options", options);
            }
        }
        (None, Some(options)) => {
            let hint = "Add `driver: awslogs`, or another driver of ECS.";
            c.scope.strict(options.at.error("logging has options and no \"driver\"").hint(hint));
            if c.scope.legacy {
                set_driver(c, "", node);
                log_opt(c, "logging.options", options);
            }
        }
        (None, None) => {}
    }
}

/// `log_driver` of version 1.
pub(in crate::compose) fn log_driver(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(driver) = c.scope.text(key, node) {
        set_driver(c, driver, node);
    }
}

/// `log_opt` of version 1, which is read after `log_driver`.
pub(in crate::compose) fn log_opt(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let pairs = c.scope.pairs(key, node, '=');
    let options: Map<String, Value> = pairs
        .into_iter()
        .map(|pair| (pair.key.to_owned(), pair.value.unwrap_or_default().into()))
        .collect();
    match c.body.fields.get_mut("logConfiguration") {
        Some(_) if options.is_empty() => {}
        Some(configuration) => configuration["options"] = options.into(),
        None => c.scope.error(&node.at, format!("\"{key}\" without \"log_driver\"")),
    }
}

fn set_driver(c: &mut Container<'_, '_>, driver: &str, node: &Node) {
    let mut configuration = Map::new();
    configuration.insert("logDriver".to_owned(), driver.into());
    c.set("logConfiguration", configuration, &node.at);
}
