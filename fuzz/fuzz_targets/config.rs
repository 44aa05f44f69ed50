//! Any text as configuration file, env file and value of a variable: the result is a
//! configuration, or an error with a location and without secrets.

#![no_main]

use std::path::Path;

use k8s_monitor::config::{Config, Environment, env_file};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "q7ZxK29vB41mN8";
/// Variables that contain credentials.
const SECRETS: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "GITHUB_TOKEN",
    "SLACK_BOT_TOKEN",
    "HEARTBEAT_URL",
    "HTTPS_PROXY",
    "METRICS_PUSH_URL",
];

fuzz_target!(|text: &str| {
    let name = SECRETS[text.len() % SECRETS.len()];
    let (first, last) = (text.lines().next(), text.lines().next_back());
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());

    let path = Path::new("k8s-monitor.env");
    for file in [text, &format!("{text}\n{name}={SECRET}{last}")] {
        let mut env = Environment::from([(name.to_owned(), SECRET.to_owned())]);
        match env_file::apply(&mut env, path, file) {
            Ok(()) => assert_eq!(env[name], SECRET, "what is set stays"),
            Err(error) => {
                has_place(error.position(), file);
                keeps_secrets(&error.to_string());
            }
        }
        env.insert(name.to_owned(), format!("{first}{SECRET}{last}"));
        load(None, &env);
        load(Some(text), &env);
    }
});

fn load(yaml: Option<&str>, env: &Environment) {
    let path = Path::new("config.yaml");
    match Config::load(yaml.map(|yaml| (path, yaml)), env) {
        Ok(loaded) => {
            keeps_secrets(&format!("{:?}", loaded.config));
            keeps_secrets(&loaded.warnings.join("\n"));
            is_usable(&loaded.config);
        }
        Err(error) => {
            keeps_secrets(&error.to_string());
            if error.to_string().starts_with("config.yaml:") {
                has_place(error.position(), yaml.unwrap_or_default());
            }
        }
    }
}

fn has_place(position: Option<(usize, usize)>, text: &str) {
    if let Some((line, column)) = position {
        // An error may be after the last line, and line breaks are those of Unicode.
        let ends = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
        let lines = text.split(ends).count() + 1;
        assert!((1..=lines).contains(&line) && column > 0, "{line}:{column}");
    }
}

fn keeps_secrets(text: &str) {
    assert!(!text.contains(SECRET), "{text}");
}

fn is_usable(config: &Config) {
    let endpoints = &config.endpoints;
    for url in [&endpoints.anthropic, &endpoints.github, &endpoints.slack] {
        assert!(url.starts_with("http") && !url.ends_with('/'), "{url}");
    }
    assert!(!config.deadline.is_zero() && !config.interval.is_zero());
    for channel in [&config.channels.critical, &config.channels.infrastructure] {
        assert!(!channel.trim().is_empty());
    }
    let now = "2026-11-23T06:49:00Z".parse().expect("a moment");
    let opening = config.business_hours.next_opening(now);
    assert!(opening.is_none_or(|at| at > now), "{opening:?}");
    for silence in &config.silences {
        let until = silence.until(now);
        assert!(until.is_none_or(|until| until > now), "{until:?}");
    }
}
