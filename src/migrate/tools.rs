//! What one statement of a script does, as far as a migration cares: installs a tool that is
//! no longer needed, calls what this executor offers, or calls what it does not.

use super::packages;
use super::shell::{Statement, program, rough, stripped};
use super::tidy::{docker_tidies, has_to_go, tidies_only};

/// What a statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Installs programs. Not needed unless one of them is still called.
    Installs(Vec<&'static str>),
    /// Has nothing to do here, and does no harm where it cannot be taken away.
    Idle,
    /// Installs something that is not known: the words name it.
    InstallsUnknown(String),
    /// Calls what is not offered: what, and what to do.
    NotOffered(String, &'static str),
    /// Anything else.
    Other,
}

const DOCKER_OFFERED: &[&str] = &[
    "login",
    "logout",
    "build",
    "buildx",
    "tag",
    "push",
    "pull",
    "inspect",
    "image",
    "images",
    "info",
    "version",
    "manifest",
    "--version",
    "-v",
    "--help",
];
const ECS_CLI_OFFERED: &[&str] = &["compose", "-v", "--version", "version", "--help", "-h"];
const BUILDX_OFFERED: &[&str] = &["build", "version", ""];
const PIPS: &[&str] = &["pip", "pip2", "pip3", "pipx"];
pub(super) const PLAIN: &[&str] = &["true", ":", "echo", "printf", "exit"];
const COMPOSE: &str =
    "Compose projects are not run by this executor: keep the job on a Docker runner.";
const BUILDX: &str = "Use docker buildx build, or keep the job on a Docker runner.";
const RUN: &str = "Containers are not run by this executor: keep the job on a Docker runner.";

/// The meaning of a statement.
pub(super) fn meaning(statement: &Statement) -> Meaning {
    let words: Vec<&[String]> = statement.commands.iter().map(|words| stripped(words)).collect();
    let Some(first) = words.first() else { return Meaning::Other };
    let rest_is_plain = words[1..].iter().all(|words| PLAIN.contains(&program(words)));
    let pours = words[1..].iter().all(|words| {
        matches!(program(words), "sh" | "bash" | "tar" | "tee" | "gpg" | "apt-key" | "bsdtar")
    });
    let alone = words.len() == 1 || rest_is_plain && statement.fallback;
    if !alone && tidies_only(&words) {
        let harmless = words.iter().all(|words| !has_to_go(words));
        return if harmless { Meaning::Idle } else { Meaning::Installs(Vec::new()) };
    }
    match command(first) {
        Meaning::Installs(programs) if alone || pours && !statement.fallback => {
            Meaning::Installs(programs)
        }
        Meaning::Installs(_) => Meaning::InstallsUnknown(first.join(" ")),
        Meaning::Idle if !alone => Meaning::Other,
        other => other,
    }
}

/// What of a text, also one with constructs that are not taken apart, is not offered.
pub(super) fn not_offered(text: &str) -> Option<(String, &'static str)> {
    rough(text).iter().find_map(|words| match by_name(words) {
        Meaning::NotOffered(what, hint) => Some((what, hint)),
        _ => None,
    })
}

/// True when a text calls docker, ecs-cli or us, for more than to ask for a version.
pub(super) fn releases(text: &str) -> bool {
    rough(text).iter().any(|words| {
        let ours = matches!(program(words), "docker" | "ecs-cli" | "docker-compose" | "ecs-canary");
        ours && !matches!(by_name(words), Meaning::Installs(_) | Meaning::Idle)
    })
}

/// True when one of a text's commands installs something, by rough reading.
pub(super) fn installs_somewhere(text: &str) -> bool {
    let meanings = rough(text).into_iter().map(|words| command(&words));
    meanings
        .into_iter()
        .any(|meaning| matches!(meaning, Meaning::Installs(_) | Meaning::InstallsUnknown(_)))
}

fn command(words: &[String]) -> Meaning {
    let rest = || words.iter().skip(1).map(String::as_str);
    let first_word = || rest().find(|word| !word.starts_with('-')).unwrap_or_default();
    match program(words) {
        "apk" | "apt-get" | "apt" | "yum" | "dnf" | "microdnf" | "amazon-linux-extras" => {
            match first_word() {
                "add" | "install" | "reinstall" => packages_of(words),
                "update" | "upgrade" | "clean" | "autoremove" | "makecache" | "enable" => {
                    Meaning::Installs(Vec::new())
                }
                _ => Meaning::Other,
            }
        }
        pip if PIPS.contains(&pip) => match first_word() {
            "install" => packages_of(words),
            _ => Meaning::Other,
        },
        "python" | "python3" if words.len() > 3 && words[1] == "-m" && words[2] == "pip" => {
            command(&words[2..])
        }
        "curl" | "wget" => downloads(words),
        "chmod" | "mv" | "cp" | "install" | "ln" | "unzip" | "tar" | "rm" | "gpg" => handles(words),
        "./aws/install" | "./awscli-bundle/install" => Meaning::Installs(vec!["aws"]),
        "service" | "systemctl" if rest().any(|word| word == "docker") => {
            Meaning::Installs(Vec::new())
        }
        "dockerd" | "dockerd-entrypoint.sh" => Meaning::Installs(Vec::new()),
        _ => by_name(words),
    }
}

/// `docker` and `ecs-cli`.
fn by_name(words: &[String]) -> Meaning {
    let second = words.get(1).map(String::as_str).unwrap_or_default();
    let third = words.get(2).map(String::as_str).unwrap_or_default();
    match program(words) {
        "ecs-cli" if matches!(second, "-v" | "--version" | "version") => Meaning::Idle,
        "ecs-cli" if second == "configure" => Meaning::NotOffered(
            "ecs-cli configure".to_owned(),
            "Delete it, and give --cluster and --region to ecs-cli compose.",
        ),
        "ecs-cli" if !ECS_CLI_OFFERED.contains(&second) => Meaning::NotOffered(
            format!("ecs-cli {second}"),
            "`ecs-canary ecs-cli --help` shows what there is.",
        ),
        "docker" if has_to_go(words) => Meaning::Installs(Vec::new()),
        "docker" if docker_tidies(words) => Meaning::Idle,
        "docker" if second == "builder" && third == "build" => Meaning::Other,
        "docker" if second == "buildx" && !BUILDX_OFFERED.contains(&third) => {
            Meaning::NotOffered(format!("docker buildx {third}"), BUILDX)
        }
        "xargs" if words.iter().any(|word| word == "docker") => {
            let at = words.iter().position(|word| word == "docker").unwrap_or_default();
            by_name(&words[at..])
        }
        "docker" if second == "compose" || second == "stack" => {
            Meaning::NotOffered(format!("docker {second}"), COMPOSE)
        }
        "docker" if !second.is_empty() && !DOCKER_OFFERED.contains(&second) => {
            Meaning::NotOffered(format!("docker {second}"), RUN)
        }
        "docker-compose" => Meaning::NotOffered("docker-compose".to_owned(), COMPOSE),
        "docker-machine" => Meaning::NotOffered("docker-machine".to_owned(), RUN),
        _ => Meaning::Other,
    }
}

/// Options of package managers whose value is the next word.
const WITH_VALUE: &[&str] =
    &["-t", "--virtual", "--repository", "-X", "-i", "--index-url", "--target-release", "--prefix"];

fn packages_of(words: &[String]) -> Meaning {
    let mut programs = Vec::new();
    let mut value_follows = false;
    let verb = |word: &str| matches!(word, "add" | "install" | "reinstall");
    let mut behind_verb = false;
    for word in words.iter().skip(1).map(String::as_str) {
        if value_follows || word.starts_with('-') || word.starts_with('>') || word.starts_with("2>")
        {
            value_follows = !value_follows && WITH_VALUE.contains(&word);
            // A file with the names of packages is not seen.
            if matches!(word, "-r" | "--requirement" | "-e" | "--editable") {
                return Meaning::InstallsUnknown(words.join(" "));
            }
            continue;
        }
        if !behind_verb {
            behind_verb = verb(word);
            continue;
        }
        match packages::programs(word) {
            Some(found) => programs.extend(found.iter().copied()),
            None => return Meaning::InstallsUnknown(word.to_owned()),
        }
    }
    Meaning::Installs(programs)
}

/// A download of a tool that is offered by name, or of the aws command.
fn downloads(words: &[String]) -> Meaning {
    let any = |parts: &[&str]| words.iter().any(|word| parts.iter().any(|p| word.contains(p)));
    if any(&["amazon-ecs-cli", "ecs-cli"]) || any(&["download.docker.com", "get.docker.com"]) {
        Meaning::Installs(Vec::new())
    } else if any(&["awscli"]) {
        Meaning::Installs(vec!["aws"])
    } else if any(&["/usr/local/bin", "/usr/bin"]) {
        Meaning::InstallsUnknown(words.join(" "))
    } else {
        Meaning::Other
    }
}

/// Unpacking, moving and marking as executable of such a download: every operand is one.
fn handles(words: &[String]) -> Meaning {
    let operands: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let about = |name: &str| operands.iter().any(|word| base(word).starts_with(name));
    let other = operands.iter().any(|word| {
        let mode = word.bytes().all(|b| b.is_ascii_digit() || b"+-=ugoarwx,".contains(&b));
        let place = word.ends_with("/bin") || word.ends_with("/bin/") || *word == ".";
        let ours = ["ecs-cli", "awscli", "aws"].iter().any(|name| base(word).starts_with(name));
        !(mode || place || ours || word.starts_with('-'))
    });
    match (other, about("ecs-cli"), about("awscli") || about("aws")) {
        (false, true, _) => Meaning::Installs(Vec::new()),
        (false, false, true) => Meaning::Installs(vec!["aws"]),
        _ => Meaning::Other,
    }
}

/// Programs that a text calls and that have to be there: by rough reading.
pub(super) fn called(text: &str) -> Vec<String> {
    let found = rough(text).into_iter().filter_map(|words| match program(&words) {
        "aws" if words.get(1).is_some_and(|w| w == "sts") => None,
        "docker" | "ecs-cli" | "ecs-canary" | "" => None,
        name => Some(name.to_owned()),
    });
    found.collect()
}

/// What every host has, and words of the shell.
const EVERYWHERE: &[&str] = &[
    "echo", "export", "cd", "set", "source", ".", "test", "[", "true", ":", "false", "exit", "cat",
    "mkdir", "cp", "mv", "rm", "ls", "sleep", "date", "env", "printenv", "sed", "grep", "awk",
    "sh", "bash", "tr", "cut", "head", "tail", "sort", "tee", "printf", "eval", "read", "unset",
    "pwd", "git", "touch", "wc", "uniq", "xargs", "find", "basename", "dirname", "chmod", "id",
    "whoami", "hostname", "uname", "seq", "break", "continue", "return", "local", "shift",
    "base64", "tar", "in", "umask", "command", "type", "which",
];

/// True for a program whose presence on the runner's host has to be seen to.
pub(super) fn is_foreign(name: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b"-_.+".contains(&b);
    !EVERYWHERE.contains(&name)
        && !packages::is_there(name)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(word)
}

#[cfg(test)]
mod tests {
    use super::super::shell::statements;
    use super::*;

    fn of(text: &str) -> String {
        let found = statements(text).expect("statements");
        format!("{:?}", meaning(&found[0]))
    }

    #[test]
    fn installations_are_known_with_what_they_bring() {
        let lines = [
            "apk -v --update add python py-pip groff less mailcap curl",
            "sudo apt-get install -y --no-install-recommends jq=1.6 curl || true",
            "apk add --no-cache -t deps libfoo",
            "python3 -m pip install --upgrade pip awscli==1.18",
            "pip install -r requirements.txt",
            "curl -o /usr/local/bin/ecs-cli https://s3.amazonaws.com/amazon-ecs-cli/x-latest",
            "curl -fsSL https://get.docker.com | sh",
            "curl -s https://example.com/health | grep ok",
            "chmod +x /usr/local/bin/ecs-cli",
            "chmod +x /usr/local/bin/ecs-cli deploy.sh",
            "mv ecs-cli /usr/local/bin/ecs-cli",
            "unzip -q awscliv2.zip",
            "ecs-cli --version",
            "ecs-cli compose service up",
            "ecs-cli configure --cluster c",
            "docker run alpine",
        ];
        let shown: Vec<String> = lines.iter().map(|line| of(line)).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        Installs(["python", "pip", "pip3", "groff", "less", "curl"])
        Installs(["jq", "curl"])
        InstallsUnknown("libfoo")
        Installs(["pip", "pip3", "aws"])
        InstallsUnknown("pip install -r requirements.txt")
        Installs([])
        Installs([])
        Other
        Installs([])
        Other
        Installs([])
        Installs(["aws"])
        Idle
        Other
        NotOffered("ecs-cli configure", "Delete it, and give --cluster and --region to ecs-cli compose.")
        NotOffered("docker run", "Containers are not run by this executor: keep the job on a Docker runner.")
        "#);
    }
}
