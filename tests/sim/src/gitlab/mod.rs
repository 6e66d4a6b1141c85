//! GitLab as a runner sees it: the coordinator that hands out jobs and takes logs and artifacts, git over HTTP, a
//! reader of `.gitlab-ci.yml`, and the contract runner that starts a custom executor exactly as GitLab Runner does.
//! Knows nothing of the executor under test: it only starts its program.

pub mod coordinator;
pub(crate) mod http;
pub mod payload;
pub mod pipeline;
pub mod runner;
pub mod trial;
