//! What packages bring: a line that installs one is not needed when nothing in the job calls
//! its programs any more.

/// Programs that the job's environment has without being installed.
const IN_A_JOB: &[&str] = &["bash", "git", "sh", "docker", "ecs-cli"];

/// Packages by name, with the programs that they bring.
const PACKAGES: &[(&str, &[&str])] = &[
    ("aws-cli", &["aws"]),
    ("awscli", &["aws"]),
    ("bash", &[]),
    ("boto3", &["python", "python3"]),
    ("botocore", &["python", "python3"]),
    ("ca-certificates", &[]),
    ("coreutils", &[]),
    ("curl", &["curl"]),
    ("docker", &[]),
    ("docker-buildx", &[]),
    ("docker-ce", &[]),
    ("docker-ce-cli", &[]),
    ("docker-cli", &[]),
    ("docker-cli-buildx", &[]),
    ("docker.io", &[]),
    ("gettext", &["envsubst", "gettext"]),
    ("gettext-base", &["envsubst"]),
    ("git", &[]),
    ("gnupg", &["gpg"]),
    ("groff", &["groff"]),
    ("groff-base", &["groff"]),
    ("jq", &["jq"]),
    ("less", &["less"]),
    ("libc6-compat", &[]),
    ("mailcap", &[]),
    ("make", &["make"]),
    ("openssl", &["openssl"]),
    ("pip", &["pip", "pip3"]),
    ("py-pip", &["pip", "pip3"]),
    ("py2-pip", &["pip"]),
    ("py3-pip", &["pip", "pip3"]),
    ("python", &["python"]),
    ("python-magic", &[]),
    ("python-pip", &["pip"]),
    ("python2", &["python", "python2"]),
    ("python3", &["python", "python3"]),
    ("python3-pip", &["pip", "pip3"]),
    ("s3cmd", &["s3cmd"]),
    ("setuptools", &[]),
    ("tar", &["tar"]),
    ("tzdata", &[]),
    ("unzip", &["unzip"]),
    ("wget", &["wget"]),
    ("wheel", &[]),
    ("zip", &["zip"]),
];

/// The programs of a package, whose version may be behind it; `None` when it is not known.
pub(super) fn programs(package: &str) -> Option<&'static [&'static str]> {
    let name = package.split(['=', '<', '>', '~', '[', '@']).next().unwrap_or(package);
    PACKAGES.iter().find(|(known, _)| *known == name).map(|(_, programs)| *programs)
}

/// True for programs that need no installation in a job of ours.
pub(super) fn is_there(program: &str) -> bool {
    IN_A_JOB.contains(&program)
}
