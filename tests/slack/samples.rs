//! Sample incidents and their messages.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use k8s_monitor::inventory::{self, Service};
use k8s_monitor::model::ShellCommand;
use k8s_monitor::notify::slack::{self, SlackMessage};
use k8s_monitor::notify::{MessageContext, MessageKind, compose};
use k8s_monitor::report::*;

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect(text)
}

pub fn services() -> Vec<Service> {
    inventory::parse(include_bytes!("../../docs/reference/services.txt")).services
}

/// The context of a message in the cycle at 03:04.
pub fn context<'a>(
    kind: MessageKind,
    incidents: &'a [Incident],
    services: &'a [Service],
) -> MessageContext<'a> {
    MessageContext {
        services,
        zone: Tz::America__New_York,
        ..MessageContext::new(
            kind,
            incidents.iter().collect(),
            "homelab",
            "20261102T080405Z",
            at("2026-11-02T08:04:05Z"),
        )
    }
}

/// The message as Slack gets it.
pub fn rendered(context: &MessageContext) -> SlackMessage {
    slack::render(&compose(context))
}

fn resource(kind: &str, namespace: &str, name: &str) -> Resource {
    Resource {
        kind: kind.into(),
        namespace: (!namespace.is_empty()).then(|| namespace.into()),
        name: name.into(),
    }
}

fn action(title: &str, command: &str) -> Action {
    Action {
        title: title.into(),
        command: Some(ShellCommand::parse(command).unwrap()),
    }
}

fn evidence(kind: &str, text: &str) -> Evidence {
    Evidence {
        id: "E1".into(),
        kind: kind.into(),
        text: text.into(),
    }
}

/// An incident with one finding and default values.
fn incident(id: &str, title: &str, severity: Severity, finding: Finding) -> Incident {
    Incident {
        id: id.into(),
        fingerprint: "homelab/x".into(),
        state: IncidentState::New,
        severity,
        rule: String::new(),
        title: title.into(),
        service: None,
        tier: None,
        since: at("2026-11-02T07:59:02Z"),
        end: None,
        affects: Vec::new(),
        root_cause: RootCause {
            cause: finding.cause.clone(),
            resource: finding.resource.clone(),
            summary: finding.message.clone(),
        },
        findings: vec![finding],
        correlation: None,
        analysis: Analysis {
            source: AnalysisSource::Rules,
            hypothesis: String::new(),
            confidence: Confidence::High,
            business_impact: String::new(),
            dissent: None,
        },
        actions: Vec::new(),
        silenced_until: None,
        notification: Notification {
            decision: Decision::Send,
            channel: None,
            why: String::new(),
            delivered: None,
        },
    }
}

fn finding(reason: &str, cause: &str, resource: Resource, message: &str) -> Finding {
    Finding {
        reason: reason.into(),
        cause: Some(cause.into()),
        resource,
        since: None,
        message: message.into(),
        evidence: Vec::new(),
        known_issue: None,
    }
}

/// SEV-1: the data layer is down because of a commit.
pub fn database() -> Incident {
    let root = Finding {
        evidence: vec![
            evidence(
                "object",
                "last state: OOMKilled, exit code 137, memory limit 256Mi",
            ),
            evidence(
                "event",
                "Back-off restarting failed container mysql in pod mysql-0 (23 times)",
            ),
        ],
        ..finding(
            "CrashLoopBackOff",
            "OOMKilled",
            resource("StatefulSet", "mysql", "mysql"),
            "container mysql is killed for memory at its limit of 256Mi, 14 times so far",
        )
    };
    let mut incident = incident(
        "INC-2026-11-02-001",
        "mysql is unavailable: OOMKilled",
        Severity::Sev1,
        root,
    );
    incident.rule = "DATA_LAYER_DOWN".into();
    incident.service = Some("mysql".into());
    incident.tier = Some(Tier::P0);
    incident.affects = vec![
        "chores-tracker-backend".into(),
        "chores-tracker-frontend".into(),
    ];
    incident.findings.push(Finding {
        evidence: vec![evidence(
            "log",
            "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'mysql'\")",
        )],
        ..finding(
            "ContainersNotReady",
            "DatabaseUnreachable",
            resource(
                "Deployment",
                "chores-tracker-backend",
                "chores-tracker-backend",
            ),
            "0 of 2 pods are ready",
        )
    });
    incident.correlation = Some(Correlation {
        confidence: Confidence::High,
        commits: vec![Commit {
            sha: "4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b".into(),
            url: "https://github.com/arigsela/kubernetes/commit/4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b".into(),
            pull_request: Some("https://github.com/arigsela/kubernetes/pull/212".into()),
            committed_at: at("2026-11-02T07:46:50Z"),
            lag_seconds: 732,
            reasons: vec!["lowers the memory limit of the container that is killed".into()],
        }],
            timeline: vec![
                event("2026-11-02T07:46:50Z", "commit 4f2a9c1: trim mysql's memory", "GitHub"),
                event("2026-11-02T07:50:31Z", "Argo CD applied revision 4f2a9c1", "Argo CD"),
                event("2026-11-02T07:51:02Z", "a new pod (mysql-0)", "Pod mysql/mysql-0"),
                event("2026-11-02T07:59:02Z", "first failure: container mysql is killed at its limit", "StatefulSet mysql/mysql"),
            ],
            note: None,
    });
    incident.analysis = Analysis {
        source: AnalysisSource::Model,
        hypothesis: "The limit was cut from 2Gi to 256Mi, below what InnoDB's buffer pool needs"
            .into(),
        confidence: Confidence::High,
        business_impact: "Nobody can use the chores tracker: its backend has no database.".into(),
        dissent: None,
    };
    incident.actions = vec![
        action(
            "Check the object and its events",
            "kubectl describe statefulset mysql -n mysql",
        ),
        action(
            "Read its last log lines",
            "kubectl logs mysql-0 -n mysql --all-containers --tail=50 --previous",
        ),
        action(
            "Verify",
            "kubectl rollout status statefulset/mysql -n mysql",
        ),
    ];
    incident
}

pub fn rollback() -> Vec<Action> {
    vec![
        action(
            "Revert the commit; Argo CD applies it in 3-5 minutes",
            "git revert 4f2a9c1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b && git push",
        ),
        action(
            "Watch the recovery",
            "kubectl get pod mysql-0 -n mysql --watch",
        ),
    ]
}

/// SEV-2: a P0 service with one of two replicas, without the model.
pub fn backend() -> Incident {
    let mut incident = incident(
        "INC-2026-11-02-002",
        "chores-tracker-backend is degraded: ImagePullUnauthorized",
        Severity::Sev2,
        Finding {
            evidence: vec![evidence(
                "event",
                "Failed to pull image \"852893458518.dkr.ecr.us-east-2.amazonaws.com/chores-tracker:5.9.0\": 403 Forbidden",
            )],
            ..finding(
                "ImagePullBackOff",
                "ImagePullUnauthorized",
                resource(
                    "Deployment",
                    "chores-tracker-backend",
                    "chores-tracker-backend",
                ),
                "1 of 2 pods cannot pull its image: the registry refuses the credentials",
            )
        },
    );
    incident.rule = "P0_DEGRADED".into();
    incident.service = Some("chores-tracker-backend".into());
    incident.tier = Some(Tier::P0);
    incident.analysis.business_impact = "chores-tracker-backend: Family chore tracking system \
        backend (FastAPI/Python, JWT auth)."
        .into();
    incident.correlation = Some(Correlation {
        confidence: Confidence::None,
        ..Correlation::default()
    });
    incident.actions = vec![
        action(
            "Check the object and its events",
            "kubectl describe deployment chores-tracker-backend -n chores-tracker-backend",
        ),
        action(
            "Review the last changes and fix it in Git; Argo CD reverts changes made elsewhere",
            "git log -p -5 -- base-apps/chores-tracker-backend/",
        ),
    ];
    incident
}

/// SEV-3: an issuer that is not ready.
pub fn certificate() -> Incident {
    let mut incident = incident(
        "INC-2026-11-02-003",
        "cert-manager: IssuerNotReady (ClusterIssuer letsencrypt-prod)",
        Severity::Sev3,
        finding(
            "NotReady",
            "IssuerNotReady",
            resource("ClusterIssuer", "", "letsencrypt-prod"),
            "the issuer cannot register its account: 429 from the ACME server",
        ),
    );
    incident.rule = "PLATFORM".into();
    incident.service = Some("cert-manager".into());
    incident.tier = Some(Tier::P1);
    incident.analysis.business_impact = "No certificate expires within 20 days.".into();
    incident.actions = vec![action(
        "Check the object and its events",
        "kubectl describe clusterissuer letsencrypt-prod",
    )];
    incident
}

/// SEV-2: objects cannot be read.
pub fn blind() -> Incident {
    let mut incident = incident(
        "INC-2026-11-02-004",
        "the monitor cannot see the cluster",
        Severity::Sev2,
        Finding {
            evidence: vec![evidence(
                "object",
                "pods: Forbidden: the service account may not list pods",
            )],
            ..finding(
                "MonitoringBlind",
                "MonitoringBlind",
                resource("Cluster", "", "homelab"),
                "could not read pods: an outage there would go unseen",
            )
        },
    );
    incident.rule = "MONITORING_BLIND".into();
    incident.analysis.business_impact =
        "Outages of objects that cannot be read are not detected.".into();
    incident.actions = vec![action(
        "Grant what is missing, then check",
        "k8s-monitor doctor",
    )];
    incident
}

/// Seven incidents of one cycle.
pub fn many() -> Vec<Incident> {
    let mut incidents = vec![certificate(), database(), blind(), backend()];
    for (number, name) in (5..).zip(["n8n", "postgresql", "oncall-agent"]) {
        let mut one = backend();
        one.id = format!("INC-2026-11-02-{number:03}");
        one.title = format!("{name} is unavailable: NodeNotReady");
        one.severity = Severity::Sev1;
        one.service = Some(name.into());
        incidents.push(one);
    }
    incidents
}

/// The incident with another start and state.
pub fn later(mut incident: Incident, since: &str, state: IncidentState) -> Incident {
    let moved = at(since) - incident.since;
    for event in incident
        .correlation
        .iter_mut()
        .flat_map(|c| &mut c.timeline)
    {
        event.at += moved;
    }
    incident.since = at(since);
    incident.state = state;
    incident
}

fn event(when: &str, what: &str, source: &str) -> TimelineEvent {
    TimelineEvent {
        at: at(when),
        what: what.into(),
        source: source.into(),
    }
}
