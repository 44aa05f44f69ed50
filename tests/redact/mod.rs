//! Tables of what is masked and what is not, and properties of any text.
//!
//! No secret was ever valid. Those with a known format are assembled at run time, so that secret
//! scanners do not report this file.

#![allow(clippy::unwrap_used, missing_docs)]

mod corpus;

use k8s_monitor::redact::{is_secret_name, redact, redact_args, redact_value};
use proptest::prelude::*;

use crate::support::property;
use property::cases;

/// The text with `{}` in place of the secret, and the parts of the secret.
type Case = (&'static str, &'static [&'static str]);

const R20: &str = "Zk3xT9pLq0WbV7nYc2Rd";
const R36: &str = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
const HEX32: &str = "9f86d081884c7d659a2feaa0c55ad015";
const HEX64: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const SHAPES: &[Case] = &[
    (
        "aws key {} is not active",
        &["AK", "IA", "IOSFODNN7EXAMPLE"],
    ),
    ("temporary={}", &["AS", "IA", "IOSFODNN7EXAMPLE"]),
    ("cloned with {} by argocd", &["gh", "p_", R36]),
    ("oauth {}", &["gh", "o_", R36]),
    ("GET /x?installation={}", &["gh", "s_", R36]),
    (
        "pat '{}'",
        &["github", "_pat_", "11ABCDEFG0aBcDeFgHiJkL_", R36],
    ),
    ("remote: {}", &["gl", "pat-", R20]),
    (
        "posting as {}",
        &["xo", "xb-", "123456789012-1234567890123-", R20],
    ),
    ("user {} revoked", &["xo", "xp-", "123456789012-", R20]),
    ("socket {}", &["xa", "pp-", "1-A012345-123-", R20]),
    (
        "POST https://hooks.slack.com/services/{} 404",
        &["T0", "0000000/B00000000/", R20],
    ),
    (
        "POST https://discord.com/api/webhooks/{}",
        &["1234567890/", R36, R36],
    ),
    (
        "ping https://hc-ping.com/{}",
        &["4f1c1a2e-", "9d3b-4c56-8f70-a1b2c3d4e5f6"],
    ),
    (
        "claude {} overloaded",
        &["sk-", "ant-api03-", R36, "-", R36],
    ),
    ("openai said: {}", &["sk-", "proj-", R36, "_", R20]),
    ("old {}", &["sk-", R36, R20]),
    ("vault login {}", &["hv", "s.", "CAESIJ", R36]),
    ("legacy {} ok", &["s", ".", "Zk3xT9pLq0WbV7nYc2RdA1b2"]),
    ("Unseal Key 1: {}", &["mH7", R20, "+/x9", R20, "="]),
    ("Initial Root Token: {}", &["hv", "s.", R20, "abcd"]),
    (
        "jwt {}",
        &[
            "ey",
            "JhbGciOiJSUzI1NiJ9",
            ".ey",
            "Jpc3MiOiJrdWJlcm5ldGVzIn0",
            ".",
            R36,
        ],
    ),
    (
        "config {}",
        &[
            "ey",
            "JhdXRocyI6",
            "eyJyZWdpc3RyeSI6eyJhdXRoIjoiZFhObGNqcHdZWE56In19fQ==",
        ],
    ),
    (
        "key-data {}",
        &["LS0tLS1CRUdJTiB", "SU0EgUFJJVkFURSBLRVktLS0tLQpNSUlF", R36],
    ),
    (
        "maps {}",
        &["AI", "za", "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7"],
    ),
    ("stripe {}", &["sk", "_live_", R20]),
    ("mail {}", &["SG", ".", R20, ".", R36]),
    ("npm {}", &["np", "m_", R36]),
    ("hub {}", &["dckr", "_pat_", R20, "abc"]),
    ("grafana {}", &["gl", "sa_", R36]),
    ("tailscale up {}", &["ts", "key-auth-", R20, "-", R20]),
    (
        "sops {}",
        &[
            "AGE-SECRET-",
            "KEY-1",
            "QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQQ2",
        ],
    ),
    (
        "agent joins with {}",
        &[
            "K1",
            "0",
            HEX64,
            "::server:",
            "0123456789abcdef0123456789abcdef",
        ],
    ),
    (
        "bot https://api.telegram.org/bot{}/sendMessage",
        &["123456789:", "AA", R36],
    ),
    ("shopify said {} is revoked", &["shp", "at_", HEX32]),
    ("shared {}", &["shp", "ss_", HEX32]),
    ("newrelic {}", &["NR", "AK-", "Q7ZK2XT9PLQ0WBV7NYC2RDA1B2C"]),
    (
        "newman {}",
        &["PM", "AK-", "9f86d081884c7d659a2feaa0", "-", HEX32, "c5"],
    ),
    ("linear {}", &["lin", "_api_", R36, "Zk3x"]),
    ("doppler {}", &["dp.", "pt.", R36, "Zk3xT9p"]),
    ("doppler {}", &["dp.", "st.prd_eu.", R36, "Zk3xT9p"]),
    (
        "op {}",
        &[
            "ops_",
            "eyJ",
            "zaWduSW5BZGRyZXNzIjoibXkuMXBhc3N3b3JkLmNvbSJ9",
        ],
    ),
    (
        "invalid_grant {}",
        &["1/", "/04Zk3xT9pLq0CgYIARAAGAQ", "SNwF-L9Ir", R36],
    ),
    (
        "n8n:{}",
        &[
            "$2",
            "y$10$",
            "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        ],
    ),
    (
        "basicauth.users=n8n:{}",
        &[
            "$$2",
            "b$$05$$",
            "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        ],
    ),
    (
        "root:{}:19000:0:99999:7:::",
        &["$6", "$rounds=5000$saltsalt$", R36, R36, "Zk3xT9pLq0WbV7"],
    ),
    ("root:{}:19000", &["$5", "$saltsalt$", R36, "Zk3xT9p"]),
    (
        "root:{}:19000",
        &["$y", "$j9T$Zk3xT9pLq0WbV7nYc2Rd./$", R36, "Zk3xT9p"],
    ),
    (
        "htpasswd n8n:{}",
        &["$ap", "r1$Zk3xT9pL$", "q0WbV7nYc2RdA1b2C3D4e5"],
    ),
    (
        "hash {}",
        &[
            "$argon",
            "2id$v=19$m=65536,t=3,p=4$",
            R20,
            "ab$",
            R36,
            "Zk3xT9p",
        ],
    ),
    ("sent Bearer {} and got 401", &[R20, ".x9"]),
    ("sent Basic {} and got 401", &["bjhuOmh1bnRlcjI="]),
];

const NAMED: &[Case] = &[
    (
        "AWS_SECRET_ACCESS_KEY={}",
        &["wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "EXAMPLEKEY"],
    ),
    (
        "aws_secret_access_key = {}\nregion = eu",
        &["wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "EXAMPLEKEY"],
    ),
    ("MYSQL_ROOT_PASSWORD={} docker run", &["hunter2"]),
    ("export PGPASSWORD='{}'", &["correct horse battery"]),
    ("PASSWORD={}", &["a,b;c&d"]),
    ("DB_PASS=\"{}\" ./run", &["p\\\"q"]),
    ("password: {}", &["hunter2"]),
    ("  password: {}\n  user: n8n", &["my secret phrase"]),
    ("passwd: \"{}\"", &["hunter2"]),
    (
        "level=error msg=login user=bob password={} host=db",
        &["hunter2"],
    ),
    ("level=error login with password: {} for bob", &["hunter2"]),
    ("GENERATED ROOT PASSWORD: {}", &["eiH8aiquee5k"]),
    (
        "[Note] A temporary password is generated for root@localhost: {}",
        &["aB3,x#kd!s"],
    ),
    ("{\"user\":\"bob\",\"password\":\"{}\"}", &["hunter2"]),
    ("{\"password\": {}, \"port\": 3306}", &["12345678"]),
    (
        "{\"log\":\"{\\\"password\\\":\\\"{}\\\",\\\"a\\\":1}\"}",
        &["hunter2"],
    ),
    ("{'db_password': '{}', 'x': 1}", &["hunter2"]),
    ("{user: bob, password: {}, host: db}", &["hunter2"]),
    ("map[password:{} user:bob]", &["hunter2"]),
    ("{User:bob Password:{} Port:3306}", &["hunter"]),
    ("\"tokens\": [\"{}\"]", &["first-one-1"]),
    ("client_secret={}&grant_type=x", &["Zk3xT9"]),
    ("GET /api?user=1&api_key={}&page=2 200", &["abc123"]),
    ("GET /blob?sv=2022&sig={}&se=x", &["Zm9v%2Bbar%3D"]),
    ("apiKey: {}", &["0123456789abcdef0123456789abcdef"]),
    ("API key: {}", &["0123456789abcdef"]),
    ("DD_API_KEY: \"{}\"", &["0123456789abcdef0123456789abcdef"]),
    ("N8N_ENCRYPTION_KEY={}", &["Yq3t6w9z"]),
    ("auth token: {} was refused", &["9f86d0818"]),
    ("X-Vault-Token: {}", &["root-0815"]),
    ("curl -H 'X-Api-Key: {}' https://api", &["abcdef"]),
    ("Authorization: Bearer {}", &["short"]),
    (
        "curl -H \"Authorization: Bearer {}\" https://api",
        &["abcdef"],
    ),
    ("authorization: Basic {}", &["bjhuOmh1bnRlcjI="]),
    ("{\"Authorization\":[\"token {}\"]}", &["abcdef12"]),
    ("Cookie: {}", &["session=abc; csrf=def"]),
    ("- name: DB_PASSWORD\n  value: {}\n", &["hunter2"]),
    ("{\"name\":\"ROOT_TOKEN\",\"value\":\"{}\"}", &["hunter2"]),
    ("      MYSQL_PASSWORD:   {}\n      TZ: UTC", &["hunter2"]),
    ("password: |\n  {}\nuser: x", &["line one\n  line two"]),
    ("+  password: {}", &["hunter2"]),
    ("<password>{}</password>", &["hunter2"]),
    ("helm upgrade --set auth.rootPassword={} x", &["hunter2"]),
    (
        "{\"auths\":{\"ghcr.io\":{\"auth\":\"{}\"}}}",
        &["bjhuOmh1bnRlcjI="],
    ),
    (".dockerconfigjson: {}", &["eyJhIjoxfQ=="]),
    ("//registry.npmjs.org/:_authToken={}", &["abc-def"]),
];

const IN_CONTEXT: &[Case] = &[
    (
        "docker login -u AWS -p {} 1.dkr.ecr.eu",
        &["ey", "JwYXlsb2FkIjoi", R36, R36, R36],
    ),
    (
        "ecr said {}",
        &["ey", "JwYXlsb2FkIjoi", R36, R36, R36, "=="],
    ),
    ("SET PASSWORD FOR 'root' = PASSWORD('{}')", &["hunter2"]),
    ("VAULT_DEV_ROOT_TOKEN_ID={}", &["root"]),
    (
        "{\"keys_base64\":[\"{}\"],\"root_token\":\"x\"}",
        &["Zk3xT9pLq0WbV7nY"],
    ),
    ("bindpw: {}", &["hunter2"]),
    ("PresharedKey = {}", &["Zk3xT9pLq0WbV7nY="]),
    (
        "kubectl create secret generic x --from-literal=password={}",
        &["hunter2"],
    ),
    (
        "env [\"PATH=/bin\",\"PASSWORD={}\",\"TZ=UTC\"]",
        &["hunter2"],
    ),
    ("spring.datasource.password={}", &["hunter2"]),
    ("admin.password: {}", &["$2a$10$Zk3xT9pLq0WbV7nYc2Rd"]),
    ("postgres://n8n:{}@postgresql:5432/n8n", &["hunter2"]),
    ("DATABASE_URL=mysql://root:{}@mysql/app?x=1", &["p@ss/w0rd"]),
    ("redis://:{}@redis:6379/0", &["hunter2"]),
    ("mongodb+srv://app:{}@c0.mongodb.net/db", &["p%40ss"]),
    ("amqp://guest:{}@rabbit:5672", &["s3cr3t"]),
    (
        "fatal: https://user:{}@github.com/x/y.git not found",
        &["deadbeef"],
    ),
    ("https://{}@sentry.example/12", &["0123456789abcdef0123"]),
    ("jdbc:postgresql://db/app?user=x&password={}", &["hunter2"]),
    (
        "jdbc:sqlserver://db;user=sa;password={};encrypt=true",
        &["hunter2"],
    ),
    ("jdbc:oracle:thin:scott/{}@db:1521/x", &["tiger"]),
    ("dsn: root:{}@tcp(mysql:3306)/app", &["pa:ss"]),
    ("host=pg user=n8n password={} dbname=n8n", &["hunter2"]),
    ("Server=db;User Id=sa;Pwd={};", &["hunter2"]),
    ("AccountName=a;AccountKey={};", &["Zm9vYmFyYmF6cXV4=="]),
    ("CREATE USER n8n WITH PASSWORD '{}'", &["hunter two"]),
    ("ALTER USER root IDENTIFIED BY '{}'", &["hunter2"]),
    ("requirepass {}", &["hunter2"]),
    ("vault --token {} status", &["abcdef"]),
    ("[\"--db-password\",\"{}\"]", &["hunter2"]),
    ("args:\n- --admin-password\n- {}\n- --port", &["hunter2"]),
    ("mysqladmin ping -uroot -p{}", &["hunter2"]),
    ("[\"mysql\", \"-uroot\", \"-p{}\"]", &["hunter2"]),
    ("redis-cli -a {} ping", &["hunter2"]),
    ("curl -u admin:{} https://x", &["hunter2"]),
    ("mail from {} bounced", &["jane.doe", "@", "example.com"]),
    (
        "apiVersion: v1\ndata:\n  user: {}\nkind: Secret\n",
        &["bjhu"],
    ),
    (
        "kind: Secret\nstringData:\n  a.conf: |\n    x\n    {}\ntype: Opaque",
        &["deep line"],
    ),
    (
        "{\"kind\":\"Secret\",\"data\":{\"a\":\"{}\"}}",
        &["aHVudGVy"],
    ),
    (
        "{\\\"data\\\":{\\\"a\\\":\\\"{}\\\"},\\\"kind\\\":\\\"Secret\\\"}",
        &["aHVudGVy"],
    ),
    (
        "x\n-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\ny",
        &["MIIEowIBAAKCAQEA"],
    ),
    (
        "\"-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n\"",
        &["MIIEvQIBADAN"],
    ),
    (
        "cut\n{}\nabc=\n-----END EC PRIVATE KEY-----",
        &["MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5oFLd"],
    ),
    (
        "-----BEGIN OPENSSH PRIVATE KEY-----\n{}",
        &["b3BlbnNzaC1rZXktdjEAAAAA"],
    ),
];

const IN_SENTENCES: &[Case] = &[
    ("Password for user root: {}", &["Tr0ub4dor&3xyz"]),
    ("Password for user 'n8n'@'%': {}", &["hunter22"]),
    ("the password is {}", &["Tr0ub4dor&3xyz"]),
    ("The admin password is: {}", &["hunter2"]),
    ("password for elastic is {}.", &["q7ZxK29v"]),
    ("password for elastic is {}", &["1+q^Z.29v"]),
    ("Passwort, password for Jürgen Groß: {}", &["q7ZxK29v"]),
    ("the password is \"{}\"", &["swordfish"]),
    ("password was set to {}", &["hunter2"]),
    ("password changed to {} for bob", &["hunter2!"]),
    ("the password is now {}", &["81236123"]),
    ("the password is still {}", &["hunter2"]),
    ("wrong password ({}) for bob", &["Tr0ub4dor"]),
    ("password -> {}", &["Tr0ub4dor"]),
    ("your API key is {}", &["Zk3xT9pLq0"]),
    ("the token is {} until noon", &["Zk3xT9pLq0"]),
    ("argocd initial admin password {}", &["Tr0ub4dor3xyz"]),
    ("logged in as root with password {}, db app", &["q7zxk29v"]),
    ("using password \"{}\"", &["Tr0ub4dor&3xyz"]),
    ("{\"msg\":\"using password \\\"{}\\\"\"}", &["Tr0ub4dor"]),
    ("using passphrase `{}`", &["correct horse"]),
    (
        "<add key=\"DbPassword\" value=\"{}\"/>",
        &["Tr0ub4dor&amp;3xyz"],
    ),
    ("<property name='db.password' value='{}'/>", &["hunter2"]),
    (
        "<property name=\"connection.password\">{}</property>",
        &["hunter2"],
    ),
    (
        "mc alias set s3 http://minio:9000 n8n {}",
        &["Tr0ub4dor3xyz99"],
    ),
    (
        "mc --insecure alias set s3 $URL n8n {} --api S3v4",
        &["hunter2"],
    ),
    (
        "[\"mc\",\"alias\",\"set\",\"s3\",\"https://s3\",\"n8n\",\"{}\"]",
        &["hunter2"],
    ),
    (
        "mc config host add s3 http://minio:9000 n8n {}",
        &["hunter2"],
    ),
    ("password:\n  {}", &["Tr0ub4dor&3xyz"]),
    ("db:\r\n  password:\r\n    {}\r\n  port: 1", &["hunter2"]),
    ("- password: \n    \"{}\"\n  user: x", &["correct horse"]),
    ("apiKey:\n  {}\n", &["Zk3xT9pLq0"]),
    (
        "1 of 1 pods not ready: container mysql: password:\n  {}",
        &["Tr0ub4dor&3xyz"],
    ),
    ("- name: DB_PASSWORD\n  value:\n    {}\n", &["hunter2"]),
];

#[test]
fn no_secret_survives() {
    let cases = SHAPES
        .iter()
        .chain(NAMED)
        .chain(IN_CONTEXT)
        .chain(IN_SENTENCES);
    let cases: Vec<&Case> = cases.collect();
    assert!(cases.len() >= 60);
    let mut survivors = Vec::new();
    for (surroundings, pieces) in cases {
        let secret = pieces.concat();
        let text = surroundings.replacen("{}", &secret, 1);
        let redacted = redact(&text).into_owned();
        let leaks = secret
            .split_whitespace()
            .any(|part| redacted.contains(part));
        if leaks || !redacted.contains("[redacted:") || redact(&redacted) != redacted {
            survivors.push(format!("{text:?}\n    -> {redacted:?}"));
        }
    }
    assert!(survivors.is_empty(), "\n{}", survivors.join("\n"));
}

#[test]
fn token_shapes_are_masked_in_any_context() {
    for (_, pieces) in &SHAPES[..18] {
        let secret = pieces.concat();
        if secret.starts_with("T0") || secret.contains("1234567890/") || secret.starts_with("4f1c")
        {
            continue; // recognised by the host name before them
        }
        for around in [
            "{}",
            "'{}'",
            "(\"{}\")",
            "x={},",
            "\\\"{}\\\"",
            "/{}/",
            "key {}\n",
            "ä{}ö",
        ] {
            let text = around.replace("{}", &secret);
            assert!(!redact(&text).contains(&secret), "{text}");
        }
    }
}

const LOOK_ALIKES: &[&str] = &[
    "curl -H \"Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)\"",
    "- GITHUB_TOKEN: GitHub repository access",
    "password:  12 bytes",
    "aws ecr get-login-password | docker login --username AWS --password-stdin 1.dkr.ecr.eu.amazonaws.com",
    "connected to master 'replicator@tsdb-mysql-leader.train-ticket:3306'",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ghcr.io/arigsela/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "docker-pullable://mysql:8.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "uid 550e8400-e29b-41d4-a716-446655440000",
    "852893458465.dkr.ecr.us-east-2.amazonaws.com/chores-tracker-backend:5.1.1",
    "Back-off restarting failed container app in pod chores-tracker-backend-7d9f8b6c5d-x2k4j_default(550e8400)",
    "resourceVersion: \"123456789\"",
    "secretName: mysql-credentials",
    "imagePullSecrets:\n- name: ecr-registry",
    "secretKeyRef: {name: mysql, key: password}",
    "{\"secretKeyRef\":{\"name\":\"mysql\",\"key\":\"MYSQL_ROOT_PASSWORD\"}}",
    "valueFrom:\n  secretKeyRef:\n    name: n8n-credentials\n    key: password",
    "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: x\n- name: TZ\n  value: UTC",
    "DB_PASSWORD:  <set to the key 'password' in secret 'mysql'>  Optional: false",
    "Secret \"mysql\" not found",
    "secrets \"n8n-credentials\" is forbidden: User \"x\" cannot get resource",
    "couldn't find key DB_PASSWORD in Secret default/mysql",
    "MountVolume.SetUp failed for volume \"db-secret\" : secret \"db-secret\" not found",
    "MountVolume.SetUp failed for volume \"db-password\" : secret \"db-password\" not found",
    "Unable to retrieve some image pull secrets (ecr-registry); attempting to pull",
    "Error: secret: not found",
    "token expired",
    "failed to get token: unauthorized",
    "invalid token: signature is invalid",
    "unexpected token: }",
    "Bearer authentication failed",
    "WWW-Authenticate: Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\"",
    "Basic authentication is disabled",
    "password authentication failed for user \"n8n\"",
    "FATAL:  password authentication failed for user \"n8n\" (SQLSTATE 28P01)",
    "Access denied for user 'root'@'10.42.0.1' (using password: YES)",
    "Access denied for user 'root'@'::1' (using password: NO)",
    "error: password: authentication failed",
    "https://github.com/arigsela/kubernetes/pull/12",
    "http://vault.vault.svc.cluster.local:8200/v1/sys/health",
    "http://registry.local:4873/@scope/package",
    "postgres://postgresql.postgresql.svc.cluster.local:5432/n8n?sslmode=disable",
    "postgres://n8n@postgresql:5432/n8n",
    "postgres://n8n:$(DB_PASSWORD)@postgresql/n8n",
    "redis://:${REDIS_PASSWORD}@redis:6379",
    "git@github.com:arigsela/kubernetes.git",
    "git clone ssh://git@github.com/arigsela/kubernetes.git",
    "ecr-registry",
    "ecr-credentials-sync-28391040-abcde",
    "default-token-x7k2p",
    "Mountable secrets:   default-token-x7k2p",
    "Tokens:              default-token-x7k2p",
    "Image pull secrets:  ecr-registry",
    "bootstrap-token-abcdef",
    "serviceAccountToken:\n  expirationSeconds: 3607",
    "automountServiceAccountToken: true",
    "/var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
    "open /etc/tls/tls.key: permission denied",
    "TOKEN_FILE=/var/run/secrets/token",
    "PASSWORD_FILE=/run/secrets/db",
    "PWD=/app OLDPWD=/",
    "secret=n8n/n8n-credentials reconciled",
    "\"msg\"=\"synced\" \"secret\"=\"vault/unseal-keys\"",
    "SecretSyncedError: could not get secret data from provider",
    "external-secrets:v0.9.13",
    "vault-secrets-operator:0.4.3 pulled",
    "token-service:8080 connection refused",
    "dial tcp: lookup auth-token-svc on 10.43.0.10:53: no such host",
    "inputTokens=1200 outputTokens=300 max_tokens=4096",
    "tokens: 1200",
    "primary key: id, foreign key: user_id",
    "key: value",
    "monkey=george keyboard=qwerty",
    "pass: 12 fail: 3",
    "task-runner-deployment-7d9f8b6c5d-abcde",
    "disk-pressure-very-long-name-2f4a",
    "lodash@4.17.21",
    "user@1000.service: Main process exited",
    "root@localhost",
    "n8n@postgresql.postgresql.svc.cluster.local",
    "--token-ttl 5m --password-file /etc/x",
    "use --password or --token to log in",
    "docker run -u 1000:1000 app",
    "mysql --port=3306 -port 3306",
    "kubectl get secret mysql -o yaml",
    "kind: Secret",
    "kind: ConfigMap\ndata:\n  color: blue",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
    "env: {\"DB_PASSWORD\": \"$(VAULT_DB_PASSWORD)\"}",
    "password: ${DB_PASSWORD}",
    "password: {{ .Values.db.password }}",
    "password=***",
    "password: \"\"",
    "Liveness probe failed: HTTP probe failed with statuscode: 503",
    "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
    "2026-11-02T10:11:12.000Z INFO [main] c.e.TokenRefresher - refreshed in 12 ms",
    "com.example.SurveyJobRunner.executeQuery(SurveyJobRunner.java:42)",
    "Startup Grace: 6m, Max Downtime: 0 minutes",
    "authorization-mode=Node,RBAC",
    "x509: certificate signed by unknown authority",
    "[redacted:aws-key] stays",
    "the password is wrong",
    "the password is too short",
    "the password is 8 characters long",
    "the password is sha256-hashed",
    "the password is \"required\"",
    "the password is \"not strong enough\"",
    "the password is in /run/secrets/db-1",
    "password is required",
    "Password is expired",
    "password expired 2026-11-27T10:00:00Z",
    "password was changed 24h30m ago",
    "password changed for user app1",
    "password reset for n8n1: done",
    "no password supplied",
    "no password for user app1: EOF",
    "invalid password for user",
    "invalid password for user root: access denied",
    "invalid password for user scott: ORA-01017: invalid username/password; logon denied",
    "failed to read password for app1: default/db1-creds: not found",
    "failed to read password for app1: secret-store-1 is sealed",
    "could not get password for app1: dial tcp 10.0.0.1:5432: connect: connection refused",
    "could not get password for app1: db1:5432: connection refused",
    "fatal: could not read Password for 'https://n8n@github.com': terminal prompts disabled",
    "Failed password for invalid user admin from 10.0.0.1 port 51122 ssh2",
    "Password for user root:",
    "using password file /run/secrets/x1",
    "using password authentication",
    "using password scram-sha-256",
    "unsupported password hash SHA-512",
    "unknown password algorithm argon2id",
    "wrong password (SQLSTATE 28P01)",
    "wrong password (attempt 3/5) [code 28000]",
    "no password PG_PASSWORD_2 in the environment",
    "wrong password SQLSTATE=28P01",
    "bad password https://n8n.example/reset?x=1",
    "{\"msg\":\"no password \",\"code\":28}",
    "ERROR 1045 (28000): Access denied for user 'root'@'10.0.0.1' (using password: YES)",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "the token is expired",
    "the token is default-token-x7k2p",
    "the secret is default/db1-creds",
    "token is valid from 2026-11-27T10:00:00Z",
    "GET /login?passwd HTTP/1.1",
    "no password for app1: \"dial tcp 10.0.0.1:5432: refused\"",
    "invalid password for user app1: the server is postgres14",
    "the next token is `union`, not \"oob\"",
    "password:\n  secretKeyRef:\n    name: mysql1",
    "password:\n  - a1b2c3d4",
    "password:\nuser: n8n1",
    "password:\nTr0ub4dor",
    "password:\n  # from the vault\n",
    "password:\n  from: vault1",
    "token:\n    at Object.parse (index1.js:2:3)",
    "error: password:\n  authentication failed",
    "Password:\n  required for login",
    "Warning  Failed  invalid password:\n  denied",
    "invalid password:\nuser1@db1",
    "invalid token:\n  10.0.0.1:5432",
    "secrets:\n- db-creds-1",
    "<add key=\"Colour\" value=\"blue1\"/>",
    "<add key=\"DbPasswordFile\" value=\"/run/secrets/x\"/>",
    "<property name=\"colour\">blue1</property>",
    "mc alias set s3 http://minio:9000 $KEY $SECRET",
    "mc alias list s3",
    "host add-ons 1 http://x y z1",
    "cost $5 and $6 per node, $1$2 in sed",
    "sed s/$1/$2a/ $HOME/x",
    "1//0 is undefined",
    "path /getTextLinks/-1//05162014/-1/1",
    "dp.pt.example",
    "lin_api_documentation",
    "ops_eyJ",
    "NRAK-... is a user key",
];

#[test]
fn look_alikes_are_not_masked() {
    assert!(LOOK_ALIKES.len() >= 60);
    let touched: Vec<String> = LOOK_ALIKES
        .iter()
        .filter(|text| redact(text) != **text)
        .map(|text| format!("{text:?}\n    -> {:?}", redact(text)))
        .collect();
    assert!(touched.is_empty(), "\n{}", touched.join("\n"));
}

#[test]
fn a_mask_names_the_kind_of_secret_and_keeps_the_rest() {
    for (text, redacted) in [
        (
            "postgres://n8n:hunter2@postgresql:5432/n8n refused",
            "postgres://n8n:[redacted:url-password]@postgresql:5432/n8n refused",
        ),
        (
            "user=bob password=hunter2, host=db",
            "user=bob password=[redacted:password], host=db",
        ),
        (
            "{\"password\":\"hunter2\",\"port\":3306}",
            "{\"password\":\"[redacted:password]\",\"port\":3306}",
        ),
        (
            "curl -H 'Authorization: Bearer abcdef12' https://x",
            "curl -H 'Authorization: Bearer [redacted:token]' https://x",
        ),
        (
            "written by jane@example.com today",
            "written by [redacted:email] today",
        ),
        (
            "password: |\n  a\n  b\nuser: c",
            "password: |\n  [redacted:password]\nuser: c",
        ),
    ] {
        assert_eq!(redact(text), redacted);
    }
}

#[test]
fn clean_text_is_borrowed() {
    assert!(matches!(
        redact("all is well"),
        std::borrow::Cow::Borrowed(_)
    ));
}

#[test]
fn secret_names_are_recognised() {
    for name in [
        "MYSQL_ROOT_PASSWORD",
        "DB_PASS",
        "PGPASSWORD",
        "MYSQL_PWD",
        "API_KEY",
        "apiKey",
        "APIKEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "PRIVATE_KEY",
        "SLACK_BOT_TOKEN",
        "GITHUB_TOKEN",
        "ANTHROPIC_API_KEY",
        "clientSecret",
        "DATABASE_DSN",
        "VAULT_TOKEN",
        "N8N_ENCRYPTION_KEY",
        "JWT_SECRET",
        "SESSION_COOKIE",
        "REDIS_AUTH",
        "X-Vault-Token",
        "credentials",
        "SECRET_KEY_BASE",
        "CONNECTION_STRING",
        "tls.key",
        "client-key-data",
        "AUTH_SALT",
        "DB_PASSWORD_APP",
        "ROLE_SECRET_ID",
        "dbpassword",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in [
        "",
        "TZ",
        "PORT",
        "DATABASE_URL",
        "SECRET_NAME",
        "secretName",
        "secretKeyRef",
        "TOKEN_FILE",
        "PASSWORD_FILE",
        "tokenExpirationSeconds",
        "PRIMARY_KEY",
        "SSH_PUBLIC_KEY",
        "KEYBOARD",
        "MONKEY",
        "COMPASS",
        "SECRET_STORE",
        "imagePullSecrets",
        "maxTokens",
        "token-service",
        "AUTH_ENABLED",
        "key",
        "name",
        "COOKIE_DOMAIN",
    ] {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn a_value_is_masked_by_its_name() {
    for (name, value, redacted) in [
        ("DB_PASSWORD", "correct horse", "[redacted:password]"),
        ("API_KEY", "abc", "[redacted:key]"),
        ("DB_PASSWORD", "$(OTHER)", "$(OTHER)"),
        ("DB_PASSWORD", "", ""),
        ("TOKEN", "/var/run/secrets/token", "/var/run/secrets/token"),
        ("PWD", "/app", "/app"),
        ("TZ", "Europe/Berlin", "Europe/Berlin"),
        (
            "URL",
            "redis://:pw@redis",
            "redis://:[redacted:url-password]@redis",
        ),
    ] {
        assert_eq!(redact_value(name, value), redacted, "{name}={value}");
    }
}

#[test]
fn a_value_with_symbols_is_no_name_although_it_contains_a_word_for_password() {
    for secret in ["A^pw-!~A", "my!pass-word^x", "%key_of~me"] {
        let text = format!("user: x\npassword: {secret}\nport: 1");
        assert!(!redact(&text).contains(secret), "{}", redact(&text));
    }
}

#[test]
fn an_argument_is_masked_by_the_one_before() {
    for (args, redacted) in [
        (
            vec!["app", "--password", "x1", "--port", "80"],
            vec!["app", "--password", "[redacted:password]", "--port", "80"],
        ),
        (
            vec!["app", "--password=x1"],
            vec!["app", "--password=[redacted:password]"],
        ),
        (
            vec!["/usr/bin/mysqladmin", "-px1", "ping"],
            vec!["/usr/bin/mysqladmin", "-p[redacted:password]", "ping"],
        ),
        (
            vec!["redis-cli", "-a", "x1"],
            vec!["redis-cli", "-a", "[redacted:password]"],
        ),
        (
            vec!["curl", "-u", "a:x1"],
            vec!["curl", "-u", "a:[redacted:password]"],
        ),
        (
            vec!["app", "--token", "$(TOKEN)"],
            vec!["app", "--token", "$(TOKEN)"],
        ),
        (
            vec!["mc", "alias", "set", "s3", "http://s3", "n8n", "x1"],
            vec![
                "mc",
                "alias",
                "set",
                "s3",
                "http://s3",
                "n8n",
                "[redacted:key]",
            ],
        ),
        (vec!["server", "-port", "80"], vec!["server", "-port", "80"]),
    ] {
        assert_eq!(redact_args(&args), redacted);
    }
}

#[test]
fn time_grows_with_length_only() {
    for unit in [
        "password=",
        "password=\"",
        "-----BEGIN PRIVATE KEY-----",
        "a@b.c",
        "://a:b",
        "eyJaaaaaaaaaa.",
        "\\\"password\\\":",
        "{\"kind\":\"Secret\",\"data\":{",
        "mysql -p",
        "--password ",
        "\n  password: |",
        "data:\n kind: Secret\n",
        "-----END PRIVATE KEY-----",
        "AKIA",
        "[redacted:",
        "[redacted:x]",
        "key: ",
        "password: |\n",
        "token,",
        "tokens: [\"a\",",
        "token=$(",
        "token=<",
        "/token:",
        "name=",
        "|+token: not ",
        "|key: ",
        "token:1.2+",
        "token=/etc/",
        "password ",
        "password \"",
        "password for ",
        "password for x: ",
        "password is ",
        "password:\n  ",
        "password:\n",
        "token is a1",
        "alias set ",
        "alias",
        "$2a$10$",
        "$6$a",
        "%41",
        "&quot;",
        "<password>",
        "password(\"",
        "user:a@",
        "key\n\n",
        "echo a |",
        "https://u:p@",
        "PASS x",
        "curl -u ",
        "\\u0041",
        "openssl pass:",
        "password->",
        "a1B2",
        "密码 ",
        "value x of ",
        "session=",
        "private key ",
        "a",
        " ",
        "'",
        "\\",
    ] {
        let text = unit.repeat(60_000 / unit.len());
        let start = std::time::Instant::now();
        let _ = redact(&text);
        assert!(
            start.elapsed().as_secs() < 5,
            "{unit:?} took {:?}",
            start.elapsed()
        );
    }
}

/// Random sequences of text to which rules react.
fn fragments() -> impl Strategy<Value = String> {
    let pieces: Vec<String> = [
        "password",
        "token",
        "secret",
        "api key",
        "name",
        "value",
        "=",
        ": ",
        ":",
        " ",
        "\n",
        "\n  ",
        "\"",
        "\\\"",
        "'",
        ",",
        "&",
        ";",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "|",
        "\\n",
        "--",
        "-p",
        "mysql",
        "hunter2",
        "not",
        "abc",
        "://",
        "@",
        "/",
        "host",
        ".com",
        "123",
        "kind: Secret",
        "data:",
        "Authorization",
        "Bearer",
        "Basic",
        "\"kind\":\"Secret\"",
        "\"data\":{",
        "curl -u ",
        "[redacted:token]",
        "[redacted:",
        "YES",
        "$(X)",
        "***",
        "é",
        "@tcp(",
        "redis-cli -a ",
        "sha256:",
        "- ",
        "+",
        "#",
        "\n---\n",
        "bjhuOmh1bnRlcjI=",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "jane@example.com",
        "<",
        "\t",
        "\\",
        "PASSWORD '",
        "auth",
        " for ",
        " is ",
        "Tr0ub4dor",
        "mc alias set ",
        "https://s3 ",
        "$2a$10$",
        "<add key=",
    ]
    .iter()
    .map(|s| (*s).to_owned())
    .chain([
        ["AK", "IA", "IOSFODNN7EXAMPLE"].concat(),
        ["gh", "p_", R36].concat(),
        ["hv", "s.", R36].concat(),
    ])
    .collect();
    proptest::collection::vec(proptest::sample::select(pieces), 0..14)
        .prop_map(|parts| parts.concat())
}

/// The cases of the tables above, in any order.
fn vocabulary() -> impl Strategy<Value = String> {
    let known = SHAPES
        .iter()
        .chain(NAMED)
        .chain(IN_CONTEXT)
        .chain(IN_SENTENCES);
    let known = known.map(|(around, secret)| around.replacen("{}", &secret.concat(), 1));
    let look_alikes = LOOK_ALIKES.iter().map(|text| (*text).to_owned());
    let texts: Vec<_> = known.chain(look_alikes).collect();
    let part = prop_oneof![prop::sample::select(texts), fragments()];
    let gap = prop::sample::select(vec!["", " ", "\n", ", ", "\": \"", "="]);
    prop::collection::vec((part, gap), 1..6)
        .prop_map(|parts| parts.into_iter().map(|(part, gap)| part + gap).collect())
}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn every_case_is_masked_in_any_text(text in vocabulary()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once.clone(), "from {:?}", text);
        let words: Vec<_> = text.split(' ').collect();
        let once = redact_args(&words);
        prop_assert_eq!(redact_args(&once), once.clone(), "from {:?}", words);
    }

    #[test]
    fn redaction_is_idempotent(text in fragments()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once.clone(), "from {:?}", text);
    }

    #[test]
    fn any_text_is_accepted(text in any::<String>()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once);
        let _ = redact_value(&text, &text);
        let _ = redact_args(&[&text, &text]);
    }

    #[test]
    fn no_password_survives_in_any_notation(secret in "[A-Za-z0-9][A-Za-z0-9+/_.!%^*,;&|~-]{6,16}[A-Z0-9]={0,2}") {
        prop_assume!(!secret.starts_with(|c: char| c.is_ascii_digit()) || secret.len() > 8);
        let json = |text: &str| serde_json::to_string(text).expect("a string");
        let object = format!("{{\"password\":{},\"x\":1}}", json(&secret));
        for text in [
            format!("A=b\nDB_PASSWORD={secret}\nTZ=UTC"),
            format!("export API_TOKEN={secret}"),
            format!("app --password={secret} --port 80"),
            format!("app --password {secret} --port 80"),
            format!("user: x\npassword: {secret}\nport: 1"),
            format!("password: '{secret}'"),
            format!("user: x\npassword:\n  {secret}\nport: 1"),
            format!("root: password:\r\n  aB3${secret}"),
            format!("the password is \"{secret}\""),
            format!("Password for user root: aB3${secret}"),
            format!("- name: DB_PASSWORD\n  value: {}\n- name: X", json(&secret)),
            format!("{{\"log\":{}}}", json(&object)),
            object,
            format!("postgres://u:{secret}@host:5432/db"),
            format!("root:{secret}@tcp(mysql:3306)/db"),
            format!("mysql -uroot -p{secret} db"),
            format!("curl -H 'X-Api-Key: {secret}' http://x"),
            format!("Authorization: Bearer {secret}"),
        ] {
            prop_assert!(!redact(&text).contains(&secret[..4]), "{} in {}", secret, redact(&text));
        }
        prop_assert!(!redact_args(&["app", "--password", secret.as_str()])[2].contains(&secret));
    }

    #[test]
    fn a_token_shape_is_masked_at_any_position(before in fragments(), after in fragments()) {
        let secret = ["gh", "p_", R36].concat();
        let text = format!("{before} {secret} {after}");
        prop_assert!(!redact(&text).contains(&secret));
    }
}

/// `&a-a00=` is not a query pair here.
#[test]
fn an_argument_is_masked_to_its_end() {
    let shown = redact("app --password x_&a-a00= --port 80").into_owned();
    assert!(
        !shown.contains("x_&") && shown.ends_with(" --port 80"),
        "{shown}"
    );
}

/// Padding that looks like the next pair, and a masked option that looks like one with a value.
#[test]
fn a_mask_and_padding_are_no_option_and_no_pair() {
    let shown = redact("curl -H 'X-Api-Key: a;;,_Aa0=' http://x");
    assert!(
        !shown.contains("a;;") && shown.ends_with("' http://x"),
        "{shown}"
    );
    let once = redact_args(&["mysql", "-pq7ZxK29v", "serve", "--password=q7ZxK29v", "x"]);
    assert_eq!((&*once[2], &*once[4]), ("serve", "x"));
    assert_eq!(redact_args(&once), once);
    let key = ["AK", "IA", "IOSFODNN7EXAMPLE"].concat();
    let placeholder = ["<gh", "p_", R36].concat();
    let once = redact_args(&["redis-cli", "-a", &placeholder]);
    assert_eq!(redact_args(&once), once);
    for user in ["jane@example.com", &format!("{key}:x9")] {
        let once = redact_args(&["curl", "-u", user]);
        assert!(!once[2].contains("jane") && !once[2].contains(&key));
        assert_eq!(redact_args(&once), once);
    }
}
