//! Three K3s nodes: a server with etcd, and two agents.

use serde_json::{Value, json};

use crate::time::{Timestamp, shifted};

pub struct Machine {
    pub name: &'static str,
    pub ip: &'static str,
    is_server: bool,
}

pub const NODES: [Machine; 3] = [
    Machine {
        name: "k3s-server",
        ip: "192.168.1.11",
        is_server: true,
    },
    Machine {
        name: "k3s-agent-1",
        ip: "192.168.1.12",
        is_server: false,
    },
    Machine {
        name: "k3s-agent-2",
        ip: "192.168.1.13",
        is_server: false,
    },
];

/// The nodes. `lost_since` has the time since which each is lost, if it is.
pub fn objects(lost_since: &[Option<Timestamp>; 3], loaded: Timestamp) -> Vec<Value> {
    (0..NODES.len())
        .map(|index| object(index, lost_since[index], loaded))
        .collect()
}

fn object(index: usize, lost: Option<Timestamp>, loaded: Timestamp) -> Value {
    let machine = &NODES[index];
    let joined = shifted(loaded, -400 * 86400);
    let mut labels = json!({
        "beta.kubernetes.io/instance-type": "k3s",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "k3s",
        "svccontroller.k3s.cattle.io/enablelb": "true",
    });
    if machine.is_server {
        labels["node-role.kubernetes.io/control-plane"] = json!("true");
        labels["node-role.kubernetes.io/etcd"] = json!("true");
    }
    let taint = |effect| {
        json!({ "key": "node.kubernetes.io/unreachable", "effect": effect,
        "timeAdded": lost.unwrap_or(joined).to_string() })
    };
    let taints = if lost.is_some() {
        json!([taint("NoSchedule"), taint("NoExecute")])
    } else {
        json!([])
    };
    let resources =
        json!({ "cpu": "8", "memory": "32768Mi", "pods": "110", "ephemeral-storage": "480Gi" });
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": { "name": machine.name, "labels": labels, "creationTimestamp": joined.to_string() },
        "spec": {
            "podCIDR": format!("10.42.{index}.0/24"),
            "providerID": format!("k3s://{}", machine.name),
            "taints": taints,
        },
        "status": {
            "addresses": [
                { "type": "InternalIP", "address": machine.ip },
                { "type": "Hostname", "address": machine.name },
            ],
            "capacity": resources,
            "allocatable": resources,
            "conditions": conditions(machine, lost, loaded),
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "bootID": "", "machineID": "", "systemUUID": "",
                "kernelVersion": "6.8.0-85-generic", "osImage": "Ubuntu 24.04.3 LTS",
                "containerRuntimeVersion": "containerd://2.1.5-k3s1",
                "kubeletVersion": "v1.35.4+k3s1", "kubeProxyVersion": "",
            },
        },
    })
}

fn conditions(machine: &Machine, lost: Option<Timestamp>, loaded: Timestamp) -> Value {
    let booted = shifted(loaded, -40 * 86400);
    let of_kubelet = |kind: &str, normal: &str, reason: &str, message: &str| match lost {
        None => condition(kind, normal, reason, message, booted, shifted(loaded, -60)),
        Some(since) => {
            let message = "Kubelet stopped posting node status.";
            condition(
                kind,
                "Unknown",
                "NodeStatusUnknown",
                message,
                since,
                shifted(since, -40),
            )
        }
    };
    let mut conditions = vec![
        of_kubelet(
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ),
        of_kubelet(
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ),
        of_kubelet(
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ),
        of_kubelet(
            "Ready",
            "True",
            "KubeletReady",
            "kubelet is posting ready status",
        ),
    ];
    if machine.is_server {
        let message = "Node is a voting member of the etcd cluster";
        conditions.push(condition(
            "EtcdIsVoter",
            "True",
            "MemberNotLearner",
            message,
            booted,
            shifted(loaded, -60),
        ));
    }
    json!(conditions)
}

fn condition(
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    since: Timestamp,
    heard: Timestamp,
) -> Value {
    json!({ "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": since.to_string(), "lastHeartbeatTime": heard.to_string() })
}
