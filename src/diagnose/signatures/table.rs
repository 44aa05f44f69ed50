//! The phrases of logs that name a cause.

use crate::diagnose::text::has_any;
use crate::model::Cause;

/// The phrases that name a cause. All are in lower case.
pub struct Signature {
    /// The cause.
    pub cause: Cause,
    /// The line contains one of these.
    pub any_of: &'static [&'static str],
    /// And one of these, unless empty.
    pub and_any_of: &'static [&'static str],
    /// And none of these.
    pub none_of: &'static [&'static str],
}

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
        any_of: &[
            "address already in use",
            "eaddrinuse",
            "address in use",
            "port is already allocated",
            "only one usage of each socket",
        ],
        and_any_of: &[],
        none_of: &["retrying"],
    },
    Signature {
        cause: Cause::PortConflict,
        any_of: &["already in use"],
        and_any_of: &["port", "listen"],
        none_of: &[],
    },
    Signature {
        cause: Cause::VolumeFull,
        any_of: &[
            "no space left on device",
            "enospc",
            "disk is full",
            "disk full",
            "could not extend file",
            "quota exceeded on device",
        ],
        and_any_of: &[],
        none_of: &["inotify"],
    },
    Signature {
        cause: Cause::VaultSealed,
        any_of: &["vault is sealed"],
        and_any_of: &[],
        none_of: &[],
    },
    Signature {
        cause: Cause::DatabaseReadOnly,
        any_of: &[
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
        and_any_of: &[],
        none_of: &[],
    },
    Signature {
        cause: Cause::DatabaseConnectionsExhausted,
        any_of: &[
            "too many connections",
            "too many clients already",
            "remaining connection slots are reserved",
            "er_con_count_error",
            "max number of clients reached",
            "exceeded the 'max_user_connections'",
            "error 1040",
            "error 1203",
        ],
        and_any_of: &[],
        none_of: &["http"],
    },
    Signature {
        cause: Cause::DatabaseAuthFailed,
        any_of: &[
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
            "public key retrieval is not allowed",
            "role \"postgres\" does not exist",
        ],
        and_any_of: &[],
        none_of: &["[note]", "[warning]"],
    },
    Signature {
        cause: Cause::DatabaseAuthFailed,
        any_of: &["authentication failed", "role \""],
        and_any_of: &["mongo", "postgres", "does not exist", "redis"],
        none_of: &["database \"", "relation \"", "column \""],
    },
    Signature {
        cause: Cause::DnsResolutionFailed,
        any_of: &[
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
        and_any_of: &[],
        none_of: &[],
    },
    Signature {
        cause: Cause::DnsResolutionFailed,
        any_of: &["i/o timeout"],
        and_any_of: &["dial tcp: lookup ", ": lookup "],
        none_of: &[],
    },
    Signature {
        cause: Cause::DatabaseUnreachable,
        any_of: &[
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
        and_any_of: &[],
        none_of: &[],
    },
    Signature {
        cause: Cause::DatabaseUnreachable,
        any_of: &[
            "connection refused",
            "econnrefused",
            "connection timed out",
            "etimedout",
            "no route to host",
            "i/o timeout",
            "connectexception",
        ],
        and_any_of: DATABASES,
        none_of: &["127.0.0.1:15", "localhost:15"],
    },
    Signature {
        cause: Cause::VolumePermissionDenied,
        any_of: &[
            "permission denied",
            "eacces",
            "operation not permitted",
            "read-only file system",
            "erofs",
            "access is denied",
        ],
        and_any_of: &[],
        none_of: &[
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
        any_of: &[
            "exec format error",
            "executable file not found",
            "exec user process caused",
            ": command not found",
        ],
        and_any_of: &[],
        none_of: &[],
    },
];

/// Whether a text, in lower case, carries a signature of the cause.
#[must_use]
pub fn matches(cause: Cause, text: &str) -> bool {
    SIGNATURES.iter().filter(|s| s.cause == cause).any(|s| {
        has_any(text, s.any_of)
            && (s.and_any_of.is_empty() || has_any(text, s.and_any_of))
            && !has_any(text, s.none_of)
    })
}
