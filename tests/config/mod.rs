//! The configuration: each key and variable, the errors, and that its page is correct.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use k8s_monitor::config::{Config, ConfigError, Environment, Loaded, MODEL, VARIABLES, env_file};
use k8s_monitor::model::Tier;

const PAGE: &str = include_str!("../../docs/configuration.md");

fn load(text: &str, env: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let env: Environment = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::load(Some((Path::new("monitor.yaml"), text)), &env)
}

fn config(text: &str) -> Config {
    load(text, &[])
        .unwrap_or_else(|error| panic!("{error}"))
        .config
}

fn from_env(env: &[(&str, &str)]) -> Loaded {
    load("", env).unwrap_or_else(|error| panic!("{error}"))
}

fn hours(number: u64) -> Duration {
    Duration::from_secs(number * 3600)
}

#[test]
fn everything_has_a_default() {
    let loaded = Config::load(None, &Environment::new()).expect("defaults");
    assert_eq!(loaded.warnings, Vec::<String>::new());
    let config = loaded.config;
    assert_eq!(config.channels.critical, "#critical-alerts");
    assert_eq!(config.channels.infrastructure, "#infrastructure-alerts");
    assert_eq!(config.business_hours.start.to_string(), "09:00");
    assert_eq!(config.business_hours.days.len(), 5);
    assert_eq!(config.business_hours.timezone, chrono_tz::UTC);
    assert_eq!(
        (config.repeat.sev1, config.repeat.sev2),
        (hours(3), hours(12))
    );
    assert_eq!(config.unlisted_tier, None);
    assert_eq!(config.confirm_after, Duration::from_secs(20));
    assert_eq!(config.github.branch, "main");
    assert_eq!(config.github.repository, None);
    assert_eq!(config.github.window, hours(24));
    assert!((config.model_budget.month_usd - 0.125).abs() < 1e-9);
    assert!((config.model_budget.cycle_usd - 0.03).abs() < 1e-9);
    assert_eq!(config.deadline, Duration::from_mins(2));
    assert_eq!(config.interval, hours(1));
    assert_eq!(config.endpoints.slack, "https://slack.com/api");
    assert!(config.keys.anthropic.is_none() && config.heartbeat.is_none());
    // A file with nothing in it changes nothing.
    for empty in ["", "\n", "# only a comment\n", "---\n", "{}"] {
        assert_eq!(self::config(empty), config, "{empty:?}");
    }
}

#[test]
fn every_key_is_read() {
    let config = config(
        "cluster: lab
channels: { critical: '#c', infrastructure: C024BE91L }
businessHours: { start: 08:30, end: 24:00, days: [sunday, Mon, Mon], timezone: America/New_York }
repeat: { sev1: 1h30m, sev2: 1d }
unlistedTier: p2
confirmAfter: 0s
github: { repository: a/b.c, branch: live, manifests: 'x/{app}/', app: 'x/{app}.yaml', windowHours: 48 }
modelBudget: { monthUsd: 1, cycleUsd: 0 }
silences: [ { service: n8n, schedule: '0 2 * * Sun', duration: 1h, timezone: Europe/Berlin, reason: backup } ]
deadline: 45s
",
    );
    assert_eq!(config.cluster.as_deref(), Some("lab"));
    assert_eq!(config.channels.critical, "#c");
    assert_eq!(config.channels.infrastructure, "C024BE91L");
    assert_eq!(config.business_hours.end.to_string(), "24:00");
    assert_eq!(
        config.business_hours.days,
        [chrono::Weekday::Mon, chrono::Weekday::Sun]
    );
    assert_eq!(config.business_hours.timezone, chrono_tz::America::New_York);
    assert_eq!(config.repeat.sev1, Duration::from_mins(90));
    assert_eq!(config.unlisted_tier, Some(Tier::P2));
    assert_eq!(config.confirm_after, Duration::ZERO);
    let repository = config.github.repository.expect("given");
    assert_eq!(repository.to_string(), "a/b.c");
    assert_eq!(config.github.app.as_deref(), Some("x/{app}.yaml"));
    assert_eq!(config.github.window, hours(48));
    assert!(config.model_budget.cycle_usd.abs() < 1e-9);
    let silence = &config.silences[0];
    assert_eq!((&*silence.service, &*silence.reason), ("n8n", "backup"));
    assert_eq!(silence.timezone, chrono_tz::Europe::Berlin);
    assert_eq!(config.deadline, Duration::from_secs(45));
}

/// The text, the location of its error, and a part of the remedy.
#[test]
fn errors_show_the_location_and_the_remedy() {
    for (text, place, hint) in [
        (
            "cluster: a\nchanels: {}\n",
            (2, 1),
            "did you mean `channels`?",
        ),
        (
            "business_hours: {}\n",
            (1, 1),
            "did you mean `businessHours`?",
        ),
        ("repeat:\n  sev3: 1h\n", (2, 3), "did you mean `sev1`?"),
        ("xyzzy: 1\n", (1, 1), "Known keys: cluster, channels,"),
        ("deadline: soon\n", (1, 11), "90s"),
        ("deadline: 120\n", (1, 11), "90s"),
        ("deadline: 0s\n", (1, 11), "longer"),
        ("repeat: { sev1: -1h }\n", (1, 17), "90s"),
        ("unlistedTier: P9\n", (1, 15), "P0, P1, P2 or P3"),
        ("businessHours:\n  start: 9am\n", (2, 10), "HH:MM"),
        (
            "businessHours:\n  days: [Mon, Funday]\n",
            (2, 15),
            "Sat or Sun",
        ),
        ("businessHours:\n  days: []\n", (2, 9), "at least one day"),
        (
            "businessHours:\n  timezone: Europe/Berln\n",
            (2, 13),
            "Europe/Berlin?",
        ),
        ("businessHours:\n  timezone: Nowhere\n", (2, 13), "UTC"),
        (
            "businessHours:\n  start: '17:00'\n  end: '09:00'\n",
            (2, 3),
            "later",
        ),
        ("channels:\n  critical: #alerts\n", (2, 11), "quote"),
        (
            "github: { repository: https://github.com/a/b }\n",
            (1, 23),
            "owner/name",
        ),
        ("github: { manifests: 'x/{name}/' }\n", (1, 22), "{app}"),
        ("github: { app: /x.yaml }\n", (1, 16), "root"),
        ("github: { windowHours: 0 }\n", (1, 24), "720"),
        ("github: { windowHours: 1.5 }\n", (1, 24), "720"),
        ("modelBudget: { monthUsd: -1 }\n", (1, 26), "0 or more"),
        ("modelBudget: { cycleUsd: .nan }\n", (1, 26), "0 or more"),
        (
            "silences:\n  - service: a\n    schedule: daily\n    duration: 1h\n",
            (3, 15),
            "weekday",
        ),
        (
            "silences:\n  - service: a\n    schedule: '0 2 * * Sun'\n",
            (3, 5),
            "`duration` is missing",
        ),
        ("silences:\n  - { servise: a }\n", (2, 7), "`service`?"),
        ("cluster: a\ncluster: b\n", (2, 1), "twice"),
        ("channels: 7\n", (1, 11), "mapping"),
        ("cluster: [a]\n", (1, 10), "string"),
        ("silences: {}\n", (1, 11), "sequence"),
        ("cluster: 'a\n", (1, 10), ""),
        ("just text\n", (1, 1), "mapping"),
    ] {
        let error = load(text, &[]).expect_err(text);
        let shown = error.to_string();
        let at = format!("monitor.yaml:{}:{}: ", place.0, place.1);
        assert!(shown.starts_with(&at), "{text}\n{shown}");
        assert!(shown.contains(hint), "{text}\n{shown}");
    }
}

#[test]
fn an_error_shows_the_line_with_a_caret() {
    let error = load("cluster: lab\nbusinessHours:\n  start: 9am\n", &[]).expect_err("9am");
    let shown = [
        "monitor.yaml:3:10: `9am` is not a time of day: write HH:MM, like 09:00 or 17:30",
        "  3 |   start: 9am",
        "    |          ^",
    ];
    assert_eq!(error.to_string(), shown.join("\n"));
    // The value of an unknown key may be a token and is not shown.
    let error = load("slackBotToken: xoxb-123\n", &[]).expect_err("no such key");
    let shown = error.to_string();
    assert!(
        shown.ends_with("\n  1 | slackBotToken: ...\n    | ^"),
        "{shown}"
    );
    let error = load("", &[("MONITORING_INTERVAL_HOURS", "hourly")]).expect_err("no number");
    assert_eq!(
        error.to_string(),
        "MONITORING_INTERVAL_HOURS: `hourly` is not a number of hours greater than 0, like 1 or 0.5"
    );
}

#[test]
fn the_environment_takes_precedence_over_the_file() {
    let file = "channels: { critical: '#c', infrastructure: '#i' }";
    for (env, critical, infrastructure, warnings) in [
        (&[][..], "#c", "#i", 0),
        (&[("SLACK_CHANNEL", "#env")][..], "#env", "#env", 2),
        (&[("SLACK_CRITICAL_CHANNEL", "#env")], "#env", "#i", 1),
        (
            &[("SLACK_CRITICAL_CHANNEL", "#c"), ("SLACK_CHANNEL", "#i")],
            "#c",
            "#i",
            0,
        ),
        (&[("SLACK_CHANNEL", " ")], "#c", "#i", 0),
    ] {
        let loaded = load(file, env).expect("loads");
        assert_eq!(loaded.config.channels.critical, critical, "{env:?}");
        assert_eq!(
            loaded.config.channels.infrastructure, infrastructure,
            "{env:?}"
        );
        assert_eq!(loaded.warnings.len(), warnings, "{:?}", loaded.warnings);
    }
}

#[test]
fn variables_are_read() {
    let config = from_env(&[
        ("ANTHROPIC_API_KEY", " sk-1\n"),
        ("GITHUB_TOKEN", ""),
        ("SLACK_BOT_TOKEN", "xoxb-1"),
        ("KUBECONFIG", "/a/config:/b/config:"),
        ("K3S_CONTEXT", "lab"),
        ("SERVICES_FILE", "services.txt"),
        ("MONITORING_INTERVAL_HOURS", "0.5"),
        ("HEARTBEAT_URL", "https://hc-ping.com/4f2a"),
        ("METRICS_PUSH_URL", "http://user:pass-7c1e@push:9091"),
        ("SLACK_API_URL", "http://127.0.0.1:8080/api/"),
        ("GITHUB_API_URL", "https://github.example.com/api/v3"),
        ("HTTPS_PROXY", "http://user:word@proxy:3128"),
        ("NO_PROXY", "10.0.0.0/8"),
        ("RUST_LOG", "debug"),
    ]);
    assert_eq!(config.warnings, Vec::<String>::new());
    let config = config.config;
    assert_eq!(
        config.keys.anthropic.as_ref().expect("set").expose(),
        "sk-1"
    );
    assert_eq!(config.keys.github, None);
    assert_eq!(
        config.kubeconfig,
        ["/a/config", "/b/config"].map(PathBuf::from)
    );
    assert_eq!(config.context.as_deref(), Some("lab"));
    assert_eq!(config.interval, Duration::from_mins(30));
    assert_eq!(config.endpoints.slack, "http://127.0.0.1:8080/api");
    let shown = format!("{config:?}");
    for secret in ["sk-1", "xoxb-1", "4f2a", "7c1e", "user:word"] {
        assert!(!shown.contains(secret), "{secret} is shown in {shown}");
    }
}

#[test]
fn variables_that_cannot_be_used_are_refused() {
    for (name, value) in [
        ("MONITORING_INTERVAL_HOURS", "0"),
        ("MONITORING_INTERVAL_HOURS", "-1"),
        ("MONITORING_INTERVAL_HOURS", "NaN"),
        ("MONITORING_INTERVAL_HOURS", "inf"),
        ("MONITORING_INTERVAL_HOURS", "1e9"),
        ("MONITORING_INTERVAL_HOURS", "1h"),
        ("ANTHROPIC_BASE_URL", "api.anthropic.com"),
        ("GITHUB_API_URL", "ftp://github.com"),
        ("SLACK_API_URL", "https://"),
        ("HEARTBEAT_URL", "hc-ping.com/secret"),
        ("METRICS_PUSH_URL", "push:9091/secret"),
        ("HEARTBEAT_URL", "https://hc ping.com/secret"),
    ] {
        let error = load("", &[(name, value)]).expect_err(value).to_string();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn ignored_and_insecure_values_are_warnings() {
    for (env, hint) in [
        (("ORCHESTRATOR_MODEL", "claude-opus"), MODEL),
        (("GITHUB_REVIEWER_MODEL", "x"), "remove the variable"),
        (("TZ", "Europe/Berln"), "did you mean Europe/Berlin?"),
        (
            ("ANTHROPIC_BASE_URL", "http://proxy.example.com"),
            "plain http",
        ),
    ] {
        let loaded = from_env(&[env]);
        assert_eq!(loaded.warnings.len(), 1, "{env:?}");
        assert!(loaded.warnings[0].contains(hint), "{:?}", loaded.warnings);
        assert!(loaded.warnings[0].contains(env.0), "{:?}", loaded.warnings);
    }
    for env in [
        ("ORCHESTRATOR_MODEL", MODEL),
        ("SLACK_NOTIFIER_MODEL", ""),
        ("TZ", ":Europe/Berlin"),
        ("SLACK_API_URL", "http://localhost:1/api"),
        ("SLACK_API_URL", "http://stub.test.svc:80"),
    ] {
        assert_eq!(from_env(&[env]).warnings, Vec::<String>::new(), "{env:?}");
    }
}

#[test]
fn the_time_zone_is_from_the_file_else_from_the_environment() {
    let zone = |file, env: &[_]| {
        load(file, env)
            .expect("loads")
            .config
            .business_hours
            .timezone
    };
    let file = "businessHours: { timezone: Asia/Tokyo }";
    let env = [("TZ", "Europe/Berlin")];
    assert_eq!(zone(file, &env), chrono_tz::Asia::Tokyo);
    assert_eq!(zone("", &env), chrono_tz::Europe::Berlin);
    let silence = "silences: [{ service: a, schedule: '@daily', duration: 1h }]";
    let loaded = load(silence, &env).expect("loads");
    assert_eq!(
        loaded.config.silences[0].timezone,
        chrono_tz::Europe::Berlin
    );
}

#[test]
fn an_env_file_adds_what_is_not_set() {
    let mut env = Environment::from([("K3S_CONTEXT".to_owned(), "set".to_owned())]);
    let text = "# mine\nK3S_CONTEXT=file\nSLACK_CHANNEL=#alerts # ours\n";
    env_file::apply(&mut env, Path::new(".env"), text).expect("reads");
    let config = Config::load(None, &env).expect("loads").config;
    assert_eq!(config.context.as_deref(), Some("set"));
    assert_eq!(config.channels.critical, "#alerts");
}

mod page {
    use super::*;
    use crate::support::schema;

    /// The keys of a section, from the error message for an unknown one.
    fn known_keys(section: &str, text: &str) -> Vec<String> {
        let error = load(text, &[]).expect_err(text).message().to_owned();
        let (_, list) = error.split_once("Known keys: ").expect("lists the keys");
        list.trim_end_matches('.')
            .split(", ")
            .map(|key| format!("{section}{key}"))
            .collect()
    }

    fn all_keys() -> Vec<String> {
        let mut keys = known_keys("", "zzz: 1");
        for section in [
            "channels",
            "businessHours",
            "repeat",
            "github",
            "modelBudget",
        ] {
            let found = known_keys(&format!("{section}."), &format!("{section}: {{ zzz: 1 }}"));
            keys.retain(|key| key != section);
            keys.extend(found);
        }
        keys.extend(known_keys("silences[].", "silences: [ { zzz: 1 } ]"));
        keys
    }

    #[test]
    fn it_documents_every_key() {
        let keys = all_keys();
        assert!(keys.len() > 20, "{keys:?}");
        for key in keys {
            let row = format!("| `{key}` | ");
            assert!(
                PAGE.contains(&row),
                "docs/configuration.md has no row for {key}"
            );
        }
    }

    #[test]
    fn it_documents_no_unknown_key() {
        let keys = all_keys();
        let file = PAGE.split_once("## The file").expect("a section").1;
        for row in file.lines().filter_map(|line| line.strip_prefix("| `")) {
            let key = row.split('`').next().expect("a name");
            assert!(keys.iter().any(|known| known == key), "{key} is not a key");
        }
    }

    #[test]
    fn it_documents_every_variable() {
        for variable in VARIABLES {
            let row =
                |line: &&str| line.starts_with('|') && line.contains(&format!("`{variable}`"));
            assert!(
                PAGE.lines().any(|line| row(&line)),
                "docs/configuration.md lacks {variable}"
            );
        }
    }

    fn schema() -> serde_json::Value {
        serde_json::from_str(include_str!("../../docs/config.schema.json")).expect("valid JSON")
    }

    /// The keys of a section of the schema.
    fn schema_keys(section: &str, schema: &serde_json::Value, found: &mut Vec<String>) {
        for (key, below) in schema["properties"].as_object().expect("an object") {
            let key = format!("{section}{key}");
            if below["type"] == "object" {
                schema_keys(&format!("{key}."), below, found);
            } else {
                found.push(key);
            }
        }
    }

    #[test]
    fn the_schema_has_the_same_keys() {
        let mut found = Vec::new();
        let schema = schema();
        schema_keys("", &schema, &mut found);
        schema_keys(
            "silences[].",
            &schema["properties"]["silences"]["items"],
            &mut found,
        );
        let mut keys = all_keys();
        keys.sort();
        found.sort();
        assert_eq!(found, keys);
    }

    #[test]
    fn the_schema_accepts_the_example() {
        let example: serde_json::Value = serde_yaml::from_str(example()).expect("YAML");
        let errors = schema::errors(&schema(), &example);
        assert_eq!(errors, Vec::<String>::new());
        schema::check_with_python(&schema(), &[example]);
        for wrong in [
            "chanels: {}",
            "deadline: soon",
            "businessHours: { end: '17' }",
        ] {
            let wrong: serde_json::Value = serde_yaml::from_str(wrong).expect("YAML");
            assert!(!schema::errors(&schema(), &wrong).is_empty(), "{wrong}");
        }
    }

    /// The block that shows all keys.
    fn example() -> &'static str {
        PAGE.split_once("```yaml\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .expect("a block of YAML")
            .0
    }

    #[test]
    fn its_example_parses_to_the_defaults() {
        let mut shown = config(example());
        assert_eq!(shown.cluster.as_deref(), Some("homelab"));
        assert_eq!(shown.silences.len(), 1);
        // All other values are the defaults.
        let defaults = config("");
        shown.cluster = None;
        shown.silences.clear();
        shown.github.repository = None;
        // Written down, it always holds.
        assert_eq!(shown.unlisted_tier.take(), Some(Tier::P3));
        assert_eq!(
            shown.github.manifests.take().as_deref(),
            Some("base-apps/{app}/")
        );
        assert_eq!(
            shown.github.app.take().as_deref(),
            Some("base-apps/{app}.yaml")
        );
        assert_eq!(shown, defaults);
    }
}
