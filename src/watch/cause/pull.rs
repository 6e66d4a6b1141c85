//! Why an image could not be pulled. The words are those of Docker, containerd and the
//! registries, as ECS passes them on.

use super::{after_colon, secret};

/// Signs in the words of a failed pull, the more particular first, and what they mean.
const SIGNS: &[(&[&str], &str)] = &[
    (
        &["does not contain descriptor matching platform", "no matching manifest for"],
        "the image has no build for the processor of the task",
    ),
    (&["toomanyrequests", "rate limit"], "the registry limits how often it may be pulled from"),
    (&["no space left on device"], "the disk of the instance is full"),
    (
        &["manifest unknown", "not found", "repository does not exist"],
        "the registry has no such image",
    ),
    (
        &["i/o timeout", "no such host", "connection refused", "deadline exceeded", "dial tcp"],
        "the registry cannot be reached from where the task runs",
    ),
    (&["x509"], "the registry's certificate is not trusted where the task runs"),
];

/// Signs of a registry that does not let ECS in.
const REFUSED: &[&str] =
    &["no basic auth credentials", "unauthorized", "authentication required", "access denied"];

/// The cause; `words` are what follows `CannotPullContainerError`.
pub(super) fn cause(words: &str) -> String {
    if let Some(cause) = secret::cause(words) {
        return format!("the image could not be pulled: {cause}");
    }
    let small = words.to_lowercase();
    let known = |signs: &[&str]| signs.iter().any(|sign| small.contains(sign));
    // "pull access denied, repository does not exist or may require docker login": it may be
    // either, and a login that is missing is the likely one.
    if known(REFUSED) {
        return format!("the image could not be pulled{}", after_colon(words));
    }
    match SIGNS.iter().find(|(signs, _)| known(signs)) {
        Some((_, meaning)) => format!("the image could not be pulled: {meaning}"),
        None => format!("the image could not be pulled{}", after_colon(words)),
    }
}
