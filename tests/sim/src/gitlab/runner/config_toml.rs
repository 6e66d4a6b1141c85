//! `config.toml` of GitLab Runner, as far as a custom executor needs it: written for a real runner, read by the contract
//! runner. A key that is not known here is an error: nobody shall believe that it had an effect.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::settings::{Executor, Settings, Stage};
use super::variables;

/// The text of a `config.toml` for these settings.
#[must_use]
pub fn write(settings: &Settings) -> String {
    let custom = &settings.executor;
    let mut text = format!(
        "concurrent = {}\ncheck_interval = {}\nshutdown_timeout = {}\n\n[[runners]]\n\
         name = {}\nurl = {}\ntoken = {}\nexecutor = \"custom\"\nshell = \"bash\"\n\
         output_limit = {}\n",
        settings.concurrent,
        settings.check_interval.as_secs().max(1),
        settings.waits.shutdown.as_secs().max(1),
        quoted(&settings.name),
        quoted(&settings.url),
        quoted(&settings.token),
        settings.output_limit / 1024,
    );
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    if let Some(builds) = &settings.builds_dir {
        line("builds_dir", quoted(&builds.display().to_string()));
    }
    if let Some(cache) = &settings.cache_dir {
        line("cache_dir", quoted(&cache.display().to_string()));
    }
    let environment: Vec<String> =
        settings.environment.iter().map(|(key, value)| quoted(&format!("{key}={value}"))).collect();
    line("environment", format!("[{}]", environment.join(", ")));
    text.push_str("[runners.feature_flags]\n");
    for (flag, on) in &settings.feature_flags {
        let _ = writeln!(text, "{flag} = {on}");
    }
    text.push_str("[runners.custom]\n");
    let stages = [
        ("config", &custom.config, true),
        ("prepare", &custom.prepare, true),
        ("run", &custom.run, false),
        ("cleanup", &custom.cleanup, true),
    ];
    for (name, stage, has_timeout) in stages {
        let Some(stage) = stage else { continue };
        let args: Vec<String> = stage.args.iter().map(|arg| quoted(arg)).collect();
        let _ = writeln!(text, "{name}_exec = {}", quoted(&stage.exec.display().to_string()));
        let _ = writeln!(text, "{name}_args = [{}]", args.join(", "));
        if has_timeout {
            let _ = writeln!(text, "{name}_exec_timeout = {}", stage.timeout.as_secs().max(1));
        }
    }
    let seconds = |wait: Duration| wait.as_secs().max(1);
    let _ = writeln!(text, "graceful_kill_timeout = {}", seconds(custom.graceful_kill_timeout));
    let _ = writeln!(text, "force_kill_timeout = {}", seconds(custom.force_kill_timeout));
    text
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.into()).to_string()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "one")]
    concurrent: usize,
    #[serde(default)]
    check_interval: u64,
    #[serde(default)]
    shutdown_timeout: u64,
    #[serde(default)]
    #[expect(dead_code, reason = "taken and without effect here")]
    log_level: Option<String>,
    runners: Vec<Entry>,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    name: String,
    url: String,
    token: String,
    executor: String,
    #[serde(default)]
    shell: Option<String>,
    #[serde(default)]
    output_limit: usize,
    builds_dir: Option<PathBuf>,
    cache_dir: Option<PathBuf>,
    #[serde(default)]
    environment: Vec<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "taken and without effect here: CI_DEBUG_TRACE is not faked")]
    debug_trace_disabled: Option<bool>,
    #[serde(default)]
    feature_flags: BTreeMap<String, bool>,
    #[serde(default)]
    limit: usize,
    #[serde(default)]
    #[expect(dead_code, reason = "taken and without effect here")]
    request_concurrency: Option<usize>,
    custom: Custom,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Custom {
    config_exec: Option<PathBuf>,
    #[serde(default)]
    config_args: Vec<String>,
    config_exec_timeout: Option<u64>,
    prepare_exec: Option<PathBuf>,
    #[serde(default)]
    prepare_args: Vec<String>,
    prepare_exec_timeout: Option<u64>,
    run_exec: Option<PathBuf>,
    #[serde(default)]
    run_args: Vec<String>,
    cleanup_exec: Option<PathBuf>,
    #[serde(default)]
    cleanup_args: Vec<String>,
    cleanup_exec_timeout: Option<u64>,
    graceful_kill_timeout: Option<u64>,
    force_kill_timeout: Option<u64>,
}

/// Reads a `config.toml` with one `[[runners]]` entry.
///
/// # Errors
/// Text with the place: not TOML, an unknown key, another executor.
pub fn read(text: &str) -> Result<Settings, String> {
    let file: File = toml::from_str(text).map_err(|cause| cause.to_string())?;
    let [entry]: [Entry; 1] = file
        .runners
        .try_into()
        .map_err(|all: Vec<_>| format!("{} [[runners]] entries, wanted 1", all.len()))?;
    if entry.executor != "custom" {
        return Err(format!("executor {:?}, wanted \"custom\"", entry.executor));
    }
    if let Some(shell) = entry.shell.filter(|shell| shell != "bash") {
        return Err(format!("shell {shell:?}, wanted \"bash\""));
    }
    if file.concurrent == 0 {
        return Err("concurrent = 0 would never take a job".into());
    }
    let mut settings = Settings::new(entry.url, executor(entry.custom));
    settings.token = entry.token;
    settings.name = entry.name;
    settings.builds_dir = entry.builds_dir;
    settings.cache_dir = entry.cache_dir;
    settings.concurrent =
        if entry.limit > 0 { file.concurrent.min(entry.limit) } else { file.concurrent };
    if let Some(name) = entry.feature_flags.keys().find(|name| !variables::is_flag(name)) {
        return Err(format!("feature flag {name} is not known here"));
    }
    settings.feature_flags = entry.feature_flags.into_iter().collect();
    let pairs = entry.environment.iter().filter_map(|pair| pair.split_once('='));
    settings.environment = pairs.map(|(key, value)| (key.into(), value.into())).collect();
    if file.check_interval > 0 {
        settings.check_interval = Duration::from_secs(file.check_interval);
    }
    if file.shutdown_timeout > 0 {
        settings.waits.shutdown = Duration::from_secs(file.shutdown_timeout);
    }
    if entry.output_limit > 0 {
        settings.output_limit = entry.output_limit * 1024;
    }
    Ok(settings)
}

fn executor(custom: Custom) -> Executor {
    const HOUR: u64 = 3600;
    let seconds = |given: Option<u64>, default| match given {
        None | Some(0) => Duration::from_secs(default),
        Some(given) => Duration::from_secs(given),
    };
    let stage = |exec: Option<PathBuf>, args: Vec<String>, timeout: Option<u64>| {
        exec.map(|exec| Stage { exec, args, timeout: seconds(timeout, HOUR) })
    };
    Executor {
        config: stage(custom.config_exec, custom.config_args, custom.config_exec_timeout),
        prepare: stage(custom.prepare_exec, custom.prepare_args, custom.prepare_exec_timeout),
        run: stage(custom.run_exec, custom.run_args, None),
        cleanup: stage(custom.cleanup_exec, custom.cleanup_args, custom.cleanup_exec_timeout),
        graceful_kill_timeout: seconds(custom.graceful_kill_timeout, 600),
        force_kill_timeout: seconds(custom.force_kill_timeout, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut settings = Settings::new(
            "http://127.0.0.1:1",
            Executor::of_program("/bin/x", &["--config", "a b"]),
        );
        settings.environment.push(("A".into(), "1=2".into()));
        settings.builds_dir = Some("/b".into());
        settings.feature_flags.push(("FF_GIT_URLS_WITHOUT_TOKENS".into(), true));
        let back = read(&write(&settings)).unwrap();
        assert_eq!(write(&back), write(&settings));
        assert_eq!(back.executor.run.unwrap().args, ["--config", "a b", "run"]);
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let text = write(&Settings::new("http://x", Executor::of_program("/bin/x", &[])));
        assert!(
            read(&format!("{text}prepare_exec_args = []\n"))
                .unwrap_err()
                .contains("prepare_exec_args")
        );
    }
}
