//! Sample reports.

use chrono::{DateTime, Utc};
use k8s_monitor::model::ShellCommand;
use k8s_monitor::report::*;

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect(text)
}

/// Without findings.
pub fn healthy() -> Report {
    let mut report = Report::new(Cycle {
        id: "20261102T030405Z".into(),
        started_at: at("2026-11-02T03:04:05.678Z"),
        finished_at: at("2026-11-02T03:04:06.490Z"),
        duration_ms: 812,
        cluster: "homelab".into(),
        mode: Mode::Run,
        dry_run: false,
    });
    report.services_file = ServicesFile {
        path: Some("/etc/k8s-monitor/services.txt".into()),
        origin: "found".into(),
        why: "found in a usual place".into(),
        listed: 4,
        matched: 4,
        unlisted_tier: Tier::P3,
        unlisted_down: 0,
    };
    report.services = vec![
        service("chores-tracker-backend", Tier::P0, 2, Some(0)),
        service("mysql", Tier::P0, 1, Some(0)),
        service("vault", Tier::P1, 1, Some(900)),
        Service {
            since: None,
            ..service("whoami-test", Tier::P3, 1, None)
        },
    ];
    report.requests = Requests {
        kubernetes: 31,
        ..Requests::default()
    };
    report
}

fn service(name: &str, tier: Tier, replicas: u32, limit: Option<u64>) -> Service {
    Service {
        name: name.into(),
        tier,
        namespace: Some(name.into()),
        status: ServiceStatus::Healthy,
        since: Some(at("2026-10-30T12:00:00Z")),
        downtime_seconds: 0,
        max_downtime_seconds: limit,
        ready: Some(replicas),
        desired: Some(replicas),
    }
}

/// A database and its backend are down, a node is under pressure; with a silenced, a known and a
/// resolved incident, and with unread kinds.
pub fn outage() -> Report {
    let mut report = healthy();
    report.severity = Severity::Sev1;
    report.exit_code = 1;
    down(&mut report.services[0], "2026-11-02T01:00:12Z", 7433);
    down(&mut report.services[1], "2026-11-02T00:59:02Z", 7503);
    report.services[2].status = ServiceStatus::Unavailable;
    report.services[2].ready = Some(0);
    report.services[2].downtime_seconds = 420;
    report.services[2].since = Some(at("2026-11-02T02:57:05Z"));
    report.services.push(Service {
        name: "loki-aws-infrastructure".into(),
        tier: Tier::P2,
        ..Service::default()
    });
    report.incidents = vec![database(), node(), silenced(), known(), resolved()];
    report.visibility = Visibility {
        complete: false,
        unread: vec![Unread {
            resource: "ingresses.networking.k8s.io".into(),
            reason: "Forbidden".into(),
            message: "the service account may not list ingresses: apply deploy/rights/rbac.yaml"
                .into(),
        }],
    };
    report.delivery = Delivery {
        sent: 1,
        failed: 0,
        queued: 1,
    };
    report.llm = Llm {
        calls: 3,
        input_tokens: 6120,
        output_tokens: 811,
        cost_usd: 0.010_175,
        incidents: 1,
        dropped: vec![Dropped {
            reason: "it contains a link".to_owned(),
            count: 2,
        }],
        month_usd: 0.061_2,
        month_calls: 19,
        month_incidents: 6,
        refused: None,
        note: None,
    };
    report.requests = Requests {
        kubernetes: 34,
        github: 7,
        slack: 2,
        anthropic: 3,
    };
    report
}

fn down(service: &mut Service, since: &str, seconds: u64) {
    service.status = ServiceStatus::Unavailable;
    service.since = Some(at(since));
    service.downtime_seconds = seconds;
    service.ready = Some(0);
}

pub fn database() -> Incident {
    let pod = resource("StatefulSet", "mysql", "mysql");
    Incident {
        id: "INC-2026-11-01-001".into(),
        fingerprint: "homelab/mysql/StatefulSet/mysql/OOMKilled".into(),
        state: IncidentState::Ongoing,
        severity: Severity::Sev1,
        rule: "DATA_LAYER_DOWN".into(),
        title: "mysql is unavailable: OOMKilled".into(),
        service: Some("mysql".into()),
        tier: Some(Tier::P0),
        since: at("2026-11-02T00:59:02Z"),
        end: None,
        affects: vec!["chores-tracker-backend".into(), "chores-tracker-frontend".into()],
        root_cause: RootCause {
            cause: Some("OOMKilled".into()),
            resource: pod.clone(),
            summary: "the container needs more memory than its limit of 256Mi, which was 2Gi \
                      until the last change"
                .into(),
        },
        findings: vec![
            Finding {
                reason: "CrashLoopBackOff".into(),
                cause: Some("OOMKilled".into()),
                resource: pod,
                since: Some(at("2026-11-02T00:59:02Z")),
                message: "container mysql was killed for memory 14 times, last 3m ago".into(),
                evidence: vec![
                    evidence("e1", "status", "last state: OOMKilled, exit code 137, limit 256Mi"),
                    evidence(
                        "e2",
                        "event",
                        "Back-off restarting failed container mysql in pod mysql-0 (23 times)",
                    ),
                ],
                known_issue: Some("Single replica (no HA) - data loss risk".into()),
            },
            Finding {
                reason: "Unhealthy".into(),
                cause: Some("DatabaseUnreachable".into()),
                resource: resource("Deployment", "chores-tracker-backend", "chores-tracker-backend"),
                since: None,
                message: "0 of 2 pods are ready: the readiness probe answers 503".into(),
                evidence: vec![evidence(
                    "e3",
                    "log",
                    "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'mysql'\")",
                )],
                known_issue: None,
            },
        ],
        correlation: Some(Correlation {
            confidence: Confidence::High,
            commits: vec![Commit {
                sha: "4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b".into(),
                url: "https://github.com/arigsela/kubernetes/commit/4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b".into(),
                pull_request: Some("https://github.com/arigsela/kubernetes/pull/212".into()),
                committed_at: at("2026-11-02T00:46:50Z"),
                lag_seconds: 732,
                reasons: vec![
                    "changes the memory limit of the container that is killed".into(),
                    "12m before the onset".into(),
                ],
            }],
            timeline: vec![
                event("2026-11-02T00:46:50Z", "commit 4f2a9c1: trim mysql's memory", "GitHub"),
                event("2026-11-02T00:50:31Z", "Argo CD applied revision 4f2a9c1", "Argo CD"),
                event("2026-11-02T00:51:02Z", "a new pod (mysql-0)", "Pod mysql/mysql-0"),
                event("2026-11-02T00:59:02Z", "first failure: container mysql is killed at its limit", "StatefulSet mysql/mysql"),
            ],
            note: None,
        }),
        analysis: Analysis {
            source: AnalysisSource::Model,
            hypothesis: "The memory limit was cut below what InnoDB's buffer pool needs.".into(),
            confidence: Confidence::High,
            business_impact: "The family cannot use the chores tracker.".into(),
            dissent: None,
        },
        actions: vec![
            Action {
                title: "Revert the commit; Argo CD applies it within 5 minutes".into(),
                command: ShellCommand::parse("git revert 4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b && git push"),
            },
            Action {
                title: "Watch the pod become ready".into(),
                command: ShellCommand::parse("kubectl -n mysql get pod mysql-0 --watch"),
            },
        ],
        silenced_until: None,
        notification: Notification {
            decision: Decision::Thread,
            channel: Some("#critical-alerts".into()),
            why: "one more service is affected since the last message".into(),
            delivered: Some(Delivered {
                channel: "C024BE91L".into(),
                ts: "1793588700.000200".into(),
            }),
        },
    }
}

fn node() -> Incident {
    Incident {
        id: "INC-2026-11-01-002".into(),
        fingerprint: "homelab/Node/k3s-worker-2/NodeNotReady".into(),
        state: IncidentState::New,
        severity: Severity::Sev3,
        rule: "NODE_NOT_READY".into(),
        title: "Node k3s-worker-2 is not ready".into(),
        service: None,
        tier: None,
        since: at("2026-11-02T02:58:05Z"),
        end: None,
        affects: Vec::new(),
        root_cause: RootCause {
            cause: None,
            resource: Resource {
                kind: "Node".into(),
                namespace: None,
                name: "k3s-worker-2".into(),
            },
            summary: "the kubelet stopped posting node status".into(),
        },
        findings: vec![Finding {
            reason: "NodeNotReady".into(),
            cause: None,
            resource: Resource {
                kind: "Node".into(),
                namespace: None,
                name: "k3s-worker-2".into(),
            },
            since: Some(at("2026-11-02T02:58:05Z")),
            message: "the kubelet stopped posting node status".into(),
            evidence: Vec::new(),
            known_issue: None,
        }],
        correlation: Some(Correlation {
            confidence: Confidence::None,
            commits: Vec::new(),
            timeline: Vec::new(),
            note: Some("correlation unavailable: GitHub did not answer within 8s".into()),
        }),
        analysis: Analysis {
            source: AnalysisSource::Rules,
            hypothesis: "The machine is down, or its kubelet is.".into(),
            confidence: Confidence::Low,
            business_impact: String::new(),
            dissent: Some("SEV-2: the node carries the only replica of n8n's queue".into()),
        },
        actions: vec![Action {
            title: "Look whether the machine has power".into(),
            command: None,
        }],
        silenced_until: None,
        notification: Notification {
            decision: Decision::Defer,
            channel: Some("#infrastructure-alerts".into()),
            why: "SEV-3 outside business hours, which open 2026-11-02 14:00 UTC".into(),
            delivered: None,
        },
    }
}

fn silenced() -> Incident {
    Incident {
        id: "INC-2026-10-31-001".into(),
        state: IncidentState::DeEscalated,
        severity: Severity::Sev2,
        rule: "P0_AT_RISK".into(),
        title: "n8n: its backup is overdue".into(),
        service: Some("n8n".into()),
        tier: Some(Tier::P0),
        silenced_until: Some(at("2026-11-02T04:00:00Z")),
        correlation: None,
        actions: Vec::new(),
        notification: Notification {
            decision: Decision::Suppress,
            channel: None,
            why: "silenced: weekly backup".into(),
            delivered: None,
        },
        ..node()
    }
}

fn known() -> Incident {
    let mut incident = Incident {
        id: "INC-2026-11-02-003".into(),
        state: IncidentState::New,
        severity: Severity::Sev4,
        rule: "KNOWN_ISSUE".into(),
        title: "vault is sealed".into(),
        service: Some("vault".into()),
        tier: Some(Tier::P1),
        since: at("2026-11-02T02:57:05Z"),
        correlation: None,
        actions: vec![Action {
            title: "Unseal it with three of the keys".into(),
            command: ShellCommand::parse(
                "kubectl -n vault exec -it vault-0 -- vault operator unseal",
            ),
        }],
        notification: Notification {
            decision: Decision::Log,
            channel: None,
            why: "SEV-4 is logged only".into(),
            delivered: None,
        },
        ..node()
    };
    incident.findings[0] = Finding {
        reason: "VaultSealed".into(),
        cause: Some("VaultSealed".into()),
        resource: resource("StatefulSet", "vault", "vault"),
        since: None,
        message: "running, not ready: sealed after a restart".into(),
        evidence: vec![evidence("e9", "log", "core: vault is sealed")],
        known_issue: Some("Requires manual unsealing after pod restart".into()),
    };
    incident
}

fn resolved() -> Incident {
    Incident {
        id: "INC-2026-11-01-009".into(),
        state: IncidentState::Resolved,
        severity: Severity::Sev2,
        rule: "P0_DEGRADED".into(),
        title: "nginx-ingress: 1 of 2 replicas ready".into(),
        service: Some("nginx-ingress".into()),
        tier: Some(Tier::P0),
        since: at("2026-11-01T23:10:00Z"),
        ..node()
    }
}

/// Every text of the cluster is hostile.
pub fn hostile() -> Report {
    let nasty = "\u{1b}[2J\u{1b}]0;owned\u{7}a|b `c`\n# <img src=x onerror=y> **@here** [z](http://e)\u{202e}";
    let mut report = outage();
    report.cycle.cluster = nasty.into();
    report.services[0].name = nasty.into();
    report.visibility.unread[0].resource = nasty.into();
    report.visibility.unread[0].message = nasty.into();
    report.llm.note = Some(nasty.into());
    let incident = &mut report.incidents[0];
    incident.title = nasty.into();
    incident.affects = vec![nasty.into()];
    incident.root_cause.summary = nasty.into();
    incident.findings[0].message = nasty.into();
    incident.findings[0].resource.name = nasty.into();
    incident.findings[0].evidence[0].text = nasty.into();
    incident.findings[0].known_issue = Some(nasty.into());
    incident.analysis.hypothesis = nasty.into();
    incident.analysis.business_impact = nasty.into();
    incident.notification.why = nasty.into();
    incident.actions[0].title = nasty.into();
    incident.actions[0].command = ShellCommand::parse("git log -p -- 'a*b_c <d> [e](f) | g'");
    if let Some(correlation) = &mut incident.correlation {
        correlation.commits[0].url = "javascript:alert(1)".into();
        correlation.commits[0].pull_request = Some("https://e/) **x**".into());
        correlation.commits[0].reasons = vec![nasty.into()];
    }
    report
}

/// All details of one service.
pub fn check() -> (Report, ServiceDetails) {
    let mut report = outage();
    report.cycle.mode = Mode::Check;
    report.incidents = vec![database()];
    report.visibility = Visibility::default();
    let details = ServiceDetails {
        service: "mysql".into(),
        purpose: Some("MySQL database for chores-tracker application".into()),
        workloads: vec![WorkloadDetails {
            kind: "StatefulSet".into(),
            name: "mysql".into(),
            ready: Some(0),
            desired: Some(1),
        }],
        pods: vec![PodDetails {
            name: "mysql-0".into(),
            state: "CrashLoopBackOff".into(),
            ready: "0/1".into(),
            restarts: 14,
            created: Some(at("2026-10-30T12:00:00Z")),
            node: Some("k3s-worker-1".into()),
        }],
        logs: vec![ContainerLog {
            pod: "mysql-0".into(),
            container: "mysql".into(),
            previous: true,
            lines: vec![
                "2026-11-02T03:00:58Z 0 [System] [MY-010116] mysqld (8.4.0) starting".into(),
                "2026-11-02T03:01:01Z 1 [System] InnoDB initialization has started.".into(),
            ],
        }],
        dependencies: vec![
            Neighbour {
                name: "vault".into(),
                tier: Some(Tier::P1),
                status: Some(ServiceStatus::Unavailable),
            },
            Neighbour {
                name: "AWS S3".into(),
                tier: None,
                status: None,
            },
        ],
        dependents: vec![Neighbour {
            name: "chores-tracker-backend".into(),
            tier: Some(Tier::P0),
            status: Some(ServiceStatus::Unavailable),
        }],
        known_issues: vec!["Single replica (no HA) - data loss risk".into()],
        events: vec![WarningEvent {
            last_seen: Some(at("2026-11-02T03:01:05Z")),
            reason: "BackOff".into(),
            object: "Pod/mysql-0".into(),
            message: "Back-off restarting failed container mysql in pod mysql-0_mysql".into(),
            count: 23,
        }],
        commands: vec![
            Action {
                title: "Read the last log lines of the container that exited".into(),
                command: ShellCommand::parse(
                    "kubectl -n mysql logs mysql-0 -c mysql --previous --tail 50",
                ),
            },
            Action {
                title: "Describe the pod".into(),
                command: ShellCommand::parse("kubectl -n mysql describe pod mysql-0"),
            },
        ],
    };
    (report, details)
}

fn resource(kind: &str, namespace: &str, name: &str) -> Resource {
    Resource {
        kind: kind.into(),
        namespace: Some(namespace.into()),
        name: name.into(),
    }
}

fn evidence(id: &str, kind: &str, text: &str) -> Evidence {
    Evidence {
        id: id.into(),
        kind: kind.into(),
        text: text.into(),
    }
}

fn event(when: &str, what: &str, source: &str) -> TimelineEvent {
    TimelineEvent {
        at: at(when),
        what: what.into(),
        source: source.into(),
    }
}
