//! Who may assume a role, as its trust policy says.

use serde_json::Value;

/// A role that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTrust {
    /// Its ARN.
    pub arn: String,
    /// Services that its trust policy lets assume it: `ecs-tasks.amazonaws.com`. What conditions
    /// ask for besides is not looked at.
    pub services: Vec<String>,
}

impl RoleTrust {
    /// From the role's trust policy, a JSON document (IAM user guide, "JSON policy elements");
    /// `None` when it is none.
    pub fn of_policy(arn: &str, policy: &str) -> Option<Self> {
        let policy: Value = serde_json::from_str(policy).ok()?;
        let statements = each(policy.get("Statement")?);
        let allows = statements.into_iter().filter(|one| {
            let is_allow = one.get("Effect").and_then(Value::as_str) == Some("Allow");
            is_allow && each_text(one.get("Action")).iter().any(|action| assumes(action))
        });
        let services = allows.flat_map(|one| {
            let principal = one.get("Principal");
            each_text(principal.and_then(|principal| principal.get("Service")))
        });
        let mut services: Vec<String> = services.map(str::to_owned).collect();
        services.sort();
        services.dedup();
        Some(Self { arn: arn.to_owned(), services })
    }

    /// True when `service` may assume it.
    pub fn trusts(&self, service: &str) -> bool {
        self.services.iter().any(|one| one == service)
    }
}

/// What became of a secret or a parameter that a container is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// It exists.
    There,
    /// It is scheduled for deletion and cannot be read any more.
    Leaving,
    /// It does not exist.
    Missing,
}

fn assumes(action: &str) -> bool {
    ["*", "sts:*", "sts:assumerole", "sts:assume*"].contains(&action.to_ascii_lowercase().as_str())
}

/// One or a list of them.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    }
}

fn each_text(value: Option<&Value>) -> Vec<&str> {
    value.map(each).unwrap_or_default().into_iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(policy: &str) -> Option<String> {
        RoleTrust::of_policy("arn:r", policy).map(|role| role.services.join(" "))
    }

    #[test]
    fn services_come_alone_or_in_lists_and_only_from_what_allows_to_assume() {
        let one = r#"{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"}}}"#;
        assert_eq!(services(one).as_deref(), Some("ecs-tasks.amazonaws.com"));
        let several = r#"{"Statement": [
            {"Effect": "Allow", "Action": ["sts:TagSession", "sts:AssumeRole"],
             "Principal": {"Service": ["ecs.amazonaws.com", "ecs-tasks.amazonaws.com"]}},
            {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"Service": "a"}},
            {"Effect": "Allow", "Action": "sts:TagSession", "Principal": {"Service": "b"}},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}"#;
        let found = services(several);
        assert_eq!(found.as_deref(), Some("ecs-tasks.amazonaws.com ecs.amazonaws.com"));
        assert_eq!(services("<html>"), None);
        assert_eq!(services("{}"), None);
    }
}
