//! Dockerfiles that each stress one thing, and the context that they are built from.

mod context;
mod copy;
mod ignore;
mod settings;
mod words;

pub(crate) use context::lay_out;

/// One Dockerfile. `{base}` in it stands for the base image.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) dockerfile: &'static str,
    pub(crate) ignore: &'static str,
    /// `--build-arg` values.
    pub(crate) arguments: &'static [&'static str],
    /// True where no builder may make an image of it.
    pub(crate) fails: bool,
}

const fn case(name: &'static str, dockerfile: &'static str) -> Case {
    Case { name, dockerfile, ignore: "", arguments: &[], fails: false }
}

const fn wrong(name: &'static str, dockerfile: &'static str) -> Case {
    Case { fails: true, ..case(name, dockerfile) }
}

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    [copy::CASES, words::CASES, settings::CASES, ignore::CASES].concat()
}
