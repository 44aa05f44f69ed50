//! The built program: each command, each exit status, invalid input, and stdout without partial
//! output.

#![allow(clippy::unwrap_used, missing_docs)]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::skip::{external, skip};

mod draft;
mod first_run;

const EXAMPLE: &str = "docs/example/homelab";

/// The program in the repository's root, with an empty environment.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", "/dev/null")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stdout(output)))
}

/// Asserts the exit status, that stderr has all the words, and that stdout is empty.
fn assert_fails(output: &Output, status: i32, words: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(status), "{text}");
    assert!(output.stdout.is_empty(), "stdout: {}", stdout(output));
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

fn write(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, text).expect("written");
    (folder, path)
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A kubeconfig for a server, with a token.
fn kubeconfig(server: &str) -> (tempfile::TempDir, PathBuf) {
    write(
        "kubeconfig",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: homelab\n\
             clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
             users: [{{name: u, user: {{token: t}}}}]\n\
             contexts: [{{name: homelab, context: {{cluster: c, user: u}}}}]\n"
        ),
    )
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["-V"],
        &["run", "--help"],
        &["silence", "add", "--help"],
        &["help", "check"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(
            output.stderr.is_empty() && !output.stdout.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_wrong_command_line_is_64() {
    assert_fails(&run(&[]), 64, &["Usage"]);
    assert_fails(&run(&["run", "--frobnicate"]), 64, &["--frobnicate"]);
    assert_fails(&run(&["run", "--dryrun"]), 64, &["--dry-run"]);
    assert_fails(&run(&["check"]), 64, &["--service"]);
    assert_fails(
        &run(&["run", "--now", "2026-01-01T00:00:00Z"]),
        64,
        &["--now", "--snapshot"],
    );
    assert_fails(
        &run(&["run", "--snapshot", EXAMPLE, "--now", "yesterday"]),
        64,
        &["yesterday"],
    );
    assert_fails(&run(&["run", "--deadline", "soon"]), 64, &["soon", "90s"]);
    for long in ["9223372036854775807s", "106751991167d"] {
        assert_fails(&run(&["run", "--deadline", long]), 64, &[long, "366d"]);
        let silence = ["silence", "add", "--service", "n8n", "--reason", "x"];
        let silence = [&silence[..], &["--for", long]].concat();
        assert_fails(&run(&silence), 64, &[long, "366d"]);
    }
}

#[test]
fn an_unknown_service_is_64_and_the_nearest_is_named() {
    let output = run(&["check", "--service", "mysq", "--snapshot", EXAMPLE]);
    assert_fails(
        &output,
        64,
        &["mysq", "did you mean", "mysql", "services list"],
    );
}

#[test]
fn a_services_file_that_cannot_be_used_is_65() {
    let absent = run(&[
        "run",
        "--snapshot",
        EXAMPLE,
        "--services",
        "/nonexistent/services.txt",
    ]);
    assert_fails(&absent, 65, &["/nonexistent/services.txt", "--services"]);
    let (_folder, empty) = write("services.txt", "Nothing but prose.\n");
    let output = run(&["run", "--snapshot", EXAMPLE, "--services", utf8(&empty)]);
    assert_fails(&output, 65, &["no service", "services lint"]);
}

#[test]
fn lint_shows_line_column_and_suggestion() {
    let (_folder, path) = write(
        "services.txt",
        "1. Critical (P0 - all)\n\n  1.1 mysql\n\n  - Namespace: mysql\n  - Max Downtime: soonish\n",
    );
    let output = run(&["services", "lint", "--services", utf8(&path)]);
    assert_eq!(output.status.code(), Some(65));
    let text = stdout(&output);
    assert!(
        text.contains(":6:") && text.contains("soonish") && text.contains('^'),
        "{text}"
    );
    let clean = run(&["services", "lint"]);
    assert_eq!(clean.status.code(), Some(0), "{}", stdout(&clean));
}

#[test]
fn the_services_file_can_be_read_by_programs() {
    let list = json(&run(&["services", "list", "--output", "json"]));
    assert_eq!(list["schema"], "k8s-monitor/services/v1");
    let services = list["services"].as_array().expect("services");
    let mysql = services.iter().find(|s| s["name"] == "mysql");
    let mysql = mysql.expect("mysql is listed");
    assert_eq!(mysql["tier"], "P0");
    assert_eq!(mysql["maxDowntimeSeconds"], 0);
    let show = json(&run(&["services", "show", "mysql", "--output", "json"]));
    assert_eq!(show["services"], serde_json::json!([mysql]));
    let yaml = stdout(&run(&["services", "show", "mysql", "--output", "yaml"]));
    assert!(yaml.contains("name: mysql"), "{yaml}");

    let text = "1. Apps (P1)\n\n1.1 web\n\n- Namespace: web\n- Max Downtime: soonish\n";
    let (_folder, path) = write("services.txt", text);
    let broken = [
        "services",
        "lint",
        "--services",
        utf8(&path),
        "--output",
        "json",
    ];
    let output = run(&broken);
    assert_eq!(output.status.code(), Some(65));
    let lint = json(&output);
    assert_eq!(lint["schema"], "k8s-monitor/lint/v1");
    assert_eq!(lint["diagnostics"][0]["level"], "error");
    assert_eq!(lint["diagnostics"][0]["line"], 6);
}

/// Every command that prints a document prints it in every form.
#[test]
fn every_document_has_every_form() {
    let home = tempfile::tempdir().expect("a folder");
    let state = format!("dir:{}", home.path().display());
    let output = run(&["run", "--snapshot", EXAMPLE, "--send", "--state", &state]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let list = json(&run(&["incidents", "--state", &state, "--output", "json"]));
    let id = list["incidents"][0]["id"].as_str().expect("an incident");
    let silence = ["silence", "add", "--service", "n8n", "--for", "2h"];
    let silence = [&silence[..], &["--reason", "why", "--state", &state]].concat();
    let commands: &[&[&str]] = &[
        &["services", "list"],
        &["services", "show", "mysql"],
        &["services", "lint"],
        &["incidents", "list", "--state", &state],
        &["incidents", "show", id, "--state", &state],
        &silence,
        &["silence", "list", "--state", &state],
        &["doctor", "--state", &state],
    ];
    for command in commands {
        for (form, start) in [
            ("text", ""),
            ("json", "{"),
            ("yaml", ""),
            ("markdown", "# "),
            ("html", "<!DOCTYPE html>"),
        ] {
            let output = run(&[command, &["--output", form][..]].concat());
            let text = stdout(&output);
            assert!(!text.is_empty(), "{command:?} {form}: {}", stderr(&output));
            assert!(text.starts_with(start), "{command:?} {form}: {text}");
            assert!(text.ends_with('\n') || form == "html", "{command:?} {form}");
        }
    }
    let table = stdout(&run(&["services", "list", "--output", "markdown"]));
    assert!(
        table.contains("| Tier | Name | Namespace | Max downtime |\n| --- |"),
        "{table}"
    );
}

/// The actions of the incident include commands for its objects.
#[test]
fn check_prints_no_command_twice() {
    for form in ["text", "markdown", "html"] {
        let arguments = ["check", "--service", "mysql", "--snapshot", EXAMPLE];
        let text = stdout(&run(&[&arguments[..], &["--output", form]].concat()));
        let commands: Vec<_> = text
            .split('\n')
            .filter(|line| line.trim_start().starts_with("kubectl"))
            .collect();
        let distinct: std::collections::BTreeSet<_> = commands.iter().map(|c| c.trim()).collect();
        assert_eq!(commands.len(), distinct.len(), "{form}: {text}");
        assert!(text.contains("kubectl"), "{text}");
    }
}

#[test]
fn the_json_of_a_check_has_everything_that_its_text_has() {
    let arguments = ["check", "--service", "mysql", "--snapshot", EXAMPLE];
    let report = json(&run(&[&arguments[..], &["--output", "json"]].concat()));
    assert_eq!(report["schema"], "k8s-monitor/report/v1");
    let details = &report["details"];
    assert_eq!(details["service"], "mysql");
    for list in [
        "workloads",
        "pods",
        "logs",
        "dependencies",
        "dependents",
        "knownIssues",
        "events",
    ] {
        let items = details[list].as_array().expect(list);
        assert!(!items.is_empty(), "{list}: {details:#}");
    }
    let full = json(&run(&["run", "--snapshot", EXAMPLE, "--output", "json"]));
    assert_eq!(full.get("details"), None);
}

/// With a services file that has no descriptions.
#[test]
fn the_impact_names_a_listed_service_without_a_description() {
    let text = "1. Apps (P0)\n\n1.1 mysql\n\n- Namespace: mysql\n- Max Downtime: soonish\n";
    let (_folder, path) = write("services.txt", text);
    let arguments = ["run", "--snapshot", EXAMPLE, "--output", "json"];
    let output = run(&[&arguments[..], &["--services", utf8(&path)]].concat());
    let report = json(&output);
    let impact = |rule: &str| {
        let incidents = report["incidents"].as_array().expect("incidents");
        let found = incidents.iter().find(|i| i["rule"] == rule);
        let found = found.unwrap_or_else(|| panic!("no {rule}"));
        found["analysis"]["businessImpact"].to_string()
    };
    assert_eq!(impact("DATA_LAYER_DOWN"), "\"mysql, a P0 service.\"");
    assert!(!impact("INVENTORY").contains("No listed service"));
}

#[test]
fn a_snapshot_that_cannot_be_used_is_65() {
    assert_fails(
        &run(&["run", "--snapshot", "/nonexistent/dump"]),
        65,
        &["/nonexistent/dump"],
    );
    let (_folder, path) = write("dump.tar.gz", "this is no archive");
    assert_fails(
        &run(&["run", "--snapshot", utf8(&path)]),
        65,
        &["dump.tar.gz"],
    );
}

#[test]
fn a_wrong_configuration_is_78() {
    assert_fails(&run(&["run"]), 78, &["no kubeconfig", "--kubeconfig"]);
    assert_fails(
        &run(&["run", "--kubeconfig", "/nonexistent/k"]),
        78,
        &["/nonexistent/k"],
    );
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    let output = run(&["run", "--kubeconfig", utf8(&path), "--context", "other"]);
    assert_fails(&output, 78, &["other", "homelab"]);
    assert_fails(
        &run(&["run", "--config", "/nonexistent/c.yaml"]),
        78,
        &["/nonexistent/c.yaml"],
    );
    assert_fails(
        &run(&["run", "--env-file", "/nonexistent/.env"]),
        78,
        &["/nonexistent/.env"],
    );
    let (_folder, path) = write("config.yaml", "clustr: homelab\n");
    let output = run(&["run", "--snapshot", EXAMPLE, "--config", utf8(&path)]);
    assert_fails(&output, 78, &["clustr", "cluster"]);
    let (_folder, path) = write("config.yaml", "deadline: 106751991167d\n");
    let output = run(&["run", "--snapshot", EXAMPLE, "--config", utf8(&path)]);
    assert_fails(&output, 78, &[":1:", "366d"]);
    for (name, status) in [
        ("SLACK_BOT_TOKEN", 78),
        ("XDG_STATE_HOME", 78),
        ("OTHER", 1),
    ] {
        let mut command = program(&["run", "--snapshot", EXAMPLE]);
        let output = command.env(name, OsStr::from_bytes(b"xoxb-\xff")).output();
        let output = output.expect("the program runs");
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        assert_eq!(stderr(&output).contains(name), status == 78);
        assert!(!stderr(&output).contains("xoxb"), "{}", stderr(&output));
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_69() {
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    let output = run(&["run", "--kubeconfig", utf8(&path)]);
    assert_fails(&output, 69, &["cannot reach", "127.0.0.1:1"]);
}

#[test]
fn a_server_without_tls_is_69() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let (_folder, path) = kubeconfig(&format!("https://{address}"));
    assert_fails(
        &run(&["run", "--kubeconfig", utf8(&path)]),
        69,
        &["is not trusted"],
    );
}

#[test]
fn a_deadline_without_a_verdict_is_75() {
    // Accepts connections and never responds.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (_folder, path) = kubeconfig(&format!("http://{address}"));
    let output = run(&["run", "--kubeconfig", utf8(&path), "--deadline", "1s"]);
    assert_fails(&output, 75, &["deadline"]);
}

#[test]
fn the_example_is_a_sev_1_and_exit_zero_hides_only_the_status() {
    let output = run(&["run", "--snapshot", EXAMPLE, "--output", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["exitCode"], 1);
    assert_eq!(report["incidents"][0]["rule"], "DATA_LAYER_DOWN");
    let zero = run(&[
        "run",
        "--snapshot",
        EXAMPLE,
        "--output",
        "json",
        "--exit-zero",
    ]);
    assert_eq!(zero.status.code(), Some(0));
    assert!(stdout(&zero).contains("DATA_LAYER_DOWN"));
}

#[test]
fn every_form_of_the_report_is_written() {
    for form in ["text", "json", "yaml", "markdown", "html"] {
        for command in [&["run"][..], &["check", "--service", "mysql"]] {
            let arguments = [command, &["--snapshot", EXAMPLE, "--output", form]].concat();
            let output = run(&arguments);
            assert_eq!(
                output.status.code(),
                Some(1),
                "{arguments:?}: {}",
                stderr(&output)
            );
            assert!(stdout(&output).contains("mysql"), "{arguments:?}");
        }
    }
}

#[test]
fn check_shows_one_service_on_one_screen() {
    let output = run(&["check", "--service", "mysql", "--snapshot", EXAMPLE]);
    let text = stdout(&output);
    for part in [
        "mysql",
        "unavailable",
        "CrashLoopBackOff",
        "chores-tracker-backend",
        "vault",
        "kubectl",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn check_of_a_healthy_service_is_0_during_an_outage() {
    let output = run(&["check", "--service", "n8n", "--snapshot", EXAMPLE]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn a_snapshot_of_a_snapshot_replays_to_the_same_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["copy", "copy.tar.gz"] {
        let path = folder.path().join(name);
        let made = run(&["snapshot", "--snapshot", EXAMPLE, "-o", utf8(&path)]);
        assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
        let [original, copy] = [EXAMPLE, utf8(&path)].map(|dump| {
            let output = run(&["run", "--snapshot", dump, "--output", "json"]);
            let mut report: serde_json::Value =
                serde_json::from_slice(&output.stdout).expect("JSON");
            report["cycle"] = serde_json::Value::Null;
            report
        });
        assert_eq!(original, copy, "{name}");
    }
}

#[test]
fn a_closed_stdout_is_no_failure() {
    let mut child = program(&["run", "--snapshot", EXAMPLE])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
}

/// A device without space.
fn full_device() -> Stdio {
    let file = fs::OpenOptions::new().write(true).open("/dev/full");
    file.expect("/dev/full").into()
}

#[test]
fn an_unwritable_result_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    for (arguments, status) in [
        (&["run", "--snapshot", EXAMPLE][..], 1),
        (&["run", "--snapshot", EXAMPLE, "--exit-zero"], 74),
        (&["snapshot", "--snapshot", EXAMPLE, "-o", utf8(&copy)], 74),
        (&["services", "list"], 74),
        (&["completions", "bash"], 74),
        (&["--help"], 74),
    ] {
        let output = program(arguments)
            .stdout(full_device())
            .output()
            .expect("the program runs");
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
        assert!(text.contains("cannot be written to stdout"), "{text}");
    }
}

#[test]
fn a_closed_stderr_changes_no_status() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    for stderr in [writer.into(), full_device()] {
        let mut wrong = program(&["run", "--kubeconfig", "/nonexistent/k"]);
        let output = wrong.stderr(stderr).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(78));
    }
}

/// The heartbeat URL is a secret, and clients log the first line of requests.
#[test]
fn no_log_filter_shows_client_requests() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let heartbeat = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    for (filter, is_ours) in [
        ("trace", true),
        ("k8s_monitor=debug", true),
        (
            "ureq_proto::util=trace,ureq=trace,ureq::run=trace,kube_client::client=trace",
            false,
        ),
    ] {
        let mut command = program(&["run", "--state", "none", "--kubeconfig", utf8(&path)]);
        command
            .env("RUST_LOG", filter)
            .env("HEARTBEAT_URL", format!("http://{heartbeat}/s3nt1nel"));
        let output = command.output().expect("the program runs");
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(69), "{text}");
        assert!(!text.contains("s3nt1nel"), "{filter}: {text}");
        assert_eq!(text.contains("GET /"), is_ours, "{filter}: {text}");
    }
}

/// The output on a terminal with this number of columns, by `script`.
fn on_a_terminal(columns: u16, more: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_k8s-monitor");
    let line = format!(
        "stty rows 40 cols {columns} && exec '{program}' run --snapshot {EXAMPLE} -q {more}"
    );
    let output = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TERM", "xterm")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) => Some(stdout(&output)),
        Err(error) => {
            skip(&format!("script: {error}"));
            None
        }
    }
}

#[test]
fn the_text_is_as_wide_as_the_terminal_up_to_80_columns() {
    let widest = |text: &str| {
        // Commands and single words are not wrapped.
        let lines = text.lines().take_while(|line| !line.contains("Actions  "));
        let several = lines.filter(|line| line.split_whitespace().count() > 1);
        several.map(|line| line.trim_end().len()).max()
    };
    for (columns, widths) in [(50, 41..=50), (80, 61..=80), (160, 61..=80)] {
        let Some(text) = on_a_terminal(columns, "--color never") else {
            return;
        };
        let widest = widest(&text).expect("lines");
        assert!(widths.contains(&widest), "{columns}: {widest}\n{text}");
    }
    for (more, is_coloured) in [("", true), ("--color never", false)] {
        let text = on_a_terminal(80, more).expect("it ran before");
        assert_eq!(text.contains('\u{1b}'), is_coloured, "{text}");
    }
}

#[test]
fn progress_is_shown_only_on_terminals() {
    let output = run(&["run", "--snapshot", EXAMPLE]);
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
}

#[test]
fn completions_and_manual_need_no_configuration() {
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["man"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(stdout(&output).contains("k8s-monitor"));
    }
}

#[test]
fn the_html_report_is_complete() {
    for command in [&["run"][..], &["check", "--service", "mysql"]] {
        let output = run(&[command, &["--snapshot", EXAMPLE, "--output", "html"]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let page = stdout(&output);
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
        assert!(page.contains("mysql is unavailable"));
    }
}

#[test]
fn shells_load_the_completions_and_complete_a_command() {
    let folder = tempfile::tempdir().expect("a folder");
    for (shell, extra, test) in [
        (
            "bash",
            &["--norc"][..],
            "source $SCRIPT && COMP_WORDS=(k8s-monitor sil) COMP_CWORD=1 \
             && _k8s__monitor k8s-monitor sil k8s-monitor && echo \"${COMPREPLY[@]}\"",
        ),
        (
            "zsh",
            &["-f"],
            "autoload -U compinit && compinit -D && source $SCRIPT \
             && _describe() { print ${(P)4:-} ${(P)3} } && whence -w _k8s-monitor \
             && (( $+functions[_k8s-monitor__silence_commands] \
               || $+functions[_k8s-monitor__subcmd__silence_commands] )) && echo silence",
        ),
        (
            "fish",
            &["--no-config"],
            "source $SCRIPT && complete -C 'k8s-monitor sil'",
        ),
    ] {
        let script = folder.path().join(shell);
        std::fs::write(&script, run(&["completions", shell]).stdout).expect("written");
        let output = Command::new(shell)
            .args(extra)
            .args(["-c", test])
            .env("SCRIPT", &script)
            .env("HOME", folder.path())
            .output();
        match output {
            Err(error) => skip(&format!("{shell}: {error}")),
            Ok(output) => {
                assert!(output.status.success(), "{shell}: {}", stderr(&output));
                assert!(
                    stdout(&output).contains("silence"),
                    "{shell}: {}",
                    stdout(&output)
                );
            }
        }
    }
}

#[test]
fn mandoc_accepts_the_manual() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("k8s-monitor.1");
    fs::write(&page, run(&["man"]).stdout).expect("written");
    let mandoc = |arguments: &[&str]| Command::new("mandoc").args(arguments).arg(&page).output();
    let Ok(checked) = mandoc(&["-T", "lint", "-W", "error"]) else {
        skip("mandoc is not installed");
        return;
    };
    assert!(checked.status.success(), "{}", stdout(&checked));
    let shown = mandoc(&["-T", "ascii", "-O", "width=80"]).expect("it ran before");
    let text = stdout(&shown);
    assert!(text.contains("k8s-monitor run --dry-run                  what would be sent"));
}

/// Runs itself as a program that panics.
#[test]
fn a_panic_is_70_and_runs_the_shutdown_hook() {
    if std::env::var_os("K8S_MONITOR_TEST_PANIC").is_some() {
        k8s_monitor::runtime::panic_hook::install();
        k8s_monitor::runtime::termination::set_shutdown_hook(|why| println!("hook: {why}"));
        panic!("as planned");
    }
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    for reason in [Stdio::piped(), writer.into()] {
        let output = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "cli::a_panic_is_70_and_runs_the_shutdown_hook"])
            .arg("--nocapture")
            .env("K8S_MONITOR_TEST_PANIC", "1")
            .stdout(Stdio::piped())
            .stderr(reason)
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .expect("the test starts");
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(70), "{text}");
        assert!(text.is_empty() || text.contains("as planned"), "{text}");
        let hook = "hook: exit status 70: internal error";
        assert!(stdout(&output).contains(hook), "{}", stdout(&output));
    }
}

/// A support bundle of a healthy K3s with the services file of another cluster: what the bundle does
/// not contain is not missing.
#[test]
fn a_healthy_k3s_bundle_gives_no_incident() {
    let (Some(bundle), Some(services)) = (
        external("K8S_MONITOR_K3S_BUNDLE"),
        external("K8S_MONITOR_OPERATOR_SERVICES"),
    ) else {
        return;
    };
    for file in [services, "docs/reference/services.txt".into()] {
        let output = program(&["run", "--output", "json"])
            .arg("--snapshot")
            .arg(&bundle)
            .arg("--services")
            .arg(&file)
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(report["incidents"], serde_json::json!([]));
    }
}

/// A silence in the state of manual runs does not mute a deployed monitor.
#[test]
fn a_silence_names_the_state_that_it_is_stored_in() {
    let home = tempfile::tempdir().expect("a folder");
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    let silence = |more: &[&str]| {
        let arguments = [&["silence"], more, &["--kubeconfig", utf8(&path)]].concat();
        let output = program(&arguments).env("HOME", home.path()).output();
        let output = output.expect("the program starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let add = ["add", "--service", "n8n", "--for", "2h", "--reason", "why"];
    let state = format!("dir:{}", home.path().join("chosen").display());
    for text in [silence(&add), silence(&["list"])] {
        assert!(text.contains("the state of manual runs,"), "{text}");
        assert!(
            text.ends_with("configmap:k8s-monitor/k8s-monitor-state\n"),
            "{text}"
        );
    }
    let chosen = silence(&[&add[..], &["--state", &state]].concat());
    assert!(!chosen.contains("manual runs"), "{chosen}");
    assert!(
        chosen.starts_with("service n8n is silenced until 20"),
        "{chosen}"
    );
    let start = "k8s-monitor silence remove ";
    let remove = chosen.lines().find_map(|line| line.strip_prefix(start));
    let (id, flag) = remove.and_then(|end| end.split_once(' ')).expect("an id");
    assert_eq!(flag, format!("--state {state}"));
    silence(&["remove", id, "--state", &state]);
}

/// Without a verdict, `check` exits as `run` does.
#[test]
fn check_has_the_same_statuses_as_run() {
    let check = |more: &[&str]| run(&[&["check", "--service", "mysql"], more].concat());
    assert_fails(&check(&["--frobnicate"]), 64, &["--frobnicate"]);
    assert_fails(
        &check(&["--snapshot", "/nonexistent/dump"]),
        65,
        &["/nonexistent/dump"],
    );
    assert_fails(
        &check(&["--services", "/nonexistent/s.txt"]),
        65,
        &["/nonexistent/s.txt"],
    );
    assert_fails(&check(&[]), 78, &["no kubeconfig"]);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (_folder, path) = kubeconfig(&format!("http://{address}"));
    let silent = check(&["--kubeconfig", utf8(&path), "--deadline", "1s"]);
    assert_fails(&silent, 75, &["deadline"]);
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    assert_fails(
        &check(&["--kubeconfig", utf8(&path)]),
        69,
        &["cannot reach"],
    );
}

/// A device has no end, a pipe may never answer, and 3 GB are no configuration.
#[test]
fn files_are_read_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::File::create(at("large"))
        .unwrap()
        .set_len(3 << 30)
        .unwrap();
    let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    let (services, example) = ("docs/reference/services.txt", EXAMPLE);
    let base = ["run", "--state", "none", "--no-llm"];
    for (name, words) in [
        ("large", "it is larger than"),
        ("pipe", "it is a pipe, not a regular file"),
        ("zero", "it is a device, not a regular file"),
        ("folder", "it is a directory, not a regular file"),
    ] {
        let path = at(name);
        let path = utf8(&path);
        for (arguments, status) in [
            (vec!["--services", path, "--snapshot", example], 65),
            (
                vec![
                    "--services",
                    services,
                    "--snapshot",
                    example,
                    "--config",
                    path,
                ],
                78,
            ),
            (
                vec![
                    "--services",
                    services,
                    "--snapshot",
                    example,
                    "--env-file",
                    path,
                ],
                78,
            ),
            (vec!["--services", services, "--kubeconfig", path], 78),
        ] {
            let output = run(&[&base[..], &arguments].concat());
            assert_fails(&output, status, &[path, words]);
        }
        if name == "pipe" || name == "zero" {
            let arguments = ["--services", services, "--snapshot", path];
            assert_fails(&run(&[&base[..], &arguments].concat()), 65, &[path, words]);
        }
        let entry = |key: &str, user: &str| {
            format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: h\n\
                 clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'{key}}}}}]\n\
                 users: [{{name: u, user: {{{user}}}}}]\n\
                 contexts: [{{name: h, context: {{cluster: c, user: u}}}}]\n"
            )
        };
        for text in [
            entry(&format!(", certificate-authority: {path}"), "token: t"),
            entry("", &format!("tokenFile: {path}")),
            entry(
                "",
                &format!("client-certificate: {path}, client-key: {path}"),
            ),
        ] {
            let (_folder, file) = write("kubeconfig", &text);
            let arguments = ["--services", services, "--kubeconfig", utf8(&file)];
            assert_fails(&run(&[&base[..], &arguments].concat()), 78, &[words]);
        }
    }
}
