//! One fault at a time: severity, rule, start and exit status of its incidents.

use serde_json::{Value, json};

use crate::homelab::Homelab;
use crate::program::{Report, program, run, run_confirmed, services_file, write_snapshot};
use crate::time::Ago;

/// Runs the program and compares its incidents, one line each, and its status.
fn expect(homelab: &Homelab, lines: &[&str], status: i32) -> crate::program::Report {
    let report = run(homelab);
    assert_eq!(report.summary(), lines.join("\n"), "{}", report.stderr);
    assert_eq!(report.status, status);
    assert_eq!(report.json["exitCode"], json!(status));
    report
}

fn since(incident: &Value) -> &str {
    incident["since"].as_str().expect("since")
}

#[test]
fn a_healthy_homelab_has_no_incident() {
    let homelab = Homelab::healthy();
    let report = expect(&homelab, &[], 0);
    assert_eq!(report.json["severity"], "SEV-4");
    assert_eq!(
        report.json["visibility"],
        json!({"complete": true, "unread": []})
    );
    for (name, status) in [
        ("mysql", "healthy"),
        ("ecr-auth", "healthy"),
        ("coredns", "healthy"),
        ("loki-aws-infrastructure", "healthy"),
    ] {
        assert_eq!(report.service(name)["status"], status, "{name}");
    }
    let requests = report.json["requests"]["kubernetes"]
        .as_u64()
        .expect("a count");
    assert!(requests <= 40, "{requests} requests");
}

#[test]
fn mysql_in_a_crash_loop() {
    let mut homelab = Homelab::healthy();
    let began = 20.minutes_ago();
    homelab.crash_loops("mysql", began);
    let report = expect(
        &homelab,
        &["SEV-1 DATA_LAYER_DOWN mysql [] CrashLoopBackOff AppCrash"],
        1,
    );
    let incident = report.incident("mysql");
    assert_eq!(since(incident), began.to_string());
    let service = report.service("mysql");
    assert_eq!(service["status"], "unavailable");
    assert_eq!(service["maxDowntimeSeconds"], 0);
    let downtime = service["downtimeSeconds"].as_i64().expect("seconds");
    assert!((1190..1260).contains(&downtime), "{downtime}");
}

#[test]
fn a_backend_that_depends_on_mysql_is_in_its_incident() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 20.minutes_ago());
    homelab.quietly_unready("chores-tracker-backend", 18.minutes_ago());
    expect(
        &homelab,
        &["SEV-1 DATA_LAYER_DOWN mysql [chores-tracker-backend] CrashLoopBackOff AppCrash"],
        1,
    );
}

#[test]
fn one_of_two_backends() {
    let mut homelab = Homelab::healthy();
    homelab.pods_ready("chores-tracker-backend", 1, 12.minutes_ago());
    let report = run(&homelab);
    let incident = report.incident("chores-tracker-backend");
    assert_eq!(incident["rule"], "P0_DEGRADED");
    assert_eq!(report.status, 2);
    let service = report.service("chores-tracker-backend");
    assert_eq!(
        (&service["status"], &service["ready"], &service["desired"]),
        (&json!("degraded"), &json!(1), &json!(2))
    );
}

#[test]
fn a_documented_slow_start_is_no_incident_until_it_is_over() {
    let mut homelab = Homelab::healthy();
    homelab.starting("chores-tracker-backend", 4.minutes_ago());
    let report = run(&homelab);
    assert_eq!(
        (report.status, report.json["severity"].as_str()),
        (0, Some("SEV-4")),
        "{}",
        report.summary()
    );
    assert_eq!(
        report.service("chores-tracker-backend")["status"],
        "starting"
    );
    let incident = report.incident("chores-tracker-backend");
    assert_eq!(incident["rule"], "KNOWN_ISSUE");

    let mut homelab = {
        drop(homelab);
        Homelab::healthy()
    };
    homelab.starting("chores-tracker-backend", 9.minutes_ago());
    let report = run(&homelab);
    assert_eq!(report.status, 1, "{}", report.summary());
    assert_eq!(
        report.incident("chores-tracker-backend")["rule"],
        "P0_UNAVAILABLE"
    );
}

#[test]
fn a_sealed_vault_is_a_known_issue_and_a_pull_error_is_not() {
    let mut homelab = Homelab::healthy();
    homelab.vault_sealed(30.minutes_ago());
    let report = expect(
        &homelab,
        &["SEV-4 KNOWN_ISSUE vault [] ContainersNotReady VaultSealed"],
        0,
    );
    let known = report.incident("vault")["findings"][0]["knownIssue"]
        .as_str()
        .expect("quoted");
    assert!(known.contains("unseal"), "{known}");

    let mut homelab = {
        drop(homelab);
        Homelab::healthy()
    };
    homelab.image_pull_backoff(
        "vault",
        30.minutes_ago(),
        "docker.io/hashicorp/vault:1.18.1: not found",
    );
    expect(
        &homelab,
        &["SEV-2 P1_UNAVAILABLE vault [] ImagePullBackOff ImageNotFound"],
        2,
    );
}

#[test]
fn the_ingress_controller_or_cluster_dns_down_is_a_sev_1() {
    type Scenario = fn(&mut Homelab);
    let scenarios: [(Scenario, &str, &str); 2] = [
        (
            |homelab| homelab.ingress_down(6.minutes_ago()),
            "nginx-ingress",
            "INGRESS_DOWN",
        ),
        (
            |homelab| homelab.dns_down(6.minutes_ago()),
            "coredns",
            "CLUSTER_DNS_DOWN",
        ),
    ];
    for (scenario, service, rule) in scenarios {
        let mut homelab = Homelab::healthy();
        scenario(&mut homelab);
        let report = run(&homelab);
        assert_eq!(report.incident(service)["rule"], rule);
        assert_eq!(report.status, 1);
    }
}

#[test]
fn two_p0_services_at_once() {
    let mut homelab = Homelab::healthy();
    homelab.pods_ready("oncall-agent", 1, 12.minutes_ago());
    homelab.pods_ready("chores-tracker-backend", 1, 12.minutes_ago());
    let report = run(&homelab);
    for service in ["oncall-agent", "chores-tracker-backend"] {
        assert_eq!(
            report.incident(service)["rule"],
            "MULTIPLE_P0",
            "{}",
            report.summary()
        );
    }
    assert_eq!(report.status, 1);
}

#[test]
fn a_test_service_down_is_only_logged() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("whoami", 2.hours_ago());
    let report = run(&homelab);
    let incident = report.incident("whoami-test");
    assert_eq!(incident["rule"], "SUPPORT");
    assert_eq!(incident["notification"]["decision"], "log");
    assert_eq!(report.status, 0);
}

#[test]
fn a_lost_node_is_the_root_cause_of_its_pods_failures() {
    let mut homelab = Homelab::healthy();
    let gone = 7.minutes_ago();
    homelab.node_lost("k3s-agent-2", gone);
    let report = run(&homelab);
    let root = &report.incidents()[0];
    assert_eq!(
        root["rootCause"]["resource"]["kind"],
        "Node",
        "{}",
        report.summary()
    );
    assert_eq!(root["rootCause"]["cause"], "KubeletUnavailable");
    assert_eq!(root["service"], Value::Null);
    assert_eq!(since(root), gone.to_string());
    assert!(
        !root["affects"].as_array().expect("a list").is_empty(),
        "{}",
        report.summary()
    );
    let others: Vec<_> = report.incidents()[1..]
        .iter()
        .filter(|i| i["severity"] != "SEV-4")
        .collect();
    assert!(others.is_empty(), "{}", report.summary());
}

#[test]
fn a_p0_service_scaled_to_zero_and_one_deleted() {
    let mut homelab = Homelab::healthy();
    homelab.scaled_to_zero("n8n", 15.minutes_ago());
    expect(
        &homelab,
        &["SEV-1 P0_UNAVAILABLE n8n [] ScaledToZero ScaledToZero"],
        1,
    );

    let mut homelab = {
        drop(homelab);
        Homelab::healthy()
    };
    homelab.deleted("mysql");
    let report = run(&homelab);
    assert_eq!(report.incident("mysql")["rule"], "DATA_LAYER_DOWN");
    assert_eq!(
        report.incident("mysql")["rootCause"]["cause"],
        "WorkloadMissing"
    );
    assert_eq!(report.status, 1);
}

#[test]
fn a_selector_that_matches_nothing_is_an_incident() {
    let mut homelab = Homelab::healthy();
    homelab.selector_matches_nothing("chores-tracker-frontend");
    expect(
        &homelab,
        &[
            "SEV-1 P0_UNAVAILABLE chores-tracker-frontend [] NoReadyEndpoints ServiceSelectorMismatch",
        ],
        1,
    );
}

#[test]
fn a_quota_that_allows_no_pod_is_the_cause() {
    let mut homelab = Homelab::healthy();
    let began = 45.minutes_ago();
    homelab.quota_refuses("n8n", began);
    let report = run(&homelab);
    let incident = report.incident("n8n");
    assert_eq!(incident["rule"], "P0_UNAVAILABLE", "{}", report.summary());
    assert_eq!(since(incident), began.to_string());
    let cause = incident["rootCause"]["cause"].as_str().expect("a cause");
    assert!(cause.ends_with("QuotaExceeded"), "{cause}");
}

#[test]
fn no_backup_for_two_days() {
    let mut homelab = Homelab::healthy();
    homelab.last_succeeded("mysql-backup", 2.days_ago());
    let report = expect(
        &homelab,
        &["SEV-2 P0_AT_RISK mysql [] BackupOverdue BackupOverdue"],
        2,
    );
    assert_eq!(report.service("mysql")["status"], "healthy");
}

#[test]
fn memory_close_to_its_limit() {
    let mut homelab = Homelab::healthy();
    homelab.memory_at("mysql", 93);
    let report = run(&homelab);
    assert_eq!(
        report.incident("mysql")["rule"],
        "P0_AT_RISK",
        "{}",
        report.summary()
    );
}

#[test]
fn a_crash_loop_that_is_ready_for_a_moment_is_at_risk() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 40.minutes_ago());
    homelab.recovers("mysql", 20.seconds_ago());
    let report = run(&homelab);
    assert_eq!(
        report.incident("mysql")["rule"],
        "P0_AT_RISK",
        "{}",
        report.summary()
    );
    assert_eq!(report.service("mysql")["status"], "degraded");
}

#[test]
fn a_snapshot_replays_to_the_same_report() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 20.minutes_ago());
    homelab.pods_ready("oncall-agent", 1, 12.minutes_ago());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dump.tar.gz");
    write_snapshot(&homelab, &path);
    let replayed = program()
        .args([
            "run",
            "--no-llm",
            "--state",
            "none",
            "--output",
            "json",
            "--snapshot",
        ])
        .arg(&path)
        .arg("--services")
        .arg(services_file())
        .output()
        .expect("the program starts");
    let replayed = Report::of(&replayed);
    let live = run(&homelab);
    assert_eq!(live.summary(), replayed.summary());
    assert_eq!(live.status, replayed.status);
    assert_eq!(live.json["visibility"], replayed.json["visibility"]);
    for (live, replayed) in live.incidents().iter().zip(replayed.incidents()) {
        for field in [
            "severity",
            "rule",
            "since",
            "affects",
            "rootCause",
            "findings",
            "title",
        ] {
            assert_eq!(live[field], replayed[field], "{field}");
        }
    }
}

#[test]
fn only_recent_severe_findings_are_confirmed_by_a_second_read() {
    let requests = |homelab: &Homelab| {
        let report = run_confirmed(&homelab.kubeconfig_admin(), "1s");
        assert_eq!(report.status, 1, "{}", report.summary());
        report.json["requests"]["kubernetes"]
            .as_u64()
            .expect("a count")
    };
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 20.minutes_ago());
    let once = requests(&homelab);
    drop(homelab);
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 30.seconds_ago());
    let twice = requests(&homelab);
    assert!(twice > once * 3 / 2, "{once} requests, then {twice}");
}
