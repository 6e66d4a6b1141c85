//! The platforms of an image against the task's.

use crate::model::{Finding, TaskDefinitionSpec};

/// What is wrong when a task of `spec` gets an image with these platforms (`linux/arm64`). A task
/// definition without a platform runs as X86_64 on Fargate; elsewhere the instance decides, and
/// nothing can be told.
///
/// # Errors
/// The image has none of the task's platform.
pub fn runs_on(
    spec: &TaskDefinitionSpec,
    image: &str,
    platforms: &[String],
) -> Result<(), Finding> {
    let declared = spec.body().get("runtimePlatform").and_then(|one| one.as_object());
    let member = |name: &str| declared?.get(name)?.as_str();
    let fargate = super::wants_fargate(spec.body());
    let wanted = match member("cpuArchitecture") {
        Some("ARM64") => "arm64",
        Some(_) => "amd64",
        None if fargate => "amd64",
        None => return Ok(()),
    };
    // A Windows image names its version, too: not looked at.
    let windows = member("operatingSystemFamily").is_some_and(|family| family != "LINUX");
    if windows || platforms.is_empty() {
        return Ok(());
    }
    let wanted = format!("linux/{wanted}");
    if platforms.contains(&wanted) {
        return Ok(());
    }
    let message =
        format!("image {image} is for {}; the task runs on {wanted}", platforms.join(" and "));
    let hint = match wanted.as_str() {
        "linux/amd64" => {
            "Build it with --platform linux/amd64, or set runtime_platform: {cpu_architecture: \
             ARM64} in ecs-params."
        }
        _ => "Build it with --platform linux/arm64, or change runtime_platform in ecs-params.",
    };
    Err(Finding::error(message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told(task: &Value, platforms: &[&str]) -> String {
        let spec = TaskDefinitionSpec::new(task.as_object().unwrap().clone());
        let platforms: Vec<String> = platforms.iter().map(|one| (*one).to_owned()).collect();
        runs_on(&spec, "app:1", &platforms)
            .map_or_else(|finding| finding.message, |()| "fine".into())
    }

    #[test]
    fn an_image_needs_the_platform_of_the_task() {
        let arm = json!({"runtimePlatform": {"cpuArchitecture": "ARM64"}});
        let fargate = json!({"requiresCompatibilities": ["FARGATE"]});
        assert_eq!(
            told(&arm, &["linux/amd64"]),
            "image app:1 is for linux/amd64; the task runs on linux/arm64"
        );
        assert_eq!(told(&arm, &["linux/amd64", "linux/arm64"]), "fine");
        assert_eq!(
            told(&fargate, &["linux/arm64"]),
            "image app:1 is for linux/arm64; the task runs on linux/amd64"
        );
        // An instance may be of either kind, and an image without a config tells nothing.
        assert_eq!(told(&json!({}), &["linux/arm64"]), "fine");
        assert_eq!(told(&arm, &[]), "fine");
    }
}
