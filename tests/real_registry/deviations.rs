//! Where another builder makes something else, and why that is not followed. Newer versions of
//! it may well do as we do.

struct Deviation {
    engines: &'static [&'static str],
    /// Empty for all.
    case: &'static str,
    /// A path or setting; with `*` at its start or end for many.
    what: &'static str,
}

const fn known(
    engines: &'static [&'static str],
    case: &'static str,
    what: &'static str,
    _why: &'static str,
) -> Deviation {
    Deviation { engines, case, what }
}

const BUILDKIT: &[&str] = &["buildkit"];
const CLASSIC: &[&str] = &["classic"];
const BUILDAH: &[&str] = &["buildah"];
const NOT_BUILDKIT: &[&str] = &["classic", "buildah"];
const NOT_CLASSIC: &[&str] = &["buildkit", "buildah"];
const ALL: &[&str] = &["buildkit", "classic", "buildah"];

const DEVIATIONS: &[Deviation] = &[
    known(NOT_BUILDKIT, "", "*/setuid", "the set-user bit is lost on the way into the build"),
    known(BUILDAH, "", "*/sub", "the set-group bit is lost on the way into the build"),
    known(
        NOT_CLASSIC,
        "many-files-to-a-name",
        "build",
        "one file would win; docker's reference and the classic builder forbid it, and so do we",
    ),
    known(CLASSIC, "globs-of-many-files-to-a-name", "build", "BuildKit lets the last file win"),
    known(
        BUILDKIT,
        "owners-that-the-base-does-not-know",
        "build",
        "docker 20.10 takes root for them, newer ones refuse",
    ),
    known(CLASSIC, "modes*", "build", "--chmod is not known"),
    known(CLASSIC, "one-of-everything", "build", "--chmod is not known"),
    known(
        NOT_CLASSIC,
        "modes*",
        "/m*",
        "BuildKit since 0.11 gives the mode to directories that COPY makes, and knows 4755",
    ),
    known(NOT_CLASSIC, "modes-and-owners", "/q", "the same"),
    known(NOT_CLASSIC, "one-of-everything", "/srv/app/bin", "the same"),
    known(
        CLASSIC,
        "a-destination-above-the-root",
        "build",
        "the root is above itself, says BuildKit",
    ),
    known(ALL, "defaults-that-empty-values-count-for", "build", "known since docker 23"),
    known(NOT_BUILDKIT, "env-wins-over-arguments", "*", "for BuildKit a later ARG wins over ENV"),
    known(NOT_BUILDKIT, "proxies-need-no-arg", "Env", "BuildKit wants ARG for ENV to see them"),
    known(
        CLASSIC,
        "a-working-directory-belongs-to-root",
        "/of*",
        "BuildKit makes it for the image's user",
    ),
    known(NOT_BUILDKIT, "a-file-over-a-directory-by-its-name", "build", "BuildKit refuses it"),
    known(
        NOT_BUILDKIT,
        "a-directory-into-a-directory-with-a-file-of-its-name",
        "build",
        "BuildKit refuses it",
    ),
    known(CLASSIC, "exceptions", "/dir/sub", "a folder that comes back has lost its mode"),
    known(
        ALL,
        "nothing-but",
        "/dir/sub*",
        "since docker 23 exceptions with stars reach into folders that are left out",
    ),
    known(ALL, "all-below", "/dir*", "the same"),
    known(ALL, "all-below", "/real*", "the same"),
    known(BUILDAH, "a-file-to-a-link-to-a-file", "*", "docker writes through the link"),
    known(BUILDAH, "a-file-to-a-link-to-nothing", "*", "docker makes the file that the link names"),
    known(BUILDAH, "globs", "/g/[x].txt", "a found name is taken for a pattern once more"),
    known(BUILDAH, "a-glob-takes-hidden-files-too", "/h/[x].txt", "the same"),
    known(BUILDAH, "classes-and-escapes-in-globs", "/h*", "the same"),
    known(BUILDAH, "another-escape-character", "*", "the directive counts for line ends only"),
    known(BUILDAH, "env-of-the-base", "Env", "a variable that is set anew goes to the end"),
    known(BUILDAH, "dollars-alone", "Env", "docker knows special variables"),
    known(BUILDAH, "another-shell", "Entrypoint", "SHELL counts for RUN only"),
    known(BUILDAH, "one-of-everything", "Cmd", "the same"),
    known(BUILDAH, "ports", "ExposedPorts", "written as they stand"),
    known(BUILDAH, "a-port-that-is-none", "build", "written as it stands"),
    known(BUILDAH, "volumes", "/relative", "a directory is made in the image"),
    known(BUILDAH, "a-space-after-the-mark", "/a.txt", "docker takes the blank away"),
];

/// True where the difference is known.
pub(crate) fn is_known(engine: &str, case: &str, what: &str) -> bool {
    DEVIATIONS.iter().any(|known| {
        let fits_case = known.case.is_empty() || fits(known.case, case);
        known.engines.contains(&engine) && fits_case && fits(known.what, what)
    })
}

fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}
