//! What ECS could not set up before a task's containers: secrets, registry logins, log groups,
//! file systems.

use super::after_colon;

/// The cause in the words of a `ResourceInitializationError`.
pub(super) fn initialization(words: &str) -> String {
    if let Some(cause) = cause(words) {
        return cause;
    }
    if words.contains("log group does not exist") {
        return "the log group of the container does not exist: create it, or set \
                awslogs-create-group"
            .to_owned();
    }
    if words.contains("log stream") || words.contains("logger args") {
        return format!("the log of the container could not be set up{}", tail(words));
    }
    if words.to_lowercase().contains("efs") {
        return format!("a file system could not be mounted{}", tail(words));
    }
    format!("a secret, log group or volume could not be set up{}", after_colon(words))
}

/// What is wrong with a secret, when the words are about one.
pub(super) fn cause(words: &str) -> Option<String> {
    let is_about = ["secretsmanager", "secret from asm", "registry auth", "ssm"];
    if !is_about.iter().any(|sign| words.contains(sign)) {
        return None;
    }
    let name = name(words).map(|name| format!(" {name}")).unwrap_or_default();
    let action = words.split("perform: ").nth(1).and_then(|rest| rest.split_whitespace().next());
    if words.contains("AccessDenied") || words.contains("not authorized") {
        let needs = action.unwrap_or("secretsmanager:GetSecretValue");
        return Some(format!(
            "no permission for the secret{name}: the execution role needs {needs}"
        ));
    }
    if words.contains("ResourceNotFoundException") || words.contains("ParameterNotFound") {
        return Some(format!("the secret{name} does not exist"));
    }
    if words.contains("timeout") || words.contains("deadline exceeded") {
        return Some(format!(
            "the secret{name} cannot be read from the task's network: no way to AWS (NAT or \
             VPC endpoint)"
        ));
    }
    Some(format!("the secret{name} could not be read{}", tail(words)))
}

/// The name of the first secret or parameter that is named by its ARN.
fn name(words: &str) -> Option<String> {
    let arn = words.split([' ', '\'', '"', ',']).find(|word| {
        word.starts_with("arn:") && (word.contains(":secret:") || word.contains(":parameter/"))
    })?;
    let last = arn.split(":secret:").nth(1).or_else(|| arn.split(":parameter").nth(1))?;
    let last = last.trim_end_matches([':', '.', ')']);
    Some(last.split(':').next().unwrap_or(last).to_owned())
}

/// What stands behind the last colon but one: the innermost of nested errors.
fn tail(words: &str) -> String {
    let parts: Vec<&str> = words.split(": ").collect();
    let from = parts.len().saturating_sub(2);
    after_colon(&parts.get(from..).unwrap_or_default().join(": "))
}
