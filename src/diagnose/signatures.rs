//! What programs say before they give up: one table of signatures, applied to
//! the last lines of the failing containers and to what their own probe
//! commands print.

use super::text::{has_any, name_after};
use super::{Case, Proof, Rule, address, databases, logs};
use crate::detect::{Cause, FactKind, Reason};

/// Words by which a cause is told.
pub struct Signature {
    /// The cause.
    pub cause: Cause,
    /// One of these stands in the line. Lower case.
    pub says: &'static [&'static str],
    /// And one of these, where there are any.
    pub about: &'static [&'static str],
    /// And none of these.
    pub never: &'static [&'static str],
}

/// From the most particular to the most general: a program that cannot resolve
/// its database's name also says that it cannot reach its database.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::PortConflict,
        proof: |c| said(c, Cause::PortConflict),
    },
    Rule {
        cause: Cause::VolumeFull,
        proof: |c| said(c, Cause::VolumeFull),
    },
    Rule {
        cause: Cause::VaultSealed,
        proof: vault_sealed,
    },
    Rule {
        cause: Cause::DatabaseReadOnly,
        proof: |c| databases::refuses(c, Cause::DatabaseReadOnly),
    },
    Rule {
        cause: Cause::DatabaseConnectionsExhausted,
        proof: |c| databases::refuses(c, Cause::DatabaseConnectionsExhausted),
    },
    Rule {
        cause: Cause::DatabaseAuthFailed,
        proof: |c| said(c, Cause::DatabaseAuthFailed),
    },
    Rule {
        cause: Cause::EnvAddressMismatch,
        proof: address::asked_in_vain,
    },
    Rule {
        cause: Cause::DnsResolutionFailed,
        proof: unresolved,
    },
    Rule {
        cause: Cause::DatabaseUnreachable,
        proof: unreachable,
    },
    Rule {
        cause: Cause::VolumePermissionDenied,
        proof: permission,
    },
    Rule {
        cause: Cause::ContainerCommandInvalid,
        proof: |c| said(c, Cause::ContainerCommandInvalid),
    },
    Rule {
        cause: Cause::PortConflict,
        proof: shared_port,
    },
    Rule {
        cause: Cause::DnsResolutionFailed,
        proof: own_name_servers,
    },
];

const DATABASES: &[&str] = &[
    "mysql",
    "mariadb",
    "postgres",
    "pgsql",
    "psql",
    "psycopg",
    "sqlstate",
    "jdbc",
    "hikari",
    "database",
    "redis",
    "mongo",
    ":3306",
    ":5432",
    ":6379",
    ":27017",
    "port 3306",
    "port 5432",
    "pg_",
    "libpq",
    "sqlalchemy",
];

/// The table.
pub const SIGNATURES: &[Signature] = &[
    Signature {
        cause: Cause::PortConflict,
        says: &[
            "address already in use",
            "eaddrinuse",
            "address in use",
            "port is already allocated",
            "only one usage of each socket",
        ],
        about: &[],
        never: &["retrying"],
    },
    Signature {
        cause: Cause::PortConflict,
        says: &["already in use"],
        about: &["port", "listen"],
        never: &[],
    },
    Signature {
        cause: Cause::VolumeFull,
        says: &[
            "no space left on device",
            "enospc",
            "disk is full",
            "disk full",
            "could not extend file",
            "quota exceeded on device",
        ],
        about: &[],
        never: &["inotify"],
    },
    Signature {
        cause: Cause::VaultSealed,
        says: &["vault is sealed"],
        about: &[],
        never: &[],
    },
    Signature {
        cause: Cause::DatabaseReadOnly,
        says: &[
            "--read-only option",
            "--super-read-only",
            "in a read-only transaction",
            "read only transaction",
            "readonly you can't write",
            "er_option_prevents_statement",
            "database is read-only",
            "cannot execute insert in a read-only",
            "attempt to write a readonly database",
            "not master and slaveok",
            "node is not the primary",
        ],
        about: &[],
        never: &[],
    },
    Signature {
        cause: Cause::DatabaseConnectionsExhausted,
        says: &[
            "too many connections",
            "too many clients already",
            "remaining connection slots are reserved",
            "er_con_count_error",
            "max number of clients reached",
            "exceeded the 'max_user_connections'",
            "error 1040",
            "error 1203",
        ],
        about: &[],
        never: &["http"],
    },
    Signature {
        cause: Cause::DatabaseAuthFailed,
        says: &[
            "access denied for user",
            "password authentication failed",
            "no pg_hba.conf entry",
            "er_access_denied_error",
            "wrongpass",
            "noauth authentication required",
            "sqlstate[28000]",
            "sqlstate: 28000",
            "invalid username-password pair",
            "scram authentication failed",
            "role \"postgres\" does not exist",
        ],
        about: &[],
        never: &["[note]", "[warning]"],
    },
    Signature {
        cause: Cause::DatabaseAuthFailed,
        says: &["authentication failed", "role \""],
        about: &["mongo", "postgres", "does not exist", "redis"],
        never: &["database \"", "relation \"", "column \""],
    },
    Signature {
        cause: Cause::DnsResolutionFailed,
        says: &[
            "unknownhostexception",
            "temporary failure in name resolution",
            "no such host",
            "name or service not known",
            "enotfound",
            "eai_again",
            "could not translate host name",
            "could not resolve host",
            "unable to resolve host",
            "dns resolution failed",
            "nodename nor servname",
            "nxdomain",
            "unknown mysql server host",
            "name does not resolve",
            "server misbehaving",
            "failed to lookup address",
            "name resolution failure",
            "host not found",
        ],
        about: &[],
        never: &[],
    },
    Signature {
        cause: Cause::DnsResolutionFailed,
        says: &["i/o timeout"],
        about: &["dial tcp: lookup ", ": lookup "],
        never: &[],
    },
    Signature {
        cause: Cause::DatabaseUnreachable,
        says: &[
            "communications link failure",
            "can't connect to mysql server",
            "can't connect to local mysql server",
            "sqlstate[hy000] [2002]",
            "could not connect to server",
            "server closed the connection unexpectedly",
            "error 2002",
            "error 2003",
            "mongoserverselectionerror",
            "no reachable servers",
            "serverselectiontimeouterror",
            "the database system is starting up",
            "the database system is shutting down",
            "redisconnectionexception",
            "p1001",
            "can't reach database server",
        ],
        about: &[],
        never: &[],
    },
    Signature {
        cause: Cause::DatabaseUnreachable,
        says: &[
            "connection refused",
            "econnrefused",
            "connection timed out",
            "etimedout",
            "no route to host",
            "i/o timeout",
            "connectexception",
        ],
        about: DATABASES,
        never: &["127.0.0.1:15", "localhost:15"],
    },
    Signature {
        cause: Cause::VolumePermissionDenied,
        says: &[
            "permission denied",
            "eacces",
            "operation not permitted",
            "read-only file system",
            "erofs",
            "access is denied",
        ],
        about: &[],
        never: &[
            "bind",
            "listen",
            "exec ",
            "exec:",
            "socket",
            "connect",
            "iptables",
            "is forbidden",
            "capset",
            "setuid",
            "setgid",
            "for table",
            "for relation",
            "for schema",
            "publickey",
        ],
    },
    Signature {
        cause: Cause::ContainerCommandInvalid,
        says: &[
            "exec format error",
            "executable file not found",
            "exec user process caused",
            ": command not found",
        ],
        about: &[],
        never: &[],
    },
];

/// Whether a text, in lower case, carries a signature of the cause.
#[must_use]
pub fn tells(cause: Cause, text: &str) -> bool {
    SIGNATURES.iter().filter(|s| s.cause == cause).any(|s| {
        has_any(text, s.says)
            && (s.about.is_empty() || has_any(text, s.about))
            && !has_any(text, s.never)
    })
}

/// Programs that run or fall over; others have said nothing yet.
fn speaks(case: &Case) -> bool {
    case.is(&[
        Reason::CrashLoopBackOff,
        Reason::Error,
        Reason::ContainersNotReady,
        Reason::BackOff,
        Reason::Unhealthy,
        Reason::ProgressDeadlineExceeded,
        Reason::RunContainerError,
    ])
}

/// The newest line that tells the cause.
#[must_use]
pub fn line(case: &Case, cause: Cause) -> Option<String> {
    if !speaks(case) {
        return None;
    }
    logs::find(case, |lower| tells(cause, lower))
}

fn said(case: &Case, cause: Cause) -> Option<Proof> {
    let line = line(case, cause)?;
    let proof = Proof::of(FactKind::Log, line.clone()).saying(format!("{}: {line}", what(cause)));
    Some(ended(case, proof))
}

/// How the container ended belongs beside what it said.
fn ended(case: &Case, proof: Proof) -> Proof {
    let Some((_, status, end)) = case.ends().next() else {
        return proof;
    };
    let how = super::runtime::translated(end);
    proof.and(
        FactKind::Object,
        format!(
            "container {} {how}, {} restarts",
            status.name, status.restart_count
        ),
    )
}

fn what(cause: Cause) -> &'static str {
    match cause {
        Cause::PortConflict => "the port it wants to listen on is taken",
        Cause::VolumeFull => "its disk is full",
        Cause::DatabaseAuthFailed => "the database does not accept its login",
        Cause::ContainerCommandInvalid => "its command cannot be run",
        _ => "it says",
    }
}

/// A client that vault turns away; the vault's own finding names its seal.
fn vault_sealed(case: &Case) -> Option<Proof> {
    let line = line(case, Cause::VaultSealed)?;
    let vault = case.scene.listed("vault").map(|s| s.name.clone());
    let mut proof =
        Proof::of(FactKind::Log, line).saying("vault is sealed and gives out no secrets");
    proof.leans_on = vault.filter(|v| case.finding.service.as_ref() != Some(v));
    Some(proof)
}

fn unresolved(case: &Case) -> Option<Proof> {
    let line = line(case, Cause::DnsResolutionFailed)?;
    let host = asked(&line);
    let mut proof = Proof::of(FactKind::Log, line.clone()).saying(match host {
        Some(host) => format!("cannot resolve the name {host}"),
        None => format!("cannot resolve a name: {line}"),
    });
    if let Some(servers) = name_servers(case) {
        proof = proof.and(FactKind::Object, servers);
    }
    Some(ended(case, proof))
}

/// The name that was asked for.
fn asked(line: &str) -> Option<&str> {
    const MARKS: &[&str] = &[
        "lookup ",
        "UnknownHostException: ",
        "ENOTFOUND ",
        "EAI_AGAIN ",
        "host name ",
        "server host ",
        "resolve host: ",
        "resolve host ",
        "resolution failed for ",
        "Host not found: ",
    ];
    MARKS.iter().find_map(|mark| name_after(line, mark))
}

/// Name servers of the pod's own choice, which know nothing of the cluster.
fn name_servers(case: &Case) -> Option<String> {
    let spec = case.spec()?;
    let servers = &spec.dns_config.as_ref()?.nameservers;
    (spec.dns_policy == "None" && !servers.is_empty())
        .then(|| format!("dnsPolicy None, the pod asks only {}", servers.join(", ")))
}

/// A pod that goes by name servers of its own that no healthy pod uses, and
/// does not come up. Without a log that is the best that can be said.
fn own_name_servers(case: &Case) -> Option<Proof> {
    if !speaks(case) || case.is(&[Reason::Unhealthy, Reason::BackOff]) {
        return None;
    }
    let servers = name_servers(case)?;
    let own = &case.spec()?.dns_config.as_ref()?.nameservers;
    let cluster_dns = |s: &&crate::cluster::objects::Service| own.contains(&s.spec.cluster_ip);
    let known = case
        .view
        .snapshot
        .objects
        .services
        .iter()
        .any(|s| cluster_dns(&s));
    let shared = case.view.snapshot.objects.pods.iter().any(|p| {
        let theirs = p.spec.dns_config.as_ref().map(|d| &d.nameservers);
        theirs == Some(own) && crate::detect::pods::is_ready(p)
    });
    (!known && !shared).then(|| {
        Proof::object(servers.clone()).saying(format!(
            "does not come up with name servers of its own ({servers})"
        ))
    })
}

fn unreachable(case: &Case) -> Option<Proof> {
    let line = line(case, Cause::DatabaseUnreachable)?;
    let database = databases::behind(case, &line);
    let name = database.map_or_else(String::new, |w| format!(" {}", w.name));
    let mut proof = Proof::of(FactKind::Log, line.clone())
        .saying(format!("cannot reach its database{name}: {line}"));
    proof.leans_on = database
        .and_then(|w| case.view.service_of(w))
        .map(|s| s.name.clone())
        .filter(|name| case.finding.service.as_ref() != Some(name));
    Some(ended(case, proof))
}

/// A file that may not be read or written is a volume's affair where the
/// container has a volume that it could lie on.
fn permission(case: &Case) -> Option<Proof> {
    let line = line(case, Cause::VolumePermissionDenied)?;
    let mounts: Vec<_> = case
        .spec()?
        .containers
        .iter()
        .flat_map(|c| &c.volume_mounts)
        .filter(|m| !m.mount_path.starts_with("/var/run/secrets/"))
        .map(|m| format!("{} at {}", m.name, m.mount_path))
        .collect();
    if mounts.is_empty() {
        return None;
    }
    let proof = Proof::of(FactKind::Log, line.clone())
        .and(
            FactKind::Object,
            format!("volumes: {}", super::text::listed(&mounts)),
        )
        .saying(format!("may not use its volume: {line}"));
    Some(ended(case, proof))
}

/// Containers of a pod share its ports. One that keeps ending beside another
/// that holds the port it listens on need not even say so.
fn shared_port(case: &Case) -> Option<Proof> {
    let (pod, status, _) = case
        .ends()
        .find(|(_, _, end)| !matches!(end.exit_code, 137 | 143))?;
    let own = super::case::container(pod, &status.name)?;
    let others = pod.spec.containers.iter().filter(|c| c.name != own.name);
    let runs = |name: &str| {
        pod.status
            .container_statuses
            .iter()
            .any(|s| s.name == name && s.state.running.is_some())
    };
    for other in others.filter(|c| runs(&c.name)) {
        for port in &own.ports {
            let number = port.container_port;
            let Some(how) = claims(case, pod, other, number) else {
                continue;
            };
            let proof = Proof::object(format!(
                "containers {} and {} both want port {number}: {how}",
                own.name, other.name
            ));
            let proof = proof.saying(format!(
                "port {number} of container {} is taken by container {} of the same pod",
                own.name, other.name
            ));
            return Some(ended(case, proof));
        }
    }
    None
}

/// How a container shows that it listens on a port itself.
fn claims(
    case: &Case,
    pod: &crate::cluster::objects::Pod,
    other: &crate::cluster::objects::Container,
    port: i32,
) -> Option<String> {
    const LISTENS: &[&str] = &["statusport", "listen", "bind", "http-address", "opening"];
    if other.ports.iter().any(|p| p.container_port == port) {
        return Some(format!("container {} declares it too", other.name));
    }
    let number = port.to_string();
    let holds = |text: &str| {
        let lower = text.to_lowercase();
        let is_word = lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == number);
        is_word && has_any(&lower, LISTENS) && !lower.contains("upstream")
    };
    let values = other.env.iter().map(|v| format!("{}={}", v.name, v.value));
    let mut settings = other
        .args
        .iter()
        .chain(&other.command)
        .cloned()
        .chain(values);
    if let Some(setting) = settings.find(|s| holds(s)) {
        return Some(format!(
            "container {} is set to it ({})",
            other.name,
            super::text::clip(&setting)
        ));
    }
    let logs = case
        .scene
        .logs(pod)
        .iter()
        .filter(|l| l.container == other.name);
    let line = logs.flat_map(|l| l.text.lines()).find(|line| holds(line))?;
    Some(format!(
        "container {} says: {}",
        other.name,
        super::text::one_line(line)
    ))
}
