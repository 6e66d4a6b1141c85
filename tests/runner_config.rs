//! The files in `runner-config` are what they say: each is read by its reader, also with every key set.
#![expect(clippy::unwrap_used, reason = "test code: a broken file may panic")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use ecs_canary::config;
use ecs_sim::gitlab::runner::config_toml;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("runner-config").join(name))
        .unwrap()
}

#[test]
fn the_runners_config_starts_the_four_stages_with_the_hosts_config() {
    let settings = config_toml::read(&file("config.toml")).unwrap();
    let stages = [
        ("config", settings.executor.config),
        ("prepare", settings.executor.prepare),
        ("run", settings.executor.run),
        ("cleanup", settings.executor.cleanup),
    ];
    for (name, stage) in stages {
        let stage = stage.unwrap();
        assert_eq!(stage.exec, Path::new("/usr/bin/ecs-canary"));
        assert_eq!(stage.args, ["--config", "/etc/ecs-canary/config.toml", name]);
    }
}

#[test]
fn the_runners_waits_fit_each_other_and_the_hosts_grace() {
    let settings = config_toml::read(&file("config.toml")).unwrap();
    let grace = config::host("host.toml", &file("host.toml")).unwrap().job.grace;
    let graceful = settings.executor.graceful_kill_timeout;
    assert!(grace < graceful);
    assert!(graceful <= Duration::from_secs(240), "cleanup starts 300 s after an abort");
    let whole = graceful + settings.executor.force_kill_timeout;
    assert!(whole < settings.waits.shutdown);
}

#[test]
fn the_hosts_config_changes_nothing_as_it_is() {
    let config = config::host("host.toml", &file("host.toml")).unwrap();
    assert_eq!(config, config::HostConfig::default());
}

#[test]
fn every_key_of_the_hosts_config_is_understood() {
    let text = file("host.toml");
    // Comments have a space after the sign, keys do not.
    let all: Vec<&str> = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => key,
            _ => line,
        })
        .collect();
    let config = config::host("host.toml", &all.join("\n")).unwrap();
    assert_eq!(config.registry.plain_http, ["registry.lan:5000"]);
    assert_eq!(config.aws.endpoints.len(), 2);
    assert!(config.network.proxy.is_some() && config.network.ca_file.is_some());
}
