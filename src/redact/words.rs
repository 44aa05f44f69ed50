//! The words of names with secret values.

/// Words that make a name secret at any position.
#[rustfmt::skip]
pub(super) const SECRET: &[&str] = &[
    "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pass", "secret",
    "secrets", "token", "tokens", "credential", "credentials", "cred", "creds", "dsn", "apikey",
    "apikeys", "authorization", "cookie", "bearer", "jwt", "otp", "totp", "salt",
    "requirepass", "masterauth", "dockerconfigjson", "dockercfg", "connstr", "connectionstring",
    "privatekey", "secretkey", "accesskey", "authkey", "privkey", "mnemonic", "pw", "psk",
    "bindpw", "rootpw", "userpw", "assertion", "keypass", "storepass", "cvv", "cvc",
];

/// The word for password in other languages, with and without their accents.
#[rustfmt::skip]
pub(super) const FOREIGN: &[&str] = &[
    // German, Dutch, Danish, Norwegian, Swedish, Icelandic
    "passwort", "passwörter", "kennwort", "kennwörter", "passwoord", "wachtwoord",
    "wachtwoorden", "adgangskode", "adgangskoden", "kodeord", "passord", "passordet", "lösenord",
    "losenord", "lösenordet", "lykilorð",
    // Spanish, Portuguese, French, Italian, Romanian, Catalan
    "contraseña", "contraseñas", "contrasena", "contrasenya", "clave", "senha", "senhas",
    "palavrapasse", "motdepasse", "mdp", "parola", "parolă", "parole",
    // Polish, Czech, Slovak, Hungarian, Croatian, Serbian, Slovenian, Lithuanian, Estonian, Finnish
    "hasło", "haslo", "hasła", "heslo", "jelszó", "jelszo", "lozinka", "geslo", "slaptažodis",
    "slaptazodis", "parool", "salasana",
    // Turkish, Uzbek, Indonesian, Vietnamese
    "şifre", "şifresi", "sifre", "parol", "katasandi", "matkhau",
    // Russian, Ukrainian, Bulgarian, Serbian, Greek
    "пароль", "пароля", "паролем", "парола", "лозинка", "κωδικός", "κωδικος", "συνθηματικό",
    // Chinese, Japanese, Korean, Thai, Hindi, Arabic, Hebrew, Persian
    "密码", "密碼", "口令", "パスワード", "暗証番号", "비밀번호", "암호", "패스워드", "รหัสผ่าน",
    "पासवर्ड", "كلمةالمرور", "סיסמה", "סיסמא", "گذرواژه",
];

/// What Chinese, Japanese and Korean write behind a word to say `is`.
pub(super) const PARTICLES: &[char] = &['は', 'が', 'を', '为', '是', '為', '는', '은', '가', '를'];

/// Words whose value is secret if it looks generated. Among them are words for secret, key, token and
/// credentials in other languages, which also have other meanings.
#[rustfmt::skip]
pub(super) const GENERATED: &[&str] = &[
    "session", "auth", "sid", "csrf", "xsrf", "csrftoken", "pat", "pepper", "seed", "sig", "license",
    "licence", "geheimnis", "zugangsdaten", "zugangstoken", "zugriffstoken", "schlüssel",
    "schluessel", "geheim", "sleutel", "jeton", "clé", "chave", "llave", "klucz", "klíč", "avain",
    "anahtar", "nyckel", "nøgle", "nøkkel", "secreto", "secreta", "segredo", "segreto", "токен",
    "секрет", "ключ", "密钥", "密鑰", "令牌", "凭据", "トークン", "秘密鍵", "토큰", "키",
];

/// Endings of compound words: `dbpassword`, `clientsecret`.
#[rustfmt::skip]
pub(super) const ENDINGS: &[&str] = &[
    "password", "passwd", "passphrase", "secret", "token", "apikey", "dbpass", "userpass",
    "rootpass", "mysqlpass", "sqlpass", "adminpass", "smtppass", "passwort", "kennwort",
    "wachtwoord", "secretkey", "privatekey", "accesskey", "encryptionkey", "signingkey",
];

/// Cookies of sessions, without separators.
#[rustfmt::skip]
pub(super) const SESSIONS: &[&str] = &[
    "phpsessid", "jsessionid", "connectsid", "aspnetsessionid", "sessionid", "sessid",
    "aspsessionid", "laravelsession", "rememberme", "samlresponse",
];

/// Words that make a key secret: `API_KEY`, but not `PRIMARY_KEY`.
#[rustfmt::skip]
pub(super) const KEY_OWNERS: &[&str] = &[
    "api", "app", "application", "access", "private", "encryption", "encrypt", "signing",
    "sign", "master", "account", "shared", "auth", "license", "licence", "ssh", "client",
    "webhook", "tls", "ssl", "ca", "server", "service", "session", "hmac", "crypto", "cipher",
    "aes", "rsa", "gpg", "pgp", "deploy", "storage", "datadog", "dd", "openai", "anthropic",
    "stripe", "github", "google", "aws", "azure", "csrf", "root", "unseal", "recovery", "sas",
    "preshared", "fernet", "kms", "vapid", "subscription", "decryption", "decrypt", "secure",
    "instrumentation", "activation", "mailgun", "sendgrid", "backup", "db", "database", "wireguard", "cloudflare",
];

/// Words that make `auth` secret: `REDIS_AUTH`, but not `auth: enabled`.
#[rustfmt::skip]
pub(super) const AUTH_OWNERS: &[&str] = &[
    "redis", "basic", "http", "proxy", "smtp", "registry", "docker", "npm", "rediscli", "x",
];

/// Words that make a code, a seed, a pin or the like secret: `RECOVERY_CODE`, `otpSeed`, `pin_code`.
#[rustfmt::skip]
pub(super) const OWNED: &[(&str, &[&str])] = &[
    ("code", &["pin", "recovery", "backup", "verification", "activation", "otp", "invite", "security", "device"]),
    ("codes", &["recovery", "backup"]),
    ("seed", &["otp", "totp", "mfa", "wallet", "master", "recovery"]),
    ("phrase", &["seed", "recovery", "pass", "mnemonic"]),
    ("verifier", &["code"]),
    ("community", &["snmp", "server"]),
    ("api", &["clé", "clave", "chave", "llave", "ключ", "jeton", "schlüssel"]),
    ("secrète", &["clé"]),
    ("sandi", &["kata"]),
    ("khẩu", &["mật"]),
    ("passe", &["de", "palavra"]),
    ("ordine", &["d", "parola"]),
    ("المرور", &["كلمة"]),
    ("pin", &["user", "login", "sim", "card", "device"]),
    ("signature", &["oauth", "amz", "hub"]),
];

/// A name with one of these last words is about a secret and not a secret itself: `secretName`,
/// `TOKEN_FILE`, `password-policy`, `token-service`.
#[rustfmt::skip]
pub(super) const ABOUT: &[&str] = &[
    "name", "names", "ref", "refs", "reference", "file", "files", "filename", "path", "paths",
    "dir", "directory", "url", "uri", "host", "hostname", "port", "endpoint", "addr", "address",
    "type", "kind", "policy", "policies", "length", "size", "len", "ttl", "expiry", "expires",
    "expiration", "expire", "seconds", "minutes", "hours", "days", "time", "timestamp",
    "timeout", "count", "total", "enabled", "disabled", "enable", "disable", "namespace",
    "version", "algorithm", "alg", "issuer", "audience", "audiences", "provider", "providers",
    "class", "store", "stores", "manager", "rotation", "rotator", "service", "svc",
    "controller", "operator", "webhook", "reviewer", "required", "status", "state", "usage",
    "limit", "limits", "max", "min", "prefix", "suffix", "header", "field", "column", "label",
    "annotation", "error", "errors", "id", "ids", "mode", "format", "method", "mount", "mounts",
    "volume", "cache", "driver", "syncer", "generator", "reset", "changed", "domain", "domains",
    "samesite", "found", "exists", "created", "updated", "review", "reviews", "requests",
    "request", "stdin", "encryption", "hashing", "rounds", "authentication", "login", "prompt",
    "command", "cmd", "hint", "lifetime", "age", "window", "interval", "period", "duration",
    "bytes", "bits", "scope", "scopes", "plugin", "strength", "complexity",
];

/// A secret of these is the name of an object: `existingSecret`, `passwordSecret`.
pub(super) const NAMED_SECRETS: &[&str] =
    &["existing", "password", "credentials", "tls", "cert", "pull"];

/// Words at the end of a name that say which or in what form: `API_KEY_PROD`, `signingKeyHex`. A
/// version, a number, a region or an environment says nothing of what the value is.
#[rustfmt::skip]
pub(super) const QUALIFIERS: &[&str] = &[
    "v", "prod", "prd", "production", "live", "staging", "stage", "stg", "preprod", "dev",
    "development", "test", "testing", "qa", "uat", "ci", "local", "dr", "old", "new", "prev",
    "previous", "current", "next", "primary", "secondary", "backup", "replica", "main", "default",
    "b64", "base64", "base", "hex", "hash", "hashed", "enc", "encrypted", "plain", "plaintext",
    "cleartext", "raw", "value", "string", "eu", "us", "ap", "west", "east", "north", "south",
    "central", "europe",
];

/// Identifiers that are secret or belong to a secret: the secret id of a Vault role,
/// Vault's root token in development.
pub(super) const SECRET_IDS: &[&str] = &["access key", "secret", "root token"];

/// Plurals after these words are lists of names, or counts.
#[rustfmt::skip]
pub(super) const LISTED: &[&str] = &[
    "external", "sealed", "image", "pull", "mountable", "input", "output", "prompt",
    "completion", "max", "min", "total", "cached", "num",
];

/// Owners of keys that are no secret: columns, caches, public halves.
#[rustfmt::skip]
pub(super) const PUBLIC_KEYS: &[&str] = &[
    "public", "pub", "primary", "foreign", "partition", "sort", "cache", "object", "s3", "row",
    "group", "map", "hash", "idempotency", "unique", "duplicate", "registry", "host", "index",
    "label", "annotation", "config", "lookup", "dedup", "dedupe", "deduplication", "message",
];
