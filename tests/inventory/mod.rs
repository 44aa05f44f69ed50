//! The services file: the example, the operator's file, diagnostics, and arbitrary input.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write;

use std::time::{Duration, Instant};

use k8s_monitor::inventory::{
    Edge, Inventory, KnownIssueKind, Level, LintDocument, Service, ServiceDocument, ServiceList,
    parse,
};
use k8s_monitor::model::{Tier, Tolerance};
use k8s_monitor::render::{Document, Format, RenderOptions, render};
use proptest::prelude::*;

use crate::support::skip::external;

const OWN: &str = include_str!("../../docs/reference/services.txt");

fn text(document: &impl Document) -> String {
    render(document, Format::Text, RenderOptions::default()).expect("renders")
}

fn lint(inventory: &Inventory, file: &str) -> String {
    text(&LintDocument { inventory, file })
}

fn show(service: &Service, inventory: &Inventory) -> String {
    text(&ServiceDocument { service, inventory })
}

fn service<'a>(inventory: &'a Inventory, name: &str) -> &'a Service {
    inventory
        .get(name)
        .unwrap_or_else(|| panic!("{name} is not listed"))
}

fn names(services: Vec<&Service>) -> Vec<&str> {
    services
        .into_iter()
        .map(|service| service.name.as_str())
        .collect()
}

/// What both the example and the operator's file contain.
fn assert_the_homelab(inventory: &Inventory) {
    let facts = [
        (
            "chores-tracker-backend",
            Tier::P0,
            "chores-tracker-backend",
            Some(0),
        ),
        (
            "chores-tracker-frontend",
            Tier::P0,
            "chores-tracker-frontend",
            Some(0),
        ),
        ("mysql", Tier::P0, "mysql", Some(0)),
        ("n8n", Tier::P0, "n8n", Some(0)),
        ("postgresql", Tier::P0, "postgresql", Some(0)),
        ("nginx-ingress", Tier::P0, "ingress-nginx", Some(0)),
        ("oncall-agent", Tier::P0, "oncall-agent", Some(0)),
        ("vault", Tier::P1, "vault", Some(15 * 60)),
        (
            "external-secrets-operator",
            Tier::P1,
            "external-secrets",
            Some(15 * 60),
        ),
        ("cert-manager", Tier::P1, "cert-manager", Some(24 * 3600)),
        ("ecr-auth", Tier::P1, "ecr-auth", Some(12 * 3600)),
        ("crossplane", Tier::P1, "crossplane-system", None),
        (
            "crossplane-aws-provider",
            Tier::P2,
            "crossplane-system",
            None,
        ),
        (
            "loki-aws-infrastructure",
            Tier::P2,
            "crossplane-system",
            None,
        ),
        ("whoami-test", Tier::P2, "whoami-test", None),
    ];
    assert_eq!(inventory.services.len(), facts.len());
    for (service, (name, tier, namespace, downtime)) in inventory.services.iter().zip(facts) {
        assert_eq!(service.name, name);
        assert_eq!(service.tier, tier, "{name}");
        assert_eq!(service.namespace.as_deref(), Some(namespace), "{name}");
        let limit = downtime.map_or(Tolerance::Unlimited, |it| {
            Tolerance::Limit(Duration::from_secs(it))
        });
        assert_eq!(service.max_downtime, limit, "{name}");
    }
    assert_eq!(
        inventory.diagnostics,
        [],
        "{}",
        lint(inventory, "services.txt")
    );
    assert_eq!(
        inventory.repository_slug().as_deref(),
        Some("arigsela/kubernetes")
    );
    assert_gitops(inventory);
    assert_known_issues(inventory);
    assert_neighbours(inventory);
}

fn assert_gitops(inventory: &Inventory) {
    for service in &inventory.services {
        let (file, app) = match service.name.as_str() {
            "mysql" => ("mysql", "mysql-application"),
            "external-secrets-operator" => ("external-secrets-operator", "external-secrets"),
            "ecr-auth" => ("ecr-credentials-sync", "ecr-credentials-sync"),
            name => (name, name),
        };
        assert_eq!(
            service.gitops.app_file,
            Some(format!("base-apps/{file}.yaml"))
        );
        assert_eq!(service.gitops.app_name.as_deref(), Some(app));
        let by_chart = ["external-secrets-operator", "cert-manager", "crossplane"];
        assert_eq!(
            service.gitops.chart.is_some(),
            by_chart.contains(&service.name.as_str())
        );
        let manifests = service.gitops.manifests.as_deref();
        let expected = format!("base-apps/{}/", service.name);
        assert_eq!(
            manifests,
            service.gitops.chart.is_none().then_some(expected.as_str())
        );
    }
    assert_eq!(service(inventory, "ecr-credentials-sync").name, "ecr-auth");
    assert_eq!(
        service(inventory, "external-secrets").name,
        "external-secrets-operator"
    );
}

fn assert_known_issues(inventory: &Inventory) {
    let six_minutes = Duration::from_mins(6);
    for service in &inventory.services {
        let has = |wanted: KnownIssueKind| service.known_issue(|kind| *kind == wanted).is_some();
        let name = service.name.as_str();
        let single = ["mysql", "n8n", "postgresql", "vault"].contains(&name);
        assert_eq!(has(KnownIssueKind::SingleReplica), single, "{name}");
        assert_eq!(has(KnownIssueKind::ManualUnseal), name == "vault", "{name}");
        let slow = name == "chores-tracker-backend";
        assert_eq!(
            has(KnownIssueKind::SlowStartup { grace: six_minutes }),
            slow,
            "{name}"
        );
        assert_eq!(service.startup_grace, slow.then_some(six_minutes), "{name}");
        assert_eq!(
            service.data_layer,
            ["mysql", "postgresql"].contains(&name),
            "{name}"
        );
        assert_eq!(
            service.ingress_controller,
            name == "nginx-ingress",
            "{name}"
        );
        assert_eq!(service.builtin, None, "{name}");
        assert!(service.purpose.is_some(), "{name}");
    }
    let backend = service(inventory, "chores-tracker-backend");
    assert_eq!(backend.replicas, Some(2));
    assert_eq!(backend.ingress, ["api.chores.arigsela.com"]);
    assert_eq!(
        backend.image.as_deref(),
        Some("852893458518.dkr.ecr.us-east-2.amazonaws.com/chores-tracker:5.8.0")
    );
}

fn assert_neighbours(inventory: &Inventory) {
    let tie = |name, on| inventory.depends_on(name, on);
    for (name, on) in [
        ("chores-tracker-backend", "mysql"),
        ("chores-tracker-backend", "vault"),
        ("chores-tracker-backend", "ecr-auth"),
        ("chores-tracker-backend", "nginx-ingress"),
        ("chores-tracker-frontend", "chores-tracker-backend"),
        ("chores-tracker-frontend", "ecr-auth"),
        ("n8n", "postgresql"),
        ("oncall-agent", "ecr-auth"),
        ("oncall-agent", "nginx-ingress"),
        ("vault", "nginx-ingress"),
        ("cert-manager", "nginx-ingress"),
        ("external-secrets-operator", "vault"),
    ] {
        assert_eq!(tie(name, on), Some(Edge::Named), "{name} on {on}");
    }
    for (name, on) in [
        ("whoami-test", "vault"),
        ("mysql", "external-secrets-operator"),
        ("n8n", "cert-manager"),
        ("chores-tracker-frontend", "cert-manager"),
    ] {
        assert_eq!(tie(name, on), Some(Edge::Sweeping), "{name} on {on}");
    }
    for (name, on) in [
        ("vault", "external-secrets-operator"),
        ("vault", "cert-manager"),
        ("nginx-ingress", "vault"),
        ("mysql", "cert-manager"),
        ("mysql", "nginx-ingress"),
        ("n8n", "ecr-auth"),
    ] {
        assert_eq!(tie(name, on), None, "{name} on {on}");
    }
    assert_eq!(inventory.dependents_of("vault").len(), 13);
    assert_eq!(
        names(inventory.dependencies_of("n8n"))[..3],
        ["postgresql", "nginx-ingress", "vault"]
    );
    let outsiders: Vec<&str> = service(inventory, "oncall-agent")
        .dependencies
        .iter()
        .filter(|entry| entry.service.is_none())
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(outsiders, ["AWS", "Datadog API", "GitHub API"]);
}

#[test]
fn our_example_has_no_diagnostics() {
    let inventory = parse(OWN.as_bytes());
    assert_the_homelab(&inventory);
    assert_eq!(
        lint(&inventory, "docs/reference/services.txt"),
        "docs/reference/services.txt: 15 services, no problems\n"
    );
}

#[test]
fn the_example_in_the_docs_has_no_diagnostics() {
    let docs = include_str!("../../docs/services-txt.md");
    let example = docs
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let inventory = parse(example.expect("an example").as_bytes());
    assert_eq!(inventory.diagnostics, []);
    assert_eq!(inventory.services.len(), 3);
    let shop = service(&inventory, "shop-web");
    assert_eq!(shop.startup_grace, Some(Duration::from_mins(4)));
    assert_eq!(service(&inventory, "orders-db").workloads.len(), 2);
}

#[test]
fn the_operators_file_is_read_unchanged() {
    let Some(path) = external("K8S_MONITOR_OPERATOR_SERVICES") else {
        return;
    };
    let bytes = std::fs::read(path).expect("the operator's services file");
    let inventory = parse(&bytes);
    assert_the_homelab(&inventory);
    assert_eq!(
        service(&inventory, "chores-tracker-backend").known_issues[0].text,
        "⚠️ VERY SLOW STARTUP: 5-6 minutes to be ready (initialDelaySeconds: 300-360s) - slowest in cluster"
    );
    let crossplane = service(&inventory, "crossplane");
    assert!(crossplane.other.iter().any(|(key, _)| key == "Used By"));
    assert!(
        inventory
            .context
            .iter()
            .any(|section| section.title == "Health Check Patterns")
    );
    // The same file with other line ends, a byte order mark and tabs.
    let text = String::from_utf8(bytes).expect("UTF-8");
    for variant in [
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
        text.replace("  ", "\t"),
        text.lines()
            .map(str::trim_start)
            .fold(String::new(), |all, line| all + line + "\n"),
    ] {
        let services = parse(variant.as_bytes()).services;
        let facts = |list: &[Service]| -> Vec<_> {
            list.iter()
                .map(|it| {
                    (
                        it.name.clone(),
                        it.tier,
                        it.namespace.clone(),
                        it.max_downtime,
                        it.gitops.app_name.clone(),
                    )
                })
                .collect()
        };
        assert_eq!(facts(&services), facts(&inventory.services));
    }
}

/// Level, line, column and message of all diagnostics.
fn diagnostics(text: &str) -> Vec<String> {
    parse(text.as_bytes())
        .diagnostics
        .iter()
        .map(|it| {
            let help = it
                .help
                .as_deref()
                .filter(|help| help.starts_with("did you mean"));
            let help = help.map_or(String::new(), |help| format!("; {help}"));
            format!(
                "{} {}:{} {}{help}",
                it.level, it.line, it.column, it.message
            )
        })
        .collect()
}

/// The diagnostics of lines in an otherwise correct file. The first of them is line 5, below the
/// heading of `db`, which has a namespace.
fn diagnostics_of(keys: &str) -> Vec<String> {
    diagnostics(&format!(
        "1. Core (P0)\n\n1.1 db\n- Namespace: db\n{keys}\n\n1.2 vault-x\n- Namespace: vault\n"
    ))
}

/// Keys below a heading, and their diagnostics.
const DIAGNOSTICS: &[(&str, &str)] = &[
    (
        "- Max Downtime: soonish",
        "error 5:17 max downtime `soonish` cannot be read: it is not a duration",
    ),
    (
        "- Max Downtime: None",
        "error 5:17 max downtime `None` cannot be read: `none` can mean no downtime or no limit",
    ),
    (
        "- Max Downtime:",
        "error 5:3 max downtime cannot be read: there is no value",
    ),
    (
        "- Tier: P7",
        "error 5:9 tier `P7` cannot be read: it must be P0, P1, P2 or P3",
    ),
    (
        "- Workloads: sts/a, b",
        "error 5:21 workload `b` cannot be read: it must be kind/name",
    ),
    (
        "- Startup Grace: soon",
        "error 5:18 startup grace `soon` cannot be read: it is not a duration",
    ),
    (
        "- Backup Max Age: 26",
        "error 5:19 backup max age `26` cannot be read: the number has no unit",
    ),
    (
        "- Data Layer: perhaps",
        "error 5:15 data layer `perhaps` cannot be read: it must be yes or no",
    ),
    (
        "- Replicas: many",
        "error 5:13 replicas `many` cannot be read: it must start with a whole number",
    ),
    (
        "1.9",
        "error 5:1 this heading has no name, so the lines below it belong to no service",
    ),
    (
        "1.9 db",
        "error 5:5 service `db` is listed twice, first in line 3",
    ),
    (
        "- Dependancies: x",
        "warning 5:3 `Dependancies` is not a known key; did you mean `Dependencies`?",
    ),
    (
        "- Dependencies: valut-x",
        "warning 5:17 `valut-x` is not a listed service; did you mean `vault-x`?",
    ),
    (
        "- Dependents: vault",
        "warning 5:15 `vault` is not a listed service; did you mean `vault-x`?",
    ),
    (
        "- Dependencies: db",
        "warning 5:17 `db` lists itself as a dependency",
    ),
    (
        "- Namespace: other",
        "warning 5:3 `Namespace` is listed twice, and the first value counts",
    ),
    (
        "1.9 cache\n- Purpose: x",
        "warning 5:5 service `cache` has no namespace",
    ),
    ("1.9 cache", "warning 5:5 service `cache` has no keys"),
    (
        "1.9 Overview",
        "warning 5:5 `Overview` is not read as a service",
    ),
    (
        "1.9 cache (db)\n- Namespace: c",
        "warning 5:5 alias `db` already belongs to service `db`",
    ),
    (
        "3.9 cache\n- Namespace: c",
        "warning 5:5 a heading numbered 3.x is in section `Core (P0)`",
    ),
    (
        "- Known Issues: very slow startup",
        "warning 5:17 a slow start without a duration gives no startup grace",
    ),
    (
        "```\n1.9 cache\n```",
        "warning 6:5 `cache` is in a code block and is not read",
    ),
    (
        "| Service | Namespace |\n|---|---|\n| db | other |",
        "warning 7:8 the table lists `db` in namespace `other`",
    ),
    (
        "| Service | Namespace |\n|---|---|\n| vualt-x | v |",
        "warning 7:3 `vualt-x` is not a listed service; did you mean `vault-x`?",
    ),
    (
        "\n2. More\n\n2.1 cache\n- Namespace: c",
        "error 8:5 service `cache` has no tier and is treated as P3",
    ),
    ("- Purpose: ok\u{1b}[31m", ""),
    ("- Used By: x", ""),
    ("- Dependencies: AWS (EC2, S3), Datadog API", ""),
    ("- Dependencies: vault-x UI", ""),
];

#[test]
fn diagnostics_have_level_location_and_message() {
    for (keys, expected) in DIAGNOSTICS {
        assert_eq!(diagnostics_of(keys).join("\n"), *expected, "{keys}");
    }
    assert_eq!(diagnostics(""), ["error 1:1 this file contains no service"]);
}

#[test]
fn bytes_that_are_not_utf8_are_an_error_and_the_rest_is_read() {
    let inventory = parse(b"1. A (P1)\n\n1.1 db\n- Namespace: db\n- Purpose: caf\xe9\n");
    let found = &inventory.diagnostics[0];
    assert_eq!(
        (found.level, found.line, found.column),
        (Level::Error, 5, 15)
    );
    assert_eq!(
        service(&inventory, "db").purpose.as_deref(),
        Some("caf\u{fffd}")
    );
}

#[test]
fn a_diagnostic_shows_the_line_with_a_caret() {
    let inventory = parse(
        "1. A (P0)\n1.1 db\n- Namespace: db\n  - Dépendencies: é\n- Max Downtime: soonish\n"
            .as_bytes(),
    );
    assert_eq!(
        lint(&inventory, "services.txt"),
        "\
services.txt:5:17: error: max downtime `soonish` cannot be read: it is not a duration
  |
5 | - Max Downtime: soonish
  |                 ^^^^^^^
  = help: write it like `0 minutes`, `5-15 minutes`, `12 hours`, `1 day` or `N/A`

services.txt: 1 service, 1 error
"
    );
}

#[test]
fn every_notation_gives_the_same_service() {
    for text in [
        "1. Critical (P0 - x)\n\n  1.1 db (base)\n\n  - Namespace: data\n  - Max Downtime: 5-15 minutes\n",
        "1. Critical (P0)\n1.1. db (base)\n- Namespace: data\n- Max Downtime: 15m\n",
        "## 1. Critical (P0)\n\n### 1.1 db (`base`)\n\n* **Namespace**: data\n* **Max downtime**: 5 – 15 minutes\n",
        "# Services\n\n## Critical (P0)\n\n### db (base)\n\n- NAMESPACE: `data` (common)\n- max-downtime: up to 15 minutes\n",
        "**1. Critical [P0]**\n\n**1.1 db** (base)\n\n• Namespace: data\n• Max Downtime: 15 minutes, no more\n",
        "1) Critical (P0)\n\n1.1) db (base)\n\tNamespace: data\n\tMax Downtime: 0.25 hours\n",
        "5. Others\n\n5.1 db (base)\n- Tier: P0\n- Namespace: data\n- Max Downtime: 15 minutes\n",
        "2. Next (P1)\n\n2.1 db (P0)\n- Aliases: base\n- Namespace: data\n- Max Downtime: 15 minutes\n",
        "1. Critical (P0)\n1.1 db: the data\n- Alias: base\n- GitOps:\n  - Chart: x\n    - Namespace: data\n- Max Downtime: 15 minutes\n",
    ] {
        let inventory = parse(text.as_bytes());
        assert!(
            inventory
                .diagnostics
                .iter()
                .all(|it| it.level != Level::Error),
            "{}\n{text}",
            lint(&inventory, "services.txt")
        );
        let db = service(&inventory, "base");
        assert_eq!((db.name.as_str(), db.tier), ("db", Tier::P0), "{text}");
        assert_eq!(db.namespace.as_deref(), Some("data"), "{text}");
        assert_eq!(
            db.max_downtime,
            Tolerance::Limit(Duration::from_mins(15)),
            "{text}"
        );
    }
}

#[test]
fn text_fits_80_columns() {
    let inventory = parse(OWN.as_bytes());
    for service in &inventory.services {
        let page = show(service, &inventory);
        assert!(
            page.lines().all(|line| line.chars().count() <= 80),
            "{page}"
        );
        assert!(page.lines().all(|line| line == line.trim_end()), "{page}");
    }
    let list = text(&ServiceList(&inventory));
    assert!(list.starts_with("TIER  NAME"), "{list}");
    assert_eq!(list.lines().count(), 16);
}

/// Parses and reports, within a time that a linear parser meets even unoptimized on a busy machine.
fn assert_linear_time(what: &str, bytes: &[u8]) {
    let start = Instant::now();
    let inventory = parse(bytes);
    let report = lint(&inventory, "services.txt");
    let took = start.elapsed();
    let allowed = Duration::from_secs(5) + Duration::from_micros(bytes.len() as u64 * 5);
    assert!(took < allowed, "{what}: {took:?} for {} bytes", bytes.len());
    assert!(
        report.len() < 2_000_000,
        "{what}: a report of {} bytes",
        report.len()
    );
}

#[test]
fn pathological_files_are_parsed_in_linear_time() {
    const SIZE: usize = 1_000_000;
    let head = "1. A (P0)\n\n1.1 db\n- Namespace: db\n";
    let repeated = |part: &str| part.repeat(SIZE / part.len());
    for (what, line) in [
        ("a long purpose", format!("- Purpose: {}", repeated("x"))),
        ("a long key", repeated("k")),
        ("a long name", format!("1.2 {}", repeated("n"))),
        (
            "many dependencies",
            format!("- Dependencies: {}", repeated("valut, ")),
        ),
        (
            "open brackets",
            format!("- Dependencies: {}", repeated("a (b, ")),
        ),
        ("many workloads", format!("- Workloads: {}", repeated("a,"))),
        (
            "many aliases",
            format!("- Aliases: {}", repeated("a1, b2, ")),
        ),
        ("many hosts", format!("- Ingress: {}", repeated("a.b "))),
        (
            "a long downtime",
            format!("- Max Downtime: {}", repeated("5 minutes ")),
        ),
        (
            "a long issue",
            format!("- Known Issues: slow startup {}", repeated("5 min; ")),
        ),
        ("colons", repeated(":")),
        ("stars", repeated("*")),
        ("spaces", repeated(" ")),
        ("numbers", repeated("1.")),
        ("pipes", repeated("|")),
        ("no line ends", repeated("\r- a: b")),
    ] {
        assert_linear_time(what, format!("{head}{line}\n").as_bytes());
    }
    let ten_megabytes = format!("{head}- Purpose: {}\n", "word ".repeat(2_000_000));
    assert_linear_time("a line of ten megabytes", ten_megabytes.as_bytes());
}

#[test]
fn files_of_many_lines_are_parsed_in_linear_time() {
    const LINES: usize = 15_000;
    let many = |line: &dyn Fn(usize) -> String| {
        (0..LINES).fold(
            "1. A (P0)\n\n1.1 db\n- Namespace: db\n".to_owned(),
            |mut text, index| {
                let _ = writeln!(text, "{}", line(index));
                text
            },
        )
    };
    for (what, text) in [
        (
            "services",
            many(&|index| format!("1.2 s-{index}\n- Dependencies: s, s-{}x", index + 1)),
        ),
        ("sections", many(&|index| format!("{index}. A (P1)\n"))),
        (
            "nesting",
            many(&|index| format!("{}- Known Issues: x", " ".repeat(index % 900))),
        ),
        (
            "unknown keys",
            many(&|index| format!("- Namespacf{index}: x")),
        ),
        ("near keys", many(&|_| "- Namespac: x".to_owned())),
        (
            "bad values",
            many(&|index| format!("1.3 x{index}\n- Max Downtime: soon")),
        ),
        (
            "table rows",
            format!(
                "| Service | Namespace |\n{}",
                many(&|index| format!("| db{index} | x |"))
            ),
        ),
        ("fences", many(&|_| "```".to_owned())),
        ("continued", many(&|_| "  more".to_owned())),
        (
            "sweeping",
            many(&|index| {
                format!("1.2 s-{index}\n- Ingress: a.b\n- Dependents: All HTTPS services")
            }),
        ),
    ] {
        assert_linear_time(what, text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_parsed(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        assert_parses(&bytes);
    }

    #[test]
    fn shuffled_lines_are_parsed(
        parts in proptest::collection::vec(part(), 0..60),
    ) {
        assert_parses(parts.concat().as_bytes());
    }

    #[test]
    fn mutations_of_the_example_are_parsed(
        changes in proptest::collection::vec((0..OWN.len(), any::<u8>(), 0..40_u8), 1..60),
    ) {
        let mut bytes = OWN.as_bytes().to_vec();
        for (index, byte, how) in changes {
            let index = index % bytes.len().max(1);
            match how {
                0 => bytes.truncate(index.max(1)),
                1..20 => bytes.insert(index, byte),
                _ => bytes[index] = byte,
            }
        }
        assert_parses(&bytes);
    }
}

/// Parts of services files, valid and broken.
fn part() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "1. Critical (P0)\n",
        "2. High (P1 - x)\n",
        "3. Prose\n",
        "1.1 a\n",
        "1.2 a-b (c)\n",
        "### 2.1 d\n",
        "## X (P2-P3)\n",
        "**1.4 e**\n",
        "1.5\n",
        "- ",
        "* ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "Namespace: x",
        "Max Downtime: 5-",
        "15 minutes",
        "Known Issues:",
        "GitOps:",
        "ArgoCD App: base/x.yaml (app name: y)",
        "Dependencies: a, b (c",
        "Dependents: ALL x",
        "Workloads: deployment/a",
        "Replicas: 2",
        "Tier: P1",
        "| Service | Namespace |\n",
        "| a | b |\n",
        "|---|\n",
        "---\n",
        "```\n",
        "<!--",
        "-->",
        "⚠️ ",
        "(",
        ")",
        ":",
        "：",
        "–",
        "#",
        "**",
        "`",
        "\u{feff}",
        "\u{0}",
        "é",
    ]);
    prop_oneof![9 => pieces.prop_map(str::to_owned), 1 => any::<String>()]
}

/// Parses and renders the file. Every diagnostic must be located inside it.
fn assert_parses(bytes: &[u8]) {
    let inventory = parse(bytes);
    let lines = String::from_utf8_lossy(bytes).split(['\n', '\r']).count();
    for found in &inventory.diagnostics {
        assert!((1..=lines).contains(&found.line), "{found:?}");
        assert!(found.column >= 1 && found.width >= 1, "{found:?}");
    }
    let _ = lint(&inventory, "services.txt");
    let _ = text(&ServiceList(&inventory));
    for service in &inventory.services {
        assert!(!service.name.is_empty());
        assert_eq!(
            inventory.get(&service.name).map(|it| it.line),
            Some(service.line)
        );
        let _ = show(service, &inventory);
        for other in inventory.dependencies_of(&service.name) {
            assert!(inventory.depends_on(&service.name, &other.name).is_some());
        }
    }
    let _ = inventory.nearest("databse");
    let _ = inventory.repository_slug();
}
