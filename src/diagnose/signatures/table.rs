//! The words by which causes are told.

use crate::diagnose::text::has_any;
use crate::model::Cause;

/// Words by which a cause is told.
pub struct Signature {
    /// The cause.
    pub cause: Cause,
    /// One of these stands in the line. Lower context.
    pub says: &'static [&'static str],
    /// And one of these, where there are any.
    pub about: &'static [&'static str],
    /// And none of these.
    pub never: &'static [&'static str],
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
            "public key retrieval is not allowed",
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

/// Whether a text, in lower context, carries a signature of the cause.
#[must_use]
pub fn tells(cause: Cause, text: &str) -> bool {
    SIGNATURES.iter().filter(|s| s.cause == cause).any(|s| {
        has_any(text, s.says)
            && (s.about.is_empty() || has_any(text, s.about))
            && !has_any(text, s.never)
    })
}
