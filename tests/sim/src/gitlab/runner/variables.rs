//! The variables of a job as the runner passes them: its own below and above the job's, expanded once. Pure.
//! Order decides: the last one with a key wins. Never drops a variable.

use crate::gitlab::payload::{Job, Variable};

use super::settings::Settings;

/// The feature flags that change what a custom executor sees, with their defaults in 19.3. A job's value counts.
const FEATURE_FLAGS: [(&str, &str); 10] = [
    ("FF_CMD_DISABLE_DELAYED_ERROR_LEVEL_EXPANSION", "false"),
    ("FF_ENABLE_BASH_EXIT_CODE_CHECK", "false"),
    ("FF_ENABLE_JOB_CLEANUP", "false"),
    ("FF_GIT_URLS_WITHOUT_TOKENS", "false"),
    ("FF_HASH_CACHE_KEYS", "false"),
    ("FF_POSIXLY_CORRECT_ESCAPES", "false"),
    ("FF_SCRIPT_SECTIONS", "false"),
    ("FF_TIMESTAMPS", "true"),
    ("FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY", "true"),
    ("FF_USE_LEGACY_BASH_EVAL", "false"),
];

/// Where the job's directories are, empty until the config stage answered, and which slot it has.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// `builds_dir`.
    pub builds_dir: String,
    /// The project's directory.
    pub project_dir: String,
    /// Lowest free slot of this process for this token.
    pub slot: usize,
    /// Lowest free slot for this project.
    pub project_slot: usize,
    /// `running`, then `success`, `failed`, `canceled` or `timedout` for `after_script`.
    pub job_status: &'static str,
}

/// All variables of the job, in the runner's order, expanded.
#[must_use]
pub fn of_job(job: &Job, settings: &Settings, places: &Places) -> Vec<Variable> {
    let mut all: Vec<Variable> = FEATURE_FLAGS
        .iter()
        .map(|(flag, default)| {
            let of_runner = settings.feature_flags.iter().find(|(name, _)| name == flag);
            let of_job = job.variables.iter().rev().find(|v| v.key == *flag);
            match (of_runner, of_job) {
                (Some((_, on)), _) => Variable::internal(flag, on.to_string()),
                (None, Some(given)) => Variable::internal(flag, &given.value),
                (None, None) => Variable::internal(flag, *default),
            }
        })
        .collect();
    if !job.image.name.is_empty() {
        all.push(Variable::internal("CI_JOB_IMAGE", &job.image.name));
    }
    all.extend(of_runner(settings));
    all.extend(of_build(job, places));
    all.extend(job.variables.iter().filter(|v| !is_flag(&v.key)).cloned());
    all.push(Variable::internal("CI_SHARED_ENVIRONMENT", "true"));
    all.push(Variable::internal("CI_RUNNER_VERSION", super::VERSION));
    all.push(Variable::internal("CI_RUNNER_REVISION", "contract"));
    all.push(Variable::internal("CI_RUNNER_EXECUTABLE_ARCH", "linux/amd64"));
    let temp = format!("{}.tmp", places.project_dir);
    all.push(Variable::internal("RUNNER_TEMP_PROJECT_DIR", temp));
    expand_all(&all)
}

fn of_runner(settings: &Settings) -> Vec<Variable> {
    let mut list = vec![Variable::internal("CI_RUNNER_SHORT_TOKEN", settings.short_token())];
    let own = settings.environment.iter();
    list.extend(own.map(|(key, value)| Variable { internal: true, ..plain(key, value) }));
    list
}

/// Whether a feature flag that is known here is on.
#[must_use]
pub fn is_on(all: &[Variable], flag: &str) -> bool {
    matches!(value(all, flag), "true" | "1")
}

/// Whether the contract runner passes this flag on.
pub(crate) fn is_flag(name: &str) -> bool {
    FEATURE_FLAGS.iter().any(|(flag, _)| *flag == name)
}

fn plain(key: &str, value: &str) -> Variable {
    Variable { key: key.into(), value: value.into(), ..Variable::default() }
}

fn of_build(job: &Job, places: &Places) -> Vec<Variable> {
    let internal = |key: &str, value: &str| Variable::internal(key, value);
    vec![
        internal("CI_BUILDS_DIR", &places.builds_dir),
        internal("CI_PROJECT_DIR", &places.project_dir),
        internal("CI_CONCURRENT_ID", &places.slot.to_string()),
        internal("CI_CONCURRENT_PROJECT_ID", &places.project_slot.to_string()),
        internal("CI_SERVER", "yes"),
        internal("CI_JOB_STATUS", places.job_status),
        internal("CI_JOB_TIMEOUT", &job.runner_info.timeout.to_string()),
    ]
}

fn expand_all(all: &[Variable]) -> Vec<Variable> {
    let expanded = all.iter().map(|variable| {
        if variable.raw {
            return variable.clone();
        }
        Variable { value: expand(&variable.value, all), ..variable.clone() }
    });
    expanded.collect()
}

/// The content of the last variable with this key, empty if there is none.
#[must_use]
pub fn value<'a>(all: &'a [Variable], key: &str) -> &'a str {
    all.iter().rev().find(|v| v.key == key).map_or("", |v| v.value.as_str())
}

/// Replaces `$NAME` and `${NAME}` once, as Go's `os.Expand` does; an unknown name becomes nothing, a file variable its
/// path, `$$` a dollar sign.
#[must_use]
pub fn expand(text: &str, all: &[Variable]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match name_at(rest) {
            Name::Found { name, length } => {
                out.push_str(&lookup(name, all));
                rest = &rest[length..];
            }
            Name::Eaten(length) => rest = &rest[length..],
            Name::None => out.push('$'),
        }
    }
    out.push_str(rest);
    out
}

enum Name<'a> {
    /// A name; the number of bytes that stood for it.
    Found { name: &'a str, length: usize },
    /// `${` without a name: dropped.
    Eaten(usize),
    /// A dollar sign that starts nothing.
    None,
}

fn name_at(rest: &str) -> Name<'_> {
    if let Some(inner) = rest.strip_prefix('{') {
        return match inner.find('}') {
            Some(0) => Name::Eaten(2),
            Some(end) => Name::Found { name: &inner[..end], length: end + 2 },
            None => Name::Eaten(1),
        };
    }
    let Some(first) = rest.bytes().next() else {
        return Name::None;
    };
    if b"*#$@!?-0123456789".contains(&first) {
        return Name::Found { name: &rest[..1], length: 1 };
    }
    let is_word = |b: u8| b == b'_' || b.is_ascii_alphanumeric();
    match rest.bytes().position(|b| !is_word(b)).unwrap_or(rest.len()) {
        0 => Name::None,
        length => Name::Found { name: &rest[..length], length },
    }
}

fn lookup(name: &str, all: &[Variable]) -> String {
    if name == "$" {
        return "$".into();
    }
    match all.iter().rev().find(|v| v.key == name) {
        Some(v) if v.file => format!("{}/{name}", value(all, "RUNNER_TEMP_PROJECT_DIR")),
        Some(v) => v.value.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::runner::settings::Executor;

    fn settings() -> Settings {
        Settings::new("http://x", Executor::of_program("/bin/true", &[]))
    }

    #[test]
    fn a_job_can_forge_the_runners_own_variables_but_not_those_after_it() {
        let job = Job {
            variables: vec![
                Variable::public("CI_PROJECT_DIR", "/"),
                Variable::public("CI_CONCURRENT_ID", "9"),
                Variable::public("RUNNER_TEMP_PROJECT_DIR", "/evil"),
            ],
            ..Job::default()
        };
        let places = Places { project_dir: "/b/g/p".into(), ..Places::default() };
        let all = of_job(&job, &settings(), &places);
        assert_eq!(value(&all, "CI_PROJECT_DIR"), "/");
        assert_eq!(value(&all, "CI_CONCURRENT_ID"), "9");
        assert_eq!(value(&all, "RUNNER_TEMP_PROJECT_DIR"), "/b/g/p.tmp");
    }

    #[test]
    fn values_are_expanded_once_raw_ones_not_and_files_become_paths() {
        let job = Job {
            variables: vec![
                Variable::public("A", "$B-${C}-$$D-$unknown-${}-$(x)-100%$"),
                Variable::public("B", "$C"),
                Variable { raw: true, ..Variable::public("C", "$A") },
                Variable::file("KEY", "secret"),
                Variable::public("KEY_PATH", "$KEY"),
            ],
            ..Job::default()
        };
        let places = Places { project_dir: "/b/g/p".into(), ..Places::default() };
        let all = of_job(&job, &settings(), &places);
        assert_eq!(value(&all, "A"), "$C-$A-$D---$(x)-100%$");
        assert_eq!(value(&all, "KEY_PATH"), "/b/g/p.tmp/KEY");
        assert_eq!(value(&all, "KEY"), "secret");
    }
}
