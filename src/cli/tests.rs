use std::time::Duration;

use super::*;

fn ok(line: &str) -> Options {
    parse(words(line)).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn refused(line: &str) -> String {
    let error = parse(words(line)).expect_err(line);
    assert_eq!(status_of(&error), ExitStatus::Usage, "{line}");
    error.to_string()
}

fn words(line: &str) -> Vec<&str> {
    std::iter::once("k8s-monitor")
        .chain(line.split_whitespace())
        .collect()
}

#[test]
fn clap_is_content_with_its_definition() {
    args::Args::command().debug_assert();
}

#[test]
fn a_bare_run_has_the_defaults() {
    assert_eq!(
        ok("run"),
        Options {
            command: Command::Run {
                dry_run: false,
                exit_zero: false
            },
            services: None,
            config: None,
            env_file: None,
            kubeconfig: None,
            context: None,
            snapshot: None,
            state: None,
            output: Format::Text,
            llm: true,
            deadline: None,
            color: ColorChoice::Auto,
            metrics: MetricsOptions::default(),
            verbosity: Verbosity::default(),
        }
    );
}

#[test]
fn common_options_stand_before_or_after_the_subcommand() {
    let flags = "--services s --config c --env-file e --kubeconfig k --context x \
                 --snapshot d --now 2026-11-02T03:04:05+01:00 --send --state dir:/s \
                 --output json --no-llm --deadline 2m30s --color never -vv";
    let before = ok(&format!("{flags} run --exit-zero"));
    let after = ok(&format!("run --exit-zero {flags}"));
    assert_eq!(before, after);
    let snapshot = before.snapshot.expect("a snapshot");
    assert_eq!(
        snapshot.now.map(|now| now.to_rfc3339()).as_deref(),
        Some("2026-11-02T02:04:05+00:00")
    );
    assert!(snapshot.send && !before.llm);
    assert_eq!(before.deadline, Some(Duration::from_secs(150)));
    assert_eq!(before.verbosity.level(), log::LevelFilter::Debug);
    assert_eq!(before.state, Some(StateLocation::Directory("/s".into())));
    // One before and one after the subcommand belong together as well.
    assert!(
        ok("--snapshot d run --now 2026-11-02T03:04:05Z")
            .snapshot
            .is_some()
    );
}

#[test]
fn every_subcommand_is_known() {
    use Command as C;
    for (line, command) in [
        (
            "check --service n8n",
            C::Check {
                service: "n8n".into(),
            },
        ),
        ("services lint", C::Services(ServicesCommand::Lint)),
        ("services list", C::Services(ServicesCommand::List)),
        (
            "services show n8n",
            C::Services(ServicesCommand::Show { name: "n8n".into() }),
        ),
        (
            "snapshot -o a.tar.gz",
            C::Snapshot {
                path: "a.tar.gz".into(),
            },
        ),
        ("incidents", C::Incidents(IncidentsCommand::List)),
        ("incidents list", C::Incidents(IncidentsCommand::List)),
        (
            "incidents show inc-2026-11-02-001",
            C::Incidents(IncidentsCommand::Show {
                id: "INC-2026-11-02-001".into(),
            }),
        ),
        (
            "silence add --reason-code OOMKilled --for 2h --reason why",
            C::Silence(SilenceCommand::Add {
                target: SilenceTarget::ReasonCode("OOMKilled".into()),
                duration: Duration::from_secs(7200),
                reason: "why".into(),
            }),
        ),
        (
            "silence add --incident INC-2026-11-02-1000 --for 1d --reason why",
            C::Silence(SilenceCommand::Add {
                target: SilenceTarget::Incident("INC-2026-11-02-1000".into()),
                duration: Duration::from_secs(86_400),
                reason: "why".into(),
            }),
        ),
        ("silence list", C::Silence(SilenceCommand::List)),
        (
            "silence remove 3",
            C::Silence(SilenceCommand::Remove { id: "3".into() }),
        ),
        ("doctor", C::Doctor),
        ("completions bash", C::Completions(Shell::Bash)),
        ("man", C::Man),
    ] {
        assert_eq!(ok(line).command, command, "{line}");
    }
}

#[test]
fn usage_errors_are_64_and_say_the_way_out() {
    for (line, hint) in [
        ("", "Usage"),
        ("chekc --service n8n", "check"),
        ("watch", "--help"),
        ("run --now 2026-11-02T03:04:05Z", "--snapshot"),
        ("run --send", "--snapshot"),
        ("run --snapshot d --now yesterday", "RFC 3339"),
        ("run --snapshot d --send --dry-run", "--dry-run"),
        ("run -v -q", "-v and -q"),
        ("-v run -q", "-v and -q"),
        ("run --state configmap:monitor", "NAMESPACE/NAME"),
        ("run --state configmap:Mon/x", "NAMESPACE/NAME"),
        ("run --state dir:", "path"),
        ("run --state redis:x", "configmap:NAMESPACE/NAME"),
        ("run --output xml", "markdown"),
        ("run --color blue", "never"),
        ("run --deadline soon", "90s"),
        ("run --deadline 0s", "longer"),
        ("run --exitzero", "--exit-zero"),
        ("check", "NAME"),
        ("check a --service b", "cannot be used with"),
        ("incidents 7", "INC-2026-11-02-001"),
        (
            "completions bash --no-llm",
            "means nothing for `completions`",
        ),
        ("-o json man", "means nothing for `man`"),
        ("check --service=", "empty"),
        ("services", "lint"),
        ("snapshot", "PATH"),
        ("incidents show 7", "INC-2026-11-02-001"),
        ("silence add --for 2h --reason x", "--service"),
        (
            "silence add --service a --incident INC-2026-11-02-001 --for 2h --reason x",
            "cannot be used with",
        ),
        ("silence add --service a --reason x", "--for"),
        ("silence add --service a --for 2h", "--reason"),
        ("completions tcsh", "fish"),
        ("check --service a --dry-run", "--dry-run"),
        ("check --service a --metrics m.prom", "--metrics"),
        (
            "run --metrics-push pushgateway:9091",
            "http://pushgateway:9091",
        ),
        (
            "run --metrics-push http://u:p@push:9091",
            "METRICS_PUSH_URL",
        ),
    ] {
        let text = refused(line);
        assert!(text.contains(hint), "{line}: {text}");
    }
}

#[test]
fn names_are_arguments_beside_the_flags() {
    for line in ["check mysql", "check --service mysql"] {
        let service = "mysql".to_owned();
        assert_eq!(ok(line).command, Command::Check { service }, "{line}");
    }
    for line in [
        "incidents INC-2026-11-02-001",
        "incidents show inc-2026-11-02-001",
    ] {
        let id = "INC-2026-11-02-001".to_owned();
        let show = Command::Incidents(IncidentsCommand::Show { id });
        assert_eq!(ok(line).command, show, "{line}");
    }
}

#[test]
fn the_output_has_a_short_option_and_a_snapshot_keeps_its_own() {
    for line in [
        "run -o json",
        "-o json run",
        "run -ojson",
        "run --output JSON",
    ] {
        let found = parse(words(line)).map(|options| options.output);
        if line.ends_with("JSON") {
            assert!(found.is_err(), "{line}");
        } else {
            assert_eq!(found.ok(), Some(Format::Json), "{line}");
        }
    }
    let snapshot = ok("snapshot -o json");
    let path = "json".into();
    assert_eq!(snapshot.command, Command::Snapshot { path });
    assert_eq!(snapshot.output, Format::Text);
    assert_eq!(ok("snapshot -o json --output yaml"), snapshot);
    let path = "a/b.tar.gz".into();
    assert_eq!(
        ok("snapshot -o a/b.tar.gz --snapshot d").command,
        Command::Snapshot { path }
    );
}

#[test]
fn help_shows_only_options_that_mean_something() {
    let help = |line: &str| {
        let error = parse(words(line)).expect_err(line);
        assert_eq!(status_of(&error), ExitStatus::Healthy);
        error.to_string()
    };
    for line in ["completions --help", "man --help"] {
        assert_eq!(help(line).trim_end().lines().count(), 5, "{}", help(line));
    }
    assert!(help("run --help").contains("--snapshot"));
    for (line, absent) in [
        ("doctor --help", "--snapshot"),
        ("services lint --help", "--kubeconfig"),
        ("snapshot --help", "--no-llm"),
        ("incidents list --help", "--no-llm"),
    ] {
        assert!(!help(line).contains(absent), "{line}");
        assert!(help(line).contains("--config"), "{line}");
    }
}

#[test]
fn the_synopsis_of_the_manual_names_values() {
    let manual = man().replace("\\-", "-");
    for part in [
        "\\fB--metrics\\fR \\fIFILE\\fR",
        "\\fIRFC3339\\fR",
        "<TARGET>",
    ] {
        assert!(manual.contains(part), "{part}");
    }
}

#[test]
fn verbosity_counts_both_ways() {
    for (line, level) in [
        ("run -qq", log::LevelFilter::Off),
        ("run -q", log::LevelFilter::Error),
        ("run", log::LevelFilter::Warn),
        ("run -v", log::LevelFilter::Info),
        ("-vvvv run", log::LevelFilter::Trace),
    ] {
        assert_eq!(ok(line).verbosity.level(), level, "{line}");
    }
}

#[test]
fn a_state_location_prints_as_it_is_written() {
    for text in ["configmap:mon/state.v1", "dir:a:b", "none"] {
        assert_eq!(text.parse::<StateLocation>().expect(text).to_string(), text);
    }
}

/// Every option of every command, in each script and in the manual.
#[test]
fn scripts_and_manual_know_every_option() {
    let mut all = Vec::new();
    commands(&args::Args::command(), "", &mut all);
    let flags: Vec<_> = all
        .iter()
        .flat_map(|(_, command)| command.get_arguments().filter_map(clap::Arg::get_long))
        .collect();
    assert!(flags.len() > 20, "{flags:?}");
    let manual = man().replace("\\-", "-");
    for (path, _) in &all {
        let title = format!(".TH {} 1 ", path.trim_end().replace(' ', "-"));
        assert!(manual.contains(&title), "{title}");
    }
    for flag in flags {
        assert!(manual.contains(&format!("--{flag}")), "{flag}");
        for (shell, written) in [
            (Shell::Bash, format!("--{flag}")),
            (Shell::Fish, format!("-l {flag}")),
            (Shell::Zsh, format!("--{flag}")),
        ] {
            assert!(completions(shell).contains(&written), "{shell}: {flag}");
        }
    }
}

#[test]
fn the_manual_keeps_the_lines_of_examples() {
    let manual = man().replace("\\-", "-");
    let example =
        ".SH EXAMPLES\n.nf\nk8s-monitor run --state dir:/var/lib/k8s-monitor\nk8s-monitor";
    assert!(manual.contains(example), "{manual}");
    assert!(manual.contains(".SH \"EXIT STATUS\"\n.nf\n0 "), "{manual}");
    for odd in [".SH EXTRA", "-help(1)"] {
        assert!(!manual.contains(odd), "{odd}");
    }
}

#[test]
fn metrics_go_where_the_flags_say() {
    let metrics = ok("run --metrics k8s.prom --metrics-push http://push:9091").metrics;
    assert_eq!(metrics.file, Some("k8s.prom".into()));
    let push = metrics.push.expect("an address");
    assert_eq!(push.expose(), "http://push:9091");
}

/// The line of each example, as a shell would hand it over.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.lines().map(str::trim);
    let commands = lines.filter_map(|line| {
        let start = line.find("k8s-monitor ")?;
        let inside = line[start..].split([')', '>', '|']).next()?;
        // An explanation stands apart by blanks.
        inside.split("   ").next()
    });
    commands.map(shell_words).collect()
}

fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Of every command, in depth: its names from the program down, and itself.
fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    let path = format!("{path}{} ", command.get_name());
    for sub in command.get_subcommands() {
        commands(sub, &path, found);
    }
    found.push((path, command.clone()));
}

#[test]
fn every_command_has_examples_that_work() {
    let mut all = Vec::new();
    commands(&args::Args::command(), "", &mut all);
    assert!(all.len() > 15, "{}", all.len());
    for (path, command) in all {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_else(|| panic!("{path}has no examples"));
        let shown = command.clone().render_long_help().to_string();
        let lines = shown.lines().filter(|line| line.chars().count() > 80);
        assert_eq!(lines.collect::<Vec<_>>(), Vec::<&str>::new(), "{path}");
        let examples = examples(help.split("Exit status").next().unwrap_or_default());
        assert!(!examples.is_empty(), "{path}has no examples");
        for example in examples {
            let parsed = parse(&example);
            assert!(parsed.is_ok(), "{example:?}: {}", parsed.unwrap_err());
        }
    }
}
