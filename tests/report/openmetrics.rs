//! The metrics of a report.

use std::collections::BTreeSet;

use k8s_monitor::report::{Report, metrics};

use super::metrics_text::{Samples, read};
use super::samples;
use crate::support::skip;

fn written(report: &Report) -> String {
    metrics(report, report.cycle.finished_at)
}

fn value(samples: &Samples, series: &str) -> f64 {
    *samples
        .get(series)
        .unwrap_or_else(|| panic!("{series} is not in {samples:#?}"))
}

#[test]
fn metrics_match_the_report() {
    let samples = read(&written(&samples::outage()));
    for (series, expected) in [
        ("severity{cluster=\"homelab\"}", 1.0),
        (
            "last_run_timestamp_seconds{cluster=\"homelab\"}",
            1_793_588_646.0,
        ),
        ("cycle_duration_seconds{cluster=\"homelab\"}", 0.812),
        ("visibility_complete{cluster=\"homelab\"}", 0.0),
        ("unread_kinds{cluster=\"homelab\"}", 1.0),
        (
            "incidents{cluster=\"homelab\",tier=\"P0\",severity=\"SEV-1\"}",
            1.0,
        ),
        (
            "incidents{cluster=\"homelab\",tier=\"none\",severity=\"SEV-3\"}",
            1.0,
        ),
        (
            "incidents{cluster=\"homelab\",tier=\"P0\",severity=\"SEV-2\"}",
            0.0,
        ),
        ("incidents_silenced{cluster=\"homelab\"}", 1.0),
        ("messages{cluster=\"homelab\",result=\"queued\"}", 1.0),
        ("requests{cluster=\"homelab\",peer=\"github\"}", 7.0),
        ("model_calls{cluster=\"homelab\"}", 3.0),
        ("model_month_cost_usd{cluster=\"homelab\"}", 0.0612),
    ] {
        let found = value(&samples, &format!("k8s_monitor_{series}"));
        assert!((found - expected).abs() < 1e-9, "{series}: {found}");
    }
    let of = |name: &str, service: &str| {
        let tier = if service == "mysql" { "P0" } else { "P3" };
        format!(
            "k8s_monitor_{name}{{cluster=\"homelab\",service=\"{service}\",\
             namespace=\"{service}\",tier=\"{tier}\"}}"
        )
    };
    for (series, expected) in [
        (of("service_up", "mysql"), 0.0),
        (of("service_up", "whoami-test"), 1.0),
        (of("service_downtime_seconds", "mysql"), 7503.0),
        (of("service_ready_replicas", "mysql"), 0.0),
        (of("service_desired_replicas", "mysql"), 1.0),
    ] {
        assert!(
            (value(&samples, &series) - expected).abs() < 1e-9,
            "{series}"
        );
    }
    let unknown = |series: &String| series.contains("service_up") && series.contains("loki");
    assert!(
        !samples.keys().any(unknown),
        "unknown is neither up nor down"
    );
}

#[test]
fn the_metrics_of_every_report_are_valid() {
    // A name that occurs twice would make the whole file invalid.
    let mut doubled: Report = samples::outage();
    doubled.services.extend(doubled.services.clone());
    let mut quoted = samples::healthy();
    quoted.cycle.cluster = "a \"lab\" \\ b\nc".into();
    for report in [samples::healthy(), samples::hostile(), doubled, quoted] {
        read(&written(&report));
    }
}

/// The documentation has a row for each metric, and no other.
#[test]
fn every_metric_is_documented() {
    let page = include_str!("../../docs/metrics.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `k8s_monitor_"));
    let documented: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let text = written(&samples::outage());
    let types = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE k8s_monitor_"));
    let written: BTreeSet<&str> = types.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(documented, written);
}

/// The example rules query metrics that exist.
#[test]
fn the_example_rules_query_existing_metrics() {
    let rules = include_str!("../../deploy/prometheus-rule.yaml");
    let text = written(&samples::outage());
    let mut queries = 0;
    for (at, _) in rules.match_indices("k8s_monitor_") {
        let rest = &rules[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        assert!(text.contains(&format!("# TYPE {name} gauge")), "{name}");
        queries += 1;
    }
    assert!(queries >= 5);
}

#[test]
fn the_python_client_reads_the_same_metrics() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let script = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as new\n\
        from prometheus_client.parser import text_string_to_metric_families as old\n\
        text = sys.stdin.read()\n\
        print(len(list(new(text))), len(list(old(text))))\n";
    let Some(python) = skip::python("prometheus_client") else {
        return;
    };
    for report in [samples::healthy(), samples::outage(), samples::hostile()] {
        let mut child = Command::new(&python)
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let text = written(&report);
        child
            .stdin
            .take()
            .expect("piped")
            .write_all(text.as_bytes())
            .expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success());
        let families = text
            .lines()
            .filter(|line| line.starts_with("# TYPE"))
            .count();
        let counted = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(counted.trim(), format!("{families} {families}"));
    }
}
