//! Any answers of the model: no decision depends on them beyond the band, and nothing unchecked is
//! shown. Covers HTTP, schema, checks and the allowlist of commands.

#![no_main]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};

use k8s_monitor::agents::{Advice, Announcement, Role};
use k8s_monitor::assess::Rule;
use k8s_monitor::model::{AnalysisSource, Confidence};
use k8s_monitor_fuzz::{hostile, json};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Value, json};

#[path = "../../tests/agents/api.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod api;
#[path = "../../tests/support/clock.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod clock;
#[path = "../../tests/agents/harness.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod harness;
#[path = "../../tests/support/stub.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod stub;

use harness::{AgentResults, Harness, good};

const SECRET: &str = "ghp_q7ZxK29vB41mN8q7ZxK29vB41mN8q7ZxK29vB4";
const COMMANDS: &[&str] = &[
    SECRET,
    "kubectl describe pod mysql-0 -n mysql",
    "kubectl rollout restart statefulset/mysql -n mysql",
    "kubectl logs mysql-0 -n mysql --previous; id",
    "git revert 1f0c2a9d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b",
    "argocd app get mysql",
    harness::SHA,
    harness::OTHER,
    "SEV-4",
    "E1",
    "mysql",
];

/// The model's next answers, by role.
static SCRIPT: LazyLock<Mutex<Value>> = LazyLock::new(Mutex::default);
static URL: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        listener
            .incoming()
            .flatten()
            .for_each(|stream| _ = serve(&stream))
    });
    url
});

/// The results without a model, by rule.
static RULES: LazyLock<Vec<AgentResults>> = LazyLock::new(|| {
    let rules = Rule::ALL.iter();
    rules
        .map(|rule| Harness::at(&URL).with_rule(*rule).rules_only())
        .collect()
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let words = [hostile::TEXTS, COMMANDS].concat();
    json::mutate(data, size, max_size, seed, &words, || {
        let answers = Role::ALL.map(|role| (role.as_str().to_owned(), good(role)));
        json!({ "rule": 0, "answers": answers.into_iter().collect::<Value>() })
    })
});

fuzz_target!(init: {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).expect("the project");
}, |data: &[u8]| {
    let Some(input) = json::read(data).filter(Value::is_object) else {
        return;
    };
    *SCRIPT.lock().expect("it is never held in a panic") = input["answers"].clone();
    let rule = input["rule"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let rule = Rule::ALL[rule % Rule::ALL.len()];
    let mut harness = Harness::at(&URL).with_rule(rule);
    let rules = &RULES[rule as usize];
    let results = harness.cycle();
    for (at, advice) in results.advice.iter().enumerate() {
        is_within_the_band(advice, &rules.advice[at], harness.incidents[at].rule);
        is_checked(advice, &rules.advice[at]);
    }
    for (results, rules) in results.announcements.iter().zip(&rules.announcements) {
        is_announced(results, rules);
    }
    // Cached answers are checked too.
    let again = harness.cycle();
    assert_eq!(again.advice, results.advice);
    assert_eq!(again.announcements, results.announcements);
    is_short(&results);
});

fn is_within_the_band(advice: &Advice, rules: &Advice, rule: Rule) {
    let (highest, lowest) = rule.band();
    assert!(
        (highest..=lowest).contains(&advice.severity),
        "{rule:?} {}",
        advice.severity
    );
    assert_eq!(advice.fingerprint, rules.fingerprint);
    let shas = |advice: &Advice| {
        let mut shas: Vec<_> = advice
            .correlation
            .iter()
            .flat_map(|c| &c.commits)
            .map(|c| c.sha.clone())
            .collect();
        if advice
            .correlation
            .as_ref()
            .is_none_or(|c| c.confidence != Confidence::High)
        {
            shas.sort();
        }
        shas
    };
    assert_eq!(shas(advice), shas(rules));
    let confidence = |advice: &Advice| advice.correlation.as_ref().map(|c| c.confidence);
    assert_eq!(confidence(advice), confidence(rules));
}

fn is_checked(advice: &Advice, rules: &Advice) {
    for action in &advice.actions {
        is_clean(&action.title);
        if let Some(command) = &action.command {
            is_allowed(command);
        }
    }
    let analysis = &advice.analysis;
    if analysis.source == AnalysisSource::Model {
        is_clean(&analysis.hypothesis);
    } else {
        assert_eq!(analysis.hypothesis, rules.analysis.hypothesis);
    }
    // The rules' text may precede the model's.
    let own = rules.analysis.business_impact.as_str();
    is_clean(
        analysis
            .business_impact
            .strip_prefix(own)
            .unwrap_or(&analysis.business_impact),
    );
    is_clean(analysis.dissent.as_deref().unwrap_or_default());
    for commit in advice.correlation.iter().flat_map(|c| &c.commits) {
        commit.reasons.iter().for_each(|reason| is_clean(reason));
    }
}

fn is_announced(results: &Announcement, rules: &Announcement) {
    if results.source == AnalysisSource::Model {
        is_clean(&results.headline);
        is_clean(&results.summary);
        assert!(!results.headline.is_empty() || !results.summary.is_empty());
    } else {
        assert_eq!(results, rules);
    }
}

fn is_clean(text: &str) {
    assert!(!hostile::has_mention(text), "{text}");
    assert!(!text.contains(SECRET) && !text.contains("://"), "{text}");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    for forbidden in ["<<<", "`", "$(", "&&", "\u{202e}"] {
        assert!(!text.contains(forbidden), "{forbidden}: {text}");
    }
    // Something must follow: "try kubectl" at an end is no command.
    let mut words = text.split_whitespace().rev().skip(1);
    let bare = |word: &str| word.trim_start_matches(|c: char| !c.is_alphanumeric()) == "kubectl";
    assert!(!words.any(bare), "{text}");
}

/// The allowlist, written in another way.
fn is_allowed(command: &str) {
    let words: Vec<String> = command.split(' ').map(str::to_lowercase).collect();
    let verbs: &[&str] = match words[0].as_str() {
        "kubectl" => &["get", "describe", "logs", "top", "rollout"],
        "git" => &["log", "show", "revert"],
        "argocd" => &["get", "diff", "history"],
        _ => &[],
    };
    let holds = |forbidden: &[&str]| words.iter().any(|word| forbidden.contains(&word.as_str()));
    assert!(holds(verbs), "{command}");
    let changes = [
        "delete", "exec", "apply", "patch", "scale", "edit", "push", "sync", "undo", "pause",
    ];
    assert!(
        !holds(&changes) && !holds(&["secret", "secrets", "-f"]),
        "{command}"
    );
    let is_foreign = |word: &String| {
        let options = [
            "--kubeconfig",
            "--server",
            "--token",
            "--as",
            "--context",
            "secret/",
        ];
        options.iter().any(|option| word.starts_with(option))
    };
    assert!(!words.iter().any(is_foreign), "{command}");
    let shell = "|;&$<>`(){}*?!'\"\\\n#~";
    assert!(!command.contains(|c| shell.contains(c)), "{command}");
}

fn is_short(results: &AgentResults) {
    let shown = format!("{:?}{:?}", results.advice, results.announcements);
    assert!(
        shown.len() < 10_000 * (1 + results.advice.len()),
        "{}",
        shown.len()
    );
    assert!(
        results
            .advice
            .iter()
            .all(|advice| advice.actions.len() <= 4)
    );
}

/// Answers questions on one connection until it ends.
fn serve(stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let answer = answer(&serde_json::from_slice(&body)?);
        let length = answer.len();
        // In one piece: two small ones would wait for each other.
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{answer}");
        writer.write_all(answer.as_bytes())?;
    }
}

fn answer(request: &Value) -> String {
    let role = Role::ALL
        .into_iter()
        .find(|role| request["system"] == role.prompt().text);
    let script = SCRIPT.lock().expect("it is never held in a panic");
    let results = &script[role.map_or("", Role::as_str)];
    // A text is sent as it is: it may be no JSON.
    let text = results
        .as_str()
        .map_or_else(|| results.to_string(), str::to_owned);
    json!({
        "content": [{ "type": "text", "text": text }],
        "stop_reason": "end_turn",
        "usage": { "input_tokens": 900, "output_tokens": 90 },
    })
    .to_string()
}
