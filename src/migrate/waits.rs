//! Lines that wait for Docker-in-Docker or start it.

use super::shell::{program, rough};

/// True for a text that waits until Docker answers, or starts Docker, and does nothing else.
pub(super) fn waits_for_docker(text: &str) -> bool {
    let commands = rough(text);
    let about_docker = |words: &Vec<String>| match program(words) {
        "docker" => {
            matches!(words.get(1).map(String::as_str), Some("info" | "version" | "ps" | "images"))
        }
        "dockerd" | "dockerd-entrypoint.sh" => true,
        "service" | "systemctl" => words.iter().any(|word| word == "docker"),
        _ => false,
    };
    let idle = |words: &Vec<String>| {
        matches!(
            program(words),
            "sleep" | "echo" | "printf" | "break" | "true" | ":" | "exit" | "seq" | "[" | "test"
        ) || is_loop_head(words)
    };
    let first = text.split_whitespace().next().unwrap_or_default();
    let waits = matches!(first, "until" | "while" | "for")
        || commands.iter().any(|words| !idle(words) && program(words) != "docker");
    waits
        && commands.iter().any(about_docker)
        && commands.iter().all(|w| about_docker(w) || idle(w))
}

/// True for a wait that starts Docker, or asks what is not there by Docker's name.
pub(super) fn needs_daemon(text: &str) -> bool {
    rough(text).iter().any(|words| match program(words) {
        "docker" => words.get(1).is_some_and(|word| word == "ps"),
        "dockerd" | "dockerd-entrypoint.sh" | "service" | "systemctl" => true,
        _ => false,
    })
}

/// `i in ...` behind `for`, and what redirections leave of a rough reading.
fn is_loop_head(words: &[String]) -> bool {
    words.get(1).is_some_and(|word| word == "in")
        || words.iter().all(|w| {
            w.starts_with('>')
                || w == "1"
                || w == "2"
                || w == "/dev/null"
                || w.starts_with("..")
                || w == "$"
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_docker_are_seen_and_nothing_else_is_one() {
        for text in [
            "until docker info > /dev/null 2>&1; do sleep 1; done",
            "while ! docker version; do echo waiting; sleep 1; done",
            "for i in $(seq 1 30); do docker info && break; sleep 1; done",
            "dockerd &",
            "service docker start",
        ] {
            assert!(waits_for_docker(text), "{text}");
        }
        for text in ["docker info", "until docker info; do make; done", "sleep 5", "docker ps"] {
            assert!(!waits_for_docker(text), "{text}");
        }
    }
}
