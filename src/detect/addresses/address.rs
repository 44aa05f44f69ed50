//! Addresses in environment variables.

/// Schemes of network protocols. Values with other schemes are not addresses.
const SCHEMES: &[&str] = &[
    "http",
    "https",
    "ws",
    "wss",
    "grpc",
    "tcp",
    "udp",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "nats",
    "kafka",
    "mqtt",
    "mqtts",
    "mongodb",
    "postgres",
    "postgresql",
    "mysql",
    "mysql2",
    "mariadb",
    "memcached",
    "ldap",
    "ldaps",
    "smtp",
    "smtps",
    "ftp",
    "sftp",
    "clickhouse",
    "etcd",
    "bolt",
    "neo4j",
    "elasticsearch",
];

/// The host and the port of an address or URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// The host.
    pub host: &'a str,
    /// The port, where one is given.
    pub port: Option<i32>,
    /// It is certainly an address: it has a scheme or a port.
    pub is_plain: bool,
}

impl<'a> Address<'a> {
    /// Reads `host`, `host:port` or a URL; none for anything else, IP addresses
    /// and localhost.
    #[must_use]
    pub fn read(value: &'a str) -> Option<Self> {
        let value = value.trim();
        let (scheme, rest) = match value.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, value),
        };
        // `jdbc:mysql`, `mysql+pymysql`
        if scheme.is_some_and(|s| {
            !SCHEMES
                .iter()
                .any(|known| s.split([':', '+']).any(|part| part == *known))
        }) {
            return None;
        }
        let authority = rest.split(['/', '?', ',', ';', '#']).next()?;
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (authority, None),
        };
        let is_name = !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
            && host.chars().any(|c| c.is_ascii_alphabetic())
            && host.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_path = scheme.is_none() && rest.contains('/');
        (is_name && host != "localhost" && !is_path).then_some(Self {
            host,
            port,
            is_plain: scheme.is_some() || port.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_distinguished_from_other_values() {
        let read = |text| Address::read(text).map(|a| (a.host, a.port));
        assert_eq!(read("redis:6379"), Some(("redis", Some(6379))));
        assert_eq!(
            read("postgres://u:p@db.prod:5432/app"),
            Some(("db.prod", Some(5432)))
        );
        assert_eq!(read("jdbc:mysql://db/app?x=y"), Some(("db", None)));
        assert_eq!(read("mysql"), Some(("mysql", None)));
        for other in [
            "",
            "10.0.0.1:80",
            "localhost:80",
            "/var/lib",
            "a/b",
            "12:30:00",
            "true value",
            "8080",
            "kubernetes://apis/apps/v1",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
