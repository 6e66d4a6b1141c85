//! Colour or not.

use std::str::FromStr;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// By environment and terminal.
    #[default]
    Auto,
    /// On.
    Always,
    /// Off.
    Never,
}

/// Not one of the three words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is not auto, always or never")]
pub struct ColorParseError {
    /// The text as written.
    pub found: String,
}

impl FromStr for ColorChoice {
    type Err = ColorParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            other => Err(ColorParseError { found: other.to_owned() }),
        }
    }
}

impl ColorChoice {
    /// True when colours are wanted. A said choice goes first, then NO_COLOR, then
    /// CLICOLOR_FORCE and FORCE_COLOR (unless empty or 0), then a GitLab job, whose log shows
    /// colours although it is no terminal.
    pub fn is_on(
        self,
        environment: &dyn Fn(&str) -> Option<String>,
        gitlab_job: bool,
        terminal: bool,
    ) -> bool {
        let said = |name: &str| environment(name).filter(|value| !value.is_empty());
        let forced = |name: &str| said(name).is_some_and(|value| value != "0");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if said("NO_COLOR").is_some() => false,
            Self::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
            Self::Auto => gitlab_job || terminal,
        }
    }
}
