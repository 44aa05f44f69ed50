//! The flags of etcd and kube-apiserver. Durability is off, and so are features that wait
//! for a controller, because both cost time.

fn list(flags: &[&str], more: &[String]) -> Vec<String> {
    flags
        .iter()
        .map(|flag| format!("--{flag}"))
        .chain(more.iter().map(|flag| format!("--{flag}")))
        .collect()
}

pub fn etcd(port: u16) -> Vec<String> {
    list(
        &[
            "data-dir=data",
            "unsafe-no-fsync",
            "listen-peer-urls=http://127.0.0.1:0",
            "heartbeat-interval=20",
            "election-timeout=200",
            "log-level=warn",
            // A restore of the whole cluster is one transaction.
            "max-txn-ops=1000000",
            "max-request-bytes=536870912",
            "quota-backend-bytes=8589934592",
        ],
        &[
            format!("listen-client-urls=http://127.0.0.1:{port}"),
            format!("advertise-client-urls=http://127.0.0.1:{port}"),
        ],
    )
}

pub fn api_server(port: u16, etcd_port: u16) -> Vec<String> {
    list(
        &[
            "bind-address=127.0.0.1",
            // The server writes a self-signed certificate, apiserver.crt, which clients trust.
            "cert-dir=.",
            "authorization-mode=RBAC",
            "anonymous-auth=false",
            "token-auth-file=tokens.csv",
            "service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "service-account-key-file=apiserver.key",
            "service-account-signing-key-file=apiserver.key",
            // The range of K3s, so that coredns has its usual address.
            "service-cluster-ip-range=10.43.0.0/16",
            // Each of these waits for, or replaces, a controller that does not run.
            "disable-admission-plugins=ServiceAccount,TaintNodesByCondition,StorageObjectInUseProtection,ResourceQuota",
            "enable-garbage-collector=false",
            "enable-priority-and-fairness=false",
            "endpoint-reconciler-type=none",
            "allow-privileged",
            "profiling=false",
            // The harness sets creation times in etcd directly.
            "storage-media-type=application/json",
            "audit-policy-file=audit-policy.yaml",
            "audit-log-path=audit.log",
        ],
        &[
            format!("secure-port={port}"),
            format!("etcd-servers=http://127.0.0.1:{etcd_port}"),
        ],
    )
}
