//! Programs that take a password as an argument.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::shapes::{self, Compiled, Shape, checked};
use super::{allowlist, forms, strength};

/// How a short option contains a password.
#[derive(Debug, Clone, Copy)]
pub(super) enum Short {
    /// The value follows the option without a blank, or in quotes.
    Attached(&'static str),
    /// The value is the next argument.
    Next(&'static [&'static str]),
    /// The next argument is `user:password`, or with another sign between.
    User(char, &'static [&'static str]),
}

use Short::{Attached, Next, User};

/// The beginnings of the names of programs, and their options.
#[rustfmt::skip]
pub(super) const PROGRAMS: &[(&str, &[Short])] = &[
    ("mysql", &[Attached("-p")]),
    ("mariadb", &[Attached("-p")]),
    ("mongo", &[Next(&["-p"])]),
    ("cqlsh", &[Next(&["-p"])]),
    ("influx", &[Next(&["-t"])]),
    ("sqlcmd", &[Next(&["-P"]), Attached("-P")]),
    ("bcp", &[Next(&["-P"]), Attached("-P")]),
    ("redis-cli", &[Next(&["-a"])]),
    ("valkey-cli", &[Next(&["-a"])]),
    ("keydb-cli", &[Next(&["-a"])]),
    ("sshpass", &[Next(&["-p"]), Attached("-p")]),
    ("login", &[Next(&["-p"])]),
    ("curl", &[User(':', &["-u", "--user", "--proxy-user", "-U", "-E", "--cert"]), Attached("-u")]),
    ("wget", &[User(':', &["--user", "--proxy-user"])]),
    ("http", &[User(':', &["-a", "--auth"])]),
    ("ab", &[User(':', &["-A", "-P"])]),
    ("etcdctl", &[User(':', &["--user"])]),
    ("openssl", &[Next(&["-k", "-K", "-hmac"])]),
    ("zip", &[Next(&["-P"])]),
    ("unzip", &[Next(&["-P"])]),
    ("7z", &[Attached("-p")]),
    ("rar", &[Attached("-p"), Attached("-hp")]),
    ("unrar", &[Attached("-p")]),
    ("ldap", &[Next(&["-w", "-s"])]),
    ("rabbitmqadmin", &[Next(&["-p"])]),
    ("mosquitto_", &[Next(&["-P"])]),
    ("snmp", &[Next(&["-c", "-A", "-X"])]),
    ("ipmitool", &[Next(&["-P"])]),
    ("ssh-keygen", &[Next(&["-N", "-P"])]),
    ("useradd", &[Next(&["-p"])]),
    ("usermod", &[Next(&["-p"])]),
    ("lftp", &[User(',', &["-u"])]),
    ("ncftp", &[Next(&["-p"])]),
    ("twine", &[Next(&["-p"])]),
    ("clickhouse", &[Next(&["--password"])]),
];

pub(super) static NAMES: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(PROGRAMS.iter().map(|(name, _)| name)).ok());

impl Short {
    /// The offset of the secret in an argument.
    pub(super) fn secret(self, previous: &str, arg: &str) -> Option<usize> {
        match self {
            Attached(flag) if previous == flag && strength::is_generated(arg) => Some(0),
            Attached(flag) if flag.ends_with('u') => {
                let user = arg.strip_prefix(flag)?;
                user.find(':').map(|colon| flag.len() + colon + 1)
            }
            Attached(flag) => is_attached(arg, flag).then_some(flag.len()),
            Next(flags) => (flags.contains(&previous) && !arg.starts_with('-')).then_some(0),
            User(sign, flags) if flags.contains(&previous) => arg.find(sign).map(|sign| sign + 1),
            User(..) => None,
        }
    }
}

/// `-psecret`, but not `-port`, `-path=x`.
fn is_attached(arg: &str, flag: &str) -> bool {
    arg.strip_prefix(flag).is_some_and(|value| {
        let word = value.split('=').next().unwrap_or_default();
        !value.is_empty()
            && !matches!(
                word,
                "ort" | "ath" | "rint" | "rotocol" | "id" | "rofile" | "assword"
            )
            && !allowlist::is_allowed("password", value)
    })
}

/// Arguments that are secret by their place, and secrets in the input of a command.
const SHAPES: &[Shape] = &[
    checked(
        "password",
        r"\bhtpasswd[ \t]+-[A-Za-z]*b[A-Za-z]*[ \t]+(?:-[A-Za-z]+[ \t]+)*(?:[!-~]+[ \t]+)?[!-~]+[ \t]+([!-~]{6,})",
        is_password,
    ),
    checked(
        "password",
        r"\b(?:mosquitto_passwd|rabbitmqctl[ \t]+(?:add_user|change_password))[ \t]+(?:-[A-Za-z]+[ \t]+[!-~]+[ \t]+)?[!-~]+[ \t]+([!-~]{6,})",
        is_password,
    ),
    checked(
        "password",
        r"\b(?:sqlplus|impdp|expdp|imp|exp|sqlldr)[ \t]+(?:-[A-Za-z]+[ \t]+)*[A-Za-z0-9_]+/([!-?A-~]{4,})@",
        is_password,
    ),
    checked(
        "password",
        r"\bopenssl[ \t][ -~]{0,200}?\bpass:([!-~]+)",
        is_password,
    ),
    checked(
        "password",
        r"\bpass(?:in|out)?[ \t=]+pass:([!-~]+)",
        is_password,
    ),
    checked(
        "password",
        r"\bnet[ \t]+use[ \t][ -~]{0,100}?/user:[!-~]+[ \t]+([!-~]{6,})",
        is_password,
    ),
    checked(
        "password",
        r"(?:^|[ \t])/(?:p|pass|password|pw):([!-~]{6,})",
        is_password,
    ),
    checked(
        "password",
        r"\b(?:smbclient|smbget|smbmap|rpcclient|net|winexe)[ \t][ -~]{0,200}?-(?:U|-user)[ \t=]*['\x22]?[!-$&-~]+%([!-&(-~]+)",
        is_password,
    ),
    checked(
        "password",
        r"--from-literal[= ]['\x22]?[A-Za-z0-9_.-]+=([!-~]{6,})",
        strength::is_generated,
    ),
    checked(
        "password",
        r"\bnmcli[ \t][ -~]{0,200}?\bpassword[ \t]+([!-~]{6,})",
        is_password,
    ),
    checked(
        "password",
        r"\bwpa_passphrase[ \t]+[!-~]+[ \t]+([!-~]{8,})",
        is_password,
    ),
    checked(
        "password",
        r"\brclone[ \t][ -~]{0,200}?\bpass[ \t]+([!-~]{6,})",
        is_password,
    ),
    checked(
        "token",
        r"\bvault[ \t]+(?:login|operator[ \t]+unseal|unseal)[ \t]+(?:-[!-~]+[ \t]+)*([A-Za-z0-9+/=_.-]{16,})",
        strength::is_generated,
    ),
    checked(
        "token",
        r"\b(?:activate-refresh-token|set-token)[ \t]+[!-~]+[ \t]+([!-~]{16,})",
        strength::is_generated,
    ),
    checked(
        "token",
        r"\b(?:npm|yarn|pnpm)[ \t]+config[ \t]+set[ \t]+[!-~]*_(?:authToken|auth|password)[ \t=]+([!-~]{8,})",
        is_password,
    ),
    checked(
        "key",
        r"\baws[ \t]+configure[ \t]+set[ \t]+[a-z_]*(?:secret|token)[a-z_]*[ \t]+([!-~]{16,})",
        is_password,
    ),
    // `-px` without the name of its program
    checked(
        "password",
        r"(?:^|[ \t\x22'])-p([!-~]{11,}[A-Za-z0-9])",
        strength::is_generated,
    ),
    // `echo x | docker login --password-stdin`
    checked(
        "password",
        r"\b(?:echo|printf)[ \t]+(?:-[A-Za-z]+[ \t]+|'%s'[ \t]+)*['\x22]?([!-~]{6,}?)['\x22]?[ \t]*\|[ -~]{0,200}?(?:-stdin|chpasswd|passwd|--with-token)",
        is_password,
    ),
    checked(
        "password",
        r"\b(?:echo|printf)[ \t]+(?:-[A-Za-z]+[ \t]+|'%s'[ \t]+)*['\x22]?([!-~]{12,}?)['\x22]?[ \t]*\|[ \t]*(?:base64|openssl|sha256sum)",
        strength::is_generated,
    ),
    checked(
        "password",
        r"<<<[ \t]*['\x22]?([!-~]{8,}[A-Za-z0-9=])",
        strength::is_generated,
    ),
];

pub(super) static PLACES: LazyLock<Compiled> = LazyLock::new(|| shapes::compile_all(SHAPES));

/// Neither a word, a reference, a name nor an option.
fn is_password(word: &str) -> bool {
    !word.starts_with('-')
        && !allowlist::is_allowed("password", word)
        && !allowlist::is_plain_word(word)
        && !forms::is_object_name(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        shapes::assert_compiles(SHAPES);
        assert!(NAMES.is_some());
    }
}
