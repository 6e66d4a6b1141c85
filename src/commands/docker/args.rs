//! What people write after `docker` in build jobs.

use crate::model::Secret;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

/// A command by the name `docker`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Subcommand)]
#[serde(rename_all = "snake_case")]
pub enum DockerCall {
    /// Remember a registry's user and password for this job
    Login(LoginArgs),
    /// Forget them
    Logout(LogoutArgs),
    /// Build an image from a Dockerfile; it stays in the job until it is pushed
    Build(Box<DockerBuildArgs>),
    /// Give an image another name
    Tag(TagArgs),
    /// Push an image that was built in this job
    Push(PushArgs),
    /// Take note of an image in a registry
    Pull(PullArgs),
    /// Show what is known of images, as JSON
    Inspect(InspectArgs),
    /// List the images of this job
    #[command(visible_alias = "ls")]
    Images(ImagesArgs),
    /// Show the manifest of an image in a registry
    Manifest(ManifestArgs),
    /// Show the version
    Version(FormatArgs),
    /// Show what this `docker` is
    Info(FormatArgs),
}

/// `docker login`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct LoginArgs {
    /// The user
    #[arg(long, short, value_name = "NAME")]
    pub username: Option<String>,
    /// The password or token
    #[arg(long, short, value_name = "PASSWORD", value_parser = secret)]
    pub password: Option<Secret>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// The registry; Docker Hub when left out
    #[arg(value_name = "SERVER")]
    pub server: Option<String>,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// `docker logout`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct LogoutArgs {
    /// The registry; Docker Hub when left out
    #[arg(value_name = "SERVER")]
    pub server: Option<String>,
}

/// `docker build`, `docker buildx build`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct DockerBuildArgs {
    /// The build context
    #[arg(value_name = "PATH")]
    pub context: String,
    /// A name for the image; may be given several times
    #[arg(long, short, value_name = "NAME:TAG")]
    pub tag: Vec<String>,
    /// The Dockerfile; PATH/Dockerfile when left out
    #[arg(long, short, value_name = "PATH")]
    pub file: Option<String>,
    /// A value for an ARG; the environment's when only the key is given
    #[arg(long, value_name = "KEY=VALUE")]
    pub build_arg: Vec<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// A label of the image
    #[arg(long, value_name = "KEY=VALUE")]
    pub label: Vec<String>,
    /// The platform of the image
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// Push at once
    #[arg(long)]
    pub push: bool,
    /// Write the image's id to a file
    #[arg(long, value_name = "PATH")]
    pub iidfile: Option<String>,
    /// Write digest and names to a JSON file
    #[arg(long, value_name = "PATH")]
    pub metadata_file: Option<String>,
    /// Print the image's id only
    #[arg(long, short)]
    pub quiet: bool,
    /// Forget what is remembered of base images
    #[arg(long)]
    pub no_cache: bool,
    /// Base images are looked up in each build: says nothing new
    #[arg(long)]
    pub pull: bool,
    /// The image stays in the job: says nothing new
    #[arg(long)]
    pub load: bool,
    /// Not needed: layers that exist are not built or sent again
    #[arg(long, value_name = "SOURCE")]
    pub cache_from: Vec<String>,
    /// Not needed, like --cache-from
    #[arg(long, value_name = "TARGET")]
    pub cache_to: Vec<String>,
    /// Only `type=registry`, which pushes, and `type=image` or `type=docker`, which do not
    #[arg(long, short, hide = true, value_name = "KEY=VALUE,...")]
    pub output: Vec<String>,
    /// Only RUN reads secrets, and no RUN is carried out here
    #[arg(long, value_name = "SECRET")]
    pub secret: Vec<String>,
    /// Only RUN reads it, like --secret
    #[arg(long, value_name = "AGENT")]
    pub ssh: Vec<String>,
    /// Only RUN has a network, like --secret
    #[arg(long, value_name = "MODE")]
    pub network: Option<String>,
    /// No effect: there are no builders
    #[arg(long, value_name = "NAME")]
    pub builder: Option<String>,
    /// No effect: the log has one form
    #[arg(long, value_name = "FORM")]
    pub progress: Option<String>,
    /// Only `false` can be honoured
    #[arg(long, value_name = "VALUE")]
    pub provenance: Option<String>,
    /// Only `false` can be honoured
    #[arg(long, value_name = "VALUE")]
    pub sbom: Option<String>,
    /// No effect: nothing is left to be removed
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub rm: Option<String>,
    /// No effect, like --rm
    #[arg(long)]
    pub force_rm: bool,
}

/// `docker tag`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct TagArgs {
    /// A name that the image has
    pub source: String,
    /// A name that it shall have too
    pub target: String,
}

/// `docker push`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PushArgs {
    /// Push every tag of the repository
    #[arg(long, short)]
    pub all_tags: bool,
    /// Print the name only
    #[arg(long, short)]
    pub quiet: bool,
    /// The image
    #[arg(value_name = "NAME[:TAG]")]
    pub name: String,
}

/// `docker pull`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PullArgs {
    /// The platform of the image
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// Print the name only
    #[arg(long, short)]
    pub quiet: bool,
    /// The image
    #[arg(value_name = "NAME[:TAG|@DIGEST]")]
    pub name: String,
}

/// `docker inspect`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct InspectArgs {
    /// A field, such as {{.Id}}, {{index .RepoDigests 0}} or {{json .Config.Env}}
    #[arg(long, short, value_name = "TEMPLATE")]
    pub format: Option<String>,
    /// Only `image` can be given
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// The images
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// `docker images`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ImagesArgs {
    /// Print ids only
    #[arg(long, short)]
    pub quiet: bool,
    /// Show digests
    #[arg(long)]
    pub digests: bool,
    /// Do not shorten ids
    #[arg(long)]
    pub no_trunc: bool,
    /// Only images of this repository
    #[arg(value_name = "REPOSITORY[:TAG]")]
    pub repository: Option<String>,
}

/// `docker manifest`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ManifestArgs {
    /// What to do
    #[command(subcommand)]
    pub action: ManifestAction,
}

/// What `docker manifest` can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Subcommand)]
#[serde(rename_all = "snake_case")]
pub enum ManifestAction {
    /// Say whether an image is in its registry, and its digests
    Inspect {
        /// The image
        #[arg(value_name = "NAME[:TAG]")]
        name: String,
    },
}

/// Arguments of `version` and `info`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct FormatArgs {
    /// A field, such as {{.Server.Version}}
    #[arg(long, short, value_name = "TEMPLATE")]
    pub format: Option<String>,
}
