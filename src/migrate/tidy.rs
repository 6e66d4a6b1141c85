//! Docker's commands that tidy up: images and builders live no longer than the job.

use super::shell::{program, rough};
use super::tools::PLAIN;

/// Commands that only list or tidy up what is in the job, joined in any way: `docker buildx
/// inspect x || docker buildx create --name x`, `docker images -q | xargs docker rmi`.
pub(super) fn tidies_only(words: &[&[String]]) -> bool {
    let filter = |words: &[String]| {
        matches!(program(words), "awk" | "cut" | "grep" | "head" | "sort" | "tail" | "tr" | "uniq")
    };
    let lists = |words: &[String]| {
        let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
        program(words) == "docker" && matches!((word(1), word(2)), ("images", _) | ("image", "ls"))
    };
    let last = words.iter().rev().find(|words| !PLAIN.contains(&program(words)));
    last.is_some_and(|words| docker_tidies(words))
        && words.iter().all(|words| {
            docker_tidies(words) || lists(words) || filter(words) || PLAIN.contains(&program(words))
        })
}

/// True when one of a text's commands, by rough reading, is one of Docker's that nobody needs
/// in a job: it may not stay there, for it is not offered.
pub(super) fn tidies(text: &str) -> bool {
    rough(text).iter().any(|words| has_to_go(words))
}

/// True for what tidies up and is not there by its name: a line with it would end the job.
pub(super) fn has_to_go(words: &[String]) -> bool {
    let at = words.iter().position(|word| word == "docker").unwrap_or_default();
    let word = |number: usize| words.get(at + number).map(String::as_str).unwrap_or_default();
    let builders = matches!(
        (word(1), word(2)),
        ("buildx", "create" | "use" | "ls" | "inspect" | "rm") | ("builder", "prune")
    );
    docker_tidies(words) && !builders
}

/// `docker rmi`, `docker system prune`, `docker buildx create` and the like: images and builders
/// live no longer than the job.
pub(super) fn docker_tidies(words: &[String]) -> bool {
    if program(words) == "xargs" {
        let at = words.iter().position(|word| word == "docker");
        return at.is_some_and(|at| docker_tidies(&words[at..]));
    }
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    program(words) == "docker"
        && matches!(
            (word(1), word(2)),
            ("rmi", _)
                | ("image", "rm" | "remove")
                | ("image" | "system" | "builder" | "container" | "volume" | "network", "prune")
                | ("buildx", "create" | "use" | "ls" | "inspect" | "rm" | "stop" | "prune")
        )
}

#[cfg(test)]
mod tests {
    use super::super::shell::statements;
    use super::super::tools;

    fn of(text: &str) -> String {
        let found = statements(text).expect("statements");
        format!("{:?}", tools::meaning(&found[0]))
    }

    #[test]
    fn tidying_up_has_nothing_to_do_here_and_builders_do_no_harm() {
        for text in [
            "docker rmi $IMAGE || true",
            "docker image prune -f",
            "docker system prune -af",
            "docker images -q | xargs -r docker rmi -f",
            "docker rmi $(docker images -q)",
        ] {
            assert_eq!(of(text), "Installs([])", "{text}");
        }
        for text in [
            "docker buildx create --use",
            "docker buildx inspect b || docker buildx create --name b",
            "docker buildx ls",
            "docker builder prune -f",
        ] {
            assert_eq!(of(text), "Idle", "{text}");
        }
        for text in ["docker buildx build .", "docker buildx version", "docker images | wc -l"] {
            assert_eq!(of(text), "Other", "{text}");
        }
        for text in ["docker buildx bake", "docker rm -f web", "docker ps -q | xargs docker rm"] {
            assert!(tools::not_offered(text).is_some(), "{text}");
        }
    }
}
