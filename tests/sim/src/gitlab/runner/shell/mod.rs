//! The scripts of a job's stages, in the form that GitLab Runner 19 gives them for bash: exports of all variables in
//! each, file variables written to `<project>.tmp`, the body evaluated in a subshell. Pure: text in, text out.

mod archive;
mod bash;
mod git;
mod script;

pub(crate) use script::{StageName, generate, title};
