//! How etcd and kube-apiserver are started: safe enough to be real, lax where only
//! durability or a missing controller would cost time.

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
            // The whole cluster goes back in time in one transaction.
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
            // It signs a certificate for itself here, apiserver.crt, which clients trust.
            "cert-dir=.",
            "authorization-mode=RBAC",
            "anonymous-auth=false",
            "token-auth-file=tokens.csv",
            "service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "service-account-key-file=apiserver.key",
            "service-account-signing-key-file=apiserver.key",
            // K3s' own range, so that coredns has its usual address.
            "service-cluster-ip-range=10.43.0.0/16",
            // Each of these waits for, or acts in the place of, a controller that is not here.
            "disable-admission-plugins=ServiceAccount,TaintNodesByCondition,StorageObjectInUseProtection,ResourceQuota",
            "enable-garbage-collector=false",
            "enable-priority-and-fairness=false",
            "endpoint-reconciler-type=none",
            "allow-privileged",
            "profiling=false",
            // The harness gives objects an age by editing the store.
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
