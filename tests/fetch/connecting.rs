//! Kubeconfigs, contexts, credentials and proxies.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use k8s_monitor::cluster::api::{Cluster, ConnectError, ConnectOptions, ProxyVariables, connect};
use serde_json::{Value, json};

use super::stub::{Stub, TOKEN, assert_only_unread, kubeconfig, request, write_kubeconfig};

fn open(text: &str, context: Option<&str>) -> Result<Cluster, ConnectError> {
    let options = ConnectOptions {
        kubeconfig: Some(write_kubeconfig(text)),
        context: context.map(str::to_owned),
    };
    let result = connect(&options, &ProxyVariables::default());
    if let Err(error) = &result {
        assert!(!format!("{error} {error:?}").contains(TOKEN), "{error:?}");
    }
    result
}

fn config(cluster: &Value, user: &Value) -> String {
    json!({
        "contexts": [
            {"name": "homelab", "context": {"cluster": "k3s", "user": "me"}},
            {"name": "dangling", "context": {"cluster": "gone", "user": "me"}},
            {"name": "empty"},
        ],
        "clusters": [{"name": "k3s", "cluster": cluster}],
        "users": [{"name": "me", "user": user}],
    })
    .to_string()
}

fn simple() -> String {
    config(
        &json!({"server": "https://10.0.1.100:6443"}),
        &json!({"token": TOKEN}),
    )
}

#[test]
fn a_context_is_selected_by_name() {
    let cluster = open(&simple(), Some("homelab")).unwrap();
    assert_eq!(cluster.name(), "homelab");
    assert_eq!(cluster.server(), "https://10.0.1.100:6443");
    assert!(!format!("{cluster:?}").contains(TOKEN));
}

#[test]
fn invalid_contexts_are_errors() {
    let error = open(&simple(), None).unwrap_err();
    assert!(matches!(error, ConnectError::NoContext { .. }), "{error}");

    let error = open(&simple(), Some("prod")).unwrap_err();
    assert!(
        matches!(error, ConnectError::UnknownContext { .. }),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains(r#"it has "homelab", "dangling""#),
        "{error}"
    );

    for context in ["dangling", "empty"] {
        let error = open(&simple(), Some(context)).unwrap_err();
        assert!(
            matches!(error, ConnectError::InvalidKubeconfig { .. }),
            "{error}"
        );
    }
}

#[test]
fn invalid_kubeconfigs_are_errors() {
    let options = ConnectOptions {
        kubeconfig: Some(PathBuf::from("no/such/file")),
        context: None,
    };
    let error = connect(&options, &ProxyVariables::default()).unwrap_err();
    assert!(
        matches!(error, ConnectError::UnreadableKubeconfig { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("no/such/file"), "{error}");

    for text in [
        format!("users: {TOKEN}"),
        format!("users:\n- name: a\n  user: {{token: [{TOKEN}]}}\n"),
        format!("{TOKEN}: [\n"),
    ] {
        let error = open(&text, Some("homelab")).unwrap_err();
        assert!(
            matches!(error, ConnectError::InvalidKubeconfig { .. }),
            "{error}"
        );
    }
    let error = open("", Some("homelab")).unwrap_err();
    assert!(error.to_string().contains("homelab") || error.to_string().contains("kubeconfig"));
}

#[test]
fn invalid_server_addresses_are_errors() {
    for server in ["", "ftp://x", "https://", "https://a b"] {
        let text = config(&json!({"server": server}), &json!({}));
        let error = open(&text, Some("homelab")).unwrap_err();
        assert!(
            matches!(error, ConnectError::InvalidKubeconfig { .. }),
            "{server}: {error}"
        );
    }
    let authority = json!({"server": "https://x", "certificate-authority-data": "Zm9v"});
    let error = open(&config(&authority, &json!({})), Some("homelab")).unwrap_err();
    assert!(
        error.to_string().contains("contains no certificate"),
        "{error}"
    );
}

#[test]
fn tls_is_always_verified() {
    let cluster = json!({"server": "https://x", "insecure-skip-tls-verify": true});
    let error = open(&config(&cluster, &json!({"token": TOKEN})), Some("homelab")).unwrap_err();
    assert!(matches!(error, ConnectError::InsecureTls { .. }), "{error}");
}

#[test]
fn invalid_credentials_are_errors() {
    let server = json!({"server": "https://x"});
    for (user, expected) in [
        (json!({"tokenFile": "/no/such/token"}), "/no/such/token"),
        (json!({"token": format!("{TOKEN}\nx")}), "a line break"),
        (
            json!({"client-certificate-data": "Zm9v", "client-key-data": "Zm9v"}),
            "PEM",
        ),
        (exec("no-such-plugin", &[]), "did not start"),
        (
            exec("sh", &["-c", "echo $0 >&2; exit 3", TOKEN]),
            "exit status: 3",
        ),
        (exec("echo", &[TOKEN]), "no ExecCredential"),
    ] {
        let error = open(&config(&server, &user), Some("homelab")).unwrap_err();
        assert!(matches!(error, ConnectError::Credentials { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

fn exec(command: &str, args: &[&str]) -> Value {
    let version = "client.authentication.k8s.io/v1";
    json!({"exec": {"apiVersion": version, "command": command, "args": args,
        "interactiveMode": "Never"}})
}

#[test]
fn tokens_come_from_files_and_plugins() {
    let stub = Stub::new(|_| None);
    let file = write_kubeconfig(&format!("{TOKEN}\n"));
    let credential = json!({"apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential", "status": {"token": TOKEN}});
    for user in [
        json!({"tokenFile": file}),
        exec("echo", &[&credential.to_string()]),
    ] {
        let text = config(&json!({"server": stub.url()}), &user);
        let cluster = open(&text, Some("homelab")).unwrap();
        assert_only_unread(
            &cluster.snapshot(&request(Duration::from_secs(20))).unwrap(),
            &[],
        );
    }
}

#[test]
fn several_kubeconfigs_are_merged_as_by_kubectl() {
    let contexts = write_kubeconfig("contexts: [{name: a, context: {cluster: b, user: c}}]");
    let clusters = write_kubeconfig("clusters: [{name: b, cluster: {server: 'https://x:1'}}]");
    let missing = PathBuf::from("no/such/file");
    let options = ConnectOptions {
        kubeconfig: Some(
            std::env::join_paths([contexts, missing, clusters])
                .unwrap()
                .into(),
        ),
        context: Some("a".into()),
    };
    let cluster = connect(&options, &ProxyVariables::default()).unwrap();
    assert_eq!(cluster.server(), "https://x:1");
}

/// A proxy that refuses the request. The thread returns the request.
fn proxy() -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let received = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 512];
        let count = stream.read(&mut bytes).unwrap();
        stream
            .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    });
    (address.to_string(), received)
}

#[test]
fn the_proxy_of_the_environment_is_used() {
    let (address, received) = proxy();
    let options = ConnectOptions {
        kubeconfig: Some(kubeconfig("https://k3s.example:6443")),
        context: None,
    };
    let proxies = ProxyVariables {
        https_proxy: Some(format!("http://user:{TOKEN}@{address}")),
        no_proxy: Some("127.0.0.1,other.example,".into()),
    };
    let cluster = connect(&options, &proxies).unwrap();
    let error = cluster
        .snapshot(&request(Duration::from_secs(10)))
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains(TOKEN), "{error:?}");
    let received = received.join().unwrap();
    assert!(
        received.starts_with("CONNECT k3s.example:6443 "),
        "{received}"
    );
    assert!(
        received
            .to_lowercase()
            .contains("proxy-authorization: basic "),
        "{received}"
    );
}

#[test]
fn a_proxy_that_does_not_apply_is_not_used() {
    let stub = Stub::new(|_| None);
    let local = stub.url().replace("127.0.0.1", "localhost");
    for (server, no_proxy) in [
        (&stub.url(), ""),
        (&local, ""),
        (&stub.url(), "127.0.0.0/8,"),
    ] {
        let options = ConnectOptions {
            kubeconfig: Some(kubeconfig(server)),
            context: None,
        };
        let proxies = ProxyVariables {
            https_proxy: Some("http://127.0.0.1:1".into()),
            no_proxy: Some(no_proxy.into()),
        };
        let cluster = connect(&options, &proxies).unwrap();
        assert_only_unread(
            &cluster.snapshot(&request(Duration::from_secs(20))).unwrap(),
            &[],
        );
    }
}

#[test]
fn a_socks_proxy_is_an_error() {
    let options = ConnectOptions {
        kubeconfig: Some(kubeconfig("https://k3s.example:6443")),
        context: None,
    };
    let through = |no_proxy: Option<&str>| {
        let proxies = ProxyVariables {
            https_proxy: Some("socks5://127.0.0.1:1080".into()),
            no_proxy: no_proxy.map(str::to_owned),
        };
        connect(&options, &proxies)
    };
    let error = through(None).unwrap_err();
    assert!(matches!(error, ConnectError::Proxy { .. }), "{error}");
    assert!(error.to_string().contains("NO_PROXY"), "{error}");
    assert!(through(Some(".example")).is_ok());
}
