//! `--name value` and `--flag` of the helper commands. Pure.

/// Options without a value.
const FLAGS: [&str; 1] = ["untracked"];

/// Options in their order.
#[derive(Debug, Default)]
pub(super) struct Args(Vec<(String, String)>);

impl Args {
    /// Reads the options.
    pub(super) fn read(words: &[String]) -> Result<Self, String> {
        let mut options = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let name =
                word.strip_prefix("--").ok_or_else(|| format!("unexpected argument {word}"))?;
            let value = match (name.split_once('='), FLAGS.contains(&name)) {
                (Some((name, value)), _) => {
                    options.push((name.to_owned(), value.to_owned()));
                    continue;
                }
                (None, true) => "true".to_owned(),
                (None, false) => {
                    words.next().ok_or_else(|| format!("--{name} needs a value"))?.clone()
                }
            };
            options.push((name.to_owned(), value));
        }
        Ok(Self(options))
    }

    /// The last value of an option, empty if it is missing.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// All values of an option.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
