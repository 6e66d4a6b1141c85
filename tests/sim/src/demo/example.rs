//! The example application's files, version by version.

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Tag 1.0.0.
    V1,
    /// Tag 2.0.0.
    V2,
    /// Tag 3.0.0, which has a fault.
    V3,
}

impl Version {
    /// The tag.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::V1 => "1.0.0",
            Self::V2 => "2.0.0",
            Self::V3 => "3.0.0",
        }
    }

    /// The commit's message.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::V1 => "Show v1",
            Self::V2 => "Show v2",
            Self::V3 => "Show v3",
        }
    }
}

const PAGE: &str = include_str!("example/html/index.html");
/// The native pipeline.
pub(super) const NATIVE: &str = include_str!("example/gitlab-ci.yml");
/// The pipeline of 2018.
pub(super) const OF_2018: &str = include_str!("example/gitlab-ci.2018.yml");

/// The release file.
pub(super) const RELEASE_FILE: &str = include_str!("example/ecs-canary.yml");

/// The pipeline with one job for a whole release.
const JUDGED: &str = include_str!("example/gitlab-ci.judged.yml");
/// Its release file.
const JUDGED_RELEASE_FILE: &str = include_str!("example/ecs-canary.judged.yml");

/// What a play releases with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means {
    /// `.gitlab-ci.yml`
    pub(super) pipeline: &'static str,
    /// `ecs-canary.yml`
    pub(super) release_file: &'static str,
}

impl Means {
    /// The pipeline and the release file of a release that is judged.
    pub(super) const JUDGED: Self = Self { pipeline: JUDGED, release_file: JUDGED_RELEASE_FILE };

    /// A pipeline with the example's release file.
    pub(super) fn with(pipeline: &'static str) -> Self {
        Self { pipeline, release_file: RELEASE_FILE }
    }
}

/// The repository's files at this version, with these means.
pub(super) fn files(version: Version, means: Means) -> Vec<(&'static str, String)> {
    let page = match version {
        Version::V1 => PAGE.to_owned(),
        Version::V2 => PAGE.replace("<h1>v1</h1>", "<h1>v2</h1>"),
        Version::V3 => PAGE.replace("<h1>v1</h1>", "<h1>v3</h1>"),
    };
    vec![
        ("Dockerfile", include_str!("example/Dockerfile").into()),
        ("conf/test.conf", include_str!("example/conf/test.conf").into()),
        ("deploy/docker-compose.yml", include_str!("example/deploy/docker-compose.yml").into()),
        ("deploy/ecs-params.yml", include_str!("example/deploy/ecs-params.yml").into()),
        ("ecs-canary.yml", means.release_file.into()),
        ("html/index.html", page),
        (".gitlab-ci.yml", means.pipeline.into()),
    ]
}
